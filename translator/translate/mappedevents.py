"""logEventV2, logEvent and logPurchase: an event, and the products' events of a purchase. Pure."""

from __future__ import annotations

from typing import Any

from translator.errors import Untranslatable
from translator.parcels import Json, Record
from translator.settings.values import FIELDS
from translator.translate import memory, sessions
from translator.translate.campaign import UTM
from translator.translate.contexts import advertised
from translator.translate.fields import EVENTS
from translator.translate.groupvalues import Values, limited
from translator.translate.limits import PSEUDO_EVENTS, RESERVED_PREFIX, clean, clip
from translator.translate.mappedpeople import Made, fields_of, groups_of, user_traits, visited
from translator.translate.mapping import Mapped, refused, sendable, typed
from translator.translate.operations import USER, Operations, operations
from translator.translate.options import session_time
from translator.translate.paths import mapping, text
from translator.translate.people import merged
from translator.translate.revenue import MOST_PRODUCTS, revenue_block
from translator.translate.screening import is_wanted
from translator.translate.track import PRODUCT_PURCHASED

MONEY = ("price", "quantity", "revenue", "productId", "revenueType")
KEYS = frozenset(FIELDS) - {*MONEY, "user_id", "device_id", "event_type", "user_agent", "session_id", "paying"}
KEYS -= {"start_version", "version_name"}
"""Fields that an event has as they are."""

SET = (("setOnce", "$setOnce"), ("setAlways", "$set"), ("add", "$add"))
"""logEventV2's own fields of operations."""

BESIDE = 500
"""The place of an event that is made of a group, identify or alias call, beside the records that these have."""


def of_event(one: Mapped, state: Json | None) -> Made:
    """The event, or nothing where its name may not be sent."""
    reading, name = one.reading, _name(one)
    if not is_wanted(name, reading.settings.translate):
        return Made([], ignored="event_denied")
    _check(name, one)
    session_id, remember = sessions.session(reading, state)
    shared = _shared(one, state, _session(one, session_id))
    products = _products(one) if one.subscription.action == "logPurchase" else []
    per_product = bool(products) and one.flag("trackRevenuePerProduct")
    event: Json = {**shared, "event_type": clip(name, "event", reading.notes)}
    if properties := clean(sendable(one, one.object("event_properties"), "properties"), "properties", reading.notes):
        event["event_properties"] = properties
    event["insert_id"] = reading.insert_id(_place(one))
    if one.subscription.action == "logPurchase" and not per_product:
        event |= revenue_block({key: one.fields.get(key) for key in MONEY}, "properties", reading.notes)
    records = [Record("event", event)]
    if is_wanted(PRODUCT_PURCHASED, reading.settings.translate):
        records += [_purchase(one, shared, number, product, per_product) for number, product in products]
    return Made(records, remember)


def _place(one: Mapped) -> int:
    return one.place + (1 if one.reading.kind in EVENTS else BESIDE)


def _name(one: Mapped) -> str:
    """A page without a name has none in its event type either (differences 10)."""
    found, body = typed(one, "event_type"), one.reading.body
    if found is None:
        raise refused(one.subscription, "event_type is empty, which Segment refuses too")
    if one.reading.kind in ("page", "screen") and found == "Viewed ":
        return f"Viewed {text(body.get('category')) or one.reading.kind.title()}"
    return found


def _check(name: str, one: Mapped) -> None:
    if name in PSEUDO_EVENTS:
        said = f"{name} is not an event's name: Amplitude would take the event for something else"
        raise Untranslatable("reserved_name", {"event": [said]})
    if name.startswith(RESERVED_PREFIX):
        one.reading.notes.add("reserved_name", "event")


def _session(one: Mapped, otherwise: int | None) -> int | None:
    given = one.fields.get("session_id")
    found = session_time(given)
    if found is None and given not in (None, 0, "0"):
        one.reading.notes.add("session_unread", "session_id")
    return otherwise if found is None else found


def _shared(one: Mapped, state: Json | None, session_id: int | None) -> Json:
    """What all events of a subscription have."""
    reading = one.reading
    shared = fields_of(one, KEYS)
    shared = advertised(shared, reading.context)
    shared |= reading.someone()
    shared["time"] = reading.time
    if session_id is not None:
        shared["session_id"] = session_id
    if properties := _properties(one):
        shared["user_properties"] = properties
    if groups := _groups(one, state):
        shared["groups"] = groups
    shared["library"] = _library(one)
    if reading.settings.translate.version_name is not None:
        shared["version_name"] = reading.settings.translate.version_name
    return shared


def _library(one: Mapped) -> str:
    """The mapped one where that is asked for (``behavior``)."""
    said = one.object("library2")
    found = text(said.get("mapping")) if said.get("behavior") == "use_mapping" else None
    return clip(found, "library", one.reading.notes) if found else "segment"


def _properties(one: Mapped) -> Operations:
    """logEventV2: operations of the mapping take the place of the traits' own, whole, where they say something. The
    others: campaign and referrer under what the traits say."""
    notes = one.reading.notes
    if one.subscription.action != "logEventV2":
        traits, visit = user_traits(one, visited(one))
        return merged(visit, operations(traits, USER, "traits", notes))
    traits = {**one.object("user_properties"), **one.reading.short}
    for key, operation in SET:
        given = {name: _told(name, value) for name, value in one.object(key).items()}
        if any(value is not None and value != "" for value in given.values()):
            traits[operation] = given
    return operations(sendable(one, traits, "traits"), USER, "traits", notes)


def _told(name: str, value: Any) -> Any:
    """Campaign and referrer are texts; what else is set is what it is."""
    if value == "" or name.removeprefix("initial_") not in (*UTM, "referrer"):
        return value
    return text(value)


def _groups(one: Mapped, state: Json | None) -> dict[str, Values]:
    """The mapping's, and those that memory carries."""
    own = {found.type: found.value for found in groups_of(one)}
    kept = memory.carried(state, one.reading.time, one.reading.settings.groups.memory_days)
    more = {name: value for name, value in kept.items() if name not in own}
    return limited([*own.items(), *more.items()], one.reading.notes)


def _products(one: Mapped) -> list[tuple[int, Json]]:
    """Each object among the products with its position, from 1; where the mapping only reshapes the call's own, with
    their other keys too (differences 9)."""
    listed, reading = one.fields.get("products"), one.reading
    if not isinstance(listed, list) or not reading.settings.translate.product_events:
        return []
    if len(listed) > MOST_PRODUCTS:
        reading.notes.add("products_limit", "products")
    given = reading.sendable(reading.properties, "properties").get("products")
    whole = given if _reshapes(one) and isinstance(given, list) and len(given) == len(listed) else listed
    pairs = enumerate(zip(listed[:MOST_PRODUCTS], whole[:MOST_PRODUCTS], strict=True), 1)
    return [(n, {**own, **shaped}) for n, (shaped, own) in pairs if isinstance(shaped, dict) and isinstance(own, dict)]


def _reshapes(one: Mapped) -> bool:
    """Whether products are the call's own under Segment's five names, as its default mapping has them."""
    said = mapping(one.subscription.mapping.get("products")).get("@arrayPath")
    if not isinstance(said, list) or len(said) != 2 or not isinstance(said[0], str) or not isinstance(said[1], dict):
        return False
    return said[0].removeprefix("$.") == "properties.products" and said[1].keys() <= set(MONEY)


def _purchase(one: Mapped, shared: Json, number: int, product: dict[str, Any], per_product: bool) -> Record:
    path, notes = f"products.{number - 1}", one.reading.notes
    body: Json = {
        **shared,
        "event_type": PRODUCT_PURCHASED,
        "event_properties": clean(sendable(one, product, path), path, notes),
        "insert_id": one.reading.insert_id(_place(one) + number),
        **(revenue_block(product, path, notes) if per_product else {}),
    }
    return Record("event", body)

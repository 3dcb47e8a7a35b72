"""track, page and screen → an event, and the Product Purchased events of an order. Pure."""

from __future__ import annotations

from typing import Any

from translator.errors import Untranslatable
from translator.parcels import Json, Record, Translation
from translator.translate import groups, memory, people, revenue, sessions
from translator.translate.agents import agent_fields
from translator.translate.contexts import library, made_by, plain_fields
from translator.translate.fields import configured
from translator.translate.groups import Found
from translator.translate.groupvalues import Values, limited
from translator.translate.limits import PSEUDO_EVENTS, RESERVED_PREFIX, clean, clip
from translator.translate.pages import event_types
from translator.translate.paths import at, text
from translator.translate.reading import Reading
from translator.translate.records import group_identifies, identify, joined
from translator.translate.screening import is_wanted

PRODUCT_PURCHASED = "Product Purchased"


def event(reading: Reading, state: Json | None) -> Translation:
    """A track, page or screen call. Groups come before the event that carries them."""
    types = event_types(reading)
    wanted = [one for one in types if is_wanted(one[1], reading.settings.translate)]
    if not wanted:
        ignored = "event_denied" if types else "page_gate"
        return Translation(notes=reading.notes.all(), ignored=ignored)
    _check_names(reading, wanted)
    found = groups.find(reading)
    joins = joined(reading, found)
    records = [identify(reading, groups.before(reading) + 1, {}, joins)] if joins else []
    records += group_identifies(reading, found)
    session_id, remember = sessions.session(reading, state)
    shared = _shared(reading, _event_groups(reading, found, state), session_id)
    records += [Record("event", _main(reading, shared, *one)) for one in wanted]
    if revenue.is_order(reading):
        records += _purchases(reading, shared)
    return Translation(tuple(records), reading.notes.all(), remember)


def _check_names(reading: Reading, types: list[tuple[int, str]]) -> None:
    """Refuse what Amplitude would take for an identify, and note the names of its own events."""
    for _, name in types:
        if name in PSEUDO_EVENTS:
            said = f"{name} is not an event's name: Amplitude would take the event for something else"
            raise Untranslatable("reserved_name", {"event": [said]})
        if name.startswith(RESERVED_PREFIX):
            reading.notes.add("reserved_name", "event")


def _shared(reading: Reading, event_groups: dict[str, Values], session_id: int | None) -> Json:
    """What all events of a call have."""
    options, settings = reading.options, reading.settings
    shared: Json = agent_fields(reading)
    shared |= plain_fields(reading)
    shared |= reading.someone()
    shared["time"] = reading.time
    if session_id is not None:
        shared["session_id"] = session_id
    if options.event_id is not None:
        shared["event_id"] = options.event_id
    if properties := people.of_purchase(reading) if revenue.is_order(reading) else people.of_event(reading):
        shared["user_properties"] = properties
    if event_groups:
        shared["groups"] = event_groups
    shared["library"] = library(made_by(reading.context))
    if settings.translate.version_name is not None:
        shared["version_name"] = settings.translate.version_name
    return shared | configured(reading) if settings.fields else shared


def _main(reading: Reading, shared: Json, place: int, name: str) -> Json:
    """The event at a place; products have events of their own."""
    event: Json = {**shared, "event_type": clip(name, "event", reading.notes)}
    if properties := clean(_properties(reading), "properties", reading.notes):
        event["event_properties"] = properties
    event["insert_id"] = reading.insert_id(place)
    if revenue.has_revenue(reading):
        event |= _revenue(reading)
    return event | configured(reading, money=True) if reading.settings.fields else event


def _properties(reading: Reading) -> Json:
    """Properties, with the fields and the query string that the configuration adds; Classic adds a page's names."""
    settings = reading.settings.translate
    found = reading.sendable(reading.properties, "properties")
    if settings.preset == "classic" and reading.kind != "track":
        found = {key: reading.body[key] for key in ("name", "category") if text(reading.body.get(key))} | found
    if settings.append_fields:
        given = ((name, at(reading.body, path)) for path, name in settings.append_fields.items())
        found = found | {name: value for name, value in given if value is not None}
    if settings.query_params:
        found = found | people.query_params(reading, "event_properties")
    return found


def _revenue(reading: Reading) -> dict[str, Any]:
    """Of an event that has revenue: of the whole order, where its products do not bring their own."""
    if reading.settings.translate.revenue_per_product and revenue.products(reading):
        return {}
    return revenue.revenue_block(reading.sendable(reading.properties, "properties"), "properties", reading.notes)


def _purchases(reading: Reading, shared: Json) -> list[Record]:
    """The products' events, with the order's device block, never half of it (differences 22)."""
    if not is_wanted(PRODUCT_PURCHASED, reading.settings.translate):
        return []
    per_product = reading.settings.translate.revenue_per_product
    made = []
    for number, given in revenue.products(reading):
        path, product = f"properties.products.{number - 1}", _product(reading, given)
        body: Json = {
            **shared,
            "event_type": PRODUCT_PURCHASED,
            "event_properties": clean(product, path, reading.notes),
            "insert_id": reading.insert_id(1 + number),
            **(revenue.revenue_block(product, path, reading.notes) if per_product else {}),
        }
        made.append(Record("event", body))
    return made


def _product(reading: Reading, product: Json) -> Json:
    """A product as the configuration lets it be sent, under the same names as in the order: ``products.email``."""
    (shown,) = reading.sendable({"products": [product]}, "properties").get("products", [{}])
    return shown if isinstance(shown, dict) else {}


def _event_groups(reading: Reading, found: list[Found], state: Json | None) -> dict[str, Values]:
    if not found and not state:
        return {}
    own = {one.type: one.value for one in found if "event" in one.reach}
    named = {one.type for one in found}
    kept = memory.carried(state, reading.time, reading.settings.groups.memory_days)
    more = {name: value for name, value in kept.items() if name not in named}
    return limited([*own.items(), *more.items()], reading.notes)

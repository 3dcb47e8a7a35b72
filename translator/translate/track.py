"""track, page and screen → an event, and the Product Purchased events of an order. Pure."""

from __future__ import annotations

from typing import Any

from translator.parcels import Json, Record, Translation
from translator.translate import groups, memory, people, revenue
from translator.translate.agents import agent_fields
from translator.translate.fields import library, plain_fields
from translator.translate.groups import Found
from translator.translate.groupvalues import Values, limited
from translator.translate.limits import clean, clip
from translator.translate.paths import text
from translator.translate.reading import Reading
from translator.translate.records import group_identifies, identify, joined

PRODUCT_PURCHASED = "Product Purchased"


def event(reading: Reading, state: Json | None) -> Translation:
    """A track, page or screen call. Groups come before the event that carries them."""
    found = groups.find(reading)
    joins = joined(reading, found)
    place = 2 + revenue.places(reading) + len(reading.settings.groups.rules)
    before = [identify(reading, place, {}, joins)] if joins else []
    before += group_identifies(reading, found)
    main, shared = _main(reading, _event_groups(reading, found, state))
    return Translation(
        records=(*before, Record("event", main), *_purchases(reading, shared)), notes=tuple(reading.notes)
    )


def event_type(reading: Reading) -> str:
    """The name of the event: a track's own, a page's or screen's by preset (differences 10)."""
    kind = reading.call.type
    if kind == "track":
        return text(reading.body.get("event")) or ""
    name, category = text(reading.body.get("name")), text(reading.body.get("category"))
    if reading.settings.translate.preset == "classic":
        known = name or category
        return f"Viewed {known} {kind.title()}" if known else f"Loaded a {kind.title()}"
    return f"Viewed {name or category or kind.title()}"


def _main(reading: Reading, event_groups: dict[str, Values]) -> tuple[Json, Json]:
    """The main event, and the part of it that its Product Purchased events share."""
    order = revenue.is_order(reading)
    shared: Json = {
        **plain_fields(reading),
        **reading.someone(),
        "time": reading.time,
        "session_id": reading.options.session_id,
        "event_id": reading.options.event_id,
        "user_properties": people.of_purchase(reading) if order else people.of_event(reading),
        "groups": event_groups,
        "library": library(reading),
    }
    shared = {key: value for key, value in shared.items() if value not in (None, {})}
    own: Json = {
        "event_type": clip(event_type(reading), "event", reading.notes),
        "event_properties": clean(reading.properties, "properties", reading.notes),
        "insert_id": reading.insert_id(1),
        **_revenue(reading),
    }
    own = {key: value for key, value in own.items() if value not in (None, {})}
    return {**agent_fields(reading), **shared, **own}, shared


def _revenue(reading: Reading) -> dict[str, Any]:
    per_product = reading.settings.translate.revenue_per_product and revenue.products(reading)
    if per_product or not revenue.has_revenue(reading):
        return {}
    return revenue.revenue_block(reading.properties, "properties", reading.notes)


def _purchases(reading: Reading, shared: Json) -> list[Record]:
    per_product = reading.settings.translate.revenue_per_product
    made = []
    for number, product in revenue.products(reading):
        path = f"properties.products.{number - 1}"
        body: Json = {
            **shared,
            "event_type": PRODUCT_PURCHASED,
            "event_properties": clean(product, path, reading.notes),
            "insert_id": reading.insert_id(1 + number),
            **(revenue.revenue_block(product, path, reading.notes) if per_product else {}),
        }
        made.append(Record("event", body))
    return made


def _event_groups(reading: Reading, found: list[Found], state: Json | None) -> dict[str, Values]:
    own = {one.type: one.value for one in found if "event" in one.reach}
    named = {one.type for one in found}
    kept = memory.carried(state, reading.time, reading.settings.groups.memory_days)
    more = {name: value for name, value in kept.items() if name not in named}
    return limited([*own.items(), *more.items()], reading.notes)

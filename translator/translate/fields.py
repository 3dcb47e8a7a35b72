"""The table of plain fields: Amplitude's key, where in the call it comes from, and how it is read. Pure.

Sources: keys from amplitude-api.md sections 2.1.2 and 2.3; paths from segment-actions.md section 3. Mobile advertising
ids by platform: differences 3.
"""

from __future__ import annotations

import re
from collections.abc import Callable, KeysView
from dataclasses import dataclass
from typing import Any

from translator.settings.values import FIELDS as FIELD_TYPES
from translator.translate.amounts import amount, whole
from translator.translate.limits import MAX_TEXT, clip
from translator.translate.notes import Notes
from translator.translate.options import session_time
from translator.translate.paths import at, first, text
from translator.translate.reading import Reading

Rule = Callable[[Any], Any]
ALL = ("track", "page", "screen", "identify")
EVENTS = ("track", "page", "screen")


def platform(value: Any) -> str | None:
    """``ios`` becomes ``iOS`` and ``android`` ``Android``, the first of each, wherever they stand in the text."""
    name = text(value)
    if name is None:
        return None
    return re.sub("android", "Android", re.sub("ios", "iOS", name, count=1, flags=re.I), count=1, flags=re.I)


def degrees(value: Any) -> float | None:
    """A latitude or longitude as a number."""
    return amount(value)


def address(value: Any) -> str | None:
    """An IP address. ``$remote`` would make Amplitude locate this server (amplitude-api.md section 2.1.2)."""
    found = text(value)
    return None if found == "$remote" else found


@dataclass(frozen=True, slots=True)
class Field:
    """One row: Amplitude's key, the path of its source, the calls that have it, and the rule that reads it."""

    key: str
    path: str
    calls: tuple[str, ...] = ALL
    rule: Rule = text


FIELDS = (
    Field("app_version", "context.app.version"),
    Field("platform", "context.device.type", rule=platform),
    Field("os_name", "context.os.name"),
    Field("os_version", "context.os.version"),
    Field("device_brand", "context.device.brand"),
    Field("device_manufacturer", "context.device.manufacturer"),
    Field("device_model", "context.device.model"),
    Field("carrier", "context.network.carrier"),
    Field("country", "context.location.country"),
    Field("region", "context.location.region"),
    Field("city", "context.location.city"),
    Field("language", "context.locale"),
    Field("location_lat", "context.location.latitude", EVENTS, degrees),
    Field("location_lng", "context.location.longitude", EVENTS, degrees),
    Field("ip", "context.ip", EVENTS, address),
)

IDENTIFY_KEYS = frozenset(row.key for row in FIELDS if "identify" in row.calls) | {"dma", "paying", "start_version"}
"""Keys of the Identify API beside ids, properties and groups (amplitude-api.md section 2.3)."""

DEVICE_BLOCK = ("os_name", "os_version", "device_brand", "device_manufacturer", "device_model", "carrier")
LOCATION_BLOCK = ("country", "region", "city")
"""Setting one key of a block resets the others (amplitude-api.md section 2.1.4). Segment has no source for dma."""

_BLOCKS: tuple[tuple[str, KeysView[str]], ...] = (
    ("device_block_partial", dict.fromkeys(DEVICE_BLOCK).keys()),
    ("location_block_partial", dict.fromkeys(LOCATION_BLOCK).keys()),
)
"""The rule that is noted, and the keys, which keep their order."""


def plain_fields(reading: Reading) -> dict[str, Any]:
    """Every field of the table that the call has, and the ones that depend on the platform."""
    found = of_context(reading.context, reading.kind, reading.notes)
    note_partial({**found, **configured(reading)} if reading.settings.fields else found, reading.notes)
    return found


def of_context(context: dict[str, Any], kind: str, notes: Notes) -> dict[str, Any]:
    """What the table finds in the context of a call of some type."""
    found: dict[str, Any] = {}
    for name, rows in _SHORT_TABLES[kind] if _OBJECTS.isdisjoint(context) else _TABLES[kind]:
        given = context.get(name)
        if given is None:
            continue
        for inner, key, rule in rows:
            value = given if inner is None else given.get(inner) if type(given) is dict else None
            if value is not None and (value := rule(value)) is not None:
                found[key] = value if type(value) is str and len(value) <= MAX_TEXT else _fitting(key, value, notes)
    if "platform" not in found:
        by = context.get("library")
        if type(by) is dict and by.get("name") == "analytics.js":
            found["platform"] = "Web"
    if kind in EVENTS and context.get("device") is not None:
        found.update(_advertising(context))
    return found


def may_be_partial(context: dict[str, Any]) -> bool:
    """Whether a context has anything that ``note_partial`` could note."""
    return not _OBJECTS.isdisjoint(context)


def note_partial(found: dict[str, Any], notes: Notes) -> None:
    """Note which keys of a block are missing, where others of it are there."""
    for rule, block in _BLOCKS:
        if not block.isdisjoint(found) and (missing := [key for key in block if key not in found]):
            notes.add(rule, ", ".join(missing))


Rows = tuple[tuple[str | None, str, Rule], ...]
"""Of a key of ``context``: the key within it (None: the value itself), Amplitude's key, and the rule."""


def _tables(kind: str) -> tuple[tuple[str, Rows], ...]:
    """The rows that a type of call has, by the key of ``context`` they are under."""
    found: dict[str, list[tuple[str | None, str, Rule]]] = {}
    for row in FIELDS:
        _, name, *inner = row.path.split(".")
        if kind in row.calls:
            found.setdefault(name, []).append((inner[0] if inner else None, row.key, row.rule))
    return tuple((name, tuple(rows)) for name, rows in found.items())


_TABLES = {kind: _tables(kind) for kind in ALL}
_SHORT_TABLES = {
    kind: tuple((name, rows) for name, rows in table if all(inner is None for inner, _, _ in rows))
    for kind, table in _TABLES.items()
}
"""Of a context that has none of the objects which fields are read from, as that of a website."""

_OBJECTS = frozenset(name for table in _TABLES.values() for name, rows in table for inner, _, _ in rows if inner)


READ: dict[str, Rule] = {"text": text, "number": amount, "integer": whole}
READ_AS: dict[str, Rule] = {"ip": address, "platform": platform, "session_id": session_time}
"""Keys of ``[fields]`` that are read as the table reads them, not only by their type."""
ELSEWHERE = frozenset({"user_id", "device_id", "event_type"})
"""Keys of ``[fields]`` that are read where ids and names are."""
MONEY = frozenset({"price", "quantity", "revenue", "productId", "revenueType", "currency"})
"""Keys of ``[fields]`` for the main event only: a product's event must not count an order's revenue again."""


def configured(reading: Reading, *, money: bool = False) -> dict[str, Any]:
    """What ``[fields]`` finds, over the table's own; a value that the key cannot have is none."""
    if not reading.settings.fields:
        return {}
    event = reading.kind in EVENTS
    found = {}
    for key, paths in reading.settings.fields.items():
        fits = key not in ("paying", "start_version") if event else key in IDENTIFY_KEYS
        rule = READ_AS.get(key, READ[FIELD_TYPES[key]])
        value = rule(first(reading.body, paths)) if fits and key not in ELSEWHERE else None
        if value is not None and (key in MONEY) is money:
            found[key] = _fitting(key, value, reading.notes)
    return found


def library(context: dict[str, Any]) -> str:
    """The library that made an event, as Segment's destination names it."""
    by = context.get("library")
    name = by.get("name") if type(by) is dict else None
    return (name if type(name) is str else text(name)) or "segment"


def _fitting(key: str, value: Any, notes: Notes) -> Any:
    return clip(value, key, notes) if isinstance(value, str) else value


def _advertising(context: dict[str, Any]) -> dict[str, str]:
    advertising = text(at(context, "device.advertisingId")) or text(at(context, "device.idfa"))
    system = _system(context)
    if system == "apple":
        found = {"idfa": advertising, "idfv": text(at(context, "device.id"))}
    else:
        found = {"adid": advertising} if system == "android" else {}
    return {key: value for key, value in found.items() if value}


def _system(context: dict[str, Any]) -> str | None:
    hints = ("os.name", "device.type", "device.manufacturer")
    said = " ".join(text(at(context, path)) or "" for path in hints).lower()
    if "android" in said:
        return "android"
    return "apple" if re.search(r"\b(ios|ipados|tvos|watchos|visionos|iphone os|apple)\b", said) else None

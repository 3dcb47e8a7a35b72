"""The table of plain fields: Amplitude's key, where in the call it comes from, and how it is read. Pure.

Sources: keys from amplitude-api.md sections 2.1.2 and 2.3; paths from segment-actions.md section 3. ``make compiled``
writes the table out as code (``straight``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from translator.settings.values import FIELDS as FIELD_TYPES
from translator.translate.amounts import amount, whole
from translator.translate.limits import clip
from translator.translate.notes import Notes
from translator.translate.options import session_time
from translator.translate.paths import first, text
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


def put(found: dict[str, Any], key: str, rule: Rule, value: Any, notes: Notes) -> None:
    """Note what a rule makes of a value, within limits, where it makes anything."""
    if (value := rule(value)) is not None:
        found[key] = _fitting(key, value, notes)


def _fitting(key: str, value: Any, notes: Notes) -> Any:
    return clip(value, key, notes) if isinstance(value, str) else value

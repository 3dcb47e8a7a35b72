"""The plain fields that a call's context has, by the table in ``fields``, and what depends on several of them. Pure.

Mobile advertising ids by platform: differences 3.
"""

from __future__ import annotations

import re
from collections.abc import KeysView
from typing import Any

from translator.translate.fields import EVENTS, FIELDS, configured
from translator.translate.notes import Notes
from translator.translate.paths import at, text
from translator.translate.reading import Reading
from translator.translate.straight import objects_of_event, objects_of_identify, texts_of_event, texts_of_identify

DEVICE_BLOCK = ("os_name", "os_version", "device_brand", "device_manufacturer", "device_model", "carrier")
LOCATION_BLOCK = ("country", "region", "city")
"""Setting one key of a block resets the others (amplitude-api.md section 2.1.4). Segment has no source for dma."""

_BLOCKS: tuple[tuple[str, KeysView[str]], ...] = (
    ("device_block_partial", dict.fromkeys(DEVICE_BLOCK).keys()),
    ("location_block_partial", dict.fromkeys(LOCATION_BLOCK).keys()),
)
"""The rule that is noted, and the keys, which keep their order."""

_EVENT = objects_of_event, texts_of_event
_READ = {**dict.fromkeys(EVENTS, _EVENT), "identify": (objects_of_identify, texts_of_identify)}
"""By type of call, what reads the objects of a context, and the context itself."""

_OBJECTS = frozenset(row.path.split(".")[1] for row in FIELDS if row.path.count(".") > 1)
"""Keys of a context which fields are read from within; that of a website has none."""


def plain_fields(reading: Reading) -> dict[str, Any]:
    """Every field of the table that the call has, and the ones that depend on the platform."""
    found = of_context(reading.context, reading.kind, reading.notes)
    note_partial({**found, **configured(reading)} if reading.settings.fields else found, reading.notes)
    return found


def of_context(context: dict[str, Any], kind: str, notes: Notes) -> dict[str, Any]:
    """What the table finds in the context of a call of some type."""
    found: dict[str, Any] = {}
    objects, texts = _READ[kind]
    if not _OBJECTS.isdisjoint(context):
        objects(context, found, notes)
    texts(context, found, notes)
    if "platform" not in found and made_by(context) == "analytics.js":
        found["platform"] = "Web"
    if kind in EVENTS and context.get("device") is not None:
        found.update(_advertising(context))
    return found


def add_plain(found: dict[str, Any], context: dict[str, Any], kind: str, by: Any, notes: Notes) -> None:
    """Write the plain fields of a context over what was found already. ``by``: see ``made_by``."""
    if not _OBJECTS.isdisjoint(context):
        plain = of_context(context, kind, notes)
        note_partial(plain, notes)
        found |= plain
        return
    _READ[kind][1](context, found, notes)
    if by == "analytics.js":
        found["platform"] = "Web"


def note_partial(found: dict[str, Any], notes: Notes) -> None:
    """Note which keys of a block are missing, where others of it are there."""
    for rule, block in _BLOCKS:
        if not block.isdisjoint(found) and (missing := [key for key in block if key not in found]):
            notes.add(rule, ", ".join(missing))


def made_by(context: dict[str, Any]) -> Any:
    """The name of the library that made a call, as the call says it."""
    by = context.get("library")
    return by.get("name") if type(by) is dict else None


def library(name: Any) -> str:
    """The library that made an event, as Segment's destination names it. ``name``: see ``made_by``."""
    return (name if type(name) is str else text(name)) or "segment"


def _advertising(context: dict[str, Any]) -> dict[str, str]:
    advertising = text(at(context, "device.advertisingId")) or text(at(context, "device.idfa"))
    system = _system(context)
    if system == "apple":
        found = {"idfa": advertising, "idfv": text(at(context, "device.id"))}
    else:
        found = {"adid": advertising} if system == "android" else {}
    return {key: value for key, value in found.items() if value}


def advertised(found: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    """Fields with those advertising ids only that their platform has (differences 3)."""
    own = {"apple": {"idfa", "idfv"}, "android": {"adid"}}.get(_system(context) or "", set())
    return {key: value for key, value in found.items() if key not in ("idfa", "idfv", "adid") or key in own}


def _system(context: dict[str, Any]) -> str | None:
    hints = ("os.name", "device.type", "device.manufacturer")
    said = " ".join(text(at(context, path)) or "" for path in hints).lower()
    if "android" in said:
        return "android"
    return "apple" if re.search(r"\b(ios|ipados|tvos|watchos|visionos|iphone os|apple)\b", said) else None

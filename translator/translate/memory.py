"""What a subject's calls leave for its later ones, in sections of entries by name. Pure.

``groups``: type to ``{"value", "at"}``, what its group calls named. ``sessions``: see sessions.py. ``sent``: see
history.py. Times are ms since the epoch. A translation returns what changes, in the same shape, None for an entry that
goes; so what one call changes can be left out when that call fails.
"""

from __future__ import annotations

from typing import Any

from translator.parcels import Json
from translator.translate.groups import Found
from translator.translate.groupvalues import Values
from translator.translate.paths import mapping

DAY = 24 * 60 * 60 * 1000


def applied(state: Json | None, changes: Json | None) -> Json:
    """A state after changes."""
    found = dict(state or {})
    for section, entries in (changes or {}).items():
        found[section] = changed(mapping(found.get(section)), entries)
    return found


def changed(entries: Json, changes: Json) -> Json:
    """The entries of one section after changes."""
    merged = {**entries, **changes}
    if None not in merged.values():  # nearly always
        return merged
    return {name: entry for name, entry in merged.items() if entry is not None}


def merged(first: Json | None, second: Json | None) -> Json | None:
    """Changes after changes, as one."""
    if not first or not second:
        return first or second
    return {name: {**mapping(first.get(name)), **mapping(second.get(name))} for name in {**first, **second}}


def remembered(memory: Json | None, found: list[Found], time: int) -> Json | None:
    """What changes with a call at ``time``, or None. An older call changes nothing."""
    known = mapping((memory or {}).get("groups"))
    newer = [one for one in found if "carried" in one.reach and _at(known.get(one.type)) <= time]
    entries = {one.type: {"value": one.value, "at": time} for one in newer}
    return {"groups": entries} if entries and changed(known, entries) != known else None


def carried(memory: Json | None, time: int, days: int) -> dict[str, Values]:
    """The groups that an event at ``time`` still belongs to: named before it, not more than ``days`` ago."""
    groups = mapping((memory or {}).get("groups"))
    return {name: one["value"] for name, one in groups.items() if 0 <= time - _at(one) <= days * DAY}


def _at(entry: Any) -> int:
    at = mapping(entry).get("at")
    return at if isinstance(at, int) else -(2**62)

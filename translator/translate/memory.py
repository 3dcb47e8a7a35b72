"""The groups that a subject's group calls leave for its later events: ``{"groups": {type: {"value", "at"}}}``. Pure.

``at``: when the call that named the group was made, ms since the epoch.
"""

from __future__ import annotations

from typing import Any

from translator.parcels import Json
from translator.translate.groups import Found
from translator.translate.groupvalues import Values
from translator.translate.paths import mapping

DAY = 24 * 60 * 60 * 1000


def remembered(memory: Json | None, found: list[Found], time: int) -> Json | None:
    """The new state after a call at ``time``, or None where nothing of it changes. An older call changes nothing."""
    groups = dict(mapping((memory or {}).get("groups")))
    before = dict(groups)
    for one in found:
        if "carried" in one.reach and _at(groups.get(one.type)) <= time:
            groups[one.type] = {"value": one.value, "at": time}
    return {**(memory or {}), "groups": groups} if groups != before else None


def carried(memory: Json | None, time: int, days: int) -> dict[str, Values]:
    """The groups that an event at ``time`` still belongs to: named before it, not more than ``days`` ago."""
    groups = mapping((memory or {}).get("groups"))
    return {name: one["value"] for name, one in groups.items() if 0 <= time - _at(one) <= days * DAY}


def _at(entry: Any) -> int:
    at = mapping(entry).get("at")
    return at if isinstance(at, int) else -(2**62)

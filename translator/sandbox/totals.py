"""What is counted of all records, those that are no longer kept among them: events by type and group types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from translator.sandbox.rules import EVENT_TYPES

GROUP_TYPES_KEPT = 1000
"""Over all projects; a project has five."""


@dataclass(slots=True)
class _Event:
    """``groups``: group type to how many of them it was in force for, their user's groups among them."""

    count: int = 0
    groups: Counter[str] = field(default_factory=Counter)


class Totals:
    """Counts since the start, bounded by what Amplitude has of a project."""

    def __init__(self) -> None:
        self._events: dict[str, _Event] = {}
        self._others = 0
        self._joins: Counter[str] = Counter()
        self._own: Counter[str] = Counter()

    def event(self, event_type: str, in_force: Iterable[str], own: Iterable[str]) -> None:
        """An event, the group types that count for it, and those that it brought itself."""
        one = self._events.get(event_type)
        if one is None:
            if len(self._events) >= EVENT_TYPES:
                self._others += 1
                _count(self._own, own)
                return
            one = self._events[event_type] = _Event()
        one.count += 1
        _count(one.groups, in_force)
        _count(self._own, own)

    def identify(self, own: Iterable[str]) -> None:
        """The group types of a record by which a user joined groups."""
        _count(self._joins, own)

    def facts(self) -> dict[str, Any]:
        """All of it, for JSON; a copy."""
        types = sorted({*self._joins, *self._own})
        return {
            "events": [
                {"event_type": name, "count": one.count, "groups": dict(one.groups)}
                for name, one in self._events.items()
            ],
            "other_events": self._others,
            "group_types": [
                {"group_type": name, "joins": self._joins[name], "events": self._own[name]} for name in types
            ],
        }


def _count(counts: Counter[str], names: Iterable[str]) -> None:
    for name in names:
        if name in counts or len(counts) < GROUP_TYPES_KEPT:
            counts[name] += 1

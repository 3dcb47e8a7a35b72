"""Events by name: how many, with which groups, of whom. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Set

from translator.parcels import Json
from translator.reports.plan.seen import EventSeen

MOST_EVENTS = 2000
"""Event types that are counted each: as many as Amplitude keeps of a project."""


class _Event:
    __slots__ = ("anonymous", "carried", "count", "grouped", "joined", "with_joined")

    def __init__(self) -> None:
        self.count = self.grouped = self.with_joined = self.anonymous = 0
        self.carried: Counter[str] = Counter()
        self.joined: Counter[str] = Counter()


class Events:
    """Events that calls became."""

    def __init__(self) -> None:
        self._events: dict[str, _Event] = {}
        self.cut: set[str] = set()

    def see(self, body: Json, types: Set[str], joined: Set[str]) -> None:
        """An event, the types of its own groups, and those that its user joined before."""
        name = str(body.get("event_type"))
        one = self._events.get(name)
        if one is None:
            if len(self._events) >= MOST_EVENTS:
                self.cut.add(f"of events the first {MOST_EVENTS:,} names")
                return
            one = self._events[name] = _Event()
        one.count += 1
        one.grouped += bool(types)
        one.anonymous += "user_id" not in body
        for kind in types:
            one.carried[kind] += 1
        every = types | joined if joined else types
        for kind in every:
            one.joined[kind] += 1
        one.with_joined += bool(every)

    def done(self) -> tuple[EventSeen, ...]:
        """The most frequent first."""
        ordered = sorted(self._events.items(), key=lambda item: (-item[1].count, item[0]))
        return tuple(
            EventSeen(
                name, one.count, one.grouped, one.with_joined, one.anonymous,
                tuple(sorted(kind for kind, many in one.carried.items() if many == one.count)),
                tuple(sorted(kind for kind, many in one.joined.items() if many == one.count)),
            )
            for name, one in ordered
        )  # fmt: skip

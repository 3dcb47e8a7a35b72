"""Planned events, and whether each is in the groups that the plan wants it in: its own, or those of its user."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from translator.parcels import Json
from translator.reports.plan.planned import Planned
from translator.reports.qa.counting import Count, Names, Sampled, short
from translator.reports.qa.seen import Extras, SeenEvent

MOST_USERS = 200_000
"""Users, and devices, of whom it is kept which types they joined; of further ones it is only known for a sample."""


class _Event:
    __slots__ = ("count", "groups", "judged", "lacking")

    def __init__(self, groups: tuple[str, ...]) -> None:
        self.groups = groups
        self.count = 0
        self.judged = dict.fromkeys(groups, 0)
        self.lacking = {name: Count() for name in groups}


class Events:
    """Events, and who has joined what before them. ``read``: how many there were, of any name."""

    def __init__(self, plan: Planned, most: int = MOST_USERS) -> None:
        self._events = {one.name: _Event(one.groups) for one in plan.events}
        self._wants_users = any(one.groups for one in plan.events)
        self._bits = {one.name: 1 << number for number, one in enumerate(plan.types)}
        self._joined: Sampled[int] = Sampled(most)
        self._extras = Names()
        self.read = 0

    def join(self, body: Json, types: Iterable[str]) -> None:
        """A record by which a user joined groups of these types."""
        bits = 0
        for kind in types:
            bits |= self._bits.get(kind, 0)
        if bits and self._wants_users:
            for key in _keys(body):
                self._joined.put(key, self._joined.items.get(key, 0) | bits)

    def see(self, body: Json, own: set[str], message_id: str | None) -> None:
        """An event, and the group types that it has itself."""
        self.read += 1
        if not self._events:
            return
        event_type = str(body.get("event_type"))
        planned = self._events.get(event_type)
        if planned is None:
            self._extras.add(event_type, "", message_id)
            return
        planned.count += 1
        if planned.groups:
            self._judge(planned, own, body, message_id)

    def seen(self) -> dict[str, SeenEvent]:
        """What was seen of each planned event."""
        return {name: _seen(one) for name, one in self._events.items()}

    def extras(self) -> Extras:
        """What is not planned."""
        return self._extras.extras()

    def remarks(self) -> Iterator[str]:
        """Whether only a sample was looked at."""
        if bits := self._joined.bits:
            share = f"one of {1 << bits} by their hash"
            yield f"There are more users in groups than are kept: the events of {share} were looked at for their groups"

    def _judge(self, planned: _Event, own: set[str], body: Json, message_id: str | None) -> None:
        joined = 0 if own.issuperset(planned.groups) else self._joined_by(body)
        for kind in planned.groups:
            if kind in own or (joined is not None and joined & self._bits[kind]):
                planned.judged[kind] += 1
            elif joined is not None:
                planned.judged[kind] += 1
                planned.lacking[kind].add("", message_id)

    def _joined_by(self, body: Json) -> int | None:
        """The types that the user of an event has joined, as bits; None where that is not known."""
        key = next(_keys(body), None)
        if key is None:
            return 0
        return self._joined.items.get(key, 0) if self._joined.knows(key) else None


def _keys(body: Json) -> Iterator[str]:
    """The user of a record, then its device."""
    for name in ("user_id", "device_id"):
        if body.get(name):
            yield f"{name} {short(str(body[name]))}"


def _seen(one: _Event) -> SeenEvent:
    lacking = {name: count.tally() for name, count in one.lacking.items() if count.count}
    return SeenEvent(one.count, lacking, dict(one.judged))

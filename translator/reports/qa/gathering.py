"""Translated calls, one after another → what was seen of a plan. Bounded by the plan and a few limits of its own."""

from __future__ import annotations

from collections.abc import Iterable

from translator.parcels import Json
from translator.reports.plan.planned import Planned
from translator.reports.qa.counting import Count, Names
from translator.reports.qa.events_seen import MOST_USERS, Events
from translator.reports.qa.groups_seen import MOST_GROUPS, Groups, values_of
from translator.reports.qa.seen import Seen, SeenType
from translator.reports.rows import Row

Pairs = set[tuple[str, str]]


class _Type:
    __slots__ = ("allowed", "events", "joins", "named", "wrong")

    def __init__(self, values: Iterable[str]) -> None:
        self.allowed = frozenset(values)
        self.named, self.joins, self.events, self.wrong = Count(), Count(), Count(), Count()


class Gathering:
    """What calls become, counted beside a plan, in the order in which users live through them."""

    def __init__(self, plan: Planned, most_groups: int = MOST_GROUPS, most_users: int = MOST_USERS) -> None:
        self._types = {one.name: _Type(one.values) for one in plan.types}
        self._groups = Groups(plan, most_groups)
        self._events = Events(plan, most_users)
        self._extra_types = Names()
        self._fallbacks, self._ignored, self._noted, self._refused = Names(), Names(), Names(), Names()

    def refuse(self, reason: str, text: str, message_id: str | None = None, times: int = 1) -> None:
        """A message (or so many) that could not be read, or is no call, or cannot be translated; ``text``: why."""
        self._refused.add(reason, text, message_id, times)

    def see(self, row: Row) -> None:
        """What became of a call."""
        name = row.message_id
        if row.error is not None:
            said = "; ".join(f"{path or 'call'}: {', '.join(map(str, faults))}" for path, faults in row.error.items())
            self.refuse("not translatable", said, name)
            return
        if row.ignored is not None:
            self._ignored.add(row.ignored, "", name)
        self._note(row)
        joins: Pairs = set()
        named: Pairs = set()
        for record in row.records:
            body = record.body
            if record.kind == "event":
                named |= self._event(body, name)
            elif record.kind == "identify":
                joins |= self._identify(body)
            elif record.kind == "group_identify":
                named |= self._group_identify(body, name)
        if joins or named:
            self._named(joins, named, name)

    def seen(self, source: str, read: int) -> Seen:
        """All that was seen so far of ``read`` calls."""
        groups = self._groups.counts()
        types = {name: self._seen_type(one, groups[name]) for name, one in self._types.items()}
        extra_types = self._extra_types.extras()
        return Seen(
            source=source,
            read=read,
            types=types,
            properties=self._groups.properties(),
            events=self._events.seen(),
            extra_types=extra_types,
            extra_properties=self._groups.extras(),
            extra_events=self._events.extras(),
            fallbacks=self._fallbacks.tallies(),
            refused=self._refused.tallies(),
            ignored=self._ignored.tallies(),
            noted=self._noted.tallies(),
            type_names=(*(name for name, one in types.items() if one.named.count), *extra_types.names),
            property_names=self._groups.names(),
            events_read=self._events.read,
            remarks=(*self._groups.remarks(), *self._events.remarks()),
        )

    def _seen_type(self, one: _Type, groups: int) -> SeenType:
        return SeenType(one.named.tally(), one.joins.tally(), one.events.tally(), one.wrong.tally(), groups)

    def _note(self, row: Row) -> None:
        for rule, path in {note.rule: note.path for note in reversed(row.notes)}.items():
            if rule == "group_fallback":
                self._fallbacks.add(path, "", row.message_id)
            else:
                self._noted.add(rule, path, row.message_id)

    def _event(self, body: Json, message_id: str | None) -> Pairs:
        pairs = set(values_of(body.get("groups")))
        for kind, value in dict(sorted(pairs)).items():
            if kind in self._types:
                self._types[kind].events.add(value, message_id)
        self._events.see(body, {kind for kind, _ in pairs}, message_id)
        return pairs

    def _identify(self, body: Json) -> Pairs:
        pairs = set(values_of(body.get("groups")))
        self._events.join(body, {kind for kind, _ in pairs})
        return pairs

    def _group_identify(self, body: Json, message_id: str | None) -> Pairs:
        kind, operations = body.get("group_type"), body.get("group_properties")
        if not isinstance(kind, str):
            return set()
        pairs = set(values_of({kind: body.get("group_value")}))
        for _, value in pairs:
            self._groups.see(kind, value, operations if isinstance(operations, dict) else {}, message_id)
        return pairs

    def _named(self, joins: Pairs, others: Pairs, message_id: str | None) -> None:
        """The groups of a call: each type counts once."""
        for kind, value in joins | others:
            self._groups.touch(kind, value, message_id)
        for kind, value in dict(sorted(joins)).items():
            if kind in self._types:
                self._types[kind].joins.add(value, message_id)
        for kind, value in dict(sorted(joins | others)).items():
            planned = self._types.get(kind)
            if planned is None:
                self._extra_types.add(kind, value, message_id)
            else:
                planned.named.add(value, message_id)
        self._values(joins | others, message_id)

    def _values(self, pairs: Pairs, message_id: str | None) -> None:
        wrong = {kind: value for kind, value in sorted(pairs) if self._is_wrong(kind, value)}
        for kind, value in wrong.items():
            self._types[kind].wrong.add(value, message_id)

    def _is_wrong(self, kind: str, value: str) -> bool:
        planned = self._types.get(kind)
        return bool(planned and planned.allowed and value not in planned.allowed)

"""What calls become under a configuration, added up: groups, their properties, events, and what does not fit. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from translator.errors import Untranslatable
from translator.jsontext import dumps
from translator.parcels import Call
from translator.reports.plan.events import Events
from translator.reports.plan.members import Members
from translator.reports.plan.properties import Properties
from translator.reports.plan.reasons import MOST_REASONS, Reasons
from translator.reports.plan.seen import Became, TypeSeen, ValueSeen
from translator.reports.plan.sketch import Distinct, Heavy, Room
from translator.reports.rows import Row
from translator.settings.values import TranslationSettings
from translator.translate import sources
from translator.translate.paths import mapping

MOST_VALUES = 20_000
"""Groups that are counted each, those seen first."""

MOST_TYPES = 200
SAMPLES = 3
HOUR = 3_600_000
EVERY = 64
"""Of so many events of a group that is remembered, one is looked at to see whether others name it themselves."""

MEMORY = "memory of an earlier group call"

Pairs = set[tuple[str, str]]


class _Type:
    __slots__ = ("events", "joins", "sources", "values")

    def __init__(self, room: Room) -> None:
        self.joins = self.events = 0
        self.values = Distinct(room)
        self.sources: dict[str, str] = {}


class _Value:
    __slots__ = ("calls", "first_at", "last_at")

    def __init__(self, at: int) -> None:
        self.calls = 0
        self.first_at = self.last_at = at


class Outcome:
    """Adds up calls and what became of them, one after another. ``settings``: those that they were translated with."""

    def __init__(self, settings: TranslationSettings) -> None:
        self._settings = settings
        self._room = Room()
        self._reasons = Reasons()
        self._types: dict[str, _Type] = {}
        self._values: dict[tuple[str, str], _Value] = {}
        self._members = Members()
        self._properties = Properties(self._room, settings)
        self._events = Events()
        self._clipped: Counter[str] = Counter()
        self._updates, self._updates_event = Heavy(), Heavy()
        self._most_values = 0
        self._cut: set[str] = set()

    def see(self, call: Call, row: Row) -> None:
        """A call and what became of it."""
        self._reasons.see(row)
        for note in row.notes:
            if note.rule == "string_limit" and (note.path in self._clipped or len(self._clipped) < MOST_REASONS):
                self._clipped[note.path] += 1
        joins, events, described = Pairs(), Pairs(), Pairs()
        at = call.received_at
        for record in row.records:
            body = record.body
            time = body.get("time")
            at = time if type(time) is int else at
            pairs = list(pairs_of(body["groups"])) if "groups" in body else []
            if len(pairs) > self._most_values:
                self._most_values = len(pairs)
            if body.get("user_properties"):
                hour = f"{who(body)} {at // HOUR}"
                self._updates.add(hour)
                if call.type != "group":
                    self._updates_event.add(hour)
            if record.kind == "identify":
                joins.update(pairs)
            elif record.kind == "event":
                events.update(pairs)
                self._events.see(body, {kind for kind, _ in pairs}, self._members.joined(who(body)))
            elif record.kind == "group_identify":
                self._properties.see(body)
                described.update(pairs_of({body.get("group_type"): body.get("group_value")}))
        if joins or events:
            self._see_members(call, row, joins, events, at)
        if joins or events or described:
            self._see_groups(call, joins, events, described, at)

    def done(self) -> Became:
        """What was seen."""
        members = self._members.counts()
        late = sum(many for rule, many in self._reasons.counts["notes"].items() if rule == "group_values_limit")
        return Became(
            tally=self._reasons.tally(),
            types=tuple(self._type(name, one, members) for name, one in self._types.items()),
            values=tuple(self._value(*pair, one, members) for pair, one in self._values.items()),
            properties=self._properties.done(),
            property_names=self._properties.names(),
            events=self._events.done(),
            movements=self._members.movements(),
            clipped=dict(self._clipped),
            updates=_by_user(self._updates),
            updates_event=_by_user(self._updates_event),
            updates_cut=self._updates.is_cut,
            most_values=self._most_values,
            late=late,
            spellings={key: frozenset(several) for key, several in self._properties.spellings.items()},
            cut=tuple(sorted(self._cut | self._properties.cut | self._events.cut | self._members.cut)),
        )

    def _see_members(self, call: Call, row: Row, joins: Pairs, events: Pairs, at: int) -> None:
        user = next((found for record in row.records if (found := who(record.body) or who(record.ids))), call.subject)
        self._members.see(user, joins, events, at)

    def _see_groups(self, call: Call, joins: Pairs, events: Pairs, described: Pairs, at: int) -> None:
        """``described``: groups that got properties; a call without a user names no others."""
        every = joins | events | described
        for pair in every:
            self._see_value(pair, at)
        joined, carried = {kind for kind, _ in joins}, {kind for kind, _ in events}
        for kind in {kind for kind, _ in every}:
            one = self._type_of(kind)
            if one is not None:
                one.joins += kind in joined
                one.events += kind in carried
                if one.sources.get(call.type, MEMORY) == MEMORY and (
                    call.type not in one.sources or one.events % EVERY == 0 or _has_options(call)
                ):
                    one.sources[call.type] = self._source(call, kind)

    def _see_value(self, pair: tuple[str, str], at: int) -> None:
        one = self._values.get(pair)
        if one is None:
            self._properties.touch(pair)
            kind = self._type_of(pair[0])
            if kind is not None:
                kind.values.add(pair[1])
            if len(self._values) >= MOST_VALUES:
                self._cut.add(f"of group values the first {MOST_VALUES:,}")
                return
            one = self._values[pair] = _Value(at)
        one.calls += 1
        if at < one.first_at:
            one.first_at = at
        elif at > one.last_at:
            one.last_at = at

    def _type_of(self, name: str) -> _Type | None:
        one = self._types.get(name)
        if one is None:
            if len(self._types) >= MOST_TYPES:
                self._cut.add(f"of group types the first {MOST_TYPES}")
                return None
            one = self._types[name] = _Type(self._room)
        return one

    def _source(self, call: Call, kind: str) -> str:
        if self._settings.translate.hook is not None:
            return f"translate.hook ({self._settings.translate.hook})"
        try:
            return sources(call, self._settings).get(kind, MEMORY)
        except Untranslatable:
            return MEMORY

    def _type(self, name: str, one: _Type, members: Counter[tuple[str, str]]) -> TypeSeen:
        said: dict[str, list[str]] = {}
        for call_type, source in one.sources.items():
            said.setdefault(source, []).append(call_type)
        made = [f"{source} ({', '.join(sorted(calls))})" for source, calls in said.items() if source != MEMORY]
        often = Counter({value: seen.calls for (kind, value), seen in self._values.items() if kind == name})
        examples = tuple(value for value, _ in sorted(often.items(), key=lambda item: (-item[1], item[0]))[:SAMPLES])
        count = self._members.of_type(name)
        own = any(one.sources.get(kind, MEMORY) != MEMORY for kind in ("track", "page", "screen"))
        return TypeSeen(
            name, one.values.count(), count, one.joins, one.events, "; ".join(made) or MEMORY, examples,
            own and self._settings.translate.hook is None,
        )  # fmt: skip

    def _value(self, kind: str, value: str, one: _Value, members: Counter[tuple[str, str]]) -> ValueSeen:
        label = self._properties.labels.get((kind, value), "")
        return ValueSeen(kind, value, label, one.calls, members[kind, value], one.first_at, one.last_at)


def pairs_of(groups: Any) -> Iterator[tuple[str, str]]:
    """Type and value of each group of a record; a hook may give any shape."""
    for kind, value in (groups if isinstance(groups, dict) else {}).items():
        for one in value if isinstance(value, list) else [value]:
            yield str(kind), one if isinstance(one, str) else dumps(one).decode()


def _has_options(call: Call) -> bool:
    """Whether a call may bring groups in its options, which a few calls among many may do."""
    options = mapping(call.body.get("integrations"))
    return any(isinstance(one, dict) and "groups" in one for one in options.values())


def _by_user(updates: Heavy) -> tuple[tuple[str, int], ...]:
    """The busiest users, each with its count in an hour."""
    return tuple((key.rpartition(" ")[0], count) for key, count in updates.most(5))


def who(ids: Mapping[str, Any]) -> str:
    """The user, else the device; "" for neither."""
    return str(ids.get("user_id") or ids.get("device_id") or "")

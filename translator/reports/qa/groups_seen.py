"""Groups and their properties, counted beside a plan, from calls or from a sandbox."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from translator import jsontext
from translator.reports.plan.planned import Kind, Planned, PlannedProperty
from translator.reports.qa.counting import Count, Names, Sampled, short
from translator.reports.qa.seen import Extras, SeenProperty, Tally
from translator.translate import MAX_GROUP_PROPERTIES

MOST_GROUPS = 100_000
"""Groups that are looked at, of all types together; beyond that a sample."""

KIND_OF: Mapping[type, Kind] = {
    bool: "boolean",
    str: "text",
    int: "number",
    float: "number",
    list: "list",
    dict: "object",
}
LISTED = frozenset({"$append", "$prepend", "$preInsert", "$postInsert"})
UNHEARD = frozenset({"$unset", "$clearAll", "$remove"})


class _Group:
    __slots__ = ("has", "message_id")

    def __init__(self, message_id: str | None) -> None:
        self.has = 0
        self.message_id = message_id


class _Property:
    """Of a planned property: its bit in a group's ``has``, and what was seen."""

    __slots__ = ("bit", "count", "kinds", "planned", "values", "wrong")

    def __init__(self, planned: PlannedProperty, bit: int) -> None:
        self.planned, self.bit = planned, bit
        self.values = frozenset(planned.values)
        self.count = 0
        self.kinds, self.wrong = Names(), Count()

    def see(self, value: Any, kind: Kind, message_id: str | None) -> None:
        """A value that it was given."""
        self.count += 1
        if self.planned.kind not in ("any", kind):
            self.kinds.add(kind, shown(value), message_id)
        if self.values:
            wrong = [one for one in (value if isinstance(value, list) else [value]) if shown(one) not in self.values]
            if wrong:
                self.wrong.add(shown(wrong[0]), message_id)


class Groups:
    """The groups of planned types."""

    def __init__(self, plan: Planned, most: int = MOST_GROUPS) -> None:
        self._groups: dict[str, dict[str, _Property]] = {one.name: {} for one in plan.types}
        for bit, one in enumerate(plan.properties):
            self._groups[one.group_type][one.name] = _Property(one, 1 << bit)
        self._extras: dict[str, Names] = {one.name: Names() for one in plan.types}
        self._looks_at_extras = bool(plan.properties)
        self._numbers = {one.name: number for number, one in enumerate(plan.types)}
        self._names: set[int] = set()
        self.sample: Sampled[_Group] = Sampled(most)

    def touch(self, group_type: str, value: str, message_id: str | None) -> _Group | None:
        """A group that was named; None where its type is not planned. It is kept where it belongs to the sample."""
        number = self._numbers.get(group_type)
        if number is None:
            return None
        key = f"{number} {short(value)}"
        group = self.sample.items.get(key)
        if group is None:
            group = _Group(message_id)
            self.sample.put(key, group)
        return group

    def see(self, group_type: str, value: str, operations: Mapping[str, Any], message_id: str | None) -> None:
        """Properties that a group was given, as operations or plain."""
        group = self.touch(group_type, value, message_id)
        for operation, given in operations.items():
            if not operation.startswith("$"):
                self._set(group_type, group, operation, given, _kind(given), message_id)
            elif isinstance(given, dict):
                self._operation(group_type, group, operation, given, message_id)

    def _operation(
        self, group_type: str, group: _Group | None, operation: str, given: Mapping[str, Any], message_id: str | None
    ) -> None:
        if operation in UNHEARD:
            known = self._groups.get(group_type, {})
            for name in given if group and operation == "$unset" else ():
                if name in known and group:
                    group.has &= ~known[name].bit
            return
        for name, value in given.items():
            kind = "list" if operation in LISTED else _kind(value)
            if kind is not None:
                self._set(group_type, group, name, value, kind, message_id)

    def _set(
        self, group_type: str, group: _Group | None, name: str, value: Any, kind: Kind | None, message_id: str | None
    ) -> None:
        if kind is None:
            return
        if len(self._names) <= MAX_GROUP_PROPERTIES:
            self._names.add(hash(name))
        known = self._groups.get(group_type)
        if known is None:
            return
        found = known.get(name)
        if found is not None:
            if group is not None:
                group.has |= found.bit
            found.see(value, kind, message_id)
        elif self._looks_at_extras:
            self._extras[group_type].add(name, shown(value), message_id)

    def names(self) -> int:
        """How many different properties there are, of all types, up to one more than the limit."""
        return len(self._names)

    def remarks(self) -> Iterator[str]:
        """Whether only a sample was looked at."""
        if bits := self.sample.bits:
            count = f"{len(self.sample.items):,}"
            yield f"There are more groups than are looked at one by one: {count} were, one of {1 << bits} by their hash"

    def counts(self) -> dict[str, int]:
        """How many groups of each type were looked at."""
        found = Counter(key.partition(" ")[0] for key in self.sample.items)
        return {kind: found[str(number)] for kind, number in self._numbers.items()}

    def properties(self) -> dict[tuple[str, str], SeenProperty]:
        """What was seen of each planned property."""
        lacking = self._lacking()
        return {
            (kind, name): SeenProperty(one.count, one.kinds.tallies(), one.wrong.tally(), lacking[one.bit])
            for kind, known in self._groups.items()
            for name, one in known.items()
        }

    def extras(self) -> dict[str, Extras]:
        """What is not planned, by group type."""
        return {kind: names.extras() for kind, names in self._extras.items()}

    def _lacking(self) -> dict[int, Tally]:
        """Of each required property, by its bit, the groups that never had it."""
        counts = {one.bit: Count() for known in self._groups.values() for one in known.values()}
        required = [
            sum(one.bit for one in known.values() if one.planned.required) for known in self._groups.values()
        ]  # fmt: skip
        for key, group in self.sample.items.items():
            number, _, value = key.partition(" ")
            lacks = required[int(number)] & ~group.has
            while lacks:
                bit = lacks & -lacks
                counts[bit].add(value, group.message_id)
                lacks ^= bit
        return {bit: count.tally() for bit, count in counts.items()}


def shown(value: Any) -> str:
    """A value as text, as a plan may name it."""
    return jsontext.dumps(value).decode() if isinstance(value, (dict, list)) else jsontext.text_of(value)


def values_of(groups: Any) -> Iterable[tuple[str, str]]:
    """Type and value of each group of a record."""
    for kind, value in groups.items() if isinstance(groups, dict) else ():
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, (str, int, float)):
                yield str(kind), jsontext.text_of(one)


def _kind(value: Any) -> Kind | None:
    return KIND_OF.get(type(value))

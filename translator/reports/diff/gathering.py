"""Changes of many calls → what changes, counted; bounded, however many there are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from translator.parcels import Record
from translator.reports.diff.changes import Change, Counted, Difference, Effect, Example, GroupType, What
from translator.reports.diff.comparing import outcome
from translator.reports.diff.texts import MOST_NAME, short, value_text
from translator.reports.rows import Row

MOST_KEYS = 2000
"""Different changes that are counted each for itself; those of further keys are put together by the beginning of their
path (``event_properties.*``)."""

MOST_REST = 500
"""Such beginnings; beyond them everything is ``*``."""

MOST_PAIRS = 100
"""Different pairs of old and new value that are counted of a change."""

MOST_EXAMPLES = 3
MOST_TYPES = 100
"""Group types that are counted; a project has 5."""

REST = "*"
ORDER: tuple[What, ...] = (
    "only_new", "only_old", "outcome", "added", "removed", "type", "changed", "note_gained", "note_lost",
)  # fmt: skip

Key = tuple[str, str, str, What, str]


@dataclass(slots=True)
class _Tally:
    calls: int = 0
    pairs: set[int] = field(default_factory=set)
    has_more: bool = False
    examples: list[Example] = field(default_factory=list)

    def see(self, message_id: str, change: Change) -> None:
        if self.has_more:
            return
        old = None if change.old is None else value_text(change.old)
        new = None if change.new is None else value_text(change.new)
        pair = hash((old, new))
        if pair in self.pairs:
            return
        if len(self.pairs) == MOST_PAIRS:
            self.has_more = True
            return
        self.pairs.add(pair)
        if len(self.examples) < MOST_EXAMPLES:
            shown = [one if one is None else short(one) for one in (old, new)]
            self.examples.append(Example(short(message_id, MOST_NAME), *shown))


class Gathered:
    """Counts calls and their changes."""

    def __init__(self) -> None:
        self._calls = 0
        self._changed = 0
        self._tallies: dict[Key, _Tally] = {}
        self._outcomes: dict[str, list[int]] = {}
        self._types: dict[str, list[int]] = {}
        self._has_more_types = False
        self._effects: Counter[Effect] = Counter()

    def add(self, call: str, message_id: str, old: Row, new: Row, changes: Iterable[Change]) -> None:
        """Count a call. ``call``: its type. ``changes``: what is different between its rows."""
        self._calls += 1
        for side, row in enumerate((old, new)):
            self._outcomes.setdefault(outcome(row), [0, 0])[side] += 1
            for name in _types(row.records):
                self._count_type(name, side)
        counted: set[Key] = set()
        effects: set[Effect] = set()
        for change in changes:
            key = self._key(call, change)
            tally = self._tallies.setdefault(key, _Tally())
            tally.calls += key not in counted
            counted.add(key)
            tally.see(message_id, change)
            if effect := change.effect:
                effects.add(effect)
        self._effects.update(effects)
        self._changed += bool(counted)

    def found(self) -> Difference:
        """What was counted: the changes of groups first, then the most frequent."""
        types = tuple(GroupType(name, old, new) for name, (old, new) in self._types.items())
        return Difference(
            calls=self._calls,
            changed=self._changed,
            outcomes={name: (old, new) for name, (old, new) in sorted(self._outcomes.items(), key=_by_count)},
            types=types,
            has_more_types=self._has_more_types,
            effects=dict(self._effects),
            changes=tuple(sorted((_counted(*one) for one in self._tallies.items()), key=_place)),
            rest=any(key[4] == REST or key[4].endswith(f".{REST}") for key in self._tallies),
        )

    def _key(self, call: str, change: Change) -> Key:
        key: Key = (call, change.record, change.group, change.what, change.path)
        if key in self._tallies:
            return key
        key = (call, change.record, short(change.group, MOST_NAME), change.what, short(change.path, MOST_NAME))
        if key in self._tallies or len(self._tallies) < MOST_KEYS:
            return key
        beginning = change.path.partition(".")[0]
        rest: Key = (call, change.record, "", change.what, f"{short(beginning, MOST_NAME)}.{REST}")
        if rest in self._tallies or len(self._tallies) < MOST_KEYS + MOST_REST:
            return rest
        return ("", "", "", change.what, REST)

    def _count_type(self, name: str, side: int) -> None:
        if name in self._types or len(self._types) < MOST_TYPES:
            self._types.setdefault(name, [0, 0])[side] += 1
        else:
            self._has_more_types = True


def _types(records: Iterable[Record]) -> set[str]:
    found: set[str] = set()
    for record in records:
        if record.kind == "group_identify":
            found.add(str(record.body.get("group_type", "")))
        groups = record.body.get("groups")
        if groups and isinstance(groups, Mapping):
            found.update(groups)
    return found


def _counted(key: Key, tally: _Tally) -> Counted:
    call, record, group, what, path = key
    return Counted(
        call, record, group, what, path, tally.calls, len(tally.pairs), tally.has_more, tuple(tally.examples)
    )


def _place(one: Counted) -> tuple[bool, int, int, str, str, str, str]:
    return (not one.is_of_groups, -one.calls, ORDER.index(one.what), one.call, one.record, one.group, one.path)


def _by_count(one: tuple[str, list[int]]) -> tuple[int, str]:
    return -sum(one[1]), one[0]

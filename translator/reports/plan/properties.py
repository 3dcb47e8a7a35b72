"""Group properties: their kinds, how many groups have them, examples, and readable names of groups. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from translator.jsontext import dumps, text_of
from translator.parcels import Json
from translator.reports.plan.seen import PropertySeen
from translator.reports.plan.sketch import Count, Distinct, Room, Texts, folded
from translator.settings.values import TranslationSettings
from translator.translate.paths import split

MOST_PROPERTIES = 2000
MOST_GROUPS = 20_000
"""Groups whose properties are followed, those seen first."""

MOST_SPELLINGS = 200
MOST_KEPT = 50
EXAMPLES = 3
EXAMPLE_CHARACTERS = 80
KINDS = {str: "text", bool: "boolean", int: "number", float: "number", list: "list", dict: "object"}


class _Property:
    __slots__ = ("bit", "calls", "kinds", "texts")

    def __init__(self, bit: int, room: Room) -> None:
        self.bit = bit
        self.calls = 0
        self.kinds: Counter[str] = Counter()
        self.texts = Texts(room, MOST_KEPT)


class Properties:
    """Properties that groups get."""

    def __init__(self, room: Room, settings: TranslationSettings) -> None:
        self._room = room
        self._readable = {split(path)[-1] for rule in settings.groups.rules for path in rule.name}
        self._readable |= {settings.groups.name_trait} if settings.groups.name_trait else set()
        self._found: dict[tuple[str, str], _Property] = {}
        self._names = Distinct(room)
        self._calls: Counter[str] = Counter()
        self._groups: dict[tuple[str, str], int] = {}
        """Each group's properties, a bit for each."""
        self.labels: dict[tuple[str, str], str] = {}
        self.spellings: dict[str, set[str]] = {}
        """Names that a group had, which differ in case or blanks."""
        self.cut: set[str] = set()

    def see(self, body: Json) -> None:
        """A group_identify's body; a hook may give any shape."""
        kind, value, operations = (body.get(key) for key in ("group_type", "group_value", "group_properties"))
        if not isinstance(kind, str) or not isinstance(value, str) or not isinstance(operations, dict):
            return
        self._calls[kind] += 1
        bits = 0
        for name, given in _set(operations):
            bits |= self._see(kind, name, given)
            if name in self._readable and isinstance(given, (str, int, float)):
                self._label(kind, value, text_of(given))
        self.touch((kind, value))
        if (kind, value) in self._groups:
            self._groups[kind, value] |= bits

    def touch(self, group: tuple[str, str]) -> None:
        """A group is there, whether or not it ever gets properties."""
        if group not in self._groups and len(self._groups) >= MOST_GROUPS:
            self.cut.add(f"fill rates look at the first {MOST_GROUPS:,} groups")
        else:
            self._groups.setdefault(group, 0)

    def names(self) -> Count:
        """How many different names, of all types."""
        return self._names.count()

    def done(self) -> tuple[PropertySeen, ...]:
        """By type, then the most frequent first."""
        groups = Counter(kind for kind, _ in self._groups)
        ordered = sorted(self._found.items(), key=lambda item: (item[0][0], -item[1].calls, item[0][1]))
        return tuple(
            PropertySeen(
                kind, name, dict(one.kinds), self._having(kind, one.bit), groups[kind], one.calls, self._calls[kind],
                one.texts.distinct.count(), one.texts.frequent(MOST_KEPT),
                tuple(text for text, _ in one.texts.frequent(EXAMPLES)),
            )
            for (kind, name), one in ordered
        )  # fmt: skip

    def _see(self, kind: str, name: str, given: Any) -> int:
        one = self._found.get((kind, name))
        if one is None:
            self._names.add(name)
            if len(self._found) >= MOST_PROPERTIES:
                self.cut.add(f"of group properties the first {MOST_PROPERTIES:,}")
                return 0
            one = self._found[kind, name] = _Property(1 << len(self._found), self._room)
        one.calls += 1
        one.kinds[KINDS.get(type(given), "any")] += 1
        one.texts.add(_example(given))
        return one.bit

    def _label(self, kind: str, value: str, label: str) -> None:
        had = self.labels.get((kind, value))
        if had is None and len(self.labels) >= MOST_GROUPS:
            return
        label = self.labels[kind, value] = label[:EXAMPLE_CHARACTERS]
        if had is not None and had != label and folded(had) == folded(label) and len(self.spellings) < MOST_SPELLINGS:
            self.spellings.setdefault(folded(label), set()).update((had, label))

    def _having(self, kind: str, bit: int) -> int:
        return sum(1 for (one, _), bits in self._groups.items() if one == kind and bits & bit)


def _set(operations: Json) -> Iterator[tuple[str, Any]]:
    for operation, values in operations.items():
        if operation != "$unset" and isinstance(values, dict):
            yield from values.items()


def _example(value: Any) -> str:
    text = value if isinstance(value, str) else text_of(value) if not isinstance(value, (list, dict)) else _json(value)
    return text if len(text) <= EXAMPLE_CHARACTERS else text[: EXAMPLE_CHARACTERS - 1] + "…"


def _json(value: Any) -> str:
    return dumps(value).decode("utf-8", "replace")

"""What is counted of one place of calls, such as ``traits.name`` of group calls. Pure."""

from __future__ import annotations

from collections import Counter
from typing import Any

from translator.jsontext import text_of
from translator.reports.plan.seen import Steadiness
from translator.reports.plan.sketch import Room, Texts

MOST_KEPT = 1000
"""Different values of a place that are kept, those seen first."""


FREQUENT = 20
KEPT_CHARACTERS = 200
"""Of a value."""

WORDS = {str: "text", bool: "boolean", int: "number", float: "number", list: "list", dict: "object"}


class Relation:
    """Keys to the value that they had first, and those that had another one later."""

    __slots__ = ("changing", "first")

    def __init__(self) -> None:
        self.first: dict[str, int] = {}
        self.changing: set[str] = set()

    def add(self, key: str, value: int) -> None:
        """A key came with a value."""
        if self.first.setdefault(key, value) != value:
            self.changing.add(key)

    def forget(self, keys: list[str]) -> None:
        """Some keys are not followed any more."""
        for key in keys:
            self.first.pop(key, None)
            self.changing.discard(key)

    def steadiness(self) -> Steadiness:
        """What was seen of the keys that are followed."""
        often = Counter(self.first.values())
        shared = sum(often[value] > 1 for value in self.first.values())
        return Steadiness(len(self.first), len(self.changing), shared)


class PlaceCounter:
    """Counters of one place."""

    __slots__ = ("by_group", "by_user", "calls", "kinds", "longest", "texts")

    def __init__(self, room: Room) -> None:
        self.calls = 0
        self.longest = 0
        self.kinds: dict[str, int] = {}
        self.texts = Texts(room, MOST_KEPT)
        self.by_group, self.by_user = Relation(), Relation()

    def add(self, value: Any) -> int | None:
        """A call has a value; gives the number that stands for it among others, None for what is no scalar."""
        self.calls += 1
        kind = WORDS.get(type(value), "object")
        self.kinds[kind] = self.kinds.get(kind, 0) + 1
        if kind in ("list", "object"):
            return None
        text = text_of(value)
        if len(text) > self.longest:
            self.longest = len(text)
        self.texts.add(text if len(text) <= KEPT_CHARACTERS else text[:KEPT_CHARACTERS])
        return hash(text)

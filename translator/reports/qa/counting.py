"""Counters that stay small however much they count: a few examples, a few names, a sample of many."""

from __future__ import annotations

import hashlib
import zlib
from typing import Generic, TypeVar

from translator.reports.qa.seen import Example, Extras, Tally

EXAMPLES = 3
EXAMPLE_CHARACTERS = 80
ID_CHARACTERS = 200
MOST_NAMES = 50
NAME_CHARACTERS = 1024

T = TypeVar("T")


class Count:
    """A Tally that grows. Of examples those whose text is new; of those without a text, each call."""

    __slots__ = ("_examples", "count")

    def __init__(self) -> None:
        self.count = 0
        self._examples: dict[str, Example] = {}

    def add(self, text: str, message_id: str | None, times: int = 1) -> None:
        """One more, or so many."""
        self.count += times
        if len(self._examples) < EXAMPLES:
            name = None if message_id is None else clipped(message_id, ID_CHARACTERS)
            if text or name:
                self._examples.setdefault(text or name or "", Example(clipped(text), name))

    def tally(self) -> Tally:
        """As it is now."""
        return Tally(self.count, tuple(self._examples.values()))


class Names:
    """Counts by name; of names beyond ``most`` only all together."""

    def __init__(self, most: int = MOST_NAMES) -> None:
        self._most = most
        self._counts: dict[str, Count] = {}
        self.others = 0

    def add(self, name: str, text: str, message_id: str | None, times: int = 1) -> None:
        """One more of a name, or so many."""
        name = name[:NAME_CHARACTERS]
        count = self._counts.get(name)
        if count is None:
            if len(self._counts) >= self._most:
                self.others += times
                return
            count = self._counts[name] = Count()
        count.add(text, message_id, times)

    def tallies(self) -> dict[str, Tally]:
        """Each name in the order in which it came."""
        return {name: count.tally() for name, count in self._counts.items()}

    def extras(self) -> Extras:
        """The same, with how often there were others."""
        return Extras(self.tallies(), self.others)


class Sampled(Generic[T]):
    """Values by key, all of them up to ``most``; then of those keys whose hash has ``bits`` zeros at its end, which are
    half, a quarter … of all."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.bits = 0
        self.items: dict[str, T] = {}

    def knows(self, key: str) -> bool:
        """Whether a key belongs to the sample, so that its absence says something."""
        return not self.bits or not zlib.crc32(key.encode("utf-8", "replace")) & ((1 << self.bits) - 1)

    def put(self, key: str, value: T) -> None:
        """Keep a value where its key belongs to the sample."""
        if not self.knows(key):
            return
        self.items[key] = value
        while len(self.items) > self._most:
            self.bits += 1
            self.items = {one: kept for one, kept in self.items.items() if self.knows(one)}


def clipped(text: str, most: int = EXAMPLE_CHARACTERS) -> str:
    """A text that is not too long to show."""
    return text if len(text) <= most else text[: most - 1] + "…"


def short(text: str) -> str:
    """A text as a key: a long one is its beginning and a hash."""
    if len(text) <= EXAMPLE_CHARACTERS:
        return text
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=8).hexdigest()
    return f"{text[: EXAMPLE_CHARACTERS - 20]}… {digest}"

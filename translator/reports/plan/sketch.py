"""Counting without holding everything: different texts, the frequent ones, a fair sample of keys. Pure.

Counts are exact up to a bound and estimated beyond it; what was estimated says so. Hashes are BLAKE2b's, so that the
same calls give the same report in every process.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import blake2b

EXACT = 10_000
"""Different texts that are counted exactly."""

SMALLEST = 1024
"""Hashes that an estimate is made of: it is some 3 % off (Bar-Yossef and others, 2002: one in the root of it)."""

_SPACE = 2.0**64


@dataclass(frozen=True, slots=True)
class Count:
    """A number, and whether it is an estimate."""

    number: int = 0
    about: bool = False

    def __str__(self) -> str:
        return f"{'about ' if self.about else ''}{self.number:,}"


class Room:
    """How many hashes all counters of a report may hold together beyond SMALLEST each."""

    def __init__(self, hashes: int = 400_000) -> None:
        self.left = hashes


class Distinct:
    """How many different texts there were: exactly up to EXACT (while there is room), then by the smallest hashes."""

    __slots__ = ("_hashes", "_heap", "_room")

    def __init__(self, room: Room) -> None:
        self._room = room
        self._hashes: set[int] = set()
        self._heap: list[int] | None = None

    def add(self, text: str) -> None:
        """A text was seen."""
        found = hashed(text)
        if found in self._hashes:
            return
        if self._heap is None:
            self._hashes.add(found)
            self._room.left -= 1
            if len(self._hashes) > EXACT or (self._room.left < 0 and len(self._hashes) > SMALLEST):
                self._shrink()
        elif found < -self._heap[0]:
            self._hashes.discard(-heapq.heapreplace(self._heap, -found))
            self._hashes.add(found)

    def count(self) -> Count:
        """How many, so far."""
        if self._heap is None:
            return Count(len(self._hashes))
        return Count(round((SMALLEST - 1) / (-self._heap[0] / _SPACE)), about=True)

    def _shrink(self) -> None:
        kept = heapq.nsmallest(SMALLEST, self._hashes)
        self._room.left += len(self._hashes) - SMALLEST
        self._hashes = set(kept)
        self._heap = [-one for one in kept]
        heapq.heapify(self._heap)


class Texts:
    """Texts by how often they were seen: the first ``most`` different ones each, all others together."""

    __slots__ = ("_most", "counts", "distinct", "others")

    def __init__(self, room: Room, most: int) -> None:
        self._most = most
        self.counts: dict[str, int] = {}
        self.others = 0
        self.distinct = Distinct(room)

    def add(self, text: str) -> None:
        """A text was seen."""
        seen = self.counts.get(text)
        if seen is not None:
            self.counts[text] = seen + 1
            return
        self.distinct.add(text)
        if len(self.counts) < self._most:
            self.counts[text] = 1
        else:
            self.others += 1

    def frequent(self, most: int) -> tuple[tuple[str, int], ...]:
        """The most frequent ones, then by text."""
        return tuple(heapq.nsmallest(most, self.counts.items(), key=lambda one: (-one[1], one[0])))


class Sample:
    """Up to ``most`` keys, a fair sample of all that came: those with the smallest hashes. One that is in it now has
    been from its first time on, so that whatever was noted of it is whole."""

    __slots__ = ("_heap", "_keys", "_most", "is_cut", "left_out")

    def __init__(self, most: int) -> None:
        self._most = most
        self._keys: set[str] = set()
        self._heap: list[tuple[int, str]] = []
        self.is_cut = False
        self.left_out: list[str] = []
        """Keys that went since somebody last emptied this list."""

    def __contains__(self, key: str) -> bool:
        return key in self._keys

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, key: str) -> bool:
        """Whether a key is in the sample, now that it came."""
        if key in self._keys:
            return True
        found = -hashed(key)
        if len(self._keys) < self._most:
            heapq.heappush(self._heap, (found, key))
        else:
            self.is_cut = True
            if found <= self._heap[0][0]:
                return False
            gone = heapq.heapreplace(self._heap, (found, key))[1]
            self._keys.discard(gone)
            self.left_out.append(gone)
        self._keys.add(key)
        return True


class Heavy:
    """Keys that come most often, by lossy counting (Manku and Motwani, 2002): a count is never too large, and too small
    by at most one in ``width`` of all that came."""

    __slots__ = ("_counts", "_width", "is_cut", "seen")

    def __init__(self, width: int = 20_000) -> None:
        self._width = width
        self._counts: dict[str, tuple[int, int]] = {}
        self.seen = 0
        self.is_cut = False

    def add(self, key: str) -> None:
        """A key came."""
        self.seen += 1
        period = self.seen // self._width
        count, late = self._counts.get(key, (0, period))
        self._counts[key] = (count + 1, late)
        if self.seen % self._width == 0:
            kept = {one: said for one, said in self._counts.items() if sum(said) > period + 1}
            self.is_cut = self.is_cut or len(kept) < len(self._counts)
            self._counts = kept

    def most(self, many: int) -> list[tuple[str, int]]:
        """The keys that came most often, each with its count."""
        found = ((key, count) for key, (count, _) in self._counts.items())
        return heapq.nsmallest(many, found, key=lambda one: (-one[1], one[0]))


def hashed(text: str) -> int:
    """64 bits of a text."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def folded(text: str) -> str:
    """A text without what people do not see: case, and how many blanks."""
    return " ".join(text.casefold().split())


def few(names: Iterable[str], most: int = 3) -> str:
    """Some names for people: the first ones, and whether there are more."""
    listed = list(names)
    return ", ".join(listed[:most]) + (", …" if len(listed) > most else "")

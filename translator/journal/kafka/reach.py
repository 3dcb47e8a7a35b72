"""How far a stream of numbered things is finished: up to a position, and in ranges above it. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import pairwise

from msgspec import Struct

Range = tuple[int, int]
"""From the first offset up to but not including the last."""


class Reach(Struct, frozen=True, gc=False):
    """``position``: the lowest offset that is not finished. ``done``: what is finished above it, in order, with
    something unfinished between any two: as many ranges as there are gaps."""

    position: int = 0
    done: tuple[Range, ...] = ()

    @property
    def end(self) -> int:
        """Nothing from this offset on is finished."""
        return self.done[-1][1] if self.done else self.position

    def has(self, offset: int) -> bool:
        """Whether an offset is finished."""
        if offset < self.position:
            return True
        at = bisect_left(self.done, (offset + 1,))
        return at > 0 and offset < self.done[at - 1][1]

    def including(self, ranges: Iterable[Range]) -> Reach:
        """With these ranges finished too. Takes as long as there are ranges, but for copying what was there."""
        done = list(self.done)
        for start, end in ranges:
            _include(done, start, end)
        position, first = self.position, 0
        while first < len(done) and done[first][0] <= position:
            position, first = max(position, done[first][1]), first + 1
        return Reach(position, tuple(done[first:] if first else done))


def without(unfinished: Sequence[int], end: int) -> Reach:
    """All finished up to ``end`` but for some: ``unfinished``, in order and below ``end``."""
    edges = [*unfinished, end]
    gaps = [(low + 1, high) for low, high in pairwise(edges) if low + 1 < high]
    return Reach(edges[0], tuple(gaps))


def runs(offsets: Iterable[int]) -> list[Range]:
    """Offsets in any order as the fewest ranges, in order."""
    found: list[Range] = []
    start = end = -1
    for offset in sorted(offsets):
        if offset == end:
            end += 1
        elif offset > end:
            if end > start:
                found.append((start, end))
            start, end = offset, offset + 1
    if end > start:
        found.append((start, end))
    return found


def _include(done: list[Range], start: int, end: int) -> None:
    at = bisect_left(done, (start,))
    if at and done[at - 1][1] >= start:
        at -= 1
        start = done[at][0]
    last = at
    while last < len(done) and done[last][0] <= end:
        end = max(end, done[last][1])
        last += 1
    done[at:last] = [(start, end)]

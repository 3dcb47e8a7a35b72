"""Numbers for the calls of many partitions, one after another without a gap, for an archive. Pure.

A *path* leads through points, each of which is an offset of every partition, further than the one before. The number of
calls before a point is the sum of its offsets. From one point to the next calls are numbered by partition and offset.
So a path says the number of each call before its end, and whoever follows it comes to the same, today and after a
crash; it is only ever made longer, and shortened where all is archived.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

from translator.parcels import Json

Point = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Calls of one partition between two points: those from ``begin`` up to but not including ``end``. ``before``: the
    number of the call before the first."""

    partition: int
    begin: int
    end: int
    before: int


@dataclass(frozen=True, slots=True)
class Path:
    """``points``: one or more."""

    points: tuple[Point, ...]

    @property
    def end(self) -> Point:
        """The last point."""
        return self.points[-1]

    @property
    def last(self) -> int:
        """The number of the last call before the end."""
        return sum(self.end)

    def longer(self, point: Sequence[int]) -> Path:
        """Up to a point too; what of it is behind the end is as at the end."""
        end = tuple(map(max, self.end, point))
        return self if end == self.end else Path((*self.points, end))

    def shorter(self, position: int) -> Path:
        """Without those points that are not needed for the calls after a number."""
        left = [point for point in self.points[1:] if sum(point) > position]
        return Path(self.points[len(self.points) - len(left) - 1 :])

    def point(self, position: int) -> Point:
        """How far each partition is once all calls up to a number are done with."""
        for before, after in pairwise(self.points):
            if position < sum(after):
                return _between(before, after, position - sum(before))
        return self.end

    def stretches(self, position: int, horizon: int) -> list[Stretch]:
        """Where the calls are that come after one number, up to another one; in their order."""
        found = []
        for before, after in pairwise(self.points):
            number = sum(before)
            for partition, (begin, end) in enumerate(zip(before, after, strict=True)):
                first, last = max(0, position - number), min(end - begin, horizon - number)
                if first < last:
                    found.append(Stretch(partition, begin + first, begin + last, number + first))
                number += end - begin
        return found

    def numbers(self, partition: int) -> Numbers:
        """For the calls of a partition."""
        steps = list(pairwise(self.points))
        return Numbers(
            tuple(before[partition] for before, _ in steps),
            tuple(sum(before) + sum(after[:partition]) - sum(before[:partition]) for before, after in steps),
        )

    def row(self) -> Json:
        """As JSON: the first point, and how much further each next one is."""
        steps = [[end - begin for begin, end in zip(*one, strict=True)] for one in pairwise(self.points)]
        return {"from": list(self.points[0]), "steps": steps}


@dataclass(frozen=True, slots=True)
class Numbers:
    """Of a partition: from each of some offsets on, the number of the call before."""

    begins: tuple[int, ...]
    before: tuple[int, ...]

    def of(self, offset: int) -> int:
        """The number of the call there, which has to be on the path."""
        at = bisect_right(self.begins, offset) - 1
        return self.before[at] + offset - self.begins[at] + 1


def begun(partitions: int) -> Path:
    """A path that leads nowhere yet."""
    return Path(((0,) * partitions,))


def path_of(row: Any) -> Path:
    """The path of a JSON value."""
    points: Iterable[list[int]] = accumulate([row["from"], *row["steps"]], _further)
    return Path(tuple(map(tuple, points)))


def _further(point: list[int], step: list[int]) -> list[int]:
    return [begin + more for begin, more in zip(point, step, strict=True)]


def _between(before: Point, after: Point, count: int) -> Point:
    """``count`` calls after a point."""
    point = []
    for begin, end in zip(before, after, strict=True):
        more = max(0, min(end - begin, count))
        point.append(begin + more)
        count -= more
    return tuple(point)

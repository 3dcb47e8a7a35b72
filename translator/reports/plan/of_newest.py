"""The plan of a journal's newest calls, for a page: in bounded time, and without hooks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from translator.journal import Journal
from translator.reports.newest import Newest, Timed, reservations, said_of, without_hooks
from translator.reports.plan.made import Plan
from translator.reports.plan.planning import planned
from translator.reports.reading import Source
from translator.settings.values import Settings

FIRST = 0.4
"""Of the time, for the first of two readings: the second takes longer, since it translates all."""


class _Readings:
    """The calls, twice. Where the first reading ends early the second has no more than it."""

    def __init__(self, journal: Journal, count: int, seconds: float) -> None:
        begins = time.monotonic()
        self._calls, self._said = Newest(journal, count), said_of(count)
        self._first = Timed(iter(self._calls), begins + FIRST * seconds)
        self._second = Timed(self._again(), begins + seconds)

    def __call__(self, is_first: bool) -> Source:
        return Source(iter(self._first if is_first else self._second), self._said)

    @property
    def cut(self) -> int | None:
        """After how many calls time was up, of which all is told; None where it was not."""
        return self._second.count if self._first.is_cut or self._second.is_cut else None

    def _again(self) -> Iterator[object]:
        # not before it is asked for: only then is it known how many the first reading had
        yield from islice(iter(self._calls), self._first.count)


def of_newest(
    settings: Settings, journal: Journal, count: int, destination: str | None, now: int, seconds: float
) -> Plan:
    """The plan of the ``count`` newest calls; after ``seconds`` reading ends, and the plan's warnings begin with that.
    ``now``: ms since the epoch. Raises JournalError."""
    plain, readings = without_hooks(settings), _Readings(journal, count, seconds)
    made = planned(plain, destination, readings, now, lambda task, count: None)
    return replace(made, warnings=(*reservations(plain != settings, readings.cut), *made.warnings))

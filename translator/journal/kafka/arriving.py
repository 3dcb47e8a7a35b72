"""Calls in an order that all agree on, for an archive: see translator.journal.archiving, and ``path``."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from heapq import merge
from itertools import islice
from typing import NamedTuple

from translator.journal.kafka.archiving import Archives
from translator.journal.kafka.client import Client
from translator.journal.kafka.path import Path, Point
from translator.journal.kafka.paths import Paths
from translator.journal.kafka.picking import Picking
from translator.journal.kafka.reading import Reader
from translator.journal.kafka.records import kept_of, leased_of
from translator.parcels import MOST_BEHIND, Archived, Leased
from translator.sights import Kept

FEW = 10
"""So many calls or fewer are read a stretch at a time."""

IDLE_SECONDS = 5.0
"""Who reads on later than this begins with consumers of its own."""


class _Open(NamedTuple):
    """Calls that are being read, after one number, up to another one."""

    position: int
    horizon: int
    read_at: float
    calls: Iterator[Kept]


class Arrivals:
    """``hides``: calls that are as if they were not kept. One thread at a time reads with ``beyond``."""

    def __init__(
        self, client: Client, paths: Paths, archives: Archives, hides: Callable[[Leased], bool] = lambda _: False
    ) -> None:
        self._topic = client.address.topic
        self._paths = paths
        self._archives = archives
        self._hides = hides
        self._reader, self._picking = Reader(client), Picking(client)
        self._open: _Open | None = None
        self._stack, self._pid = ExitStack(), os.getpid()
        self._inherited: list[object] = []

    def horizon(self) -> int:
        """See Archiving.horizon. Raises JournalUnavailable."""
        return self._paths.lead(self.ends()).last

    def beyond(self, position: int, horizon: int, limit: int) -> list[Kept]:
        """See Archiving.beyond: of calls that are not in the archive yet, of others nobody knows the numbers. The id
        of a call is its number here, not the journal's name of it. Raises JournalUnavailable."""
        if limit <= FEW:
            return list(islice(self._few(self._path(), position, horizon), limit))
        calls = self._going_on(position, horizon)
        try:
            found = list(islice(calls, limit))
        except BaseException:
            self.close()
            raise
        if len(found) < limit:
            self.close()
        else:
            self._open = _Open(int(found[-1].id), horizon, time.monotonic(), calls)
        return found

    def archived(self) -> Archived | None:
        """See Archiving.archived. ``behind`` counts calls of people too who were forgotten meanwhile."""
        found = self._archives.archived()
        if found is None:
            return None
        places = self._reader.places(self._topic)
        ends, starts, point = self._reader.ends(places), self._reader.starts(places), self.point()
        begins = {place: max(starts[place], point[place[1]]) for place in places}
        behind = sum(max(0, ends[place] - begin) for place, begin in begins.items())
        spans = {place: (begin, min(begin + 1, ends[place])) for place, begin in begins.items()}
        times = [leased_of(one).received_at for one in self._picking.between(spans, light=True)]
        return replace(found, behind=min(behind, MOST_BEHIND), oldest=min(times, default=None))

    def point(self) -> Point:
        """How far each partition is in the archive."""
        return self._path().point(self._archives.position() or 0)

    def ends(self) -> list[int]:
        """Where the next call will come in each partition."""
        return [end for _, end in sorted(self._reader.ends(self._reader.places(self._topic)).items())]

    def close(self) -> None:
        """Let go of what is being read."""
        if self._pid == os.getpid():
            self._stack.close()
        else:
            # consumers of a process before a fork: their end would wait for its threads
            self._inherited.append((self._stack, self._open))
        self._pid, self._stack, self._open = os.getpid(), ExitStack(), None

    def _going_on(self, position: int, horizon: int) -> Iterator[Kept]:
        """Calls from there on, read on where that is going on already."""
        one = self._open
        if (
            one is not None
            and (one.position, one.horizon, self._pid) == (position, horizon, os.getpid())
            and time.monotonic() - one.read_at < IDLE_SECONDS
        ):
            return one.calls
        self.close()
        return self._many(self._path(), position, horizon)

    def _few(self, path: Path, position: int, horizon: int) -> Iterator[Kept]:
        for one in path.stretches(position, horizon):
            span = {(self._topic, one.partition): (one.begin, one.end)}
            with closing(self._picking.between(span, light=True)) as messages:
                for message in messages:
                    number = one.before + (message.offset() or 0) - one.begin + 1
                    if (call := self._shown(leased_of(message), number)) is not None:
                        yield call

    def _many(self, path: Path, position: int, horizon: int) -> Iterator[Kept]:
        """The same, with a consumer for each partition: stretches may be short."""
        begins, ends = path.point(position), path.point(horizon)
        streams = [
            self._numbered(path, partition, begin, end)
            for partition, (begin, end) in enumerate(zip(begins, ends, strict=True))
            if begin < end
        ]
        for number, call in merge(*streams, key=lambda one: one[0]):
            if (shown := self._shown(call, number)) is not None:
                yield shown

    def _numbered(self, path: Path, partition: int, begin: int, end: int) -> Iterator[tuple[int, Leased]]:
        numbers, span = path.numbers(partition), {(self._topic, partition): (begin, end)}
        messages = self._stack.enter_context(closing(self._picking.between(span, light=True)))
        for message in messages:
            yield numbers.of(message.offset() or 0), leased_of(message)

    def _shown(self, call: Leased, number: int) -> Kept | None:
        return None if self._hides(call) else replace(kept_of(call), id=str(number))

    def _path(self) -> Path:
        return self._paths.path(self._reader.count())

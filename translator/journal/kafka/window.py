"""One of a partition's two streams: how far it is fetched and finished, and what was tried of it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from translator.journal.kafka.lines import BEFORE, Item
from translator.journal.kafka.reach import Reach, runs
from translator.journal.kafka.settled import was_tried
from translator.journal.kafka.state import Stream, Tried


class Window:
    """``frontier``: the next offset to fetch. ``tried``: of open offsets, here or to be fetched yet. ``count``,
    ``bytes``: of the items that are here."""

    def __init__(self, stream: Stream, reach: Reach, tried: Mapping[int, Tried]) -> None:
        self.frontier = reach.position
        self.tried = dict(tried)
        self.count = self.bytes = 0
        self._reach = reach
        self._shift = 0 if stream == "calls" else BEFORE

    def admit(self, items: Iterable[Item]) -> list[Item]:
        """Take note of items as fetched, in order of offset; those that are open and were not here."""
        fresh: list[Item] = []
        done_to = self._reach.end
        for item in items:
            offset = item.offset
            if offset < self.frontier:
                continue
            if offset > self.frontier:
                self.skip(offset)
            self.frontier = offset + 1
            if offset >= done_to or not self._reach.has(offset):
                item.place = offset - self._shift
                fresh.append(item)
        self.count += len(fresh)
        self.bytes += sum([len(item.call.text) for item in fresh])
        if self.tried:
            self._recall(fresh)
        return fresh

    @property
    def position(self) -> int:
        """The lowest unfinished offset."""
        return self._reach.position

    def is_finished(self, offset: int) -> bool:
        """Whether an offset is finished."""
        return self._reach.has(offset)

    def skip(self, until: int) -> None:
        """Count as finished what is not there, up to an offset."""
        if until <= self.frontier:
            return
        self._reach = self._reach.including([(self.frontier, until)])
        for offset in [one for one in self.tried if self.frontier <= one < until]:
            del self.tried[offset]
        self.frontier = until

    def _recall(self, items: Iterable[Item]) -> None:
        for item in items:
            tried = self.tried.get(item.offset)
            if tried is not None:
                was_tried(item, tried)

    def reach_with(self, finished: Sequence[Item]) -> Reach:
        """What is finished once these are too."""
        return self._reach.including(runs([item.offset for item in finished])) if finished else self._reach

    def tried_with(self, finished: Iterable[Item], later: Iterable[tuple[Item, Tried]]) -> dict[int, Tried]:
        """What is tried once some items are finished and some were tried once more."""
        tried = dict(self.tried)
        for item, one in later:
            tried[item.offset] = one
        if tried:
            for item in finished:
                tried.pop(item.offset, None)
        return tried

    def finish(self, items: Sequence[Item]) -> None:
        """These are finished. Counted anew, for something may have been passed over since."""
        self._reach = self.reach_with(items)
        for item in items:
            self.tried.pop(item.offset, None)
            self.count -= 1
            self.bytes -= len(item.call.text)

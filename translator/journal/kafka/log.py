"""A log of keyed records, of which a compaction keeps each key's last: what the board needs of Kafka, and no more."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

Record = tuple[str, bytes | None]
"""A key and its value; None, a tombstone, deletes the key."""


class Entry(NamedTuple):
    """A record in the log. ``at_ms``: its timestamp, ms since the epoch."""

    offset: int
    key: str
    value: bytes | None
    at_ms: int


class Log(Protocol):
    """One compacted partition. Used by one thread at a time; in a process after a fork it opens what it needs anew."""

    def append(self, records: Sequence[Record]) -> int:
        """Write one record or more, in their order; the offset of the last. Durable when it returns.

        Raises JournalUnavailable, and then any of them may be written, or may come to be: what must not be there
        without another record is appended only when that one is there.
        """

    def read(self, after: int) -> Iterator[Entry]:
        """The entries behind the offset ``after`` (-1: all), up to the end as it is when asked: everything that was
        appended, by whomever, before the call began. Raises JournalUnavailable, also between two entries."""

    def close(self) -> None:
        """Close what this process has open."""


class MemoryLog:
    """A log of one process, for tests. ``now``: ms since the epoch."""

    def __init__(self, now: Callable[[], int] = lambda: 0) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._entries: list[Entry] = []
        self._next = 0

    def append(self, records: Sequence[Record]) -> int:
        """See Log."""
        with self._lock:
            for key, value in records:
                self._entries.append(Entry(self._next, key, value, self._now()))
                self._next += 1
            return self._next - 1

    def read(self, after: int) -> Iterator[Entry]:
        """See Log."""
        with self._lock:
            return iter([one for one in self._entries if one.offset > after])

    def close(self) -> None:
        """See Log."""

    def compacted(self, *, below: int | None = None, tombstones_from: int | None = None) -> MemoryLog:
        """A copy as a compaction may leave it: of each key only the last record. ``below``: it has come to this
        offset only; what is behind stays as it is. ``tombstones_from``: from this offset on they are still there."""
        copy = MemoryLog(self._now)
        with self._lock:
            entries, copy._next = list(self._entries), self._next
        end = copy._next if below is None else below
        kept = end if tombstones_from is None else tombstones_from
        last = {one.key: one.offset for one in entries if one.offset < end}
        copy._entries = [
            one
            for one in entries
            if one.offset >= end or (last[one.key] == one.offset and (one.value is not None or one.offset >= kept))
        ]
        return copy

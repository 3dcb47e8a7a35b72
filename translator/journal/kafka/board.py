"""The board: what the processes of a journal have in common and is small, as a state machine that each of them folds
for itself from one compacted log.

Kafka has no compare-and-set, so the order of the log is the arbiter. Every fold depends on nothing but which keys are
there, with their values and offsets (what a compaction keeps), so a compacted log folds to the same. Three kinds of
records make everything here:

* *cells* (see ``cells``): a value that is changed only by who has seen it, of several the first in the log;
* *sums* (see ``sums``): what is added by anybody is a record of its own, which is counted once, at any crash;
* plain records, of which the last stays: for what one process alone writes, or where the last word is to stand.

A key is a JSON list: its kind, then what it is of.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol

from translator import jsontext
from translator.errors import JournalUnavailable
from translator.journal.kafka.log import Log, Record

Key = tuple[str, ...]
STALE_SECONDS = 6 * 3600
"""A copy that was not read on for so long is made anew: a compaction may have taken away the word that something is
deleted. Kafka keeps that word for a day (kafka.apache.org/documentation, delete.retention.ms; read 2026-11-29)."""


class Fold(Protocol):
    """What one subject makes of its records."""

    @property
    def kinds(self) -> Collection[str]:
        """First words of the keys that it takes."""

    def apply(self, offset: int, key: Key, value: Any) -> None:
        """The next record of one of its kinds; ``value`` None: the key is deleted."""

    def clear(self) -> None:
        """Begin anew: nothing was read."""


class Board:
    """This process's copy of a log, for those folds that are ``added``; the other records are passed over.

    It reads only what is new, and nothing before the first use. Several threads may use it, one at a time; who has
    waited ``wait_seconds`` for the others is told that it is locked.
    """

    def __init__(self, log: Log, wait_seconds: float = 10.0) -> None:
        self._log = log
        self._wait = wait_seconds
        self._folds: dict[str, Fold] = {}
        self._position = -1
        self.is_read = False
        """Whether it was read to its end since it was begun (anew); to be asked by who holds it."""
        self._read_at = _clocks()
        self._pid = os.getpid()
        self._lock = threading.RLock()

    def add(self, fold: Fold) -> None:
        """Give a fold its records; before the first use."""
        self._folds |= dict.fromkeys(fold.kinds, fold)

    @contextmanager
    def held(self) -> Iterator[None]:
        """For a thread alone: what is read stays as it is until the block ends. May be nested. Raises
        JournalUnavailable where other threads have it for too long."""
        if self._pid != os.getpid():
            # a thread of the parent may have been in the middle of something
            self._lock = threading.RLock()
            self._pid = os.getpid()
            self._begin_anew()
        if not self._lock.acquire(timeout=self._wait):
            raise JournalUnavailable(f"the board was not free within {self._wait:g} s", "locked")
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def read(self) -> Iterator[None]:
        """Hold it with everything that was appended before. Raises JournalUnavailable."""
        with self.held():
            self._catch_up()
            yield

    def append(self, records: Sequence[Record]) -> None:
        """Append (see Log.append), and read up to there and on. Raises JournalUnavailable."""
        with self.held():
            if records:
                self._log.append(records)
                self._catch_up()

    def close(self) -> None:
        """Close what this process has open."""
        self._log.close()

    def _catch_up(self) -> None:
        now = _clocks()
        if max(late - early for late, early in zip(now, self._read_at, strict=True)) > STALE_SECONDS:
            self._begin_anew()
        is_first = self._position < 0
        self._read_on()
        if is_first:
            # what a compaction took away meanwhile has a later record, which may be behind the end of then
            self._read_on()
        self._read_at, self.is_read = now, True

    def _read_on(self) -> None:
        for offset, text, value, _ in self._log.read(self._position):
            key = parts(text)
            if (fold := self._folds.get(key[0])) is not None:
                fold.apply(offset, key, None if value is None else jsontext.loads(value))
            self._position = offset

    def _begin_anew(self) -> None:
        self._position, self.is_read = -1, False
        for fold in self._folds.values():
            fold.clear()


def _clocks() -> tuple[float, float]:
    """Seconds of two clocks: one stands still while the machine sleeps, the other may be set."""
    return time.monotonic(), time.time()


def key(*words: str) -> str:
    """A key as the log has it."""
    return jsontext.dumps(words).decode("utf-8")


def parts(text: str) -> Key:
    """The words of a key."""
    return tuple(jsontext.loads(text.encode("utf-8")))


def record(name: Key, value: Any) -> Record:
    """A record with a JSON value."""
    return key(*name), jsontext.dumps(value)


def gone(name: Key) -> Record:
    """A record that deletes a key."""
    return key(*name), None


class Plain:
    """Records of one kind of which the last stays, by the words behind the kind: (offset, value)."""

    def __init__(self, kind: str) -> None:
        self.kinds = (kind,)
        self.there: dict[Key, tuple[int, Any]] = {}

    def apply(self, offset: int, key: Key, value: Any) -> None:
        """See Fold."""
        if value is None:
            self.there.pop(key[1:], None)
        else:
            self.there[key[1:]] = (offset, value)

    def clear(self) -> None:
        """See Fold."""
        self.there.clear()

    def record(self, name: Key, value: Any) -> Record:
        """A record of this kind; ``value`` None deletes."""
        return gone((*self.kinds, *name)) if value is None else record((*self.kinds, *name), value)

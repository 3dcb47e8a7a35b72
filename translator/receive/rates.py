"""How fast a source may send, over all web processes of a service on this machine.

Buckets fill with so many calls a second, up to BURST_SECONDS of them. A request is let in while there is one in its
bucket, and takes as many calls as it brings, into debt if need be: so that no batch is too large to ever pass.

Each source has one, each address that sends for it has a small one, and there is one beside for all that those let in:
a write key is public, and whoever floods a source with it shall not keep out the others, who send little.
"""

from __future__ import annotations

import fcntl
import logging
import os
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import Protocol

from translator.errors import TooFast

BURST_SECONDS = 30.0
SHARE = 0.05
"""Of a source's rate, what an address may send beside it; at least a call a second."""

ADDRESSES = 1024
"""Places for the buckets of addresses; two may share one."""

LONGEST_WAIT = BURST_SECONDS
"""Seconds that whoever sent too much is asked to wait at most. After a longer wait nothing more would be in the bucket,
and analytics-node 3.1 lets all that it has wait together, then sends all of it (tried 2026-11-25)."""

ONE = 1 - 1e-6
"""A call, but for what sums of seconds leave of it."""

SLACK_SECONDS = 0.5
"""By so much whoever comes again may be early, beside others who were late: else its turn would be lost by a hair."""

SOURCE, BESIDE, FIRST_ADDRESS = 0, 1, 2
"""Places in the file of a source: its bucket, the one beside it, and those of addresses."""

_STATE = struct.Struct("<ddd")
_log = logging.getLogger("translator")


@dataclass(frozen=True, slots=True)
class Bucket:
    """``left``: calls in it at ``since``; ``promised``: until when those that were refused will have come again. Both
    in seconds of the machine's monotonic clock, which its processes share."""

    left: float
    since: float
    promised: float = 0.0


def filled(bucket: Bucket | None, rate: float, now: float) -> Bucket:
    """A bucket now; None is a full one. The clock starts again with the machine, which a file may outlive. Pure."""
    full = max(rate * BURST_SECONDS, 1.0)
    if bucket is None or now < bucket.since:
        return Bucket(full, now)
    return replace(bucket, left=min(full, bucket.left + (now - bucket.since) * rate), since=now)


def taken(bucket: Bucket, calls: int) -> Bucket:
    """A bucket after a request with so many calls. Pure."""
    return replace(bucket, left=bucket.left - calls)


def queued(bucket: Bucket, calls: int, rate: float) -> tuple[Bucket, float]:
    """A bucket after it refused so many calls, and in how many seconds they are welcome: after those that were refused
    before, so that not all come back at once and give up after some tries. Pure."""
    free = max(0.0, 1 - bucket.left) / rate
    seconds = min(max(free, bucket.promised - bucket.since), LONGEST_WAIT)
    return replace(bucket, promised=bucket.since + seconds + calls / rate), seconds


class Places(Protocol):
    """Where the buckets of a source are."""

    def get(self, place: int) -> Bucket | None:
        """The bucket at a place, or None where there was none yet."""

    def put(self, place: int, bucket: Bucket) -> None:
        """Keep it."""


class Rates:
    """``rate``: calls a second of a source; 0: no limit. ``folder``: where the service's processes meet, a file for
    each source; None: this process is alone. Nothing is opened before the first request."""

    def __init__(self, rate: float, folder: Path | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._share = min(rate, max(rate * SHARE, 1.0))
        self._folder = folder
        self._clock = clock
        self._alone: dict[str, _Memory] = {}
        self._lock = threading.Lock()

    def take(self, source: str, address: str, calls: int) -> None:
        """Let in a request with so many calls. Raises TooFast, and then nothing was taken."""
        if self._rate and calls:
            self._with(source, lambda places: self._take(places, address, calls))

    def give_back(self, source: str, calls: int) -> None:
        """What was let in was not stored after all, and will come again."""
        if self._rate:
            self._with(source, lambda places: places.put(SOURCE, taken(self._of_source(places), -calls)))

    def _with(self, source: str, act: Callable[[Places], None]) -> None:
        with self._lock:
            if self._folder is None:
                act(self._alone.setdefault(source, _Memory()))
                return
            try:
                with _opened(self._folder / f"rate-{source}") as places:
                    act(places)
            except OSError as error:  # the journal says what is wrong with the disk, if it is; a limit loses no call
                _log.warning("calls of source %s cannot be limited now: %s", source, error)

    def _of_source(self, places: Places) -> Bucket:
        return filled(places.get(SOURCE), self._rate, self._clock())

    def _take(self, places: Places, address: str, calls: int) -> None:
        now, place = self._clock(), FIRST_ADDRESS + _place_of(address)
        own = filled(places.get(place), self._share, now)
        beside = filled(places.get(BESIDE), self._rate, now)
        if own.left >= ONE and beside.left >= ONE:
            places.put(place, taken(own, calls))
            places.put(BESIDE, taken(beside, calls))
            return
        of_source = self._of_source(places)
        if of_source.left + SLACK_SECONDS * self._rate < ONE:
            waiting, seconds = queued(of_source, calls, self._rate)
            places.put(SOURCE, waiting)
            raise TooFast(seconds)
        places.put(SOURCE, taken(of_source, calls))


def _place_of(address: str) -> int:
    return int.from_bytes(blake2b(address.encode("utf-8", "replace"), digest_size=4).digest(), "big") % ADDRESSES


class _Memory(dict[int, Bucket]):
    def put(self, place: int, bucket: Bucket) -> None:
        self[place] = bucket


class _File:
    def __init__(self, handle: int) -> None:
        self._handle = handle

    def get(self, place: int) -> Bucket | None:
        found = os.pread(self._handle, _STATE.size, place * _STATE.size)
        if len(found) < _STATE.size or not any(found):  # a place that was never written reads as zeros
            return None
        return Bucket(*_STATE.unpack(found))

    def put(self, place: int, bucket: Bucket) -> None:
        os.pwrite(self._handle, _STATE.pack(bucket.left, bucket.since, bucket.promised), place * _STATE.size)


@contextmanager
def _opened(path: Path) -> Iterator[_File]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield _File(handle)
    finally:
        os.close(handle)  # which unlocks it

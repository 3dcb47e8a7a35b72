"""How fast each source may send: a bucket of calls, shared by all web processes of a service on this machine.

A bucket fills with ``rate`` calls a second, up to BURST_SECONDS of them. A request is let in while anything is in it,
and takes as many as it brings, into debt if need be: so that no batch is too large to ever pass.
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
from pathlib import Path

from translator.errors import TooFast

BURST_SECONDS = 10.0

State = tuple[float, float]
"""How many calls are in a bucket, and when that was: seconds of the machine's monotonic clock, which its processes
share."""

_STATE = struct.Struct("<dd")
_log = logging.getLogger("translator")


def after(state: State | None, calls: int, rate: float, now: float) -> State:
    """A bucket after a request with so many calls; None: a full one. Pure.

    Raises TooFast while it is empty.
    """
    full = max(rate * BURST_SECONDS, 1.0)
    left, since = state or (full, now)
    # the clock starts again with the machine, which a file may outlive
    left = full if now < since else min(full, left + (now - since) * rate)
    if left <= 0:
        raise TooFast((1 - left) / rate)
    return left - calls, now


class Buckets:
    """``rate``: calls a second of a source; 0: no limit. ``folder``: where the service's processes meet, a file for
    each source; None: this process is alone. Nothing is opened before the first request."""

    def __init__(self, rate: float, folder: Path | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate
        self._folder = folder
        self._clock = clock
        self._alone: dict[str, State] = {}
        self._lock = threading.Lock()

    def take(self, source: str, calls: int) -> None:
        """Let in a request with so many calls. Raises TooFast, and then nothing was taken."""
        if not self._rate or not calls:
            return
        with self._lock:
            if self._folder is None:
                self._alone[source] = after(self._alone.get(source), calls, self._rate, self._clock())
                return
            try:
                with _locked(self._folder / f"rate-{source}") as handle:
                    os.pwrite(handle, _STATE.pack(*after(_read(handle), calls, self._rate, self._clock())), 0)
            except OSError as error:  # the journal says what is wrong with the disk, if it is; a limit loses no call
                _log.warning("calls of source %s cannot be limited now: %s", source, error)


def _read(handle: int) -> State | None:
    found = os.pread(handle, _STATE.size, 0)
    if len(found) < _STATE.size:
        return None
    left, since = _STATE.unpack(found)
    return left, since


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield handle
    finally:
        os.close(handle)  # which unlocks it

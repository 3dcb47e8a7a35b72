"""Beside the threads that deliver: saying that this process lives, measuring what waits, deleting what is old."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable

from translator.deliver.sender import pause
from translator.errors import JournalError
from translator.journal import Journal, this_host
from translator.observe import emit, measured
from translator.settings.values import Settings

BEAT_SECONDS = 5.0
PRUNE_SECONDS = 60.0
PRUNE_CALLS = 1000
REMEMBERED_DAYS = 90
"""How long a state that nobody writes is remembered at least; a stale call that comes later is taken for the newest."""

DAY_MS = 24 * 60 * 60 * 1000

_log = logging.getLogger("translator.deliver")


def look_after(settings: Settings, journal: Journal, stop: threading.Event, parent_alive: Callable[[], bool]) -> None:
    """Say that this process lives, and prune, until it is to stop."""
    host, beaten, pruner = this_host(), 0.0, _Pruner(settings, journal)
    while not stop.is_set() and parent_alive():
        now, more = time.monotonic(), False
        try:
            if now - beaten >= BEAT_SECONDS:
                beaten = now
                journal.beat(host, os.getpid(), settings.destinations)
                _measure(journal)
            more = pruner.step(now)
        except JournalError as error:
            _log.error("journal: %s", error)
        except Exception:  # without this watch nobody would see that delivery lives
            _log.exception("journal: unexpected")
        pause(stop, 0.01 if more else 0.25)


def _measure(journal: Journal) -> None:
    """Note how much waits."""
    for name, tally in journal.counts().destinations.items():
        measured("waiting", tally.waiting, name)


class _Pruner:
    """Every PRUNE_SECONDS, a thousand calls at a time for as long as there are some: as many must go as come."""

    def __init__(self, settings: Settings, journal: Journal) -> None:
        self._settings = settings
        self._journal = journal
        self._due = time.monotonic() + PRUNE_SECONDS

    def step(self, now: float) -> bool:
        """Prune once, where it is time; whether there may be more. ``now``: time.monotonic()."""
        if now < self._due:
            return False
        self._due = now + PRUNE_SECONDS
        if self._settings.archive.url is not None:
            # here too: the archive's own thread may hang in a write for days, or have been away until a moment ago
            self._journal.hold()
        before = _now() - self._settings.journal.keep_days * DAY_MS
        pruned = self._journal.prune(before, PRUNE_CALLS)
        emit("pruned", pruned)
        if pruned >= PRUNE_CALLS:
            self._due = now
            return True
        days = [one.translation.groups.memory_days for one in self._settings.destinations.values()]
        self._journal.fade(_now() - max([REMEMBERED_DAYS, *days]) * DAY_MS)
        return False


def _now() -> int:
    return int(time.time() * 1000)

"""One run of a job: its lease, kept while it works, and how it ended."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from translator.errors import JournalError, LeaseLost, SettingsError, TranslatorError
from translator.journal import Journal
from translator.parcels import JobLease

LEASE_SECONDS = 120.0
"""A process that was killed on another machine holds up its job for so long."""

KEEP_SECONDS = 20.0
"""A lease is renewed so often."""

_log = logging.getLogger("translator.jobs")


class Run:
    """A run that is under way. ``stop`` is set when it is to end soon: by a signal, or where the lease was lost.
    ``silent``: of each destination how many portions, one after another, Amplitude took nothing of. ``refused``: how
    many groups Amplitude did not take."""

    def __init__(self, journal: Journal, lease: JobLease, stop: threading.Event) -> None:
        self.journal = journal
        self.stop = stop
        self.silent: Counter[str] = Counter()
        self.refused = 0
        self._lease = lease
        self._lock = threading.Lock()
        self._lost = False

    @property
    def lease(self) -> JobLease:
        """As it was renewed last."""
        with self._lock:
            return self._lease

    def keep(self) -> None:
        """See that the work may go on, and renew the lease where that is due. Raises as ``renew``."""
        if self._lost or self.lease.until - now_ms() <= (LEASE_SECONDS - KEEP_SECONDS) * 1000:
            self.renew()

    def renew(self) -> None:
        """Renew the lease. Raises LeaseLost; JournalError where the journal is away for a moment."""
        if self._lost:
            raise LeaseLost(f"the lease on the job {self._lease.name} has ended")
        try:
            renewed = self.journal.renew_job(self.lease, LEASE_SECONDS)
        except LeaseLost:
            self._lost = True
            self.stop.set()
            raise
        with self._lock:
            self._lease = renewed


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended. ``said``: what came of it; ``refused``: how many groups Amplitude did not take."""

    said: str
    refused: int


def run(
    journal: Journal,
    name: str,
    due: int,
    work: Callable[[Run], str],
    stop: threading.Event,
    *,
    is_part: bool = False,
) -> Ended | None:
    """Do a job under its lease; what ``work`` said is kept in the journal, but for a part's (see Journal.lease_job).

    None where it need not be done now: another process does it, or it was done. What ``work`` raises is raised again,
    after the journal knows that it failed (of an error of ours its text, which has no secrets): work that could not do
    all raises Unfinished. Where it was told to stop, it is begun again at once. Raises JournalError.
    """
    lease = journal.lease_job(name, due, LEASE_SECONDS, is_part=is_part)
    if lease is None:
        return None
    running = Run(journal, lease, stop)
    ended = threading.Event()
    keeper = threading.Thread(target=_keep, args=(running, ended), name="job-keeper", daemon=True)
    keeper.start()
    try:
        said = work(running)
    except BaseException as error:
        with suppress(JournalError):
            journal.end_job(running.lease, _said(error), "cut" if running.stop.is_set() else "failed")
        raise
    finally:
        ended.set()
        keeper.join()
    stopped = running.stop.is_set()
    journal.end_job(running.lease, f"stopped: {said}" if stopped else said, "cut" if stopped else "done")
    return Ended(said, running.refused)


def _keep(running: Run, ended: threading.Event) -> None:
    """Renew the lease in time, however long one step of the work takes."""
    while not ended.wait(KEEP_SECONDS):
        try:
            running.renew()
        except LeaseLost:
            return
        except JournalError as error:
            _log.warning("job %s: %s", running.lease.name, error)


def _said(error: BaseException) -> str:
    return str(error) if isinstance(error, (TranslatorError, SettingsError)) else type(error).__name__


def now_ms() -> int:
    """Now, in ms since the epoch."""
    return int(time.time() * 1000)

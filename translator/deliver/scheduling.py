"""Beside the threads that deliver: one for each job that is done once a day, across all delivery processes.

A job is a process of its own, so that what it computes holds up no call, and its memory is given back. Which process
does it is between them and the journal (Journal.lease_job): whoever comes too late ends at once.
"""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

from translator.clock import last_due, wanted
from translator.deliver.sender import pause
from translator.errors import JournalError
from translator.journal import Journal
from translator.observe import emit
from translator.parcels import RETRY_MS
from translator.settings.values import Job

PROGRAM = (sys.executable, "-m", "translator")
LOOK_SECONDS = 15.0
STOP_SECONDS = 10.0
"""How long a job has to leave off where it is. What it did is remembered; what it did not, the next run does."""

_log = logging.getLogger("translator.deliver")


def scheduling(
    jobs: Sequence[Job],
    journal: Journal,
    config: str | None,
    stop: threading.Event,
    program: Sequence[str] = PROGRAM,
) -> list[threading.Thread]:
    """The threads, not started yet. ``config``: the file of the configuration, or None."""
    more = ["--config", config] if config else []
    return [
        threading.Thread(target=_schedule, args=(job, journal, [*program, *job.command, *more], stop), name=job.name)
        for job in jobs
    ]


def _schedule(job: Job, journal: Journal, command: list[str], stop: threading.Event) -> None:
    rest = 0.0
    while not stop.is_set():
        try:
            due = _due(job, journal) if time.monotonic() >= rest else None
            if due is not None and _do(job, [*command, "--due", str(due)], stop) > 0:
                # it may have failed before it had a lease, so that the journal knows nothing of it
                rest = time.monotonic() + RETRY_MS / 1000
        except JournalError as error:
            _log.error("job %s: %s", job.name, error)
        except Exception:  # a job that cannot be begun must not end what delivers
            _log.exception("job %s: unexpected", job.name)
        pause(stop, LOOK_SECONDS)


def _due(job: Job, journal: Journal) -> int | None:
    now = int(time.time() * 1000)
    seen = next((one for one in journal.jobs() if one.name == job.name), None)
    if seen is None:
        # as Amplitude's own: the first sync is the next one (plan-your-accounts-instrumentation, "Salesforce")
        journal.know_job(job.name, last_due(job.minute, now))
        return None
    return wanted(job, seen, now)


def _do(job: Job, command: list[str], stop: threading.Event) -> int:
    """The exit code; of what a signal ended less than 0."""
    with subprocess.Popen(command, stdin=subprocess.DEVNULL) as process:
        while process.poll() is None and not stop.is_set():
            pause(stop, 0.25)
        if process.poll() is None:
            process.terminate()
        try:
            code = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
    if code and not stop.is_set():
        emit("job_failed", job=job.name)
        _log.error("job %s: ended with %d; it is begun again later", job.name, code)
    return code

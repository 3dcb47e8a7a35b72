"""One run of a job: its lease, kept while it works, and how it ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

from translator.journal import Journal
from translator.parcels import JobLease


@dataclass
class Run:
    """A run that is under way. ``stop`` is set when it is to end soon: by a signal, or where the lease was lost."""

    journal: Journal
    lease: JobLease
    stop: threading.Event


def run(journal: Journal, name: str, due: int, work: Callable[[Run], str], stop: threading.Event) -> str | None:
    """Do a job under its lease; what ``work`` said, which is kept in the journal.

    None where it need not be done now: another process does it, or it was done. What ``work`` raises is raised again,
    after the journal knows that it failed (TranslatorError, its text without secrets). Raises JournalError.
    """
    raise NotImplementedError  # made in the next commit

"""Beside the threads that deliver: one that has the archive written, so that a slow bucket holds up nothing else."""

from __future__ import annotations

import logging
import threading

from translator.archive import open_archive
from translator.deliver.sender import pause
from translator.errors import ArchiveError, JournalError
from translator.journal import Journal
from translator.observe import emit
from translator.settings.values import Settings

IDLE_SECONDS = 10.0
LONGEST_PAUSE = 120.0
"""After failures one after another."""

_log = logging.getLogger("translator.deliver")


def archiving(settings: Settings, journal: Journal, stop: threading.Event) -> list[threading.Thread]:
    """The thread, not started yet; none where no archive is configured. Raises SettingsError."""
    archive = open_archive(settings.archive)
    if archive is None:
        return []
    archivist = archive.archivist(journal)

    def run() -> None:
        seconds = IDLE_SECONDS
        while not stop.is_set():
            try:
                archivist.work(stopping=stop.is_set)
                seconds = IDLE_SECONDS
            except (ArchiveError, JournalError) as error:
                seconds = _failed(str(error), seconds)
            except Exception:  # what is wrong here must not end what keeps calls
                _log.exception("archive: unexpected")
                seconds = _failed("unexpected", seconds)
            pause(stop, seconds)

    return [threading.Thread(target=run, name="archive", daemon=True)]


def _failed(said: str, seconds: float) -> float:
    emit("archive_failed")
    _log.error("archive: %s; what is not archived stays in the journal", said)
    return min(2 * seconds, LONGEST_PAUSE)

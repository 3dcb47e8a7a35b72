"""What people want to see later: the configuration that holds, and what was delivered of groups."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress

from translator.deliver.preparing import Prepared
from translator.deliver.sender import Sender
from translator.deliver.sightings import Sightings
from translator.errors import JournalError
from translator.journal import Journal
from translator.parcels import Done, Verdict
from translator.settings.stored import to_text

NOTE_SECONDS = 5.0
NOTE_AT_ONCE = 250
"""Sightings of one transaction, so that no accept waits long."""


class Noting:
    """Of one destination; for the thread that delivers to it."""

    def __init__(self, journal: Journal, sender: Sender) -> None:
        self.sightings = Sightings(sender.destination.translation)
        self.is_journal_away = False
        self._journal = journal
        self._sender = sender
        self._is_configuration_noted = False
        self._due = time.monotonic() + NOTE_SECONDS

    def step(self) -> None:
        """Write down what there is, where it is time. Raises JournalError."""
        name = self._sender.destination.name
        if not self._is_configuration_noted:
            self._journal.note_configuration(name, self._sender.configuration, to_text(self._sender.destination))
            self._is_configuration_noted = True
        if time.monotonic() >= self._due:
            self._due = time.monotonic() + NOTE_SECONDS
            self._write(name)

    def end(self) -> None:
        """Write down what there is, for the last time; not where the journal is away, so that an end does not wait."""
        if not self.is_journal_away:
            with suppress(JournalError):
                self._write(self._sender.destination.name)

    def _write(self, name: str) -> None:
        """A part at a time, so that no accept waits long. What cannot be written is left out: it is for people."""
        found = self.sightings.drain()
        for start in range(0, len(found), NOTE_AT_ONCE):
            self._journal.note_seen(name, found[start : start + NOTE_AT_ONCE])


def note(sightings: Sightings, prepared: Prepared, verdicts: Mapping[str, Verdict]) -> None:
    """Note what was delivered of a lease."""
    for item in prepared.lease.items:
        if verdicts.get(item.id) == Done():
            sightings.note(prepared.made[item.id].glimpses, item.subject, item.received_at)

"""A configuration that somebody pasted, held against the one that runs, over a journal's newest calls.

Whoever pastes may not choose what this process does: no hook is run, and nothing that the text names is opened.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

from translator.errors import SettingsError
from translator.journal import Journal
from translator.parcels import Call
from translator.reports.diff.changes import Difference
from translator.reports.diff.running import compared
from translator.reports.reading import Source
from translator.reports.recomputing import call_of
from translator.settings.differing import differing
from translator.settings.load import settings_of_text
from translator.settings.values import Settings, TranslationSettings
from translator.sights import Kept

MOST_CHARACTERS = 100_000
"""Of a configuration's text."""

CHUNK = 500
"""Calls that are in memory at once."""

RUNNING = "the running configuration"
PASTED = "the text"


def tried(
    text: str, running: Settings, journal: Journal, count: int, destination: str | None, seconds: float
) -> Difference:
    """What a configuration's text would change of the ``count`` newest calls; after ``seconds`` it ends, and says so.

    Environment variables count over the text, as they did over the running one. A destination that runs needs no API
    key in the text. Raises SettingsError, JournalError.
    """
    ends = time.monotonic() + seconds
    keys = {name: one.api_key for name, one in running.destinations.items()}
    pasted = settings_of_text(text, PASTED, keys)
    if destination is not None and destination not in pasted.destinations:
        there = ", ".join(pasted.destinations) or "none"
        raise SettingsError(f"{PASTED}: has no destination {destination}; there are: {there}")
    source = Source(_newest(journal, count), f"the newest {count:,} of the journal")
    old, new = _without_hooks(running), _without_hooks(pasted)
    found = compared(source, old, new, destination, goes_on=lambda: time.monotonic() < ends)
    return replace(
        found,
        old=RUNNING,
        new=PASTED,
        settings=tuple(differing(running, pasted)),
        hooks_left_out=(old, new) != (running, pasted),
    )


def _newest(journal: Journal, count: int) -> Iterator[Call]:
    """The newest calls in the order in which they came. Chunk by chunk to where they begin, and the same way back:
    they need not fit into memory."""
    chunk = journal.newest(min(CHUNK, count))
    # held, since newer ones may have come until it is its turn
    last, begins = chunk, []
    left = count - len(chunk)
    while chunk and left > 0:
        begins.append((chunk[-1].id, min(CHUNK, left)))
        chunk = journal.newest(min(CHUNK, left), chunk[-1].id)
        left -= len(chunk)
    for before, size in reversed(begins):
        yield from _calls(journal.newest(size, before))
    yield from _calls(last)


def _calls(newest_first: list[Kept]) -> Iterator[Call]:
    return (call for one in reversed(newest_first) if (call := call_of(one)) is not None)


def _without_hooks(settings: Settings) -> Settings:
    destinations = {
        name: replace(one, translation=_plain(one.translation)) for name, one in settings.destinations.items()
    }
    return replace(settings, translate=replace(settings.translate, hook=None), destinations=destinations)


def _plain(settings: TranslationSettings) -> TranslationSettings:
    return replace(settings, translate=replace(settings.translate, hook=None))

"""A configuration that somebody pasted, held against the one that runs, over a journal's newest calls.

Whoever pastes may not choose what this process does: no hook is run, and nothing that the text names is opened. Files
of mappings that run are known already.
"""

from __future__ import annotations

import time
from dataclasses import replace

from translator.errors import SettingsError
from translator.journal import Journal
from translator.reports.diff.changes import Difference
from translator.reports.diff.running import compared
from translator.reports.newest import Newest, said_of, without_hooks
from translator.reports.reading import Source
from translator.settings.differing import differing
from translator.settings.load import settings_of_text
from translator.settings.values import Settings

MOST_CHARACTERS = 100_000
"""Of a configuration's text."""

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
    pasted = settings_of_text(text, PASTED, keys, mappings=_mappings(running))
    if destination is not None and destination not in pasted.destinations:
        there = ", ".join(pasted.destinations) or "none"
        raise SettingsError(f"{PASTED}: has no destination {destination}; there are: {there}")
    source = Source(iter(Newest(journal, count)), said_of(count))
    old, new = without_hooks(running), without_hooks(pasted)
    found = compared(source, old, new, destination, goes_on=lambda: time.monotonic() < ends)
    return replace(
        found,
        old=RUNNING,
        new=PASTED,
        settings=tuple(differing(running, pasted)),
        hooks_left_out=(old, new) != (running, pasted),
    )


def _mappings(running: Settings) -> dict[str, str]:
    """What the files of mappings that run say, by name."""
    every = (running.translate, *(one.translation.translate for one in running.destinations.values()))
    return {one.mappings: one.subscriptions for one in every if one.mappings is not None}

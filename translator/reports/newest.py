"""A journal's newest calls, for pages: for whoever waits there time is bounded, and no code of users is run."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from translator.journal import Journal
from translator.parcels import Call
from translator.reports.recomputing import call_of
from translator.settings.values import Settings, TranslationSettings
from translator.sights import Kept

CHUNK = 500
"""Calls that are in memory at once."""

EACH = 50
"""Calls between two looks at the clock."""


class Newest:
    """The ``count`` newest calls, in the order in which they came, as often as wanted: each time the same ones, though
    newer ones come. They need not fit into memory: chunk by chunk to where they begin, and the same way back.

    Raises JournalError, now and where it is iterated.
    """

    def __init__(self, journal: Journal, count: int) -> None:
        self._journal = journal
        chunk = journal.newest(min(CHUNK, count))
        # held, since newer ones may have come until it is its turn
        self._last, self._begins = chunk, list[tuple[str, int]]()
        left = count - len(chunk)
        while chunk and left > 0:
            self._begins.append((chunk[-1].id, min(CHUNK, left)))
            chunk = journal.newest(min(CHUNK, left), chunk[-1].id)
            left -= len(chunk)
        self.has_all = left > 0
        """Whether these are all calls that the journal has."""

    def __iter__(self) -> Iterator[Call]:
        for before, size in reversed(self._begins):
            yield from _calls(self._journal.newest(size, before))
        yield from _calls(self._last)


class Timed:
    """Items until a moment of ``time.monotonic()``, but at least EACH of them. ``count``: how many there were.
    ``is_cut``: whether there are more."""

    def __init__(self, items: Iterator[Any], ends: float) -> None:
        self._items, self._ends = items, ends
        self.count = 0
        self.is_cut = False

    def __iter__(self) -> Iterator[Any]:
        for item in self._items:
            if self.count and self.count % EACH == 0 and time.monotonic() >= self._ends:
                self.is_cut = True
                return
            self.count += 1
            yield item


def without_hooks(settings: Settings) -> Settings:
    """The same settings, in which no hook is named."""
    destinations = {
        name: replace(one, translation=_plain(one.translation)) for name, one in settings.destinations.items()
    }
    return replace(settings, translate=replace(settings.translate, hook=None), destinations=destinations)


def said_of(count: int) -> str:
    """What is looked at, for people."""
    return f"the newest {count:,} of the journal"


def reservations(has_hooks: bool, cut: int | None) -> Iterator[str]:
    """What is to be known of a look: whether hooks were left out, and after how many calls time was up, if it was."""
    if has_hooks:
        yield "A hook (translate.hook) was left out: no code is run from a page. The command runs it."
    if cut is not None:
        yield f"Not all calls were looked at: time was up after {cut:,}. The command has no such limit."


def _calls(newest_first: list[Kept]) -> Iterator[Call]:
    return (call for one in reversed(newest_first) if (call := call_of(one)) is not None)


def _plain(settings: TranslationSettings) -> TranslationSettings:
    return replace(settings, translate=replace(settings.translate, hook=None))

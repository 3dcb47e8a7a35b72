"""People who were forgotten: what of theirs the topic of calls still has, nobody sees any more.

A record alone cannot be deleted from that topic; it goes with the oldest calls, when all are done with them.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

from translator.journal.kafka.board import Board, Plain
from translator.journal.kafka.records import place_of
from translator.parcels import Leased
from translator.sights import mark_of

KEPT_MS = 24 * 60 * 60_000
"""A word is kept for so long whatever becomes of calls: so that every process that has something of them hears it."""

FRESH_SECONDS = 1.0
"""What other processes have said is known so much later."""


class Departed(NamedTuple):
    """That a person was forgotten. ``name``: of this word alone; they may be forgotten again. ``mark``: see mark_of. Of
    their partition, all calls below ``until`` are as if they were not there, but for ``keep`` (ids)."""

    name: str
    mark: str
    partition: int
    until: int
    keep: frozenset[str]

    def has(self, offset: int, call: str) -> bool:
        """Whether a call of theirs is to go."""
        return offset < self.until and call not in self.keep


Departures = Mapping[int, Mapping[str, list[Departed]]]
"""By partition and mark."""


class Gone:
    """``now``: ms since the epoch. For any thread."""

    def __init__(self, board: Board, now: Callable[[], int]) -> None:
        self._board = board
        self._now = now
        self._records = Plain("gone")
        self._known: Departures = {}
        self.changes = 0
        """How often what is known of them has changed."""
        self._read_at = 0.0
        board.add(self._records)

    def note(self, mark: str, partition: int, until: int, keep: Collection[str] = ()) -> None:
        """Somebody was forgotten. Durable when it returns, and takes the place of what was noted of them before. Raises
        JournalUnavailable."""
        row = {"mark": mark, "partition": partition, "until": until, "keep": sorted(keep), "at": self._now()}
        with self._board.read():
            old = [
                name for name, (_, one) in self._records.there.items() if one["mark"] == mark and one["until"] <= until
            ]
            # the old ones behind it: whoever is killed between has hidden too much rather than too little
            new = self._records.record((uuid.uuid4().hex,), row)
            self._board.append([new, *(self._records.record(name, None) for name in old)])
            self._take()

    def look(self) -> None:
        """Look at the board, where it was not for FRESH_SECONDS: what is asked just after it need not. Raises
        JournalUnavailable."""
        self._fresh()

    def hides(self, call: Leased) -> bool:
        """Whether a call is as if it were not kept. Looks at the board once in FRESH_SECONDS, else at nothing but what
        was read. Raises JournalUnavailable."""
        if not self._fresh():
            return False
        place = place_of(call.id)
        return place is not None and self.hides_at(*place, mark_of(call.subject))

    def hides_at(self, partition: int, offset: int, mark: str) -> bool:
        """The same of the call of a person there. Raises JournalUnavailable."""
        departed = self._fresh().get(partition, {}).get(mark, ())
        return any(one.has(offset, f"{partition}-{offset}") for one in departed)

    def of_whom(self, call: Leased) -> Sequence[Departed]:
        """That whoever made a call was forgotten, as ``hides`` knows it. Raises JournalUnavailable."""
        known, place = self._fresh(), place_of(call.id)
        return known.get(place[0], {}).get(mark_of(call.subject), ()) if known and place is not None else ()

    def of(self, partition: int) -> list[Departed]:
        """Who was forgotten of a partition, as ``hides`` knows it. Raises JournalUnavailable."""
        return [one for some in self._fresh().get(partition, {}).values() for one in some]

    def sweep(self, firsts: Mapping[int, int], sets_aside: Callable[[int], bool]) -> int:
        """Let go of those of whom nothing is kept any more, after KEPT_MS; how many. ``firsts``: the first offset that
        is kept of each partition; ``sets_aside``: whether something of it is set aside, which has them still. Raises
        JournalUnavailable."""
        before = self._now() - KEPT_MS
        with self._board.read():
            old = [
                (name, one["partition"])
                for name, (_, one) in self._records.there.items()
                if one["until"] <= firsts.get(one["partition"], 0) and one["at"] < before
            ]
        held = {partition for partition in {one for _, one in old} if sets_aside(partition)}
        over = [name for name, partition in old if partition not in held]
        with self._board.read():
            self._board.append([self._records.record(name, None) for name in over])
            self._take()
        return len(over)

    def _fresh(self) -> Departures:
        if time.monotonic() - self._read_at >= FRESH_SECONDS:
            with self._board.read():
                self._take()
        return self._known

    def _take(self) -> None:
        """What was read, as one value that does not change any more."""
        found: dict[int, dict[str, list[Departed]]] = {}
        for name, (_, row) in self._records.there.items():
            one = Departed(name[0], row["mark"], row["partition"], row["until"], frozenset(row["keep"]))
            found.setdefault(one.partition, {}).setdefault(one.mark, []).append(one)
        self.changes += found != self._known
        self._known, self._read_at = found, time.monotonic()

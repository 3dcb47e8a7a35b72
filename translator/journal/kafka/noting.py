"""What is noted for people: configurations and figures over time. See translator.journal.looking."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection

from translator.journal.kafka.board import Board, Key, Plain
from translator.journal.shown import MOST_CONFIGURATIONS, SPANS_KEPT
from translator.parcels import Json
from translator.sights import Span


class Notes:
    """``now``: ms since the epoch."""

    def __init__(self, board: Board, now: Callable[[], int]) -> None:
        self._board = board
        self._now = now
        self._configurations = Plain("configuration")
        self._spans = Plain("span")
        board.add(self._configurations)
        board.add(self._spans)

    def note_configuration(self, destination: str, name: str, said: str) -> None:
        """See Looking.note_configuration. Two that note one at the same moment have it there twice, as one."""
        with self._board.read():
            found = self._of(destination)
            if found and found[-1][1]["hash"] == name:
                return
            row = {"hash": name, "at": self._now(), "said": said}
            new = self._configurations.record((destination, uuid.uuid4().hex), row)
            surplus = found[: max(0, len(found) + 1 - MOST_CONFIGURATIONS)]
            self._board.append([*(self._configurations.record(key, None) for key, _ in surplus), new])

    def configuration(self, destination: str, name: str | None, at: int | None) -> str | None:
        """See Looking.configuration."""
        with self._board.read():
            rows = [row for _, row in self._of(destination)]
        found = [row for row in rows if name is not None and row["hash"] == name]
        if not found and at is not None:
            found = [row for row in rows if row["at"] <= at] or rows[:1]
        return str(found[-1]["said"]) if found else None

    def note_spans(self, spans: Collection[Span]) -> None:
        """See Looking.note_spans."""
        now = self._now()
        with self._board.read():
            records = [
                self._spans.record(key, None)
                for key in self._spans.there
                if int(key[1]) < now - SPANS_KEPT.get(int(key[0]), 0)
            ]
            for one in spans:
                records.append(self._spans.record((str(one.seconds), str(one.began), one.owner), dict(one.counts)))
            self._board.append(records)

    def spans(self, seconds: int, since: int) -> list[Span]:
        """See Looking.spans."""
        with self._board.read():
            found = [
                Span(seconds, int(key[1]), key[2], counts)
                for key, (_, counts) in self._spans.there.items()
                if key[0] == str(seconds) and int(key[1]) > since - seconds * 1000
            ]
        return sorted(found, key=lambda one: one.began)

    def _of(self, destination: str) -> list[tuple[Key, Json]]:
        """The configurations of a destination, in their order."""
        found = [(key, one) for key, one in self._configurations.there.items() if key[0] == destination]
        return [(key, row) for key, (_, row) in sorted(found, key=lambda one: one[1][0])]

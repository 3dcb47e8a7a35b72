"""How many dead letters went back to waiting: written in the transaction that redrives them, so counted once."""

from __future__ import annotations

from collections import Counter

from translator.journal.kafka.board import Board
from translator.journal.kafka.log import Record
from translator.journal.kafka.sums import Sums
from translator.parcels import Json


class Redriven:
    """Sums by destination (its id) and partition. ``board``: of a log of its own, since a transaction that is under way
    holds up whoever reads behind it."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._sums = Sums(board, "redriven", _added)

    def record(self, destination: str, partition: int, count: int) -> Record:
        """What the transaction is to write to the log, once for each destination and partition."""
        return self._sums.part((destination, str(partition)), {"n": count})

    def total(self, destination: str) -> dict[int, int]:
        """How many letters of a destination were redriven, by partition: to be taken off Books.dead. Raises
        JournalUnavailable."""
        with self._board.read():
            names = [name for name in self._sums.names() if name[0] == destination]
            sums = {int(name[1]): self._sums.total(name) for name in names}
        return {partition: found["n"] for partition, found in sums.items() if found}

    def tidy(self) -> None:
        """Put many parts together. Raises JournalUnavailable."""
        with self._board.read():
            if many := self._sums.many_parts(self._sums.names()):
                self._sums.put_together(many)

    def forget(self, destination: str) -> None:
        """Delete those of a destination. Raises JournalUnavailable."""
        with self._board.read():
            names = [name for name in self._sums.names() if name[0] == destination]
            self._board.append(self._sums.delete(names))


def _added(one: Json, other: Json) -> Json:
    return dict(Counter(one) + Counter(other))

"""The counters of the door: what each process has counted since it last said so is added to what all have."""

from __future__ import annotations

import os
import threading
import uuid
from collections import Counter
from collections.abc import Mapping

from translator.journal.kafka.board import Board
from translator.journal.kafka.sums import Sums
from translator.parcels import Json

ALL = ("all",)


class Counters:
    """Sums by name. What could not be written is written with the next; it counts once, though it was written after
    all. Safe to use in several threads; a process after a fork takes over nothing that waits."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._sums = Sums(board, "counters", _added)
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._waiting: Json = {}
        self._unsure: tuple[str, Json] | None = None

    def add(self, counts: Mapping[str, int]) -> None:
        """Durable when it returns. Raises JournalUnavailable; a later ``add`` makes up for it, be it of nothing."""
        if self._pid != os.getpid():
            self._pid, self._lock, self._waiting, self._unsure = os.getpid(), threading.Lock(), {}, None
        with self._lock, self._board.held():
            self._waiting = _added(self._waiting, counts)
            self._write_unsure()
            if any(self._waiting.values()):
                self._unsure, self._waiting = (uuid.uuid4().hex, self._waiting), {}
                self._write_unsure()
            if many := self._sums.many_parts([ALL]):
                self._sums.put_together(many)

    def total(self) -> dict[str, int]:
        """What all processes have counted."""
        with self._board.read():
            return dict(self._sums.total(ALL) or {})

    def _write_unsure(self) -> None:
        if self._unsure is None:
            return
        token, counts = self._unsure
        with self._board.read():
            if not self._sums.watch(token):
                self._board.append([self._sums.part(ALL, counts, token)])
        self._unsure = None
        self._sums.watch_no_more(token)


def _added(one: Mapping[str, int], other: Mapping[str, int]) -> Json:
    return dict(Counter(one) + Counter(other))

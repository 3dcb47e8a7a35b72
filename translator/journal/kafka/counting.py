"""The counters of the door: what each process has counted since it last said so is added to what all have."""

from __future__ import annotations

import os
import threading
import uuid
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress

from translator.errors import JournalUnavailable
from translator.journal.kafka.board import Board
from translator.journal.kafka.sums import Sums
from translator.parcels import Json

ALL = ("all",)
TELL_SECONDS = 1.0


class Counters:
    """Sums by name. What could not be written is written with the next; it counts once, though it was written after
    all. Safe to use in several threads; a process after a fork takes over nothing that waits."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._sums = Sums(board, "counters", _added)
        self._lock, self._writing = threading.Lock(), threading.Lock()
        """Of what waits; of whoever writes, which may take as long as the board does."""
        self._pid = os.getpid()
        self._waiting: Json = {}
        self._unsure: tuple[str, Json] | None = None
        self._timer: threading.Timer | None = None

    def add(self, counts: Mapping[str, int]) -> None:
        """Durable when it returns. Raises JournalUnavailable; a later ``add`` makes up for it, be it of nothing."""
        self._see_fork()
        with self._lock:
            self._waiting = _added(self._waiting, counts)
        with self._writing, self._board.held():
            self._write_unsure()
            with self._lock:
                waiting, self._waiting = self._waiting, {}
            if any(waiting.values()):
                self._unsure = uuid.uuid4().hex, waiting
                self._write_unsure()
            if many := self._sums.many_parts([ALL]):
                self._sums.put_together(many)

    def note(self, counts: Mapping[str, int]) -> None:
        """Count, to be written by the next ``add``: at the latest after TELL_SECONDS, where this process lives on. It
        waits for nobody: whoever answers a request counts so."""
        self._see_fork()
        with self._lock:
            self._waiting = _added(self._waiting, counts)
            if self._timer is None:
                self._timer = threading.Timer(TELL_SECONDS, self._tell)
                self._timer.daemon = True
                self._timer.start()

    def total(self) -> dict[str, int]:
        """What all processes have counted."""
        with self._board.read():
            return dict(self._sums.total(ALL) or {})

    def _tell(self) -> None:
        self._timer = None
        with suppress(JournalUnavailable):
            self.add({})

    def _see_fork(self) -> None:
        if self._pid != os.getpid():
            self._pid, self._waiting, self._unsure = os.getpid(), {}, None
            self._lock, self._writing = threading.Lock(), threading.Lock()
            self._timer = None

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

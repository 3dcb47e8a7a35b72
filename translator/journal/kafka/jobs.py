"""The journal's part in work by the clock: see translator.journal.jobs. A cell for each; states have a log apart."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from translator.journal.jobs import SAID, Ending, lost, runs, seen, tries
from translator.journal.kafka.board import Board
from translator.journal.kafka.cells import Cells
from translator.journal.kafka.states import States
from translator.journal.owner import myself
from translator.parcels import JobLease, JobSeen, Json

T = TypeVar("T")
Row = list[Any]
"""As ``FOUND`` of translator.journal.jobs."""

FREE = (None, 0, "", 0, "")
"""Nobody's token, until, host, pid and start."""


class JobTable:
    """``now``: ms since the epoch."""

    def __init__(self, board: Board, states: States, now: Callable[[], int]) -> None:
        self._board = board
        self._cells = Cells(board, "job")
        self._states = states
        self._now = now

    def know(self, name: str, due: int) -> None:
        """See Jobs.know_job."""

        def decide(row: Row | None) -> tuple[Row | None, None]:
            return (self._known(name, due) if row is None else None), None

        self._change(name, decide)

    def lease(self, name: str, due: int, seconds: float, is_part: bool) -> JobLease | None:
        """See Jobs.lease_job."""
        now, token, me = self._now(), str(uuid.uuid4()), myself()
        until = now + int(seconds * 1000)
        proof = (token, until, me.host, me.pid, me.started)
        lease = JobLease(token, name, due, until, is_part)

        def decide(row: Row | None) -> tuple[Row | None, JobLease | None]:
            if is_part:
                if row is not None and runs(row, now):
                    return None, None
                return [*(row or self._known(name, due))[:7], *proof], lease
            if (count := tries(row, due, now)) is None:
                return None, None
            return [name, due, now, None, "", False, count, *proof], lease

        return self._change(name, decide)

    def renew(self, lease: JobLease, seconds: float) -> JobLease:
        """See Jobs.renew_job."""
        until = self._now() + int(seconds * 1000)

        def decide(row: Row | None) -> tuple[Row | None, None]:
            held = self._hold(row, lease)
            return [*held[:8], until, *held[9:]], None

        self._change(lease.name, decide)
        return replace(lease, until=until)

    def end(self, lease: JobLease, said: str, how: Ending) -> None:
        """See Jobs.end_job."""
        now = self._now()

        def decide(row: Row | None) -> tuple[Row | None, None]:
            if row is None or row[7] != lease.token:
                return None, None
            if lease.is_part:
                return [*row[:7], *FREE], None
            if row[8] < now:
                return None, None
            return [*row[:3], None if how == "cut" else now, said[:SAID], how == "failed", row[6], *FREE], None

        self._change(lease.name, decide)

    def seen(self) -> list[JobSeen]:
        """See Jobs.jobs."""
        with self._board.read():
            rows = [cell["row"] for cell in self._cells.all().values()]
        return sorted((seen(row, self._now()) for row in rows), key=lambda one: one.name)

    def keep(self, lease: JobLease, states: Mapping[str, Json | None]) -> None:
        """See Jobs.keep_states. Who stands still for a whole lease between the look at it and the write is not
        stopped: the order of two logs is no order."""
        with self._board.read():
            self._hold(self._row(lease.name), lease)
        self._states.keep(lease.name, states)
        with self._board.read():
            row = self._row(lease.name)
            if row is None or row[7] != lease.token:
                raise lost(lease)

    def states(self, name: str, keys: Collection[str]) -> dict[str, Json]:
        """See Jobs.job_states."""
        return self._states.of(name, keys)

    def all(self, name: str, after: str, limit: int) -> list[tuple[str, Json]]:
        """See Jobs.all_job_states."""
        return self._states.all(name, after, limit)

    def _known(self, name: str, due: int) -> Row:
        now = self._now()
        return [name, due, now, now, "", False, 0, *FREE]

    def _row(self, name: str) -> Row | None:
        cell = self._cells.get(name)
        return None if cell is None else cell["row"]

    def _hold(self, row: Row | None, lease: JobLease) -> Row:
        """Raises LeaseLost where the lease has ended."""
        if row is None or row[7] != lease.token or row[8] < self._now():
            raise lost(lease)
        return row

    def _change(self, name: str, decide: Callable[[Row | None], tuple[Row | None, T]]) -> T:
        def decide_cell(cell: Json | None) -> tuple[Json | None, T]:
            row, result = decide(None if cell is None else cell["row"])
            return None if row is None else {"row": row}, result

        return self._cells.change((name,), decide_cell)

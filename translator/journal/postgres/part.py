"""What the parts of the journal have in common: the database, the clock, the mutex of a destination.

Whatever changes which calls of a destination are due, and in which order, happens under the lock of its row in
``destinations``: claims, settles, redrives, purges. Appends and everything else need not wait for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from psycopg import Cursor

from translator.errors import DestinationUnknown, LeaseLost
from translator.journal.postgres.database import Database
from translator.journal.rows import now_ms
from translator.parcels import Lease

INDEXES = "set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)"
"""For the rest of a transaction. Rows of ``fresh`` and ``open`` come and go by the million, and the planner believes
the statistics of a moment ago: to it, reading a whole table seems as good as 500 looks into its index, while the table
is made of pages that a backlog left empty (2026-11-28: 207 ms instead of 61 for 500 calls, after a million).

And nothing is compiled: a table without a fitting index, as ``leases``, is still read as a whole, but now at a cost of
10,000,000,000, which makes the server compile the statement each time (PostgreSQL 12 to 17, jit_above_cost)."""

TIME = "coalesce(%s::bigint, (extract(epoch FROM clock_timestamp()) * 1000)::bigint)"
LOCK_NAMED = f"""
WITH locked AS MATERIALIZED (SELECT id FROM translator.destinations WHERE name = %s FOR NO KEY UPDATE)
SELECT id, {TIME}, {INDEXES} FROM locked
"""
"""The clock is read when the lock is there, which another may hold for seconds."""

LOCK_LEASED = f"""
WITH locked AS MATERIALIZED (
    SELECT id FROM translator.destinations
    WHERE id = (SELECT destination FROM translator.leases WHERE token = %s) FOR NO KEY UPDATE
)
SELECT id, {TIME}, {INDEXES} FROM locked
"""
HELD = "SELECT until FROM translator.leases WHERE token = %s"

RELEASE = """
WITH head AS MATERIALIZED (
    SELECT first.seq, first.token, first.due_at, line FROM unnest(%(lines)b::bytea[]) AS line
    CROSS JOIN LATERAL (
        SELECT seq, token, due_at FROM translator.open
        WHERE open.destination = %(number)s AND open.line = line.line ORDER BY seq LIMIT 1
    ) AS first
), blocked AS (
    UPDATE translator.open SET due_at = NULL FROM head
    WHERE open.destination = %(number)s AND open.line = head.line AND open.due_at IS NOT NULL AND open.seq > head.seq
)
UPDATE translator.open SET due_at = 0 FROM head
WHERE open.destination = %(number)s AND open.seq = head.seq AND head.token IS NULL AND head.due_at IS NULL
"""
LEASED = "SELECT FROM translator.open WHERE destination = %s AND line = %s AND token IS NOT NULL LIMIT 1"

DELETES = "LOCK TABLE translator.appenders IN ROW EXCLUSIVE MODE"
"""Before calls are deleted: not while a destination comes or goes (keeping.STILL)."""


@dataclass(frozen=True)
class Moment:
    """A destination under its lock. ``now``: ms by the server's clock. ``ahead``: by how much that is ahead of this
    machine's, so that several machines agree on when a lease ends."""

    number: int
    now: int
    ahead: int


class Part:
    """``now``: a clock instead of the server's, for tests; ms since the epoch."""

    def __init__(self, database: Database, now: Callable[[], int] | None = None) -> None:
        self._database = database
        self._now = now

    def _given_now(self) -> int | None:
        return self._now() if self._now else None

    def _local(self) -> int:
        return self._now() if self._now else now_ms()

    def _lock(self, cursor: Cursor[Any], name: str) -> Moment:
        """Raises DestinationUnknown."""
        found = cursor.execute(LOCK_NAMED, [name, self._given_now()]).fetchone()
        if found is None:
            raise DestinationUnknown(name)
        return Moment(found[0], found[1], found[1] - self._local())

    def _lock_lease(self, cursor: Cursor[Any], lease: Lease) -> Moment:
        """Raises LeaseLost where the lease has ended."""
        found = cursor.execute(LOCK_LEASED, [lease.token, self._given_now()]).fetchone()
        held = cursor.execute(HELD, [lease.token]).fetchone() if found else None
        if found is None or held is None or held[0] < found[1]:
            raise lost(lease)
        return Moment(found[0], found[1], found[1] - self._local())


def lost(lease: Lease) -> LeaseLost:
    """The error of a lease that has ended."""
    return LeaseLost(f"the lease on {len(lease.items)} calls for {lease.destination} has ended")


def release(cursor: Cursor[Any], number: int, lines: Iterable[bytes]) -> None:
    """Of each line, let the first unfinished call be due, at its own time, and none behind it. No call of these lines
    may be leased."""
    if distinct := sorted(set(lines)):
        cursor.execute(RELEASE, {"number": number, "lines": distinct})


def release_unleased(cursor: Cursor[Any], number: int, line: bytes) -> None:
    """As ``release``, where no call of the line is leased; else the end of that lease releases it."""
    if cursor.execute(LEASED, [number, line]).fetchone() is None:
        release(cursor, number, [line])

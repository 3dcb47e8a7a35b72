"""Leases: handing calls out in order, keeping them, and taking back those that have ended."""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from psycopg import Cursor

from translator.errors import DestinationUnknown
from translator.journal.owner import Owner, lives, myself
from translator.journal.postgres.part import TIME, Moment, Part, lost, release
from translator.journal.postgres.text import call_row, line_of, restored
from translator.journal.rows import SCAN, STEPS, LeasedRow, leased
from translator.parcels import Json, Lease, Leased

MAY_HAVE_SOME = """
SELECT (SELECT seq FROM translator.fresh WHERE destination = id ORDER BY seq LIMIT 1) IS NOT NULL
    OR (SELECT seq FROM translator.open WHERE destination = id ORDER BY seq LIMIT 1) IS NOT NULL
FROM translator.destinations WHERE name = %s
"""
"""In the order of an index, so that no table is read which is nothing but pages that a backlog left."""

LEASES = """
SELECT token::text, calls, began, host, pid, started, until < %s FROM translator.leases WHERE destination = %s
"""
END = "DELETE FROM translator.leases WHERE token = %s AND (until < %s OR NOT %s) RETURNING token"
"""Not one that was renewed a moment ago."""

TRIED = """
UPDATE translator.open SET attempts = attempts + 1, unknown_since = coalesce(unknown_since, %(began)s), why = 'lost'
WHERE destination = %(number)s AND token = %(token)s
AND seq IN (SELECT unnest(calls) FROM translator.requests WHERE token = %(token)s AND ended IS NULL)
"""
FREE = """
UPDATE translator.open SET token = NULL, due_at = NULL
WHERE destination = %(number)s AND seq = ANY(%(calls)b::bigint[]) AND token = %(token)s RETURNING line
"""
DUE = """
SELECT line FROM translator.open WHERE destination = %s AND due_at <= %s ORDER BY due_at, seq LIMIT %s
"""
TAKE_DUE = """
WITH chosen AS MATERIALIZED (
    SELECT waiting.seq FROM unnest(%(lines)b::bytea[]) WITH ORDINALITY AS head (line, place)
    CROSS JOIN LATERAL (
        SELECT seq FROM translator.open
        WHERE open.destination = %(number)s AND open.line = head.line ORDER BY seq LIMIT %(each)s
    ) AS waiting
    ORDER BY head.place, waiting.seq LIMIT %(limit)s
)
UPDATE translator.open SET token = %(token)s, due_at = NULL
WHERE destination = %(number)s AND seq IN (SELECT seq FROM chosen) AND token IS NULL
RETURNING seq, attempts, unknown_since, why
"""
TAKE_NEW = """
WITH taken AS (
    DELETE FROM translator.fresh WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM translator.fresh WHERE destination = %(number)s ORDER BY seq LIMIT %(limit)s))
    RETURNING seq
)
INSERT INTO translator.open AS waiting (destination, seq, line, token)
SELECT %(number)s, calls.seq, calls.line, CASE WHEN NOT EXISTS (
    SELECT FROM translator.open WHERE open.destination = %(number)s AND open.line = calls.line) THEN %(token)s::uuid END
FROM taken JOIN translator.calls USING (seq)
RETURNING seq, token IS NOT NULL
"""
LEASE = """
INSERT INTO translator.leases (token, destination, calls, began, until, host, pid, started)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
ROWS = """
SELECT seq, source, message_id, subject, received_at, body, ip, derived
FROM translator.calls WHERE seq = ANY(%b::bigint[]) ORDER BY seq
"""
MEMORY = "SELECT subject, state FROM translator.memory WHERE destination = %s AND line = ANY(%b::bytea[])"
RENEW = f"""
UPDATE translator.leases SET until = now.ms + %s FROM (SELECT {TIME} AS ms) AS now
WHERE token = %s AND until >= now.ms RETURNING now.ms
"""
POSTING = f"""
INSERT INTO translator.requests (destination, token, began, api, calls, configuration)
SELECT destination, token, now.ms, %s, %s, %s
FROM translator.leases, (SELECT {TIME} AS ms) AS now, set_config('synchronous_commit', 'on', true)
WHERE token = %s AND until >= now.ms FOR SHARE OF leases RETURNING id
"""


Tried = tuple[int, int | None, str | None]
"""Of a waiting call: attempts, unknown_since, why."""

NEW: Tried = (0, None, None)


class Claims(Part):
    """See Journal."""

    def claim(self, destination: str, limit: int, seconds: float) -> Lease | None:
        """See Journal.claim. Raises DestinationUnknown."""
        token = secrets.token_hex(16)
        may = self._database.query(MAY_HAVE_SOME, [destination])
        if not may:
            raise DestinationUnknown(destination)
        if not may[0][0]:
            return None
        with self._database.writing() as cursor:
            moment = self._lock(cursor, destination)
            _free_ended(cursor, moment)
            taken = _take_due(cursor, moment, token, limit)
            taken |= dict.fromkeys(_take_new(cursor, moment.number, token, limit - len(taken)), NEW)
            if not taken:
                return None
            until = moment.now + int(seconds * 1000)
            me = myself()
            row = (token, moment.number, list(taken), moment.now, until, me.host, me.pid, me.started)
            cursor.execute(LEASE, row)
        # outside of the lock, which a slow network would hold
        items = self._items(taken)
        memory = self._memory(moment.number, items)
        return Lease(token, destination, until - moment.ahead, items, memory)

    def renew(self, lease: Lease, seconds: float) -> Lease:
        """See Journal.renew."""
        longer = int(seconds * 1000)
        found = self._database.once(RENEW, [longer, self._given_now(), lease.token])
        if not found:
            raise lost(lease)
        return Lease(lease.token, lease.destination, self._local() + longer, lease.items, lease.memory)

    def posting(self, lease: Lease, api: str, calls: Collection[str], configuration: str) -> int:
        """See Journal.posting."""
        seqs = sorted(int(one) for one in calls)
        found = self._database.once(POSTING, [api, seqs, configuration, self._given_now(), lease.token])
        if not found:
            raise lost(lease)
        return int(found[0][0])

    def _items(self, taken: Mapping[int, Tried]) -> tuple[Leased, ...]:
        found = self._database.query(ROWS, [list(taken)])
        return tuple(leased(_readable(row, taken[row[0]])) for row in found)

    def _memory(self, number: int, items: tuple[Leased, ...]) -> dict[str, Json]:
        lines = sorted({line_of(item.subject) for item in items})
        return {
            restored(subject): json.loads(state) for subject, state in self._database.query(MEMORY, [number, lines])
        }


def _free_ended(cursor: Cursor[Any], moment: Moment) -> None:
    """Take back what ended leases and dead processes had. Whether Amplitude took what they posted is not known."""
    for token, calls, began, host, pid, started, ended in cursor.execute(
        LEASES, [moment.now, moment.number]
    ).fetchall():
        gone = not lives(Owner(host, pid, started))
        # first the lease: whoever is about to write down a request of it has done so then, or finds it gone
        if (ended or gone) and cursor.execute(END, [token, moment.now, not gone]).fetchone():
            values = {"number": moment.number, "token": token, "calls": calls, "began": began}
            cursor.execute(TRIED, values)
            release(cursor, moment.number, [row[0] for row in cursor.execute(FREE, values).fetchall()])


def _take_due(cursor: Cursor[Any], moment: Moment, token: str, limit: int) -> dict[int, Tried]:
    """Due calls, each with those that wait behind it: the beginning of a line, in order."""
    lines = [row[0] for row in cursor.execute(DUE, [moment.number, moment.now, limit]).fetchall()]
    if not lines:
        return {}
    # so many of each that a few long lines fill the lease, and many lines are not all read to their ends
    each = max(1, 2 * limit // len(lines)) if len(lines) > 1 else limit
    values = {"lines": lines, "number": moment.number, "each": each, "limit": limit, "token": token}
    return {row[0]: (row[1], row[2], row[3]) for row in cursor.execute(TAKE_DUE, values).fetchall()}


def _take_new(cursor: Cursor[Any], number: int, token: str, limit: int) -> list[int]:
    """New calls, but for those whose line has an unfinished call: these wait behind it."""
    for _ in range(STEPS if limit > 0 else 0):
        values = {"number": number, "token": token, "limit": min(SCAN, limit)}
        found = cursor.execute(TAKE_NEW, values).fetchall()
        taken = [seq for seq, is_free in found if is_free]
        if taken or not found:
            return taken
    return []


def _readable(row: Sequence[Any], tried: Tried) -> LeasedRow:
    attempts, unknown_since, why = tried
    return (*call_row(row), attempts, unknown_since, None if why is None else restored(why))

"""Counting and reading: the books, dead letters, the kept calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from psycopg import Cursor

from translator.journal.postgres.database import Rows
from translator.journal.postgres.part import Part, release_unleased
from translator.journal.postgres.text import call_row, optional, restored
from translator.journal.rows import CHUNK, call_of, letter, newest, number_of, refused_letter
from translator.journal.shown import DROPPED
from translator.parcels import Call, Counts, DeadLetter, Tally

COUNTS = """
SELECT door.*, name, door.accepted - base, delivered, ignored, dead, circuit, circuit_since, (
    SELECT received_at FROM translator.calls WHERE seq = least(
        (SELECT min(seq) FROM translator.open WHERE destination = id),
        (SELECT min(seq) FROM translator.fresh WHERE destination = id)))
FROM (
    SELECT coalesce(sum(received), 0)::bigint AS received,
        coalesce(sum(refused_answered), 0)::bigint AS refused_answered,
        coalesce(sum(refused_kept), 0)::bigint AS refused_kept, coalesce(sum(duplicates), 0)::bigint AS duplicates,
        coalesce(sum(accepted), 0)::bigint AS accepted
    FROM translator.appenders
) AS door LEFT JOIN translator.destinations ON attached ORDER BY id
"""
"""One statement, so that all of it is of one moment."""

LETTERS = """
SELECT dead.id, destinations.name, dead.why, dead.answer, dead.at, dead.attempts,
       calls.source, calls.message_id, calls.received_at, calls.body, dead.unknown_since, dead.seq::text
FROM translator.dead JOIN translator.destinations ON destinations.id = dead.destination
JOIN translator.calls ON calls.seq = dead.seq
"""
CHOSEN = """
(%(name)s::text IS NULL OR destinations.name = %(name)s) AND (%(why)s::text IS NULL OR dead.why = %(why)s)
"""
REFUSED = "SELECT id, source, received_at, faults, body FROM translator.refused"
DEAD_CALL = """
SELECT dead.destination, dead.seq, calls.line, dead.unknown_since
FROM translator.dead JOIN translator.calls USING (seq) WHERE dead.id = %s
"""
LOCK = """
SELECT FROM translator.destinations WHERE id IN (SELECT destination FROM translator.dead WHERE id = ANY(%s))
ORDER BY id FOR NO KEY UPDATE
"""
BURIED = "DELETE FROM translator.dead WHERE id = %s RETURNING id"
REOPEN = """
INSERT INTO translator.open (destination, seq, line, unknown_since) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING
"""
REDRIVEN = "UPDATE translator.destinations SET dead = dead - 1 WHERE id = %s"
DROP_DEAD = """
WITH gone AS (
    DELETE FROM translator.dead WHERE id = ANY(%(ids)s) RETURNING id, seq, destination, request
), noted AS (
    INSERT INTO translator.finished (seq, destination, at, ignored, request)
    SELECT DISTINCT ON (seq, destination) seq, destination, %(now)s, %(dropped)s, request FROM gone
    ON CONFLICT (seq, destination) DO UPDATE SET at = excluded.at, ignored = excluded.ignored
)
SELECT id FROM gone
"""
DROP_REFUSED = "DELETE FROM translator.refused WHERE id = ANY(%s) RETURNING id"
READ = """
SELECT seq, source, message_id, subject, received_at, body, ip, derived FROM translator.calls
WHERE seq > %s AND received_at >= %s AND received_at < %s ORDER BY seq LIMIT %s
"""
LAST_LETTERS = """
SELECT coalesce((SELECT max(id) FROM translator.dead), 0), coalesce((SELECT max(id) FROM translator.refused), 0)
"""
NEVER = 2**62


class Books(Part):
    """What people and programs ask of a journal, and what they do with its dead letters. See Journal."""

    def counts(self) -> Counts:
        """See Journal.counts."""
        found = self._database.query(COUNTS)
        tallies = {row[5]: _tally(row[6:]) for row in found if row[5] is not None}
        received, answered, kept, duplicates, accepted = found[0][:5]
        return Counts(received, answered, kept, duplicates, accepted, tallies)

    def dead(
        self,
        destination: str | None = None,
        why: str | None = None,
        limit: int = 100,
        ids: Sequence[str] | None = None,
        below: str | None = None,
    ) -> list[DeadLetter]:
        """See Journal.dead. Letters are named d1, d2, …, refused messages r1, r2, …"""
        if ids is not None:
            return [found for one in ids for found in self._named(one)]
        last = NEVER if below is None else number_of(below, below[:1])
        letters = [] if destination == "" else self._letters(destination, why, limit, last)
        if destination in (None, "") and why in (None, "invalid"):
            rows = self._database.query(f"{REFUSED} WHERE id < %s ORDER BY id DESC LIMIT %s", [last, limit])
            letters += [_refused(row) for row in rows]
        return newest(letters, limit)

    def letters(self, destination: str | None = None, why: str | None = None) -> Iterator[DeadLetter]:
        """See Journal.letters."""
        ((last_dead, last_refused),) = self._database.query(LAST_LETTERS)
        values: dict[str, object] = {"name": optional(destination), "why": optional(why), "chunk": CHUNK}
        if destination != "":
            query = f"{LETTERS} WHERE dead.id > %(last)s AND {CHOSEN} ORDER BY dead.id LIMIT %(chunk)s"
            yield from self._chunks(last_dead, query, values, _letter)
        if destination in (None, "") and why in (None, "invalid"):
            query = f"{REFUSED} WHERE id > %(last)s ORDER BY id LIMIT %(chunk)s"
            yield from self._chunks(last_refused, query, values, _refused)

    def redrive(self, ids: Sequence[str], *, afresh: bool = False) -> int:
        """See Journal.redrive."""
        numbers = [number_of(one, "d") for one in ids]
        redriven = 0
        # few at a time: delivery waits meanwhile
        for start in range(0, len(numbers), CHUNK):
            part = numbers[start : start + CHUNK]
            with self._database.writing(durable=True) as cursor:
                cursor.execute(LOCK, [part])
                redriven += sum(_redrive(cursor, one, afresh) for one in part)
        return redriven

    def drop(self, ids: Sequence[str]) -> int:
        """See Journal.drop."""
        refused = [number_of(one, "r") for one in ids if one.startswith("r")]
        dead = [number_of(one, "d") for one in ids if not one.startswith("r")]
        with self._database.writing(durable=True) as cursor:
            cursor.execute(LOCK, [dead])  # so that nobody redrives them, or forgets their user, in another order
            values = {"ids": dead, "now": self._local(), "dropped": DROPPED}
            gone = [cursor.execute(DROP_DEAD, values).fetchall(), cursor.execute(DROP_REFUSED, [refused]).fetchall()]
        return sum(map(len, gone))

    def read(self, since: int | None = None, until: int | None = None) -> Iterator[Call]:
        """See Journal.read. A chunk at a time; a call that is accepted meanwhile may be missing."""
        last = 0
        while True:
            found = self._database.query(READ, [last, since or 0, NEVER if until is None else until, CHUNK])
            yield from map(_call, found)
            if len(found) < CHUNK:
                return
            last = found[-1][0]

    def unarchived(self, since: int) -> Iterator[Call]:
        """See Archiving.unarchived: all, each with its number."""
        return self.read(since)

    def _letters(self, destination: str | None, why: str | None, limit: int, below: int) -> list[DeadLetter]:
        chosen = {
            "dead.destination = (SELECT id FROM translator.destinations WHERE name = %s)": optional(destination),
            "dead.why = %s": optional(why),
        }
        where = "".join(f" AND {said}" for said, value in chosen.items() if value is not None)
        query = f"{LETTERS} WHERE dead.id < %s{where} ORDER BY dead.id DESC LIMIT %s"
        values = [value for value in chosen.values() if value is not None]
        return [_letter(row) for row in self._database.query(query, [below, *values, limit])]

    def _named(self, name: str) -> list[DeadLetter]:
        if name.startswith("r"):
            found = self._database.query(f"{REFUSED} WHERE id = %s", [number_of(name, "r")])
            return [_refused(row) for row in found]
        found = self._database.query(f"{LETTERS} WHERE dead.id = %s", [number_of(name, "d")])
        return [_letter(row) for row in found]

    def _chunks(
        self, end: int, query: str, values: dict[str, object], make: Callable[[Sequence[object]], DeadLetter]
    ) -> Iterator[DeadLetter]:
        """Those up to and with the number ``end``."""
        last = 0
        while last < end:
            found: Rows = self._database.query(query, {**values, "last": last})
            yield from (make(row) for row in found if row[0] <= end)
            if len(found) < CHUNK:
                return
            last = found[-1][0]


def _tally(row: Sequence[Any]) -> Tally:
    accepted, delivered, ignored, dead, circuit, since, oldest = row
    waiting = accepted - delivered - ignored - dead
    said = None if circuit is None else restored(circuit)
    return Tally(accepted, delivered, ignored, dead, waiting, oldest if waiting else None, said, since)


def _call(row: Sequence[Any]) -> Call:
    return call_of(call_row(row))


def _refused(row: Sequence[Any]) -> DeadLetter:
    number, source, received_at, faults, body = row
    return refused_letter((number, restored(source), received_at, restored(faults), body))


def _letter(row: Sequence[Any]) -> DeadLetter:
    number, name, why, answer, at, attempts, source, message_id, received_at, body, *more = row
    readable = (
        restored(answer),
        at,
        attempts,
        restored(source),
        restored(message_id),
        received_at,
        body.encode("utf-8"),
    )
    return letter((number, name, restored(why), *readable, *more))


def _redrive(cursor: Cursor[Any], number: int, afresh: bool) -> int:
    found = cursor.execute(DEAD_CALL, [number]).fetchone()
    if found is None:
        return 0
    destination, seq, line, unknown_since = found
    if cursor.execute(BURIED, [number]).fetchone() is None:
        return 0
    cursor.execute(REOPEN, [destination, seq, line, None if afresh else unknown_since])
    cursor.execute(REDRIVEN, [destination])
    release_unleased(cursor, destination, line)
    return 1

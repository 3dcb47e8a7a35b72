"""Counting and reading: the books, dead letters, the kept calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import apsw

from translator.journal.rows import CHUNK, call_of, letter, newest, now_ms, number_of, refused_letter
from translator.journal.shown import DROPPED
from translator.journal.sqlite.claiming import release_unleased
from translator.journal.sqlite.database import Database, fetch, fetch_one
from translator.parcels import Call, Counts, DeadLetter, Tally

COUNTERS = "SELECT name, value FROM counters"
TALLIES = """
SELECT name, base, handed, unfinished, delivered, ignored, dead, position, id, circuit, circuit_since
FROM destinations WHERE attached ORDER BY id
"""
OLDEST = """
SELECT min(received_at) FROM calls WHERE seq IN (
    (SELECT min(seq) FROM open WHERE destination = ?), (SELECT min(seq) FROM calls WHERE seq > ?))
"""
LETTERS = """
SELECT dead.id, destinations.name, dead.why, dead.answer, dead.at, dead.attempts,
       calls.source, calls.message_id, calls.received_at, calls.body, dead.unknown_since,
       CAST(calls.seq AS TEXT)
FROM dead JOIN destinations ON destinations.id = dead.destination JOIN calls ON calls.seq = dead.seq
"""
CHOSEN = "(?2 IS NULL OR destinations.name = ?2) AND (?3 IS NULL OR dead.why = ?3)"
REFUSED = "SELECT id, source, received_at, faults, body FROM refused"
DEAD_CALL = "SELECT dead.destination, dead.seq, calls.subject, dead.unknown_since "
DEAD_CALL += "FROM dead JOIN calls USING (seq) WHERE dead.id = ?"
REOPEN = """
INSERT INTO open (destination, seq, subject, due_at, unknown_since) VALUES (?, ?, ?, NULL, ?) ON CONFLICT DO NOTHING
"""
REDRIVEN = "UPDATE destinations SET dead = dead - 1, unfinished = unfinished + 1 WHERE id = ?"
NOTE_DROPPED = """
INSERT OR REPLACE INTO finished (seq, destination, at, ignored, request)
SELECT seq, destination, ?, ?, request FROM dead WHERE id = ?
"""
READ = """
SELECT seq, source, message_id, subject, received_at, body, ip, derived FROM calls
WHERE seq > ? AND received_at >= ? AND received_at < ? ORDER BY seq LIMIT ?
"""
LAST_LETTERS = "SELECT ifnull((SELECT max(id) FROM dead), 0), ifnull((SELECT max(id) FROM refused), 0)"
NEVER = 2**62


class Books:
    """What people and programs ask of a journal, and what they do with its dead letters."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def counts(self) -> Counts:
        """See Journal.counts."""
        with self._database.reading() as db:
            db.execute("BEGIN")
            try:
                counters: dict[str, int] = dict(fetch(db, COUNTERS))
                found = {row[0]: _tally(db, row, counters["accepted"]) for row in fetch(db, TALLIES)}
            finally:
                db.execute("COMMIT")
        return Counts(**counters, destinations=found)

    def dead(
        self, destination: str | None, why: str | None, limit: int, ids: Sequence[str] | None, below: str | None
    ) -> list[DeadLetter]:
        """See Journal.dead. Letters are named d1, d2, …, refused messages r1, r2, …"""
        last = NEVER if below is None else number_of(below, below[:1])
        with self._database.reading() as db:
            if ids is not None:
                return [found for one in ids for found in _named(db, one)]
            letters = [] if destination == "" else _letters(db, destination, why, limit, last)
            if destination in (None, "") and why in (None, "invalid"):
                query = f"{REFUSED} WHERE id < ? ORDER BY id DESC LIMIT ?"
                letters += [refused_letter(row) for row in db.execute(query, (last, limit))]
        return newest(letters, limit)

    def letters(self, destination: str | None, why: str | None) -> Iterator[DeadLetter]:
        """See Journal.letters."""
        with self._database.reading() as db:
            last_dead, last_refused = fetch_one(db, LAST_LETTERS)
        if destination != "":
            query = f"{LETTERS} WHERE dead.id > ?1 AND {CHOSEN} ORDER BY dead.id LIMIT ?4"
            yield from self._chunks(
                last_dead, lambda db, last: [letter(row) for row in db.execute(query, (last, destination, why, CHUNK))]
            )
        if destination in (None, "") and why in (None, "invalid"):
            query = f"{REFUSED} WHERE id > ? ORDER BY id LIMIT ?"
            yield from self._chunks(
                last_refused, lambda db, last: [refused_letter(row) for row in db.execute(query, (last, CHUNK))]
            )

    def _chunks(self, end: int, read: Callable[[apsw.Connection, int], list[DeadLetter]]) -> Iterator[DeadLetter]:
        """Those up to and with the number ``end``."""
        last = 0
        while last < end:
            with self._database.reading() as db:
                letters = read(db, last)
            yield from (one for one in letters if int(one.id[1:]) <= end)
            if len(letters) < CHUNK:
                return
            last = int(letters[-1].id[1:])

    def redrive(self, ids: Sequence[str], afresh: bool) -> int:
        """See Journal.redrive."""
        with self._database.writing() as db:
            return sum(_redrive(db, number_of(one, "d"), afresh) for one in ids)

    def drop(self, ids: Sequence[str]) -> int:
        """See Journal.drop."""
        dropped = 0
        with self._database.writing() as db:
            for one in ids:
                table = "refused" if one.startswith("r") else "dead"
                if table == "dead":
                    db.execute(NOTE_DROPPED, (now_ms(), DROPPED, number_of(one, "d")))
                db.execute(f"DELETE FROM {table} WHERE id = ?", (number_of(one, one[:1]),))
                dropped += db.changes()
        return dropped

    def read(self, since: int | None, until: int | None) -> Iterator[Call]:
        """See Journal.read. A chunk at a time, so that no long read holds up checkpoints."""
        seq = 0
        while True:
            with self._database.reading() as db:
                span = (seq, since or 0, NEVER if until is None else until, CHUNK)
                rows = fetch(db, READ, span)
            yield from map(call_of, rows)
            if len(rows) < CHUNK:
                return
            seq = rows[-1][0]


def _tally(db: apsw.Connection, row: Sequence[Any], accepted_in_all: int) -> Tally:
    _, base, handed, unfinished, delivered, ignored, dead, position, number, *circuit = row
    accepted = accepted_in_all - base
    waiting = unfinished + accepted - handed
    oldest = fetch_one(db, OLDEST, (number, position))[0] if waiting else None
    return Tally(accepted, delivered, ignored, dead, waiting, oldest, *circuit)


def _letters(db: apsw.Connection, destination: str | None, why: str | None, limit: int, below: int) -> list[DeadLetter]:
    by_destination = "dead.destination" if why is not None else "+dead.destination"  # else by id, not by reason
    chosen = {
        f"{by_destination} = (SELECT id FROM destinations WHERE name = ?)": destination,
        "dead.why = ?": why,
    }
    where = "".join(f" AND {said}" for said, value in chosen.items() if value is not None)
    query = f"{LETTERS} WHERE dead.id < ?{where} ORDER BY dead.id DESC LIMIT ?"
    values = [value for value in chosen.values() if value is not None]
    return [letter(row) for row in db.execute(query, (below, *values, limit))]


def _named(db: apsw.Connection, name: str) -> Iterator[DeadLetter]:
    if name.startswith("r"):
        yield from (refused_letter(row) for row in db.execute(f"{REFUSED} WHERE id = ?", (number_of(name, "r"),)))
    else:
        yield from (letter(row) for row in db.execute(f"{LETTERS} WHERE dead.id = ?", (number_of(name, "d"),)))


def _redrive(db: apsw.Connection, number: int, afresh: bool) -> int:
    found = fetch_one(db, DEAD_CALL, (number,))
    if found is None:
        return 0
    destination, seq, subject, unknown_since = found
    db.execute(REOPEN, (destination, seq, subject, None if afresh else unknown_since))
    db.execute("DELETE FROM dead WHERE id = ?", (number,))
    db.execute(REDRIVEN, (destination,))
    release_unleased(db, destination, subject)
    return 1

"""Forgetting a person: every copy of a subject's calls goes, wherever the journal keeps one."""

from __future__ import annotations

import json

import apsw

from translator import jsontext
from translator.journal.rows import is_of, now_ms
from translator.journal.shown import FORGOTTEN_MS, seen_row, sighting, without_marked
from translator.journal.sqlite.claiming import release_unleased
from translator.journal.sqlite.database import Database, fetch, newest_of
from translator.journal.sqlite.subjects import numbers_of
from translator.sights import mark_of

DESTINATIONS = "SELECT id, position FROM destinations"
UNFINISHED = (
    "DELETE FROM open INDEXED BY open_subject WHERE destination = ? AND subject = ? AND token IS NULL AND seq <> ?"
)
GIVEN_UP = """
UPDATE destinations SET handed = handed + ?, unfinished = unfinished - ?, ignored = ignored + ? WHERE id = ?
"""
OF_THEM = "seq IN (SELECT value FROM json_each(?1))"
DEAD = f"DELETE FROM dead WHERE {OF_THEM}"
ATTEMPTS = f"DELETE FROM attempts WHERE {OF_THEM}"
FINISHED = f"DELETE FROM finished WHERE {OF_THEM} AND seq <> ?2"
SAMPLED = "SELECT destination, kind, name, first_at, last_at, count, said FROM seen WHERE instr(said, ?)"
MARK = "INSERT OR REPLACE INTO forgotten VALUES (?, ?)"
UNMARK = "DELETE FROM forgotten WHERE at < ?"
UNSAMPLED = "UPDATE seen SET said = ? WHERE destination = ? AND kind = ? AND name = ?"
ERASURE = "INSERT INTO erasures (mark, last, at) SELECT ?, ?, ? FROM archive"
MEMORY = "DELETE FROM memory WHERE subject = ?"
CALLS = f"DELETE FROM calls WHERE {OF_THEM} AND seq <> ?2 AND seq NOT IN (SELECT seq FROM open WHERE subject = ?3)"


def purge(database: Database, subject: str, keep: str) -> int:
    """See Journal.purge. What waited counts as ignored; a dead letter stays counted."""
    with database.reading() as db:
        db.execute("PRAGMA secure_delete = ON")
    kept = int(keep or 0)
    with database.writing() as db:
        numbers = numbers_of(db, subject)
        for number, position in fetch(db, DESTINATIONS):
            new = sum(seq > position and seq != kept for seq in numbers)
            _give_up(db, number, new, subject, kept)
        theirs = json.dumps(numbers)
        db.execute(DEAD, (theirs,))
        db.execute(ATTEMPTS, (theirs,))
        db.execute(FINISHED, (theirs, kept))
        db.execute(MEMORY, (subject,))
        _unsampled(db, subject)
        db.execute(MARK, (mark_of(subject), now_ms()))
        db.execute(UNMARK, (now_ms() - FORGOTTEN_MS,))
        db.execute(ERASURE, (mark_of(subject), newest_of(db), now_ms()))
        db.execute(CALLS, (theirs, kept, subject))
        gone = db.changes() + _refused(db, subject)
    with database.reading() as db:
        # what was overwritten in the file may still stand in the log beside it
        fetch(db, "PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("PRAGMA secure_delete = OFF")
    return gone


def _give_up(db: apsw.Connection, number: int, new: int, subject: str, kept: int) -> None:
    """What waits of a subject for a destination. ``new``: how many of its calls were not handed out yet."""
    db.execute(UNFINISHED, (number, subject, kept))
    waiting = db.changes()
    release_unleased(db, number, subject)
    db.execute(GIVEN_UP, (new, waiting, new + waiting, number))


def _unsampled(db: apsw.Connection, subject: str) -> None:
    quoted = jsontext.dumps(subject).decode("utf-8")
    for number, *row in fetch(db, SAMPLED, (quoted,)):
        *key, _, _, _, said = seen_row(without_marked(sighting(row), {mark_of(subject)}))
        db.execute(UNSAMPLED, (said, number, *key))


def _refused(db: apsw.Connection, subject: str) -> int:
    found = [(number,) for number, body in fetch(db, "SELECT id, body FROM refused") if is_of(body, subject)]
    db.executemany("DELETE FROM refused WHERE id = ?", found)
    return len(found)

"""What all subjects of a destination share: read before translation, written with a settle, let go of when old."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping

import apsw

from translator import jsontext
from translator.errors import DestinationUnknown
from translator.journal.rows import merged, now_ms
from translator.journal.sqlite.database import Database, fetch, fetch_one
from translator.parcels import Json

STATE = """
SELECT shared.state FROM shared JOIN destinations ON destinations.id = shared.destination
WHERE destinations.name = ? AND shared.key = ?
"""
HELD = "SELECT state FROM shared WHERE destination = ? AND key = ?"
WRITE = "INSERT OR REPLACE INTO shared VALUES (?, ?, ?, ?)"
NUMBER = "SELECT id FROM destinations WHERE name = ?"
STATES = """
SELECT subject, state FROM memory
WHERE destination = (SELECT id FROM destinations WHERE name = ?) AND subject IN (SELECT value FROM json_each(?))
"""
REMEMBER = "INSERT OR REPLACE INTO memory (destination, subject, state, touched) VALUES (?, ?, ?, ?)"
FADED_SHARED = """
DELETE FROM shared WHERE (destination, key) IN (
    SELECT destination, key FROM shared WHERE touched < ? AND key NOT LIKE 'project:%' ORDER BY touched LIMIT ?)
"""
FADED_MEMORY = """
DELETE FROM memory WHERE (destination, subject) IN (
    SELECT destination, subject FROM memory WHERE touched < ? ORDER BY touched LIMIT ?)
"""


def recall(database: Database, destination: str, keys: Iterable[str]) -> dict[str, Json]:
    """See Journal.recall."""
    with database.reading() as db:
        found = {key: fetch_one(db, STATE, (destination, key)) for key in keys}
    return {key: json.loads(row[0]) for key, row in found.items() if row}


def remembered(database: Database, destination: str, subjects: Collection[str]) -> dict[str, Json]:
    """See Journal.remembered."""
    with database.reading() as db:
        rows = fetch(db, STATES, (destination, json.dumps(list(subjects))))
    return {subject: json.loads(state) for subject, state in rows}


def remember(database: Database, destination: str, states: Mapping[str, Json]) -> None:
    """See Journal.remember. Raises DestinationUnknown."""
    with database.writing() as db:
        found = fetch_one(db, NUMBER, (destination,))
        if found is None:
            raise DestinationUnknown(destination)
        texts = ((subject, jsontext.dumps(state).decode("utf-8")) for subject, state in states.items())
        db.executemany(REMEMBER, [(found[0], subject, text, now_ms()) for subject, text in texts])


def write(db: apsw.Connection, number: int, share: Mapping[str, Json], now: int) -> None:
    """Write changed entries; of two for one name the one with the later ``at`` stays."""
    for key, changes in share.items():
        row = fetch_one(db, HELD, (number, key))
        entries: Json = json.loads(row[0]) if row else {}
        db.execute(WRITE, (number, key, jsontext.dumps(merged(entries, changes)).decode("utf-8"), now))


def fade(database: Database, before: int, limit: int) -> int:
    """See Journal.fade."""
    faded = 0
    with database.writing() as db:
        for query in (FADED_MEMORY, FADED_SHARED):
            fetch(db, query, (before, limit))
            faded += db.changes()
    return faded

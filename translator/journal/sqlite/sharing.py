"""What all subjects of a destination share: read before translation, written with a settle, let go of when old."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import apsw

from translator import jsontext
from translator.journal.rows import merged
from translator.journal.sqlite.database import Database, fetch, fetch_one
from translator.parcels import Json

STATE = """
SELECT shared.state FROM shared JOIN destinations ON destinations.id = shared.destination
WHERE destinations.name = ? AND shared.key = ?
"""
HELD = "SELECT state FROM shared WHERE destination = ? AND key = ?"
WRITE = "INSERT OR REPLACE INTO shared VALUES (?, ?, ?, ?)"
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

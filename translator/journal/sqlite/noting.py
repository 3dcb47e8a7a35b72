"""What is noted for people: configurations, figures over time, the groups that were delivered."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence

import apsw

from translator.journal.rows import now_ms
from translator.journal.shown import (
    FORGOTTEN_MS,
    MOST_CONFIGURATIONS,
    MOST_SEEN,
    SPANS_KEPT,
    seen_row,
    sighting,
    span,
    without_marked,
)
from translator.journal.sqlite.database import Database, fetch, fetch_one
from translator.sights import SeenKind, Sighting, Span, joined

LAST_CONFIGURATION = "SELECT hash FROM configurations WHERE destination = ? ORDER BY id DESC LIMIT 1"
CONFIGURED = "INSERT INTO configurations (destination, hash, at, said) VALUES (?, ?, ?, ?)"
FEW_CONFIGURATIONS = """
DELETE FROM configurations WHERE destination = ?1 AND id NOT IN (
    SELECT id FROM configurations WHERE destination = ?1 ORDER BY id DESC LIMIT ?2)
"""
BY_HASH = "SELECT said FROM configurations WHERE destination = ? AND hash = ? ORDER BY id DESC LIMIT 1"
BY_TIME = "SELECT said FROM configurations WHERE destination = ? AND at <= ? ORDER BY id DESC LIMIT 1"
FIRST_CONFIGURATION = "SELECT said FROM configurations WHERE destination = ? ORDER BY id LIMIT 1"
NOTE_SPAN = "INSERT OR REPLACE INTO spans VALUES (?, ?, ?, ?)"
FADE_SPANS = "DELETE FROM spans WHERE seconds = ? AND began < ?"
SPANS = "SELECT seconds, began, owner, counts FROM spans WHERE seconds = ? AND began > ? ORDER BY began"
NUMBER = "SELECT id FROM destinations WHERE name = ?"
KNOWN = "SELECT kind, name, first_at, last_at, count, said FROM seen WHERE destination = ? AND kind = ? AND name = ?"
NOTE_SEEN = "INSERT OR REPLACE INTO seen VALUES (?, ?, ?, ?, ?, ?, ?)"
FORGOTTEN = "SELECT mark FROM forgotten WHERE at >= ?"
FEW_SEEN = """
DELETE FROM seen WHERE (destination, kind, name) IN (
    SELECT destination, kind, name FROM seen WHERE destination = ?1 AND kind = ?2
    ORDER BY last_at LIMIT max(0, (SELECT count(*) FROM seen WHERE destination = ?1 AND kind = ?2) - ?3))
"""
SEEN = """
SELECT kind, name, first_at, last_at, count, said FROM seen
WHERE destination = (SELECT id FROM destinations WHERE name = ?) AND kind = ? ORDER BY last_at DESC LIMIT ?
"""


class Notes:
    """See translator.journal.looking.Looking. ``reading``: a connection for pages; ``writing``: for what is noted."""

    def __init__(self, reading: Database, writing: Database, now: Callable[[], int]) -> None:
        self._reading = reading
        self._writing = writing
        self._now = now

    def note_configuration(self, destination: str, name: str, said: str) -> None:
        """See Looking.note_configuration."""
        with self._writing.writing() as db:
            last = fetch_one(db, LAST_CONFIGURATION, (destination,))
            if last is None or last[0] != name:
                db.execute(CONFIGURED, (destination, name, self._now(), said))
                db.execute(FEW_CONFIGURATIONS, (destination, MOST_CONFIGURATIONS))

    def configuration(self, destination: str, name: str | None, at: int | None) -> str | None:
        """See Looking.configuration."""
        with self._reading.reading() as db:
            found = fetch_one(db, BY_HASH, (destination, name)) if name is not None else None
            if found is None and at is not None:
                found = fetch_one(db, BY_TIME, (destination, at)) or fetch_one(db, FIRST_CONFIGURATION, (destination,))
        return None if found is None else str(found[0])

    def note_spans(self, spans: Collection[Span]) -> None:
        """See Looking.note_spans."""
        now = self._now()
        with self._writing.writing() as db:
            for one in spans:
                db.execute(NOTE_SPAN, (one.seconds, one.began, one.owner, json.dumps(dict(one.counts))))
            for seconds, for_ms in SPANS_KEPT.items():
                db.execute(FADE_SPANS, (seconds, now - for_ms))

    def spans(self, seconds: int, since: int) -> list[Span]:
        """See Looking.spans."""
        with self._reading.reading() as db:
            return [span(row) for row in fetch(db, SPANS, (seconds, since - seconds * 1000))]

    def note_seen(self, destination: str, sightings: Sequence[Sighting]) -> None:
        """See Looking.note_seen."""
        with self._writing.writing() as db:
            found = fetch_one(db, NUMBER, (destination,))
            if found is None:
                return
            marks = {row[0] for row in fetch(db, FORGOTTEN, (now_ms() - FORGOTTEN_MS,))}
            for one in sightings:
                _note_seen(db, found[0], without_marked(one, marks))
            for kind in {one.kind for one in sightings}:
                db.execute(FEW_SEEN, (found[0], kind, MOST_SEEN[kind]))

    def seen(self, destination: str, kind: SeenKind, limit: int) -> list[Sighting]:
        """See Looking.seen."""
        with self._reading.reading() as db:
            return [sighting(row) for row in fetch(db, SEEN, (destination, kind, limit))]


def _note_seen(db: apsw.Connection, number: int, one: Sighting) -> None:
    known = fetch_one(db, KNOWN, (number, one.kind, one.name))
    db.execute(NOTE_SEEN, (number, *seen_row(joined(sighting(known), one) if known else one)))

"""What is noted for people: configurations, figures over time, the groups that were delivered. Need not be durable."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from psycopg import Cursor

from translator.journal.postgres.part import TIME, Part
from translator.journal.postgres.text import line_of, restored, stored
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
from translator.sights import SeenKind, Sighting, Span, joined

LAST_CONFIGURATION = "SELECT hash FROM translator.configurations WHERE destination = %s ORDER BY id DESC LIMIT 1"
CONFIGURED = f"INSERT INTO translator.configurations (destination, hash, at, said) VALUES (%s, %s, {TIME}, %s)"
FEW_CONFIGURATIONS = """
DELETE FROM translator.configurations WHERE destination = %(name)s AND id NOT IN (
    SELECT id FROM translator.configurations WHERE destination = %(name)s ORDER BY id DESC LIMIT %(most)s)
"""
BY_HASH = "SELECT said FROM translator.configurations WHERE destination = %s AND hash = %s ORDER BY id DESC LIMIT 1"
BY_TIME = """
SELECT said FROM translator.configurations WHERE destination = %(name)s
ORDER BY at <= %(at)s DESC, CASE WHEN at <= %(at)s THEN -id ELSE id END LIMIT 1
"""
"""The last one before; else the first."""

NOTE_SPAN = """
INSERT INTO translator.spans (seconds, began, owner, counts) VALUES (%s, %s, %s, %s)
ON CONFLICT (seconds, began, owner) DO UPDATE SET counts = excluded.counts
"""
FADE_SPANS = "DELETE FROM translator.spans WHERE seconds = %s AND began < %s"
SPANS = "SELECT seconds, began, owner, counts FROM translator.spans WHERE seconds = %s AND began > %s ORDER BY began"
NUMBER = "SELECT id FROM translator.destinations WHERE name = %s FOR KEY SHARE"
"""So that it does not go meanwhile; in nobody else's way."""

LOCK_SEEN = "SELECT pg_advisory_xact_lock(hashtext(%s), %s)"
KNOWN = """
SELECT kind, name, first_at, last_at, count, said FROM translator.seen
WHERE destination = %s AND kind = %s AND line = ANY(%s)
"""
NOTE_SEEN = """
INSERT INTO translator.seen (destination, line, kind, name, first_at, last_at, count, said)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (destination, kind, line) DO UPDATE SET first_at = excluded.first_at, last_at = excluded.last_at,
    count = excluded.count, said = excluded.said
"""
FORGOTTEN = "SELECT mark FROM translator.forgotten WHERE at >= %s"
FEW_SEEN = """
DELETE FROM translator.seen WHERE (destination, kind, line) IN (
    SELECT destination, kind, line FROM translator.seen WHERE destination = %(number)s AND kind = %(kind)s
    ORDER BY last_at DESC OFFSET %(most)s)
"""
SEEN = """
SELECT kind, name, first_at, last_at, count, said FROM translator.seen
WHERE destination = (SELECT id FROM translator.destinations WHERE name = %s) AND kind = %s
ORDER BY last_at DESC LIMIT %s
"""


class Notes(Part):
    """See translator.journal.looking.Looking."""

    def note_configuration(self, destination: str, name: str, said: str) -> None:
        """See Looking.note_configuration."""
        with self._database.writing() as cursor:
            last = cursor.execute(LAST_CONFIGURATION, [destination]).fetchone()
            if last is None or last[0] != name:
                cursor.execute(CONFIGURED, [destination, name, self._given_now(), stored(said)])
                cursor.execute(FEW_CONFIGURATIONS, {"name": destination, "most": MOST_CONFIGURATIONS})

    def configuration(self, destination: str, name: str | None = None, at: int | None = None) -> str | None:
        """See Looking.configuration."""
        found = self._database.query(BY_HASH, [destination, name]) if name is not None else []
        if not found and at is not None:
            found = self._database.query(BY_TIME, {"name": destination, "at": at})
        return restored(found[0][0]) if found else None

    def note_spans(self, spans: Collection[Span]) -> None:
        """See Looking.note_spans."""
        now = self._local()
        with self._database.writing() as cursor:
            for one in spans:
                cursor.execute(NOTE_SPAN, [one.seconds, one.began, one.owner, stored(json.dumps(dict(one.counts)))])
            for seconds, for_ms in SPANS_KEPT.items():
                cursor.execute(FADE_SPANS, [seconds, now - for_ms])

    def spans(self, seconds: int, since: int) -> list[Span]:
        """See Looking.spans."""
        found = self._database.query(SPANS, [seconds, since - seconds * 1000])
        return [span((*row[:3], restored(row[3]))) for row in found]

    def note_seen(self, destination: str, sightings: Sequence[Sighting]) -> None:
        """See Looking.note_seen."""
        with self._database.writing() as cursor:
            found = cursor.execute(NUMBER, [destination]).fetchone()
            if found is None:
                return
            lock_seen(cursor, found[0])
            marks = {row[0] for row in cursor.execute(FORGOTTEN, [now_ms() - FORGOTTEN_MS]).fetchall()}
            kept = [without_marked(one, marks) for one in sightings]
            for kind in sorted({one.kind for one in kept}):
                _note_seen(cursor, found[0], kind, [one for one in kept if one.kind == kind])

    def seen(self, destination: str, kind: SeenKind, limit: int = 1000) -> list[Sighting]:
        """See Looking.seen."""
        return [_sighting(row) for row in self._database.query(SEEN, [destination, kind, limit])]


def lock_seen(cursor: Cursor[Any], number: int) -> None:
    """Of two processes that change what was seen of a destination one waits."""
    cursor.execute(LOCK_SEEN, ["translator.seen", number])


def _note_seen(cursor: Cursor[Any], number: int, kind: SeenKind, sightings: Sequence[Sighting]) -> None:
    lines = [line_of(one.name) for one in sightings]
    found = map(_sighting, cursor.execute(KNOWN, [number, kind, lines]).fetchall())
    known = {one.name: one for one in found}
    rows = []
    for line, one in zip(lines, sightings, strict=True):
        _, name, first_at, last_at, count, said = seen_row(joined(known[one.name], one) if one.name in known else one)
        rows.append((number, line, kind, stored(name), first_at, last_at, count, stored(said)))
    cursor.executemany(NOTE_SEEN, rows)
    cursor.execute(FEW_SEEN, {"number": number, "kind": kind, "most": MOST_SEEN[kind]})


def _sighting(row: Sequence[Any]) -> Sighting:
    kind, name, first_at, last_at, count, said = row
    return sighting((kind, restored(name), first_at, last_at, count, restored(said)))

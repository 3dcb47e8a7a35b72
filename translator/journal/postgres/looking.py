"""What people look at. What is noted for them need not be durable at once."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from typing import Any

from psycopg import Cursor

from translator.journal.postgres.part import TIME, Part
from translator.journal.postgres.text import call_row, line_of, restored, stored
from translator.journal.rows import now_ms, number_of
from translator.journal.shown import (
    FORGOTTEN_MS,
    MOST_CONFIGURATIONS,
    MOST_LOOKED_AT,
    MOST_SEEN,
    MOST_WAITS,
    SPANS_KEPT,
    carried_by,
    fates_of,
    kept,
    seen_row,
    sighting,
    span,
    without_marked,
)
from translator.sights import Fate, Kept, Reason, SeenKind, Sent, Sighting, Span, Tried, Wait, joined

COLUMNS = "seq, source, message_id, subject, received_at, body, ip, derived"
NEWEST = f"SELECT {COLUMNS} FROM translator.calls WHERE seq < %s ORDER BY seq DESC LIMIT %s"
NAMED = f"""
WITH RECURSIVE sources (source) AS (
    SELECT min(source) FROM translator.calls
    UNION ALL SELECT (SELECT min(source) FROM translator.calls WHERE source > sources.source) FROM sources
    WHERE sources.source IS NOT NULL
), found (seq) AS (
    SELECT %(number)s::bigint
    UNION SELECT seq FROM sources JOIN translator.calls USING (source) WHERE message_id = %(name)s
    UNION SELECT seq FROM (
        SELECT seq FROM translator.calls WHERE line = %(line)s ORDER BY seq + 0 DESC LIMIT %(limit)s) AS theirs
)
SELECT {COLUMNS} FROM translator.calls WHERE seq = ANY(ARRAY(SELECT seq FROM found)) ORDER BY seq DESC LIMIT %(limit)s
"""
"""A messageId is looked for among each source's, as the index has them. "+ 0", so that nobody looks for a user by going
through all calls backwards."""

ONE = f"SELECT {COLUMNS} FROM translator.calls WHERE seq = %s"
EARLIER = f"SELECT {COLUMNS} FROM translator.calls WHERE line = %s AND seq < %s ORDER BY seq + 0 DESC LIMIT %s"
NAMES = "SELECT id, name FROM translator.destinations"
EACH = "FROM unnest(%s::int[]) AS wanted (id) CROSS JOIN unnest(%s::bigint[]) AS asked (seq) CROSS JOIN LATERAL"
"""One look into an index for each destination and call: with ANY of both a planner that thinks of a small table reads
all rows of the destination."""

FRESH = f"""
SELECT found.* {EACH} (
    SELECT destination, fresh.seq FROM translator.fresh
    WHERE destination = wanted.id AND fresh.seq = asked.seq LIMIT 1) AS found
"""
OPEN = f"""
SELECT found.* {EACH} (
    SELECT open.destination, open.seq, leases.until IS NOT NULL AND leases.until >= {TIME}, due_at, why, attempts,
        open.token IS NOT NULL
    FROM translator.open LEFT JOIN translator.leases USING (token)
    WHERE open.destination = wanted.id AND open.seq = asked.seq LIMIT 1) AS found
"""
FINISHED = "SELECT destination, seq, at, ignored, request FROM translator.finished WHERE seq = ANY(%s)"
DEAD = "SELECT destination, seq, at, why, attempts, request, id FROM translator.dead WHERE seq = ANY(%s)"
TOKENS = """
SELECT token FROM translator.requests WHERE id IN (
    SELECT request FROM translator.finished WHERE seq = %(seq)s
    UNION SELECT request FROM translator.dead WHERE seq = %(seq)s
    UNION SELECT request FROM translator.attempts WHERE seq = %(seq)s)
UNION SELECT token FROM translator.open WHERE seq = %(seq)s AND destination IN (SELECT id FROM translator.destinations)
"""
SENT = f"""
SELECT requests.id, destinations.name, api, began, ended, answer, configuration, calls FROM translator.requests
JOIN translator.destinations ON destinations.id = requests.destination
WHERE requests.id IN (
    SELECT id FROM translator.requests WHERE token IN ({TOKENS})
    UNION SELECT id FROM (
        SELECT id, calls FROM translator.requests
        WHERE began >= (SELECT received_at FROM translator.calls WHERE seq = %(seq)s)
        ORDER BY began LIMIT {MOST_LOOKED_AT}
    ) AS first WHERE %(seq)s = ANY(calls)
) ORDER BY requests.id
"""
"""Those of the last attempt and of the noted ones; and, of one that left no trace on the call, such as while the
destination was away, those that went out first after its receipt."""
ATTEMPTS = """
SELECT destinations.name, attempts.at, attempts.why, attempts.request FROM translator.attempts
JOIN translator.destinations ON destinations.id = attempts.destination WHERE attempts.seq = %s ORDER BY attempts.id
"""
REASONS = """
SELECT destinations.name, grouped.why, number, oldest.at, newest.at FROM (
    SELECT destination, why, count(*) AS number, min(id) AS low, max(id) AS high
    FROM translator.dead GROUP BY destination, why
) AS grouped JOIN translator.destinations ON destinations.id = grouped.destination
JOIN translator.dead AS oldest ON oldest.id = low JOIN translator.dead AS newest ON newest.id = high
ORDER BY destinations.id, number DESC
"""
LATEST = f"""
SELECT DISTINCT ON (destinations.id) requests.id, destinations.name, api, began, ended, answer, configuration,
    cardinality(calls)
FROM (SELECT * FROM translator.requests ORDER BY id DESC LIMIT {MOST_LOOKED_AT}) AS requests
JOIN translator.destinations ON destinations.id = requests.destination
WHERE ended IS NOT NULL ORDER BY destinations.id, requests.id DESC
"""
WAITS = """
SELECT destinations.name, why, count(*), count(DISTINCT line) FROM (
    SELECT destination, why, line FROM translator.open WHERE why IS NOT NULL AND token IS NULL LIMIT %s
) AS tried JOIN translator.destinations ON destinations.id = tried.destination
GROUP BY destinations.id, why ORDER BY 1, 3 DESC
"""
REFUSED = "SELECT count(*), min(received_at), max(received_at) FROM translator.refused"
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
NEVER = 2**62


class Looks(Part):
    """See translator.journal.looking.Looking."""

    def newest(self, limit: int, before: str | None = None) -> list[Kept]:
        """See Looking.newest."""
        return [_kept(row) for row in self._database.query(NEWEST, [NEVER if before is None else int(before), limit])]

    def named(self, name: str, limit: int = 200) -> list[Kept]:
        """See Looking.named."""
        values = {"number": number_of(name, ""), "name": stored(name), "line": line_of(name), "limit": limit}
        return [_kept(row) for row in self._database.query(NAMED, values)]

    def kept(self, call: str) -> Kept | None:
        """See Looking.kept."""
        found = self._database.query(ONE, [number_of(call, "")])
        return _kept(found[0]) if found else None

    def earlier(self, call: Kept, limit: int) -> list[Kept]:
        """See Looking.earlier."""
        found = self._database.query(EARLIER, [line_of(call.subject), int(call.id), limit])
        return [_kept(row) for row in found]

    def fates(self, calls: Collection[str]) -> dict[str, list[Fate]]:
        """See Looking.fates. What is settled meanwhile may be seen before or after, never neither: asked in the order
        in which a call goes."""
        asked = sorted(int(one) for one in calls)
        names: dict[int, str] = dict(self._database.query(NAMES))
        wanted = [[*names], asked]
        fresh = [(row[0], row[1]) for row in self._database.query(FRESH, wanted)]
        rows = self._database.query(OPEN, [*wanted, self._given_now()])
        unfinished = [(*row[:4], _restored(row[4]), *row[5:]) for row in rows]
        finished = self._database.query(FINISHED, [asked])
        dead = [(*row[:3], restored(row[3]), *row[4:]) for row in self._database.query(DEAD, [asked])]
        ended = {(row[0], row[1]) for row in (*finished, *dead)}
        going = [row for row in unfinished if (row[0], row[1]) not in ended]
        return fates_of(calls, names, fresh, going, finished, dead)

    def sent(self, call: str) -> list[Sent]:
        """See Looking.sent."""
        found = self._database.query(SENT, {"seq": int(call)})
        return carried_by([(*row[:5], _restored(row[5]), *row[6:]) for row in found], int(call))

    def attempts(self, call: str) -> list[Tried]:
        """See Looking.attempts."""
        found = self._database.query(ATTEMPTS, [int(call)])
        return [Tried(name, at, restored(why), request) for name, at, why, request in found]

    def reasons(self) -> list[Reason]:
        """See Looking.reasons."""
        found = [Reason(row[0], restored(row[1]), *row[2:]) for row in self._database.query(REASONS)]
        ((count, oldest, newest),) = self._database.query(REFUSED)
        return [*found, Reason("", "invalid", count, oldest, newest)] if count else found

    def latest(self) -> dict[str, Sent]:
        """See Looking.latest."""
        return {
            destination: Sent(number, destination, api, began, ended, _restored(answer), configuration, calls)
            for number, destination, api, began, ended, answer, configuration, calls in self._database.query(LATEST)
        }

    def waits(self) -> list[Wait]:
        """See Looking.waits."""
        return [Wait(row[0], restored(row[1]), *row[2:]) for row in self._database.query(WAITS, [MOST_WAITS])]

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


def _kept(row: Sequence[Any]) -> Kept:
    return kept(call_row(row))


def _sighting(row: Sequence[Any]) -> Sighting:
    kind, name, first_at, last_at, count, said = row
    return sighting((kind, restored(name), first_at, last_at, count, restored(said)))


def _restored(text: str | None) -> str | None:
    return None if text is None else restored(text)

"""What people look at, over a connection of its own, so that no page is in the way of the work."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence

import apsw

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
from translator.journal.sqlite.database import Database, fetch, fetch_one
from translator.sights import Fate, Kept, Reason, SeenKind, Sent, Sighting, Span, Tried, Wait, joined

COLUMNS = "seq, source, message_id, subject, received_at, body, ip, derived"
NEWEST = f"SELECT {COLUMNS} FROM calls WHERE seq < ? ORDER BY seq DESC LIMIT ?"
NAMED = f"""
WITH RECURSIVE sources (source) AS (
    SELECT min(source) FROM calls
    UNION ALL SELECT (SELECT min(source) FROM calls WHERE source > sources.source) FROM sources
    WHERE sources.source IS NOT NULL
)
SELECT {COLUMNS} FROM calls WHERE seq IN (
    SELECT seq FROM calls WHERE seq = ?1
    UNION SELECT seq FROM calls JOIN sources USING (source) WHERE message_id = ?2
    UNION SELECT seq FROM (SELECT seq FROM calls WHERE subject = ?2 ORDER BY seq DESC LIMIT ?3)
) ORDER BY seq DESC LIMIT ?3
"""
"""A messageId is looked for among each source's, as the index has them."""

ONE = f"SELECT {COLUMNS} FROM calls WHERE seq = ?"
EARLIER = f"SELECT {COLUMNS} FROM calls WHERE subject = ? AND seq < ? ORDER BY seq DESC LIMIT ?"
POSITIONS = "SELECT id, name, position FROM destinations WHERE attached"
NAMES = "SELECT id, name FROM destinations"
AMONG = "(SELECT value FROM json_each(?))"
OPEN = f"""
SELECT open.destination, open.seq, leases.until IS NOT NULL AND leases.until >= ?, open.due_at, open.why, open.attempts,
    open.token IS NOT NULL
FROM open LEFT JOIN leases ON leases.token = open.token
WHERE open.destination IN (SELECT id FROM destinations) AND open.seq IN {AMONG}
"""
FINISHED = f"SELECT destination, seq, at, ignored, request FROM finished WHERE seq IN {AMONG}"
DEAD = f"SELECT destination, seq, at, why, attempts, request, id FROM dead WHERE seq IN {AMONG}"
REQUESTS_OF = """
SELECT request FROM finished WHERE seq = ?1
UNION SELECT request FROM dead WHERE seq = ?1
UNION SELECT request FROM attempts WHERE seq = ?1
"""
SENT = f"""
SELECT requests.id, destinations.name, api, began, ended, answer, configuration, calls FROM requests
JOIN destinations ON destinations.id = requests.destination
WHERE requests.id IN (
    SELECT id FROM requests WHERE token IN (
        SELECT token FROM requests WHERE id IN ({REQUESTS_OF})
        UNION SELECT token FROM open WHERE seq = ?1 AND destination IN (SELECT id FROM destinations))
    UNION SELECT id FROM (
        SELECT id, calls FROM requests WHERE began >= (SELECT received_at FROM calls WHERE seq = ?1)
        ORDER BY began LIMIT {MOST_LOOKED_AT}
    ) WHERE instr(calls, ?1)
) ORDER BY requests.id
"""
"""Those of the last attempt and of the noted ones; and, of one that left no trace on the call, such as while the
destination was away, those that went out first after its receipt."""
ATTEMPTS = """
SELECT destinations.name, attempts.at, attempts.why, attempts.request
FROM attempts JOIN destinations ON destinations.id = attempts.destination WHERE attempts.seq = ? ORDER BY attempts.at
"""
REASONS = """
SELECT destinations.name, grouped.why, number, oldest.at, newest.at FROM (
    SELECT destination, why, count(*) AS number, min(id) AS low, max(id) AS high FROM dead GROUP BY destination, why
) AS grouped JOIN destinations ON destinations.id = grouped.destination
JOIN dead AS oldest ON oldest.id = low JOIN dead AS newest ON newest.id = high ORDER BY destinations.id, number DESC
"""
LATEST = f"""
SELECT max(requests.id), destinations.name, api, began, ended, answer, configuration, json_array_length(calls)
FROM (SELECT * FROM requests ORDER BY id DESC LIMIT {MOST_LOOKED_AT}) AS requests
JOIN destinations ON destinations.id = requests.destination WHERE ended IS NOT NULL GROUP BY destinations.id
"""
"""Of the row with the largest id: sqlite.org/lang_select.html, "bare columns"."""

WAITS = """
SELECT destinations.name, why, count(*), count(DISTINCT subject) FROM (
    SELECT destination, why, subject FROM open WHERE why IS NOT NULL AND token IS NULL LIMIT ?
) AS tried JOIN destinations ON destinations.id = tried.destination GROUP BY destinations.id, why ORDER BY 1, 3 DESC
"""
REFUSED = "SELECT count(*), min(received_at), max(received_at) FROM refused"
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
NEVER = 2**62


class Looks:
    """See translator.journal.looking.Looking. ``reading``: a connection for pages; ``writing``: for what is noted."""

    def __init__(self, reading: Database, writing: Database, now: Callable[[], int]) -> None:
        self._reading = reading
        self._writing = writing
        self._now = now

    def newest(self, limit: int, before: str | None) -> list[Kept]:
        """See Looking.newest."""
        with self._reading.reading() as db:
            return [kept(row) for row in fetch(db, NEWEST, (NEVER if before is None else int(before), limit))]

    def named(self, name: str, limit: int) -> list[Kept]:
        """See Looking.named."""
        number = number_of(name, "")
        with self._reading.reading() as db:
            return [kept(row) for row in fetch(db, NAMED, (number, name, limit))]

    def kept(self, call: str) -> Kept | None:
        """See Looking.kept."""
        with self._reading.reading() as db:
            row = fetch_one(db, ONE, (number_of(call, ""),))
        return None if row is None else kept(row)

    def earlier(self, call: Kept, limit: int) -> list[Kept]:
        """See Looking.earlier."""
        with self._reading.reading() as db:
            return [kept(row) for row in fetch(db, EARLIER, (call.subject, int(call.id), limit))]

    def fates(self, calls: Collection[str]) -> dict[str, list[Fate]]:
        """See Looking.fates."""
        asked = json.dumps(sorted(int(one) for one in calls))
        with self._reading.reading() as db:
            db.execute("BEGIN")
            try:
                positions = fetch(db, POSITIONS)
                names = dict(fetch(db, NAMES))
                unfinished = fetch(db, OPEN, (self._now(), asked))
                finished, dead = (fetch(db, query, (asked,)) for query in (FINISHED, DEAD))
            finally:
                db.execute("COMMIT")
        fresh = [(number, int(one)) for number, _, position in positions for one in calls if int(one) > position]
        return fates_of(calls, names, fresh, unfinished, finished, dead)

    def sent(self, call: str) -> list[Sent]:
        """See Looking.sent."""
        with self._reading.reading() as db:
            rows = [(*row[:7], json.loads(row[7])) for row in fetch(db, SENT, (int(call),))]
        return carried_by(rows, int(call))

    def attempts(self, call: str) -> list[Tried]:
        """See Looking.attempts."""
        with self._reading.reading() as db:
            return [Tried(*row) for row in fetch(db, ATTEMPTS, (int(call),))]

    def reasons(self) -> list[Reason]:
        """See Looking.reasons."""
        with self._reading.reading() as db:
            found = [Reason(*row) for row in fetch(db, REASONS)]
            count, oldest, newest = fetch_one(db, REFUSED)
        return [*found, Reason("", "invalid", count, oldest, newest)] if count else found

    def latest(self) -> dict[str, Sent]:
        """See Looking.latest."""
        with self._reading.reading() as db:
            return {row[1]: Sent(*row) for row in fetch(db, LATEST)}

    def waits(self) -> list[Wait]:
        """See Looking.waits."""
        with self._reading.reading() as db:
            return [Wait(*row) for row in fetch(db, WAITS, (MOST_WAITS,))]

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

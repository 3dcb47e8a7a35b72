"""What people look at, over a connection of its own, so that no page is in the way of the work."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection

from translator.journal.rows import number_of
from translator.journal.shown import (
    MOST_LOOKED_AT,
    MOST_WAITS,
    carried_by,
    fates_of,
    kept,
)
from translator.journal.sqlite.database import Database, fetch, fetch_one
from translator.journal.sqlite.subjects import numbers_of
from translator.sights import Fate, Kept, Reason, Sent, Tried, Wait

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
    UNION SELECT value FROM json_each(?4)
) ORDER BY seq DESC LIMIT ?3
"""
"""A messageId is looked for among each source's, as the index has them; ``?4``: a subject's newest, found before."""

ONE = f"SELECT {COLUMNS} FROM calls WHERE seq = ?"
EARLIER = f"SELECT {COLUMNS} FROM calls WHERE seq IN (SELECT value FROM json_each(?)) ORDER BY seq DESC"
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
NEVER = 2**62


class Looks:
    """See translator.journal.looking.Looking. ``reading``: a connection for pages."""

    def __init__(self, reading: Database, now: Callable[[], int]) -> None:
        self._reading = reading
        self._now = now

    def newest(self, limit: int, before: str | None) -> list[Kept]:
        """See Looking.newest."""
        with self._reading.reading() as db:
            return [kept(row) for row in fetch(db, NEWEST, (NEVER if before is None else number_of(before, ""), limit))]

    def named(self, name: str, limit: int) -> list[Kept]:
        """See Looking.named."""
        number = number_of(name, "")
        with self._reading.reading() as db:
            of_subject = json.dumps(numbers_of(db, name, limit=limit))
            return [kept(row) for row in fetch(db, NAMED, (number, name, limit, of_subject))]

    def kept(self, call: str) -> Kept | None:
        """See Looking.kept."""
        with self._reading.reading() as db:
            row = fetch_one(db, ONE, (number_of(call, ""),))
        return None if row is None else kept(row)

    def earlier(self, call: Kept, limit: int) -> list[Kept]:
        """See Looking.earlier."""
        with self._reading.reading() as db:
            numbers = numbers_of(db, call.subject, below=int(call.id), limit=limit)
            return [kept(row) for row in fetch(db, EARLIER, (json.dumps(numbers),))]

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

"""What people look at. What is noted for them need not be durable at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from translator.journal.postgres.lines import OF_LINE, of_subject
from translator.journal.postgres.part import TIME, Part
from translator.journal.postgres.text import call_row, restored, stored
from translator.journal.rows import number_of
from translator.journal.shown import (
    MOST_LOOKED_AT,
    MOST_WAITS,
    carried_by,
    fates_of,
    kept,
)
from translator.sights import Fate, Kept, Reason, Sent, Tried, Wait

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
    UNION SELECT seq FROM ({OF_LINE}) AS theirs
)
SELECT {COLUMNS} FROM translator.calls WHERE seq = ANY(ARRAY(SELECT seq FROM found)) ORDER BY seq DESC LIMIT %(limit)s
"""
"""A messageId is looked for among each source's, as the index has them."""

ONE = f"SELECT {COLUMNS} FROM translator.calls WHERE seq = %s"
EARLIER = f"SELECT {COLUMNS} FROM translator.calls WHERE seq = ANY(ARRAY({OF_LINE})) ORDER BY seq DESC"
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
NEVER = 2**62


class Looks(Part):
    """See translator.journal.looking.Looking."""

    def newest(self, limit: int, before: str | None = None) -> list[Kept]:
        """See Looking.newest."""
        return [
            _kept(row)
            for row in self._database.query(NEWEST, [NEVER if before is None else number_of(before, ""), limit])
        ]

    def named(self, name: str, limit: int = 200) -> list[Kept]:
        """See Looking.named."""
        values = {"number": number_of(name, ""), "name": stored(name), **of_subject(name, limit=limit)}
        return [_kept(row) for row in self._database.query(NAMED, values)]

    def kept(self, call: str) -> Kept | None:
        """See Looking.kept."""
        found = self._database.query(ONE, [number_of(call, "")])
        return _kept(found[0]) if found else None

    def earlier(self, call: Kept, limit: int) -> list[Kept]:
        """See Looking.earlier."""
        found = self._database.query(EARLIER, of_subject(call.subject, below=int(call.id), limit=limit))
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


def _kept(row: Sequence[Any]) -> Kept:
    return kept(call_row(row))


def _restored(text: str | None) -> str | None:
    return None if text is None else restored(text)

"""A group of appends in one statement: one round trip, one commit."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable, Sequence
from contextlib import suppress

from translator import jsontext
from translator.errors import JournalError, JournalUnavailable
from translator.journal.appending import Append, refusing
from translator.journal.postgres.database import Database, NotConnected, Rows
from translator.journal.postgres.text import line_of, optional, stored
from translator.journal.rows import LARGE_BYTES, MOST_LARGE, faults_text
from translator.parcels import Receipt

TRIES = 3

APPEND = """
SELECT places FROM translator.append(
    %(source)b::text[], %(message_id)b::text[], %(subject)b::text[], %(line)b::bytea[], %(received_at)b::bigint[],
    %(ip)b::text[], %(derived)b::boolean[], %(body)b::text[], %(owner)s, %(number)s, %(now)s, %(received)s, %(calls)s,
    %(kept)s, %(answered)s, %(r_source)b::text[], %(r_at)b::bigint[], %(r_faults)b::text[], %(r_body)b::bytea[]
) AS places WHERE places IS NOT NULL
"""
"""See migrations/0004.sql. The same group sent again counts once, and the places are the first one's then (WRITTEN)."""

WRITTEN = "SELECT places FROM translator.appenders WHERE owner = %s AND number = %s"
EVICT = f"""
WITH large AS MATERIALIZED (
    SELECT beyond.id FROM unnest(%(sources)s::text[]) AS given (source) CROSS JOIN LATERAL (
        SELECT id FROM translator.refused WHERE refused.source = given.source AND octet_length(body) > {LARGE_BYTES}
        ORDER BY id DESC OFFSET %(large)s) AS beyond
), many AS MATERIALIZED (
    SELECT beyond.id FROM unnest(%(sources)s::text[]) AS given (source) CROSS JOIN LATERAL (
        SELECT id FROM translator.refused WHERE refused.source = given.source AND id NOT IN (SELECT id FROM large)
        ORDER BY id DESC OFFSET %(keep)s) AS beyond
)
DELETE FROM translator.refused WHERE id = ANY (ARRAY(
    SELECT id FROM translator.refused WHERE id = ANY (ARRAY(SELECT id FROM large UNION ALL SELECT id FROM many))
    FOR UPDATE SKIP LOCKED))
"""
"""What another evicts or drops at this moment is left to them."""


class Writer:
    """Writes groups of appends, one after another. ``keep_refused``: how many refused messages of each
    source are kept."""

    def __init__(self, database: Database, keep_refused: int, now: Callable[[], int]) -> None:
        self._database = database
        self._keep = keep_refused
        self._now = now
        self._owner = ""
        self._pid = 0
        self._number = 0

    def commit(self, group: Sequence[Append]) -> None:
        """Write a group whole, and fill in its receipts. Raises JournalUnavailable: it is unknown then whether it was
        written, and whoever sends it again is told of duplicates if it was."""
        if self._pid != os.getpid():
            self._owner, self._pid, self._number = uuid.uuid4().hex, os.getpid(), 0
        self._number += 1
        places = set(self._write(_values(group)))
        place = 0
        for one in group:
            one.receipts = []
            for call in one.calls:
                place += 1
                new = place in places
                one.receipts.append(Receipt(call.message_id, "accepted" if new else "duplicate", call.derived))
        if sources := refusing(group):
            values = {"sources": [stored(one) for one in sources], "large": MOST_LARGE, "keep": self._keep}
            with suppress(JournalError):  # the group is on disk, whatever becomes of the oldest refused messages
                self._database.once(EVICT, values)

    def _write(self, values: dict[str, object]) -> list[int]:
        """The places of the calls that were new. A connection that was lost while the server committed leaves the
        outcome open: the appender's own row tells."""
        values = {**values, "owner": self._owner, "number": self._number, "now": self._now()}
        for left in reversed(range(TRIES)):
            try:
                if found := self._database.once(APPEND, values):
                    return _places(found)
            except JournalUnavailable as error:
                if isinstance(error, NotConnected) or error.reason not in ("connection", "locked") or not left:
                    raise
            if found := self._database.query(WRITTEN, [self._owner, self._number]):
                return _places(found)
        raise AssertionError("unreachable: the last try returns or raises")


def _places(found: Rows) -> list[int]:
    return list(found[0][0])


def _values(group: Sequence[Append]) -> dict[str, object]:
    """A group as the statement's values, a list for each column; none where nothing was refused, as nearly always: a
    list costs 10 µs in psycopg."""
    calls = [call for one in group for call in one.calls]
    refusals = [refusal for one in group for refusal in one.refusals]
    answered = sum(one.answered for one in group)
    return {
        "source": [stored(call.source) for call in calls],
        "message_id": [stored(call.message_id) for call in calls],
        "subject": [stored(call.subject) for call in calls],
        "line": [line_of(call.subject) for call in calls],
        "received_at": [call.received_at for call in calls],
        "ip": [optional(call.ip) for call in calls],
        "derived": [call.derived for call in calls],
        "body": [(call.text or jsontext.dumps(call.body)).decode("utf-8") for call in calls],
        "r_source": [stored(refusal.source) for refusal in refusals] or None,
        "r_at": [refusal.received_at for refusal in refusals] or None,
        "r_faults": [stored(faults_text(refusal)) for refusal in refusals] or None,
        "r_body": [refusal.body for refusal in refusals] or None,
        "calls": len(calls),
        "received": len(calls) + len(refusals) + answered,
        "kept": len(refusals),
        "answered": answered,
    }

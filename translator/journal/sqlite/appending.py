"""Calls onto the disk: a group of appends in one transaction."""

from __future__ import annotations

from collections.abc import Sequence

import apsw

from translator import jsontext
from translator.journal.appending import Append, counted, refusing
from translator.journal.rows import LARGE_BYTES, MOST_LARGE, faults_text
from translator.journal.sqlite.database import Database
from translator.parcels import Call, Receipt

CALL = """
INSERT INTO calls (source, message_id, subject, received_at, ip, derived, body) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (source, message_id) DO NOTHING
"""
REFUSAL = "INSERT INTO refused (source, received_at, faults, body) VALUES (?, ?, ?, ?)"
IS_LARGE = f"length(body) > {LARGE_BYTES}"
EVICT_LARGE = f"""
DELETE FROM refused WHERE source = ?1 AND {IS_LARGE} AND id <= (
    SELECT id FROM refused WHERE source = ?1 AND {IS_LARGE} ORDER BY id DESC LIMIT 1 OFFSET ?2)
"""
EVICT = """
DELETE FROM refused WHERE source = ?1 AND id <= (
    SELECT id FROM refused WHERE source = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)
"""
COUNT = "UPDATE counters SET value = value + ? WHERE name = ?"


class Writer:
    """Writes groups of appends. ``keep_refused``: how many refused messages of each source are kept."""

    def __init__(self, database: Database, keep_refused: int) -> None:
        self._database = database
        self._keep = keep_refused

    def commit(self, group: Sequence[Append]) -> None:
        """Write a group whole, and fill in its receipts. Raises JournalUnavailable, and then nothing was written."""
        with self._database.writing(accepts=True) as connection:
            self._database.check_room()
            for one in group:
                one.receipts = [_put(connection, call) for call in one.calls]
                for refusal in one.refusals:
                    row = (refusal.source, refusal.received_at, faults_text(refusal), refusal.body)
                    connection.execute(REFUSAL, row)
            for name, count in counted(group).items():
                if count:
                    connection.execute(COUNT, (count, name))
            for source in refusing(group):
                connection.execute(EVICT_LARGE, (source, MOST_LARGE))
                connection.execute(EVICT, (source, self._keep))


def _put(connection: apsw.Connection, call: Call) -> Receipt:
    row = (
        call.source,
        call.message_id,
        call.subject,
        call.received_at,
        call.ip,
        call.derived,
        call.text or jsontext.dumps(call.body),
    )
    connection.execute(CALL, row)
    return Receipt(call.message_id, "accepted" if connection.changes() else "duplicate", call.derived)

"""Forgetting a person: every copy of a subject's calls goes, wherever the journal keeps one."""

from __future__ import annotations

from typing import Any

from psycopg import Cursor

from translator import jsontext
from translator.journal.postgres.lines import OF_LINE, of_subject
from translator.journal.postgres.noting import lock_seen
from translator.journal.postgres.part import DELETES, Part, release_unleased
from translator.journal.postgres.text import line_of, restored, stored
from translator.journal.rows import CHUNK, is_of, now_ms
from translator.journal.shown import FORGOTTEN_MS, seen_row, sighting, without_marked
from translator.sights import mark_of

DESTINATIONS = "SELECT id, attached FROM translator.destinations ORDER BY id FOR NO KEY UPDATE"
THEIRS = f"""
SELECT seq FROM translator.calls WHERE seq = ANY(ARRAY({OF_LINE})) AND seq <> %(kept)s ORDER BY seq FOR UPDATE
"""
"""Locked first, as who prunes has them; what belongs to a call comes after it."""

FRESH = "DELETE FROM translator.fresh WHERE destination = %s AND seq = ANY(%s)"
UNFINISHED = "DELETE FROM translator.open WHERE destination = %s AND line = %s AND token IS NULL AND seq <> %s"
GIVEN_UP = "UPDATE translator.destinations SET ignored = ignored + %s WHERE id = %s"
DEAD = "DELETE FROM translator.dead WHERE seq = ANY(%s)"
ATTEMPTS = "DELETE FROM translator.attempts WHERE seq = ANY(%s)"
FINISHED = "DELETE FROM translator.finished WHERE seq = ANY(%s)"
SAMPLED = """
SELECT destination, line, kind, name, first_at, last_at, count, said FROM translator.seen
WHERE strpos(said, %s) > 0 FOR UPDATE
"""
MARK = "INSERT INTO translator.forgotten VALUES (%s, %s) ON CONFLICT (mark) DO UPDATE SET at = excluded.at"
UNMARK = "DELETE FROM translator.forgotten WHERE at < %s"
ERASURE = """
INSERT INTO translator.erasures (mark, last, at)
SELECT %s, CASE WHEN is_called THEN last_value ELSE 0 END, %s FROM translator.calls_seq, translator.archive
"""
"""Where there is an archive; of a call that is appended at this moment it is open whether it came before or after."""

UNSAMPLED = "UPDATE translator.seen SET said = %s WHERE destination = %s AND kind = %s AND line = %s"
MEMORY = "DELETE FROM translator.memory WHERE line = %s"
CALLS = """
DELETE FROM translator.calls WHERE seq = ANY(%s) AND NOT EXISTS (
    SELECT FROM translator.destinations JOIN translator.open ON destination = destinations.id
    WHERE open.seq = calls.seq)
"""
REFUSED = "SELECT id, body FROM translator.refused WHERE id > %s ORDER BY id LIMIT %s"
DROP = "DELETE FROM translator.refused WHERE id = ANY(%s)"


class Purging(Part):
    """See Journal."""

    def purge(self, subject: str, keep: str = "") -> int:
        """See Journal.purge. What waited counts as ignored; a dead letter stays counted.

        The server's files still hold what was deleted until it has vacuumed the tables, its log and backups longer.
        """
        line, kept = line_of(subject), int(keep or 0)
        with self._database.writing(durable=True) as cursor:
            cursor.execute(DELETES)
            numbers = [row[0] for row in cursor.execute(DESTINATIONS).fetchall()]
            calls = [row[0] for row in cursor.execute(THEIRS, {**of_subject(subject), "kept": kept}).fetchall()]
            for number in numbers:
                _give_up(cursor, number, calls, line, kept)
            cursor.execute(DEAD, [calls])
            cursor.execute(ATTEMPTS, [calls])
            cursor.execute(FINISHED, [calls])
            cursor.execute(MEMORY, [line])
            _unsampled(cursor, numbers, subject)
            cursor.execute(ERASURE, [mark_of(subject), now_ms()])
            cursor.execute(CALLS, [calls])
            return cursor.rowcount + _refused(cursor, subject)


def _give_up(cursor: Cursor[Any], number: int, calls: list[int], line: bytes, kept: int) -> None:
    cursor.execute(FRESH, [number, calls])
    waiting = cursor.rowcount
    cursor.execute(UNFINISHED, [number, line, kept])
    waiting += cursor.rowcount
    release_unleased(cursor, number, line)
    cursor.execute(GIVEN_UP, [waiting, number])


def _unsampled(cursor: Cursor[Any], numbers: list[int], subject: str) -> None:
    """Also for what a delivery process has seen and not noted yet."""
    for number in numbers:
        lock_seen(cursor, number)
    cursor.execute(MARK, [mark_of(subject), now_ms()])
    cursor.execute(UNMARK, [now_ms() - FORGOTTEN_MS])
    quoted = stored(jsontext.dumps(subject).decode("utf-8"))
    for number, line, kind, name, *rest, said in cursor.execute(SAMPLED, [quoted]).fetchall():
        one = sighting((kind, restored(name), *rest, restored(said)))
        *_, left = seen_row(without_marked(one, {mark_of(subject)}))
        cursor.execute(UNSAMPLED, [stored(left), number, kind, line])


def _refused(cursor: Cursor[Any], subject: str) -> int:
    last, gone = 0, 0
    while found := cursor.execute(REFUSED, [last, CHUNK]).fetchall():
        last = found[-1][0]
        cursor.execute(DROP, [[number for number, body in found if is_of(body, subject)]])
        gone += cursor.rowcount
    return gone

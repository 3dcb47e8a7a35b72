"""What became of a lease's calls, and what is remembered of it, in one transaction."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from psycopg import Cursor

from translator import jsontext
from translator.errors import JournalUnavailable, LeaseLost
from translator.journal.contract import NOTHING
from translator.journal.postgres.part import Moment, Part, release
from translator.journal.postgres.text import line_of, restored, stored
from translator.journal.rows import ANSWER_CHARACTERS, MOST_ATTEMPTS, last_request, merged, sums
from translator.parcels import Answered, Dead, Done, Json, Later, Lease, Leased, Verdict

TRIES = 4
PAUSE = 0.1
"""Seconds: a server that ends all connections at once takes a moment for it."""

FINISH = "DELETE FROM translator.open WHERE destination = %s AND seq = ANY(%b::bigint[]) AND token = %s RETURNING seq"
BURY = """
INSERT INTO translator.dead (destination, seq, why, answer, at, attempts, unknown_since, request)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s)
"""
FINISHED = """
INSERT INTO translator.finished (seq, destination, at, ignored, request)
SELECT seq, %(number)s, %(now)s, ignored, request
FROM unnest(%(seqs)b::bigint[], %(ignored)b::text[], %(requests)b::bigint[]) AS ended (seq, ignored, request)
ON CONFLICT (seq, destination) DO UPDATE SET at = excluded.at, ignored = excluded.ignored, request = excluded.request
"""
PUT_BACK = """
UPDATE translator.open SET token = NULL, due_at = later.at, attempts = attempts + 1, why = later.why,
    unknown_since = coalesce(unknown_since, CASE WHEN later.unknown THEN %(now)s::bigint END)
FROM unnest(%(seqs)b::bigint[], %(ats)b::bigint[], %(whys)b::text[], %(unknown)b::boolean[])
    AS later (seq, at, why, unknown)
WHERE open.destination = %(number)s AND open.seq = ANY(%(seqs)b::bigint[]) AND open.seq = later.seq
    AND open.token = %(token)s
"""
LEAVE = """
UPDATE translator.open SET token = NULL, due_at = 0, why = NULL
WHERE destination = %s AND seq = ANY(%b::bigint[]) AND token = %s
"""
ATTEMPTS = """
INSERT INTO translator.attempts (destination, seq, at, why, request)
SELECT %(number)s, seq, %(now)s, why, request
FROM unnest(%(seqs)b::bigint[], %(whys)b::text[], %(requests)b::bigint[]) AS later (seq, why, request)
"""
FEW = """
DELETE FROM translator.attempts WHERE id IN (
    SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY seq ORDER BY id DESC) AS place
        FROM translator.attempts WHERE destination = %s AND seq = ANY(%b::bigint[])
    ) AS kept WHERE place > %s)
"""
SETTLED = """
UPDATE translator.destinations SET delivered = delivered + %s, ignored = ignored + %s, dead = dead + %s WHERE id = %s
"""
REMEMBER = """
INSERT INTO translator.memory (destination, line, subject, state, touched)
SELECT %(number)s, line, subject, state, %(now)s
FROM unnest(%(lines)b::bytea[], %(subjects)b::text[], %(states)b::text[]) AS new (line, subject, state)
ON CONFLICT (destination, line) DO UPDATE SET state = excluded.state, touched = excluded.touched
"""
FORGET = "DELETE FROM translator.memory WHERE destination = %s AND line = ANY(%b::bytea[])"
SHARED = "SELECT key, state FROM translator.shared WHERE destination = %s AND line = ANY(%b::bytea[])"
SHARE = """
INSERT INTO translator.shared (destination, line, key, state, touched)
SELECT %(number)s, line, key, state, %(now)s
FROM unnest(%(lines)b::bytea[], %(keys)b::text[], %(states)b::text[]) AS new (line, key, state)
ON CONFLICT (destination, line) DO UPDATE SET state = excluded.state, touched = excluded.touched
"""
POSTED = """
UPDATE translator.requests SET ended = %s, answer = answered.answer
FROM unnest(%b::bigint[], %b::text[]) AS answered (id, answer) WHERE requests.id = answered.id
"""
END = "DELETE FROM translator.leases WHERE token = %s"
RECALL = """
SELECT key, state FROM translator.shared
WHERE destination = (SELECT id FROM translator.destinations WHERE name = %s) AND line = ANY(%b::bytea[])
"""
STATES = """
SELECT subject, state FROM translator.memory
WHERE destination = (SELECT id FROM translator.destinations WHERE name = %s) AND line = ANY(%b::bytea[])
"""
FADED = """
DELETE FROM translator.{table} WHERE (destination, line) IN (
    SELECT destination, line FROM translator.{table} WHERE touched < %(before)s {kept} ORDER BY touched LIMIT %(limit)s)
AND touched < %(before)s RETURNING 1
"""
"""Asked twice: a settle may write a state between the look and the deletion."""


class Settling(Part):
    """See Journal."""

    def settle(
        self,
        lease: Lease,
        verdicts: Mapping[str, Verdict],
        remember: Mapping[str, Json | None],
        share: Mapping[str, Json] = NOTHING,
        answers: Collection[Answered] = (),
    ) -> None:
        """See Journal.settle. Where the connection is lost while the server commits, the lease itself tells whether
        it did: nobody else ends it before its time."""
        for lost_before in range(TRIES):
            try:
                self._settle(lease, verdicts, remember, share, answers)
                break
            except LeaseLost:
                if not lost_before or lease.until <= self._local():
                    raise
                break
            except JournalUnavailable as error:
                if error.reason != "connection" or lost_before == TRIES - 1:
                    raise
                time.sleep(PAUSE)

    def recall(self, destination: str, keys: Iterable[str]) -> dict[str, Json]:
        """See Journal.recall."""
        lines = sorted({line_of(key) for key in keys})
        found = self._database.query(RECALL, [destination, lines]) if lines else []
        return {restored(key): json.loads(state) for key, state in found}

    def remembered(self, destination: str, subjects: Collection[str]) -> dict[str, Json]:
        """See Journal.remembered."""
        lines = sorted({line_of(subject) for subject in subjects})
        found = self._database.query(STATES, [destination, lines]) if lines else []
        return {restored(subject): json.loads(state) for subject, state in found}

    def remember(self, destination: str, states: Mapping[str, Json]) -> None:
        """See Journal.remember. Raises DestinationUnknown."""
        with self._database.writing() as cursor:
            _remember(cursor, self._lock(cursor, destination), states)

    def fade(self, before: int, limit: int = 1000) -> int:
        """See Journal.fade."""
        values = {"before": before, "limit": limit}
        memory = self._database.once(FADED.format(table="memory", kept=""), values)
        kept = "AND key NOT LIKE 'project:%%'"
        return len(memory) + len(self._database.once(FADED.format(table="shared", kept=kept), values))

    def _settle(
        self,
        lease: Lease,
        verdicts: Mapping[str, Verdict],
        remember: Mapping[str, Json | None],
        share: Mapping[str, Json],
        answers: Collection[Answered],
    ) -> None:
        # durable: what has arrived is not sent again, and counted twice where Amplitude does not recognise it
        with self._database.writing(durable=True) as cursor:
            moment = self._lock_lease(cursor, lease)
            found = [(item, verdicts.get(item.id)) for item in lease.items]
            last = last_request(answers)
            _finish(cursor, moment, lease.token, found, last)
            _put_back(cursor, moment, lease.token, found, last)
            release(cursor, moment.number, (line_of(item.subject) for item in lease.items))
            _remember(cursor, moment, remember)
            _share(cursor, moment, share)
            if answers:
                ids, said = [one.request for one in answers], [stored(one.answer) for one in answers]
                cursor.execute(POSTED, [moment.now, ids, said])
            cursor.execute(END, [lease.token])


Found = list[tuple[Leased, Verdict | None]]


def _finish(cursor: Cursor[Any], moment: Moment, token: str, found: Found, last: Mapping[str, int]) -> None:
    """What is delivered, ignored or dead. ``last``: call id to the number of the last request that carried it."""
    finished = [(item, verdict) for item, verdict in found if verdict is not None and not isinstance(verdict, Later)]
    if not finished:
        return
    seqs = [int(item.id) for item, _ in finished]
    gone = {str(row[0]) for row in cursor.execute(FINISH, [moment.number, seqs, token]).fetchall()}
    finished = [(item, verdict) for item, verdict in finished if item.id in gone]
    dead = [(item, verdict) for item, verdict in finished if isinstance(verdict, Dead)]
    if dead:
        cursor.executemany(BURY, [_letter(moment, item, verdict, last.get(item.id)) for item, verdict in dead])
    done = [(item.id, verdict) for item, verdict in finished if isinstance(verdict, Done)]
    if done:
        values = {
            "number": moment.number,
            "now": moment.now,
            "seqs": [int(name) for name, _ in done],
            "ignored": [verdict.ignored for _, verdict in done],
            "requests": [last.get(name) for name, _ in done],
        }
        cursor.execute(FINISHED, values)
    sum_of = sums([verdict for _, verdict in finished])
    cursor.execute(SETTLED, [sum_of.delivered, sum_of.ignored, sum_of.dead, moment.number])


def _letter(moment: Moment, item: Leased, verdict: Dead, request: int | None) -> tuple[object, ...]:
    answer = stored(verdict.answer[:ANSWER_CHARACTERS])
    return (
        moment.number,
        int(item.id),
        stored(verdict.why),
        answer,
        moment.now,
        item.attempts + 1,
        item.unknown_since,
        request,
    )


def _put_back(cursor: Cursor[Any], moment: Moment, token: str, found: Found, last: Mapping[str, int]) -> None:
    """What is tried again at its time, and what has no verdict: as if it had not been claimed."""
    later = [(item, verdict) for item, verdict in found if isinstance(verdict, Later)]
    if later:
        values = {
            "number": moment.number,
            "token": token,
            "now": moment.now,
            "seqs": [int(item.id) for item, _ in later],
            "ats": [verdict.at + moment.ahead for _, verdict in later],
            "whys": [stored(verdict.why) for _, verdict in later],
            "unknown": [verdict.unknown for _, verdict in later],
            "requests": [last.get(item.id) for item, _ in later],
        }
        cursor.execute(PUT_BACK, values)
        cursor.execute(ATTEMPTS, values)
        often = [int(item.id) for item, _ in later if item.attempts >= MOST_ATTEMPTS]
        if often:
            cursor.execute(FEW, [moment.number, often, MOST_ATTEMPTS])
    left = [int(item.id) for item, verdict in found if verdict is None]
    if left:
        cursor.execute(LEAVE, [moment.number, left, token])


def _remember(cursor: Cursor[Any], moment: Moment, remember: Mapping[str, Json | None]) -> None:
    gone = [line_of(subject) for subject, state in remember.items() if state is None]
    if gone:
        cursor.execute(FORGET, [moment.number, gone])
    kept = {subject: jsontext.dumps(state).decode("utf-8") for subject, state in remember.items() if state is not None}
    if kept:
        values = {
            "number": moment.number,
            "now": moment.now,
            "lines": [line_of(subject) for subject in kept],
            "subjects": [stored(subject) for subject in kept],
            "states": list(kept.values()),
        }
        cursor.execute(REMEMBER, values)


def _share(cursor: Cursor[Any], moment: Moment, share: Mapping[str, Json]) -> None:
    """Write changed entries; of two for one name the one with the later ``at`` stays."""
    if not share:
        return
    lines = [line_of(key) for key in share]
    held = {
        restored(key): json.loads(state) for key, state in cursor.execute(SHARED, [moment.number, lines]).fetchall()
    }
    states = [jsontext.dumps(merged(held.get(key, {}), changes)).decode("utf-8") for key, changes in share.items()]
    keys = [stored(key) for key in share]
    values = {"number": moment.number, "now": moment.now, "lines": lines, "keys": keys, "states": states}
    cursor.execute(SHARE, values)

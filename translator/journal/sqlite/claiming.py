"""Leases: handing calls out in order, and taking them back with their verdicts."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection, Iterable, Mapping

import apsw

from translator import jsontext
from translator.errors import DestinationUnknown, LeaseLost
from translator.journal.owner import Owner, lives, myself
from translator.journal.rows import ANSWER_CHARACTERS, MOST_ATTEMPTS, SCAN, STEPS, LeasedRow, last_request, leased, sums
from translator.journal.sqlite import sharing
from translator.journal.sqlite.database import Database, fetch, fetch_one
from translator.parcels import Answered, Dead, Done, Json, Later, Lease, Leased, Verdict

OPEN_OF = "open INDEXED BY open_subject"
"""Never all rows of a destination, of which there may be a hundred thousand, to find those of a subject: the planner
takes the primary key, whose rest would give the order (SQLite 3.51, seen 2026-11-25)."""

DESTINATION = "SELECT id, position, unfinished FROM destinations WHERE name = ?"
LEASES = "SELECT token, began, until, host, pid, started FROM leases WHERE destination = ?"
TRIED = """
UPDATE open SET attempts = attempts + 1, unknown_since = coalesce(unknown_since, ?1), why = 'lost'
WHERE destination = ?2 AND token = ?3
AND seq IN (SELECT value FROM requests, json_each(requests.calls) WHERE token = ?3 AND ended IS NULL)
"""
FREE = "UPDATE open SET token = NULL, due_at = NULL WHERE destination = ? AND token = ? RETURNING subject"
POSTING = "INSERT INTO requests (destination, token, began, api, calls, configuration) VALUES (?, ?, ?, ?, ?, ?)"
POSTED = "UPDATE requests SET ended = ?, answer = ? WHERE id = ?"
ATTEMPT = "INSERT INTO attempts (destination, seq, at, why, request) VALUES (?, ?, ?, ?, ?)"
FEW = """
DELETE FROM attempts WHERE seq = ?1 AND destination = ?2 AND rowid NOT IN
    (SELECT rowid FROM attempts WHERE seq = ?1 AND destination = ?2 ORDER BY at DESC LIMIT 20)
"""
END = "DELETE FROM leases WHERE token = ?"
DUE = "SELECT subject FROM open WHERE destination = ? AND due_at <= ? ORDER BY due_at, seq LIMIT ?"
ROWS = f"""
SELECT open.seq, calls.source, calls.message_id, calls.subject, calls.received_at, calls.body, calls.ip, calls.derived,
       open.attempts, open.unknown_since, open.why
FROM {OPEN_OF} JOIN calls ON calls.seq = open.seq
WHERE open.destination = ? AND open.subject = ? ORDER BY open.seq LIMIT ?
"""
NEW = """
SELECT seq, source, message_id, subject, received_at, body, ip, derived, 0, NULL, NULL FROM calls
WHERE seq > ? ORDER BY seq LIMIT ?
"""
HAS_NEW = "SELECT 1 FROM calls WHERE seq > ? LIMIT 1"
IS_OPEN = f"SELECT 1 FROM {OPEN_OF} WHERE destination = ? AND subject = ? LIMIT 1"
TAKE = "UPDATE open SET token = ?, due_at = NULL WHERE destination = ? AND seq = ?"
OPEN = "INSERT INTO open (destination, seq, subject, token) VALUES (?, ?, ?, ?)"
HANDED = "UPDATE destinations SET position = ?, handed = handed + ?, unfinished = unfinished + ? WHERE id = ?"
LEASE = "INSERT INTO leases VALUES (?, ?, ?, ?, ?, ?, ?)"
MEMORY = "SELECT state FROM memory WHERE destination = ? AND subject = ?"
HAS_MEMORY = "SELECT 1 FROM memory WHERE destination = ? LIMIT 1"
HELD = "SELECT destination, until FROM leases WHERE token = ?"
RENEW = "UPDATE leases SET until = ? WHERE token = ?"
FINISH = "DELETE FROM open WHERE destination = ? AND seq = ?"
FINISHED = "INSERT OR REPLACE INTO finished (seq, destination, at, ignored, request) VALUES (?, ?, ?, ?, ?)"
PUT_BACK = """
UPDATE open SET token = NULL, due_at = ?, attempts = attempts + ?, why = ?, unknown_since = coalesce(unknown_since, ?)
WHERE destination = ? AND seq = ?
"""
BURY = """
INSERT INTO dead (destination, seq, why, answer, at, attempts, unknown_since, request) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
SETTLED = """
UPDATE destinations SET unfinished = unfinished - ?, delivered = delivered + ?, ignored = ignored + ?, dead = dead + ?
WHERE id = ?
"""
LEASED = f"SELECT 1 FROM {OPEN_OF} WHERE destination = ? AND subject = ? AND token IS NOT NULL LIMIT 1"
SOME_OPEN = "SELECT 1 FROM destinations WHERE id = ? AND unfinished > 0"
FIRST = f"SELECT seq, token, due_at FROM {OPEN_OF} WHERE destination = ? AND subject = ? ORDER BY seq LIMIT 1"
BLOCK = f"UPDATE {OPEN_OF} SET due_at = NULL WHERE destination = ? AND subject = ? AND seq > ? AND due_at IS NOT NULL"
RELEASE = "UPDATE open SET due_at = 0 WHERE destination = ? AND seq = ?"
REMEMBER = "INSERT OR REPLACE INTO memory (destination, subject, state, touched) VALUES (?, ?, ?, ?)"
FORGET = "DELETE FROM memory WHERE destination = ? AND subject = ?"


Found = list[tuple[Leased, Verdict | None]]


class Claims:
    """Leases on the calls of one database. ``now``: ms since the epoch."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now

    def claim(self, destination: str, limit: int, seconds: float) -> Lease | None:
        """See Journal.claim. Raises DestinationUnknown."""
        now = self._now()
        until = now + int(seconds * 1000)
        token = secrets.token_hex(16)
        if not self._may_have_some(destination):
            return None
        with self._database.writing() as db:
            number, position, unfinished = _destination(db, destination)
            rows: list[LeasedRow] = []
            if unfinished:
                _free_ended(db, number, now)
                rows = _take_due(db, number, token, now, limit)
            rows += _take_new(db, number, token, position, limit - len(rows), unfinished > 0)
            if not rows:
                return None
            me = myself()
            db.execute(LEASE, (token, number, now, until, me.host, me.pid, me.started))
            memory = _memory(db, number, rows)
        rows.sort(key=lambda row: row[0])
        return Lease(token, destination, until, tuple(leased(row) for row in rows), memory)

    def _may_have_some(self, destination: str) -> bool:
        """A look without the writer lock, so that an idle delivery is in nobody's way."""
        with self._database.reading() as db:
            _, position, unfinished = _destination(db, destination)
            return unfinished > 0 or bool(fetch_one(db, HAS_NEW, (position,)))

    def renew(self, lease: Lease, seconds: float) -> Lease:
        """See Journal.renew."""
        until = self._now() + int(seconds * 1000)
        with self._database.writing() as db:
            self._held(db, lease)
            db.execute(RENEW, (until, lease.token))
        return Lease(lease.token, lease.destination, until, lease.items, lease.memory)

    def settle(
        self,
        lease: Lease,
        verdicts: Mapping[str, Verdict],
        remember: Mapping[str, Json | None],
        share: Mapping[str, Json],
        answers: Collection[Answered],
    ) -> None:
        """See Journal.settle."""
        now = self._now()
        with self._database.writing() as db:
            number = self._held(db, lease)
            found = [(item, verdicts.get(item.id)) for item in lease.items]
            _settle_all(db, number, found, now, last_request(answers))
            if fetch_one(db, SOME_OPEN, (number,)):
                release(db, number, {item.subject for item in lease.items})
            for subject, state in remember.items():
                _remember(db, number, subject, state, now)
            sharing.write(db, number, share, now)
            db.executemany(POSTED, [(now, one.answer, one.request) for one in answers])
            db.execute(END, (lease.token,))

    def posting(self, lease: Lease, api: str, calls: Collection[str], configuration: str) -> int:
        """See Journal.posting."""
        with self._database.writing() as db:
            number = self._held(db, lease)
            seqs = json.dumps(sorted(int(one) for one in calls))
            db.execute(POSTING, (number, lease.token, self._now(), api, seqs, configuration))
            return db.last_insert_rowid()

    def _held(self, db: apsw.Connection, lease: Lease) -> int:
        """The number of the lease's destination. Raises LeaseLost when the lease has ended."""
        found = fetch_one(db, HELD, (lease.token,))
        if found is None or found[1] < self._now():
            raise LeaseLost(f"the lease on {len(lease.items)} calls for {lease.destination} has ended")
        return int(found[0])


def release(db: apsw.Connection, number: int, subjects: Iterable[str]) -> None:
    """Of each subject, let the first unfinished call be due, at its own time, and none behind it. No call of these
    subjects may be leased."""
    for subject in subjects:
        head = fetch_one(db, FIRST, (number, subject))
        if head is None:
            continue
        seq, token, due_at = head
        if token is None and due_at is None:
            db.execute(RELEASE, (number, seq))
        db.execute(BLOCK, (number, subject, seq))


def release_unleased(db: apsw.Connection, number: int, subject: str) -> None:
    """As ``release``, where no call of the subject is leased; else the end of that lease releases it."""
    if not fetch_one(db, LEASED, (number, subject)):
        release(db, number, [subject])


def _destination(db: apsw.Connection, name: str) -> tuple[int, int, int]:
    found = fetch_one(db, DESTINATION, (name,))
    if found is None:
        raise DestinationUnknown(name)
    return int(found[0]), int(found[1]), int(found[2])


def _free_ended(db: apsw.Connection, number: int, now: int) -> None:
    """Take back what ended leases and dead processes had. Whether Amplitude took what they posted is not known."""
    for token, began, until, host, pid, started in fetch(db, LEASES, (number,)):
        if until < now or not lives(Owner(host, pid, started)):
            db.execute(TRIED, (began, number, token))
            subjects = {row[0] for row in fetch(db, FREE, (number, token))}
            release(db, number, subjects)
            db.execute(END, (token,))


def _take_due(db: apsw.Connection, number: int, token: str, now: int, limit: int) -> list[LeasedRow]:
    """Due calls, each with those that wait behind it: the whole beginning of a subject's line, in order."""
    taken: list[LeasedRow] = []
    for (subject,) in fetch(db, DUE, (number, now, limit)):
        if len(taken) >= limit:
            break
        taken += list[LeasedRow](fetch(db, ROWS, (number, subject, limit - len(taken))))
    db.executemany(TAKE, [(token, number, row[0]) for row in taken])
    return taken


def _take_new(
    db: apsw.Connection, number: int, token: str, position: int, limit: int, some_open: bool
) -> list[LeasedRow]:
    """New calls, but for those whose subject has an unfinished call: these wait behind it."""
    taken: list[LeasedRow] = []
    mine: set[str] = set()
    for _ in range(STEPS if limit > 0 else 0):
        rows: list[LeasedRow] = fetch(db, NEW, (position, min(SCAN, limit)))
        if not rows:
            break
        free = [row for row in rows if _is_free(db, number, row[3], mine, some_open)]
        fresh = {row[0] for row in free}
        db.executemany(OPEN, [(number, row[0], row[3], token if row[0] in fresh else None) for row in rows])
        position = rows[-1][0]
        db.execute(HANDED, (position, len(rows), len(rows), number))
        taken += free
        if taken:
            break
        some_open = True
    return taken


def _is_free(db: apsw.Connection, number: int, subject: str, mine: set[str], some_open: bool) -> bool:
    """Whether nothing unfinished stands before a subject's new call, but for calls of this very step."""
    if subject in mine or not some_open or not fetch_one(db, IS_OPEN, (number, subject)):
        mine.add(subject)
        return True
    return False


def _memory(db: apsw.Connection, number: int, rows: list[LeasedRow]) -> dict[str, Json]:
    if not fetch_one(db, HAS_MEMORY, (number,)):
        return {}
    found = {subject: fetch_one(db, MEMORY, (number, subject)) for subject in {row[3] for row in rows}}
    return {subject: json.loads(state[0]) for subject, state in found.items() if state}


def _settle_all(db: apsw.Connection, number: int, found: Found, now: int, last: Mapping[str, int]) -> None:
    """Write the verdicts, those of a kind together. ``last``: call id to the number of the last request that carried
    it."""
    _put_back(db, number, [(item, verdict) for item, verdict in found if isinstance(verdict, Later)], now, last)
    db.executemany(PUT_BACK, [(0, 0, None, None, number, int(item.id)) for item, verdict in found if verdict is None])
    finished = [(item, verdict) for item, verdict in found if isinstance(verdict, (Done, Dead))]
    letters = [_letter(number, item, one, now, last.get(item.id)) for item, one in finished if isinstance(one, Dead)]
    db.executemany(BURY, letters)
    rows = [
        (int(item.id), number, now, one.ignored, last.get(item.id)) for item, one in finished if isinstance(one, Done)
    ]
    db.executemany(FINISHED, rows)
    db.executemany(FINISH, [(number, int(item.id)) for item, _ in finished])
    _count(db, number, [verdict for _, verdict in finished])


def _put_back(
    db: apsw.Connection, number: int, later: list[tuple[Leased, Later]], now: int, last: Mapping[str, int]
) -> None:
    for item, verdict in later:
        seq, since = int(item.id), now if verdict.unknown else None
        db.execute(PUT_BACK, (verdict.at, 1, verdict.why, since, number, seq))
        db.execute(ATTEMPT, (number, seq, now, verdict.why, last.get(item.id)))
        if item.attempts >= MOST_ATTEMPTS:
            db.execute(FEW, (seq, number))


def _letter(number: int, item: Leased, verdict: Dead, now: int, request: int | None) -> tuple[object, ...]:
    answer = verdict.answer[:ANSWER_CHARACTERS]
    return (number, int(item.id), verdict.why, answer, now, item.attempts + 1, item.unknown_since, request)


def _count(db: apsw.Connection, number: int, finished: Collection[Verdict]) -> None:
    sum_of = sums(finished)
    db.execute(SETTLED, (sum_of.finished, sum_of.delivered, sum_of.ignored, sum_of.dead, number))


def _remember(db: apsw.Connection, number: int, subject: str, state: Json | None, now: int) -> None:
    if state is None:
        db.execute(FORGET, (number, subject))
    else:
        db.execute(REMEMBER, (number, subject, jsontext.dumps(state).decode("utf-8"), now))

"""The journal's part in work by the clock: see translator.journal.jobs."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

import apsw

from translator import jsontext
from translator.journal.jobs import FOUND, PORTION, SAID, Ending, keys_of, lost, runs, seen, tries
from translator.journal.owner import myself
from translator.journal.sqlite.database import Database, fetch, fetch_one
from translator.parcels import JobLease, JobSeen, Json

ONE = f"SELECT {FOUND} FROM jobs WHERE name = ?"
TAKE = f"INSERT OR REPLACE INTO jobs ({FOUND}) VALUES (?, ?, ?, NULL, '', 0, ?, ?, ?, ?, ?, ?)"
KNOW = f"INSERT OR IGNORE INTO jobs ({FOUND}) VALUES (?, ?, ?, ?, '', 0, 0, NULL, 0, '', 0, '')"
TAKE_PART = "UPDATE jobs SET token = ?, until = ?, host = ?, pid = ?, started = ? WHERE name = ?"
RENEW = "UPDATE jobs SET until = ? WHERE token = ? AND until >= ? RETURNING 1"
END = "UPDATE jobs SET token = NULL, ended_at = ?, said = ?, failed = ? WHERE token = ? AND until >= ?"
END_PART = "UPDATE jobs SET token = NULL WHERE token = ?"
KEEP = "INSERT OR REPLACE INTO job_states VALUES (?, ?, ?)"
FORGET = "DELETE FROM job_states WHERE job = ? AND key = ?"
STATES = "SELECT key, state FROM job_states WHERE job = ? AND key IN (SELECT value FROM json_each(?))"
OF_DESTINATION = "SELECT key, state FROM job_states WHERE job = ?1 AND key >= ?2 AND key < ?3 LIMIT ?4"
GIVE_UP = "DELETE FROM job_states WHERE key >= ? AND key < ?"
ALL = "SELECT key, state FROM job_states WHERE job = ? AND key > ? ORDER BY key LIMIT ?"


class JobTable:
    """``reading``: a connection for what only looks; ``writing``: one whose commits are durable. ``now``: ms since the
    epoch."""

    def __init__(self, reading: Database, writing: Database, now: Callable[[], int]) -> None:
        self._reading = reading
        self._writing = writing
        self._now = now

    def know(self, name: str, due: int) -> None:
        """See Jobs.know_job."""
        now = self._now()
        with self._writing.writing() as db:
            db.execute(KNOW, (name, due, now, now))

    def lease(self, name: str, due: int, seconds: float, is_part: bool) -> JobLease | None:
        """See Jobs.lease_job."""
        now, token, me = self._now(), str(uuid.uuid4()), myself()
        until = now + int(seconds * 1000)
        proof = (token, until, me.host, me.pid, me.started)
        with self._writing.writing() as db:
            row = fetch_one(db, ONE, (name,))
            if is_part:
                if row is not None and runs(row, now):
                    return None
                db.execute(KNOW, (name, due, now, now))
                db.execute(TAKE_PART, (*proof, name))
            elif (count := tries(row, due, now)) is not None:
                db.execute(TAKE, (name, due, now, count, *proof))
            else:
                return None
        return JobLease(token, name, due, until, is_part)

    def renew(self, lease: JobLease, seconds: float) -> JobLease:
        """See Jobs.renew_job."""
        until = self._now() + int(seconds * 1000)
        with self._writing.writing() as db:
            self._hold(db, lease, until)
        return replace(lease, until=until)

    def end(self, lease: JobLease, said: str, how: Ending) -> None:
        """See Jobs.end_job."""
        now = self._now()
        ended_at = None if how == "cut" else now
        with self._writing.writing() as db:
            if lease.is_part:
                db.execute(END_PART, (lease.token,))
            else:
                db.execute(END, (ended_at, said[:SAID], how == "failed", lease.token, now))

    def seen(self) -> list[JobSeen]:
        """See Jobs.jobs."""
        with self._reading.reading() as db:
            return [seen(row, self._now()) for row in fetch(db, f"SELECT {FOUND} FROM jobs ORDER BY name")]

    def keep(self, lease: JobLease, states: Mapping[str, Json | None]) -> None:
        """See Jobs.keep_states."""
        kept = [(lease.name, key, jsontext.dumps(one).decode()) for key, one in states.items() if one is not None]
        with self._writing.writing() as db:
            self._hold(db, lease, lease.until)
            db.executemany(KEEP, kept)
            db.executemany(FORGET, [(lease.name, key) for key, one in states.items() if one is None])

    def states(self, name: str, keys: Collection[str]) -> dict[str, Json]:
        """See Jobs.job_states."""
        with self._reading.reading() as db:
            return {key: jsontext.loads(state) for key, state in fetch(db, STATES, (name, json.dumps([*keys])))}

    def all(self, name: str, after: str, limit: int) -> list[tuple[str, Json]]:
        """See Jobs.all_job_states."""
        with self._reading.reading() as db:
            return [(key, jsontext.loads(state)) for key, state in fetch(db, ALL, (name, after, limit))]

    def _hold(self, db: apsw.Connection, lease: JobLease, until: int) -> None:
        """Raises LeaseLost where the lease has ended."""
        if fetch_one(db, RENEW, (until, lease.token, self._now())) is None:
            raise lost(lease)


def rename_states(db: apsw.Connection, old: str, new: str) -> None:
    """See Journal.rename."""
    for (job,) in fetch(db, "SELECT name FROM jobs"):
        while rows := fetch(db, OF_DESTINATION, (job, *_between(old), PORTION)):
            there = keys_of(new)
            db.executemany(KEEP, [(job, there + key[len(keys_of(old)) :], state) for key, state in rows])
            db.executemany(FORGET, [(job, key) for key, _ in rows])


def forget_states(db: apsw.Connection, destination: str) -> None:
    """See Journal.forget."""
    db.execute(GIVE_UP, _between(destination))


def _between(destination: str) -> tuple[str, str]:
    """The first key of a destination, and what is behind its last."""
    first = keys_of(destination)
    return first, first[:-1] + chr(ord(first[-1]) + 1)

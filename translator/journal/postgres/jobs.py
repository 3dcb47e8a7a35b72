"""The journal's part in work by the clock: see translator.journal.jobs."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from psycopg import Cursor

from translator import jsontext
from translator.journal.jobs import FOUND, PORTION, SAID, Ending, keys_of, lost, runs, seen, tries
from translator.journal.owner import myself
from translator.journal.postgres.part import TIME, Part
from translator.journal.postgres.text import line_of, restored, stored
from translator.parcels import JobLease, JobSeen, Json

LOCK = "SELECT pg_advisory_xact_lock(hashtext('translator.jobs'))"
"""There may be no row yet to lock."""

NOW = f"SELECT {TIME}"
ONE = f"SELECT {FOUND} FROM translator.jobs WHERE name = %s FOR UPDATE"
TAKE = f"""
INSERT INTO translator.jobs ({FOUND}) VALUES (%s, %s, %s, NULL, '', false, %s, %s, %s, %s, %s, %s)
ON CONFLICT (name) DO UPDATE SET due = excluded.due, began_at = excluded.began_at, ended_at = NULL, said = '',
    failed = false, tries = excluded.tries, token = excluded.token, until = excluded.until, host = excluded.host,
    pid = excluded.pid, started = excluded.started
"""
KNOW = f"""
INSERT INTO translator.jobs ({FOUND}) VALUES (%s, %s, {TIME}, {TIME}, '', false, 0, NULL, 0, '', 0, '')
ON CONFLICT (name) DO NOTHING
"""
TAKE_PART = """
UPDATE translator.jobs SET token = %s, until = %s, host = %s, pid = %s, started = %s WHERE name = %s
"""
HELD = f"SELECT {TIME} FROM translator.jobs WHERE token = %s AND until >= {TIME} FOR UPDATE"
RENEW = "UPDATE translator.jobs SET until = %s WHERE token = %s"
END = f"""
UPDATE translator.jobs SET token = NULL, ended_at = CASE WHEN %s THEN NULL ELSE {TIME} END, said = %s, failed = %s
WHERE token = %s AND until >= {TIME}
"""
END_PART = "UPDATE translator.jobs SET token = NULL WHERE token = %s"
KEEP = """
INSERT INTO translator.job_states (job, line, key, state)
SELECT %s, * FROM unnest(%s::bytea[], %s::text[], %s::text[])
ON CONFLICT (job, line) DO UPDATE SET state = excluded.state
"""
FORGET = "DELETE FROM translator.job_states WHERE job = %s AND line = ANY(%s::bytea[])"
STATES = "SELECT key, state FROM translator.job_states WHERE job = %s AND line = ANY(%s::bytea[])"
OF_DESTINATION = """
SELECT line, key, state FROM translator.job_states WHERE job = %s AND line > %s AND starts_with(key, %s)
ORDER BY line LIMIT %s
"""
GIVE_UP = "DELETE FROM translator.job_states WHERE starts_with(key, %s)"
ALL = "SELECT key, state FROM translator.job_states WHERE job = %s AND line > %s ORDER BY line LIMIT %s"


class JobTable(Part):
    """See translator.journal.jobs.Jobs."""

    def know_job(self, name: str, due: int) -> None:
        """See Jobs.know_job."""
        now = self._given_now()
        self._database.once(KNOW, [name, due, now, now])

    def lease_job(self, name: str, due: int, seconds: float, *, is_part: bool = False) -> JobLease | None:
        """See Jobs.lease_job."""
        token, me = uuid.uuid4(), myself()
        with self._database.writing(durable=True) as cursor:
            cursor.execute(LOCK)
            ((now,),) = cursor.execute(NOW, [self._given_now()]).fetchall()
            until = now + int(seconds * 1000)
            proof = [token, until, me.host, me.pid, me.started]
            row = cursor.execute(ONE, [name]).fetchone()
            if is_part:
                if row is not None and runs(row, now):
                    return None
                cursor.execute(KNOW, [name, due, now, now])
                cursor.execute(TAKE_PART, [*proof, name])
            elif (count := tries(row, due, now)) is not None:
                cursor.execute(TAKE, [name, due, now, count, *proof])
            else:
                return None
        return JobLease(str(token), name, due, until, is_part)

    def renew_job(self, lease: JobLease, seconds: float) -> JobLease:
        """See Jobs.renew_job."""
        with self._database.writing() as cursor:
            until = self._now_held(cursor, lease) + int(seconds * 1000)
            cursor.execute(RENEW, [until, uuid.UUID(lease.token)])
        return replace(lease, until=until)

    def end_job(self, lease: JobLease, said: str, how: Ending = "done") -> None:
        """See Jobs.end_job."""
        now, token = self._given_now(), uuid.UUID(lease.token)
        if lease.is_part:
            self._database.once(END_PART, [token])
        else:
            self._database.once(END, [how == "cut", now, stored(said[:SAID]), how == "failed", token, now])

    def jobs(self) -> list[JobSeen]:
        """See Jobs.jobs."""
        rows = self._database.query(f"SELECT {FOUND}, {TIME} FROM translator.jobs ORDER BY name", [self._given_now()])
        return [seen((*row[:4], restored(row[4]), *row[5:-1]), row[-1]) for row in rows]

    def keep_states(self, lease: JobLease, states: Mapping[str, Json | None]) -> None:
        """See Jobs.keep_states."""
        kept = {key: jsontext.dumps(one).decode() for key, one in states.items() if one is not None}
        gone = [line_of(key) for key, one in states.items() if one is None]
        with self._database.writing(durable=True) as cursor:
            self._now_held(cursor, lease)
            keys = [stored(key) for key in kept]
            cursor.execute(KEEP, [lease.name, [line_of(key) for key in kept], keys, [*kept.values()]])
            cursor.execute(FORGET, [lease.name, gone])

    def job_states(self, name: str, keys: Collection[str]) -> dict[str, Json]:
        """See Jobs.job_states."""
        rows = self._database.query(STATES, [name, [line_of(key) for key in keys]])
        return {restored(key): jsontext.loads(state.encode()) for key, state in rows}

    def all_job_states(self, name: str, after: str = "", limit: int = 1000) -> list[tuple[str, Json]]:
        """See Jobs.all_job_states."""
        rows = self._database.query(ALL, [name, line_of(after) if after else b"", limit])
        return [(restored(key), jsontext.loads(state.encode())) for key, state in rows]

    def _now_held(self, cursor: Cursor[Any], lease: JobLease) -> int:
        """The time, by the server's clock. Raises LeaseLost where the lease has ended."""
        now = self._given_now()
        found = cursor.execute(HELD, [now, uuid.UUID(lease.token), now]).fetchone()
        if found is None:
            raise lost(lease)
        return int(found[0])


def rename_states(cursor: Cursor[Any], old: str, new: str) -> None:
    """See Journal.rename."""
    before = stored(keys_of(old))
    for (job,) in cursor.execute("SELECT name FROM translator.jobs").fetchall():
        after = b""
        while rows := cursor.execute(OF_DESTINATION, [job, after, before, PORTION]).fetchall():
            keys = [keys_of(new) + restored(key)[len(keys_of(old)) :] for _, key, _ in rows]
            cursor.execute(
                KEEP, [job, [line_of(key) for key in keys], [stored(key) for key in keys], [row[2] for row in rows]]
            )
            cursor.execute(FORGET, [job, [row[0] for row in rows]])
            after = rows[-1][0]


def forget_states(cursor: Cursor[Any], destination: str) -> None:
    """See Journal.forget."""
    cursor.execute(GIVE_UP, [stored(keys_of(destination))])

"""The journal's part in an archive of all its calls: see translator.journal.archiving."""

from __future__ import annotations

import time
import uuid
from collections.abc import Collection, Iterable, Sequence
from typing import Any

from psycopg import Cursor

from translator.errors import LeaseLost
from translator.journal.archiving import FORSAKEN_MS, NO_PLAN, new_identity, plan_text, planned
from translator.journal.owner import Owner, lives, myself
from translator.journal.postgres.part import TIME, Part
from translator.journal.postgres.text import call_row
from translator.journal.shown import kept
from translator.parcels import MOST_BEHIND, Archived, ArchiveLease, Erasure
from translator.sights import Kept

WANT = f"""
INSERT INTO translator.archive (id, identity, wanted_at) VALUES (1, %s, {TIME})
ON CONFLICT (id) DO UPDATE SET wanted_at = excluded.wanted_at
"""
OWNER = f"SELECT until, host, pid, started, plan, {TIME} FROM translator.archive FOR UPDATE"
TAKE = "UPDATE translator.archive SET token = %s, until = %s, host = %s, pid = %s, started = %s, plan = %s"
HELD = f"SELECT until, identity, position, plan, {TIME}, token FROM translator.archive FOR UPDATE"
LEAVE = f"""
UPDATE translator.archive SET token = NULL, until = 0, said = %(said)s, failing_since =
    CASE WHEN %(said)s::text IS NOT NULL THEN coalesce(failing_since, {TIME.replace("%s", "%(now)s")}) END
WHERE token = %(token)s
"""
SAID = 500
NUMBERED = "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM translator.calls_seq"
APPENDING = """
SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' AND mode = 'RowExclusiveLock' AND granted
AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
AND relation = 'translator.appenders'::regclass
"""
"""Whoever appends has this lock before it takes a number for a call, and until its commit can be seen (see
migrations/0004.sql, and docs "pg_locks"). So when all who had it, after a number was given out, have ended, no call up
to that number can still come; and nobody had to wait for that."""

LOOKS = 40
PAUSE = 0.025
BEYOND = """
SELECT seq, source, message_id, subject, received_at, body, ip, derived FROM translator.calls
WHERE seq > %s AND seq <= %s ORDER BY seq LIMIT %s
"""
PLAN = "UPDATE translator.archive SET plan = %s"
WRITTEN = f"""
UPDATE translator.archive SET plan = %s, position = greatest(position, %s), calls = calls + %s, bytes = bytes + %s,
    moved_at = CASE WHEN %s THEN {TIME} ELSE moved_at END
"""
FORSAKE = f"""
INSERT INTO translator.forsaken (name, at) SELECT name, {TIME} FROM unnest(%s::text[]) AS name
ON CONFLICT (name) DO UPDATE SET at = excluded.at
"""
LET_GO = f"DELETE FROM translator.forsaken WHERE name = ANY(%s) AND at < {TIME} - %s"
STATE = """
SELECT archive.calls, bytes, moved_at,
    (SELECT count(*) FROM (SELECT FROM translator.calls WHERE seq > position LIMIT %s) AS first),
    (SELECT received_at FROM translator.calls WHERE seq > position ORDER BY seq LIMIT 1),
    (SELECT count(*) FROM translator.erasures), failing_since, said
FROM translator.archive
"""


class Archives(Part):
    """See translator.journal.archiving.Archiving."""

    def hold(self) -> None:
        """See Archiving.hold."""
        self._database.once(WANT, [new_identity(self._local()), self._given_now()])

    def lease_archive(self, seconds: float) -> ArchiveLease | None:
        """See Archiving.lease_archive."""
        token, me = uuid.uuid4(), myself()
        with self._database.writing(durable=True) as cursor:
            found = cursor.execute(OWNER, [self._given_now()]).fetchone()
            if found is None:
                return None
            until, *owner, plan, now = found
            if until >= now and lives(Owner(*owner)):
                return None
            names, instead = planned(plan)
            self._put_off(cursor, () if instead else names)
            left = plan if instead else NO_PLAN
            cursor.execute(TAKE, [token, now + int(seconds * 1000), me.host, me.pid, me.started, left])
            return self._held(cursor, str(token))[0]

    def renew_archive(self, lease: ArchiveLease, seconds: float) -> ArchiveLease:
        """See Archiving.renew_archive."""
        with self._database.writing() as cursor:
            self._held(cursor, lease.token)
            query = f"UPDATE translator.archive SET until = {TIME} + %s"
            cursor.execute(query, [self._given_now(), int(seconds * 1000)])
            return self._held(cursor, lease.token)[0]

    def leave_archive(self, lease: ArchiveLease, said: str | None = None) -> None:
        """See Archiving.leave_archive."""
        text = None if said is None else said[:SAID]
        self._database.once(LEAVE, {"token": uuid.UUID(lease.token), "said": text, "now": self._given_now()})

    def horizon(self) -> int:
        """See Archiving.horizon."""
        ((newest,),) = self._database.query(NUMBERED)
        busy = self._appending()
        for _ in range(LOOKS):
            if not busy:
                return int(newest)
            time.sleep(PAUSE)
            busy &= self._appending()
        return 0

    def _appending(self) -> set[str]:
        return {row[0] for row in self._database.query(APPENDING)}

    def beyond(self, position: int, horizon: int, limit: int) -> list[Kept]:
        """See Archiving.beyond."""
        return [kept(call_row(row)) for row in self._database.query(BEYOND, [position, horizon, limit])]

    def writing(self, lease: ArchiveLease, names: Sequence[str], instead: Sequence[str] = ()) -> None:
        """See Archiving.writing. A plan that was given up before is forsaken."""
        with self._database.writing(durable=True) as cursor:
            _, before = self._held(cursor, lease.token)
            self._put_off(cursor, planned(before)[0])
            cursor.execute(PLAN, [plan_text(names, instead)])

    def begun(self, lease: ArchiveLease) -> tuple[list[str], list[str]]:
        """See Archiving.begun."""
        with self._database.writing() as cursor:
            return planned(self._held(cursor, lease.token)[1])

    def written(self, lease: ArchiveLease, position: int | None = None, calls: int = 0, size: int = 0) -> ArchiveLease:
        """See Archiving.written."""
        with self._database.writing(durable=True) as cursor:
            _, plan = self._held(cursor, lease.token)
            self._put_off(cursor, planned(plan)[1])
            cursor.execute(WRITTEN, [NO_PLAN, position or 0, calls, size, calls > 0, self._given_now()])
            return self._held(cursor, lease.token)[0]

    def forsake(self, lease: ArchiveLease, names: Collection[str]) -> None:
        """See Archiving.forsake."""
        with self._database.writing(durable=True) as cursor:
            self._held(cursor, lease.token)
            self._put_off(cursor, names)

    def forsaken(self) -> list[str]:
        """See Archiving.forsaken."""
        return [row[0] for row in self._database.query("SELECT name FROM translator.forsaken ORDER BY at, name")]

    def let_go(self, lease: ArchiveLease, names: Collection[str]) -> None:
        """See Archiving.let_go."""
        with self._database.writing() as cursor:
            self._held(cursor, lease.token)
            cursor.execute(LET_GO, [list(names), self._given_now(), FORSAKEN_MS])

    def erasures(self) -> list[Erasure]:
        """See Archiving.erasures."""
        found = self._database.query("SELECT id, mark, last FROM translator.erasures ORDER BY id")
        return [Erasure(*row) for row in found]

    def erased(self, lease: ArchiveLease, erasures: Collection[Erasure]) -> None:
        """See Archiving.erased."""
        with self._database.writing(durable=True) as cursor:
            self._held(cursor, lease.token)
            cursor.execute("DELETE FROM translator.erasures WHERE id = ANY(%s)", [[one.id for one in erasures]])

    def begin_anew(self, lease: ArchiveLease) -> ArchiveLease:
        """See Archiving.begin_anew."""
        with self._database.writing(durable=True) as cursor:
            self._held(cursor, lease.token)
            cursor.execute("UPDATE translator.archive SET identity = %s", [new_identity(self._local(), lease.identity)])
            return self._held(cursor, lease.token)[0]

    def archived(self) -> Archived | None:
        """See Archiving.archived."""
        found = self._database.query(STATE, [MOST_BEHIND])
        return Archived(*found[0]) if found else None

    def _held(self, cursor: Cursor[Any], token: str) -> tuple[ArchiveLease, str]:
        """The lease as it is now, locked until the transaction ends, and its plan. Raises LeaseLost."""
        found = cursor.execute(HELD, [self._given_now()]).fetchone()
        if found is None or str(found[5]) != token or found[0] < found[4]:
            raise LeaseLost("the lease on the archive has ended")
        until, identity, position, plan, _, _ = found
        return ArchiveLease(token, until, identity, position), plan

    def _put_off(self, cursor: Cursor[Any], names: Iterable[str]) -> None:
        if given := list(names):
            cursor.execute(FORSAKE, [self._given_now(), given])

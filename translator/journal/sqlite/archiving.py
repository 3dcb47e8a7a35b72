"""The journal's part in an archive of all its calls: see translator.journal.archiving."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Iterable, Sequence

import apsw

from translator.errors import LeaseLost
from translator.journal.archiving import FORSAKEN_MS, NO_PLAN, new_identity, plan_text, planned
from translator.journal.owner import Owner, lives, myself
from translator.journal.shown import kept
from translator.journal.sqlite.database import Database, fetch, fetch_one, newest_of
from translator.parcels import MOST_BEHIND, Archived, ArchiveLease, Erasure
from translator.sights import Kept

WANT = """
INSERT INTO archive (id, identity, wanted_at) VALUES (1, ?, ?)
ON CONFLICT (id) DO UPDATE SET wanted_at = excluded.wanted_at
"""
OWNER = "SELECT until, host, pid, started, plan FROM archive"
TAKE = "UPDATE archive SET token = ?, until = ?, host = ?, pid = ?, started = ?, plan = ?"
HELD = "SELECT identity, position, plan FROM archive WHERE token = ? AND until >= ?"
LEAVE = """
UPDATE archive SET token = NULL, until = 0, said = ?2, failing_since =
    CASE WHEN ?2 IS NOT NULL THEN coalesce(failing_since, ?3) END
WHERE token = ?1
"""
BEYOND = """
SELECT seq, source, message_id, subject, received_at, body, ip, derived FROM calls
WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?
"""
PLAN = "UPDATE archive SET plan = ?"
WRITTEN = """
UPDATE archive SET plan = ?, position = max(position, ?), calls = calls + ?, bytes = bytes + ?,
    moved_at = CASE WHEN ? THEN ? ELSE moved_at END
"""
FORSAKE = "INSERT OR REPLACE INTO forsaken VALUES (?, ?)"
LET_GO = "DELETE FROM forsaken WHERE name = ? AND at < ?"
STATE = """
SELECT calls, bytes, moved_at,
    (SELECT count(*) FROM (SELECT 1 FROM calls WHERE seq > position LIMIT ?)),
    (SELECT received_at FROM calls WHERE seq > position ORDER BY seq LIMIT 1),
    (SELECT count(*) FROM erasures), failing_since, said
FROM archive
"""


class Archives:
    """``reading``: a connection for what only looks; ``writing``: one whose commits are durable. ``now``: ms since the
    epoch."""

    def __init__(self, reading: Database, writing: Database, now: Callable[[], int]) -> None:
        self._reading = reading
        self._writing = writing
        self._now = now

    def hold(self) -> None:
        """See Archiving.hold."""
        with self._writing.writing() as db:
            db.execute(WANT, (new_identity(self._now()), self._now()))

    def lease(self, seconds: float) -> ArchiveLease | None:
        """See Archiving.lease_archive."""
        now, token, me = self._now(), str(uuid.uuid4()), myself()
        with self._writing.writing() as db:
            found = fetch_one(db, OWNER)
            if found is None:
                return None
            until, *owner, plan = found
            if until >= now and lives(Owner(*owner)):
                return None
            names, instead = planned(plan)
            self._forsake(db, () if instead else names)
            left = plan if instead else NO_PLAN
            db.execute(TAKE, (token, now + int(seconds * 1000), me.host, me.pid, me.started, left))
            return self._held(db, token)[0]

    def renew(self, lease: ArchiveLease, seconds: float) -> ArchiveLease:
        """See Archiving.renew_archive."""
        with self._writing.writing() as db:
            self._held(db, lease.token)
            db.execute("UPDATE archive SET until = ?", (self._now() + int(seconds * 1000),))
            return self._held(db, lease.token)[0]

    def leave(self, lease: ArchiveLease, said: str | None) -> None:
        """See Archiving.leave_archive."""
        with self._writing.writing() as db:
            db.execute(LEAVE, (lease.token, said, self._now()))

    def horizon(self) -> int:
        """See Archiving.horizon. One writes after the other here."""
        with self._reading.reading() as db:
            return newest_of(db)

    def beyond(self, position: int, horizon: int, limit: int) -> list[Kept]:
        """See Archiving.beyond."""
        with self._reading.reading() as db:
            return [kept(row) for row in fetch(db, BEYOND, (position, horizon, limit))]

    def plan(self, lease: ArchiveLease, names: Sequence[str], instead: Sequence[str]) -> None:
        """See Archiving.writing. A plan that was given up before is forsaken."""
        with self._writing.writing() as db:
            _, before = self._held(db, lease.token)
            self._forsake(db, planned(before)[0])
            db.execute(PLAN, (plan_text(names, instead),))

    def begun(self, lease: ArchiveLease) -> tuple[list[str], list[str]]:
        """See Archiving.begun."""
        with self._writing.writing() as db:
            return planned(self._held(db, lease.token)[1])

    def written(self, lease: ArchiveLease, position: int | None, calls: int, size: int) -> ArchiveLease:
        """See Archiving.written."""
        now = self._now()
        with self._writing.writing() as db:
            _, plan = self._held(db, lease.token)
            self._forsake(db, planned(plan)[1])
            db.execute(WRITTEN, (NO_PLAN, position or 0, calls, size, calls > 0, now))
            return self._held(db, lease.token)[0]

    def forsake(self, lease: ArchiveLease, names: Collection[str]) -> None:
        """See Archiving.forsake."""
        with self._writing.writing() as db:
            self._held(db, lease.token)
            self._forsake(db, names)

    def forsaken(self) -> list[str]:
        """See Archiving.forsaken."""
        with self._reading.reading() as db:
            return [row[0] for row in fetch(db, "SELECT name FROM forsaken ORDER BY at, name")]

    def let_go(self, lease: ArchiveLease, names: Collection[str]) -> None:
        """See Archiving.let_go."""
        with self._writing.writing() as db:
            self._held(db, lease.token)
            db.executemany(LET_GO, [(name, self._now() - FORSAKEN_MS) for name in names])

    def erasures(self) -> list[Erasure]:
        """See Archiving.erasures."""
        with self._reading.reading() as db:
            return [Erasure(*row) for row in fetch(db, "SELECT id, mark, last FROM erasures ORDER BY id")]

    def erased(self, lease: ArchiveLease, erasures: Collection[Erasure]) -> None:
        """See Archiving.erased."""
        with self._writing.writing() as db:
            self._held(db, lease.token)
            db.executemany("DELETE FROM erasures WHERE id = ?", [(one.id,) for one in erasures])

    def begin_anew(self, lease: ArchiveLease) -> ArchiveLease:
        """See Archiving.begin_anew."""
        with self._writing.writing() as db:
            self._held(db, lease.token)
            db.execute("UPDATE archive SET identity = ?", (new_identity(self._now(), lease.identity),))
            return self._held(db, lease.token)[0]

    def archived(self) -> Archived | None:
        """See Archiving.archived."""
        with self._reading.reading() as db:
            found = fetch_one(db, STATE, (MOST_BEHIND,))
        return None if found is None else Archived(*found)

    def _held(self, db: apsw.Connection, token: str) -> tuple[ArchiveLease, str]:
        """The lease as it is now, and its plan. Raises LeaseLost."""
        found = fetch_one(db, HELD, (token, self._now()))
        if found is None:
            raise LeaseLost("the lease on the archive has ended")
        identity, position, plan = found
        (until,) = fetch_one(db, "SELECT until FROM archive")
        return ArchiveLease(token, until, identity, position), plan

    def _forsake(self, db: apsw.Connection, names: Iterable[str]) -> None:
        db.executemany(FORSAKE, [(name, self._now()) for name in names])

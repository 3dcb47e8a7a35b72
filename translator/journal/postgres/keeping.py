"""Destinations that come and go, delivery processes that live, calls that have been kept long enough."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from psycopg import Cursor

from translator.errors import DestinationUnknown
from translator.journal.archiving import WANTED_MS
from translator.journal.owner import Heard, Owner, delivering, myself, served_by, start_of
from translator.journal.postgres.database import LOOK_SECONDS, Database
from translator.journal.postgres.jobs import forget_states, rename_states
from translator.journal.postgres.part import DELETES, TIME, Part
from translator.journal.postgres.text import optional
from translator.journal.postgres.watching import watched
from translator.journal.rows import HEARD_MS, vanished

DAY_MS = 24 * 60 * 60 * 1000

ATTACHED = "SELECT name FROM translator.destinations WHERE attached"
STILL = "LOCK TABLE translator.appenders IN SHARE ROW EXCLUSIVE MODE"
"""No append is under way then, nor a deletion of calls: those that wait see the destinations as they are afterwards
(docs "Explicit Locking": a statement takes its table locks before its snapshot, in READ COMMITTED). A small table, so
that no long VACUUM of calls is in the way."""

KNOWN = """
SELECT name, id, attached, position, delivered + ignored + dead,
    (SELECT coalesce(sum(accepted), 0)::bigint FROM translator.appenders) - base
FROM translator.destinations ORDER BY id FOR NO KEY UPDATE
"""
DETACH = """
UPDATE translator.destinations SET attached = false,
    position = (SELECT coalesce(max(seq), 0) FROM translator.calls) WHERE id = %s
"""
ADD = "INSERT INTO translator.destinations (name) VALUES (%s) RETURNING id"
HAND = "INSERT INTO translator.fresh (destination, seq) SELECT %s, seq FROM translator.calls WHERE seq > %s"
BASE = """
UPDATE translator.destinations SET attached = true,
    base = (SELECT coalesce(sum(accepted), 0) FROM translator.appenders) - %s WHERE id = %s
"""
REDRIVEN = "SELECT count(*) FROM translator.open WHERE destination = %s"
"""What waits for a destination that was away: letters that were redriven meanwhile."""

GOING = "SELECT id FROM translator.destinations WHERE name = %s FOR UPDATE"
"""Not while somebody notes what was seen of it."""

WAITING = ("fresh", "open")
OF_DESTINATION = ("leases", "dead", "finished", "memory", "shared", "requests", "attempts", "seen")
BEAT = f"""
INSERT INTO translator.processes (host, pid, started, destinations, delivers, seen_at)
VALUES (%s, %s, %s, %s, %s, {TIME})
ON CONFLICT (host, pid) DO UPDATE SET started = excluded.started, destinations = excluded.destinations,
    delivers = excluded.delivers, seen_at = excluded.seen_at
"""
SILENT = f"DELETE FROM translator.processes WHERE seen_at < {TIME} - %s"
HEARD = f"SELECT host, pid, started, destinations, delivers FROM translator.processes WHERE seen_at >= {TIME} - %s"
TRIAL = "INSERT INTO translator.appenders (owner) VALUES ('trial') ON CONFLICT (owner) DO UPDATE SET number = 0"
PRUNE = f"""
DELETE FROM translator.calls WHERE seq IN (
    SELECT seq FROM translator.calls AS old WHERE received_at < %s
    AND seq <= coalesce((SELECT position FROM translator.archive WHERE wanted_at >= {TIME} - %s), 9223372036854775807)
    AND EXISTS (SELECT FROM translator.destinations WHERE attached)  -- else they wait for the first
    AND NOT EXISTS (SELECT FROM translator.destinations JOIN translator.fresh ON destination = destinations.id
                    WHERE fresh.seq = old.seq)
    AND NOT EXISTS (SELECT FROM translator.destinations JOIN translator.open ON destination = destinations.id
                    WHERE open.seq = old.seq)
    AND NOT EXISTS (SELECT FROM translator.dead WHERE dead.seq = old.seq)
    ORDER BY received_at, seq LIMIT %s FOR UPDATE SKIP LOCKED)
RETURNING seq
"""
PRUNE_ATTEMPTS = "DELETE FROM translator.attempts WHERE seq = ANY(%s)"
PRUNE_FINISHED = "DELETE FROM translator.finished WHERE seq = ANY(%s)"
PRUNE_ORPHANS = """
DELETE FROM translator.finished WHERE (seq, destination) IN (
    SELECT seq, destination FROM translator.finished
    WHERE seq < (SELECT min(seq) FROM translator.calls) ORDER BY seq LIMIT %s FOR UPDATE SKIP LOCKED)
"""
"""Of calls that a program of before has pruned, which knows nothing of these rows."""

PRUNE_REQUESTS = """
DELETE FROM translator.requests
WHERE id IN (SELECT id FROM translator.requests WHERE began < %s ORDER BY began LIMIT %s)
AND token NOT IN (SELECT token FROM translator.leases)
"""
PAST = """
WITH past AS (
    DELETE FROM translator.appenders WHERE owner IN (
        SELECT owner FROM translator.appenders WHERE owner <> '' AND touched < %s FOR UPDATE SKIP LOCKED)
    RETURNING received, accepted, duplicates, refused_kept, refused_answered
), added AS (
    SELECT sum(received) AS received, sum(accepted) AS accepted, sum(duplicates) AS duplicates,
        sum(refused_kept) AS refused_kept, sum(refused_answered) AS refused_answered
    FROM past HAVING count(*) > 0
)
INSERT INTO translator.appenders AS known (owner, received, accepted, duplicates, refused_kept, refused_answered)
SELECT '', received, accepted, duplicates, refused_kept, refused_answered FROM added
ON CONFLICT (owner) DO UPDATE SET
    received = known.received + excluded.received, accepted = known.accepted + excluded.accepted,
    duplicates = known.duplicates + excluded.duplicates, refused_kept = known.refused_kept + excluded.refused_kept,
    refused_answered = known.refused_answered + excluded.refused_answered
"""


class Keeping(Part):
    """The upkeep of a journal. See Journal."""

    def __init__(self, database: Database, now: Callable[[], int] | None = None) -> None:
        super().__init__(database, now)
        self._checked_at = 0.0

    def attach(self, destinations: Mapping[str, str], *, only_add: bool = False) -> tuple[str, ...]:
        """See Journal.attach. Where nothing changes, nobody has to wait for it."""
        if not only_add:
            # before anything else is looked at: of two that start together each sees the other, or is seen
            me = myself()
            self._note(me.host, me.pid, destinations, delivers=False)
        attached = {row[0] for row in self._database.query(ATTACHED)}
        if attached == destinations.keys() or (only_add and destinations.keys() <= attached):
            return tuple(attached - destinations.keys())
        with self._database.writing(durable=True) as cursor:
            cursor.execute(STILL)
            known = {row[0]: row for row in cursor.execute(KNOWN).fetchall()}
            away = {name: row for name, row in known.items() if name not in destinations and row[2]}
            waiting = {name: row[5] - row[4] for name, row in away.items()}
            staying = vanished(waiting, self.served(), destinations, only_add)
            for name, row in away.items():
                if name not in staying:
                    cursor.execute(DETACH, [row[1]])
            for name, start in destinations.items():
                # calls that were accepted before there was any destination wait for the first one
                _attach(cursor, name, known.get(name), every=start == "earliest" or not known)
        return staying

    def rename(self, old: str, new: str) -> None:
        """See Journal.rename. Raises ValueError where the new name is taken."""
        with self._database.writing(durable=True) as cursor:
            cursor.execute(STILL)  # of two who would take one name, one waits here
            if cursor.execute("SELECT FROM translator.destinations WHERE name = %s", [new]).fetchone() is not None:
                raise ValueError(f"the journal knows a destination {new!r} already")
            cursor.execute("UPDATE translator.destinations SET name = %s WHERE name = %s", [new, old])
            if not cursor.rowcount:
                raise DestinationUnknown(old)
            rename_states(cursor, old, new)

    def forget(self, destination: str) -> int:
        """See Journal.forget."""
        with self._database.writing(durable=True) as cursor:
            # as appends do: first the appenders, then the destinations
            cursor.execute(STILL)
            found = cursor.execute(GOING, [destination]).fetchone()
            if found is None:
                raise DestinationUnknown(destination)
            waiting = sum(_delete(cursor, table, found[0]) for table in WAITING)
            for table in OF_DESTINATION:
                _delete(cursor, table, found[0])
            cursor.execute("DELETE FROM translator.destinations WHERE id = %s", found)
            forget_states(cursor, destination)
            return waiting

    def break_circuit(self, destination: str, said: str | None) -> None:
        """See Journal.break_circuit."""
        query = f"""
            UPDATE translator.destinations SET circuit = %s, circuit_since = CASE WHEN %s THEN {TIME} END
            WHERE name = %s
        """
        self._database.once(query, [optional(said), said is not None, self._given_now(), destination])

    def beat(self, host: str, pid: int, destinations: Collection[str] = ()) -> None:
        """See Journal.beat."""
        self._note(host, pid, destinations, delivers=True)
        self._database.once(SILENT, [self._given_now(), 100 * HEARD_MS])

    def deliveries(self) -> int:
        """See Journal.deliveries."""
        return delivering(self._heard())

    def leave(self, host: str, pid: int) -> None:
        """See Journal.leave."""
        self._database.once("DELETE FROM translator.processes WHERE host = %s AND pid = %s", [host, pid])

    def served(self) -> frozenset[str]:
        """See Journal.served."""
        return served_by(self._heard())

    def _heard(self) -> list[Heard]:
        found = self._database.query(HEARD, [self._given_now(), HEARD_MS])
        return [Heard(Owner(*owner), names, delivers) for *owner, names, delivers in found]

    def _note(self, host: str, pid: int, destinations: Iterable[str], *, delivers: bool) -> None:
        self._database.once(BEAT, [host, pid, start_of(pid), sorted(destinations), delivers, self._given_now()])

    def check(self) -> None:
        """See Journal.check. A good answer holds for a second."""
        if time.monotonic() - self._checked_at < 1:
            return
        with self._database.writing(wait=LOOK_SECONDS) as cursor:
            # as much as a write can be tried without keeping anything of it
            cursor.execute(TRIAL)
            with watched(cursor.connection):
                cursor.connection.rollback()
        self._checked_at = time.monotonic()

    def free_bytes(self) -> None:
        """Nobody but the server's own tools can tell."""
        return

    def prune(self, before: int, limit: int = 1000) -> int:
        """See Journal.prune."""
        values = [before, self._given_now(), WANTED_MS, limit]
        with self._database.writing() as cursor:
            cursor.execute(DELETES)
            pruned = [row[0] for row in cursor.execute(PRUNE, values).fetchall()]
            if pruned:
                cursor.execute(PRUNE_ATTEMPTS, [pruned])
                cursor.execute(PRUNE_FINISHED, [pruned])
                cursor.execute(PRUNE_ORPHANS, [limit])
            cursor.execute(PRUNE_REQUESTS, [before, limit])
            cursor.execute(PAST, [self._local() - DAY_MS])
        return len(pruned)


def _attach(cursor: Cursor[Any], name: str, known: tuple[Any, ...] | None, *, every: bool) -> None:
    """``every``: also the calls that are kept, of one that was away those since it left."""
    if known is not None and known[2]:
        return
    if known is None:
        (number,) = cursor.execute(ADD, [name]).fetchone() or (0,)
        position, finished = 0, 0
    else:
        _, number, _, position, finished, _ = known
    (waiting,) = cursor.execute(REDRIVEN, [number]).fetchone() or (0,)
    if every:
        waiting += cursor.execute(HAND, [number, position]).rowcount
    cursor.execute(BASE, [finished + waiting, number])


def _delete(cursor: Cursor[Any], table: str, number: int) -> int:
    return cursor.execute(f"DELETE FROM translator.{table} WHERE destination = %s", [number]).rowcount

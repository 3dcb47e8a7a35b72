"""Destinations that come and go, delivery processes that live, calls that have been kept long enough."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping

import apsw

from translator.errors import DestinationUnknown
from translator.journal.archiving import WANTED_MS
from translator.journal.owner import Heard, Owner, delivering, myself, served_by, start_of
from translator.journal.rows import HEARD_MS, vanished
from translator.journal.sqlite.database import Database, fetch, fetch_one
from translator.journal.sqlite.jobs import forget_states, rename_states

VACUUM_PAGES = 1000

KNOWN = "SELECT name, id, attached, position FROM destinations"
WAITING = """
SELECT name, unfinished + (SELECT value FROM counters WHERE name = 'accepted') - base - handed
FROM destinations WHERE attached
"""
ADD = "INSERT INTO destinations (name, position, base) VALUES (?, ?, 0)"
BASE = """
UPDATE destinations SET attached = 1, position = ?1, base =
    (SELECT value FROM counters WHERE name = 'accepted') - handed - (SELECT count(*) FROM calls WHERE seq > ?1)
WHERE name = ?2
"""
HEARD = "SELECT host, pid, started, destinations, delivers FROM processes WHERE seen_at >= ?"
NEWEST = "SELECT coalesce(max(seq), 0) FROM calls"
PRUNE = """
DELETE FROM calls WHERE seq IN (
    SELECT seq FROM calls WHERE received_at < ? AND seq <= (SELECT min(position) FROM destinations WHERE attached)
    AND seq <= coalesce((SELECT position FROM archive WHERE wanted_at >= ?), 9223372036854775807)
    AND NOT EXISTS (SELECT 1 FROM open WHERE open.seq = calls.seq)
    AND NOT EXISTS (SELECT 1 FROM dead WHERE dead.seq = calls.seq)
    ORDER BY received_at, seq LIMIT ?)
RETURNING seq
"""
PRUNE_REQUESTS = """
DELETE FROM requests WHERE id IN (SELECT id FROM requests WHERE began < ? ORDER BY began LIMIT ?)
AND token NOT IN (SELECT token FROM leases)
"""


class Keeping:
    """The upkeep of a journal. ``now``: ms since the epoch."""

    def __init__(self, database: Database, now: Callable[[], int]) -> None:
        self._database = database
        self._now = now
        self._checked_at = 0.0

    def attach(self, destinations: Mapping[str, str], only_add: bool) -> tuple[str, ...]:
        """See Journal.attach."""
        with self._database.writing() as db:
            if not only_add:
                self._note(db, myself(), destinations, delivers=False)
            waiting = {name: count for name, count in fetch(db, WAITING) if name not in destinations}
            staying = vanished(waiting, served_by(self._heard(db)), destinations, only_add)
            known = {row[0]: row for row in fetch(db, KNOWN)}
            newest = fetch_one(db, NEWEST)[0]
            # calls that were accepted before there was any destination wait for the first one
            lowest = {name: 0 if start == "earliest" or not known else newest for name, start in destinations.items()}
            for name in known.keys() - destinations.keys() - set(staying):
                db.execute("UPDATE destinations SET attached = 0 WHERE name = ?", (name,))
            for name, position in lowest.items():
                _attach(db, name, known.get(name), position)
        return staying

    def rename(self, old: str, new: str) -> None:
        """See Journal.rename. Raises ValueError where the new name is taken."""
        with self._database.writing() as db:
            if fetch_one(db, "SELECT 1 FROM destinations WHERE name = ?", (new,)):
                raise ValueError(f"the journal knows a destination {new!r} already")
            db.execute("UPDATE destinations SET name = ? WHERE name = ?", (new, old))
            if not db.changes():
                raise DestinationUnknown(old)
            rename_states(db, old, new)

    def forget(self, destination: str) -> int:
        """See Journal.forget."""
        with self._database.writing() as db:
            named = fetch_one(db, "SELECT id, unfinished FROM destinations WHERE name = ?", (destination,))
            if named is None:
                raise DestinationUnknown(destination)
            found = named[:1]
            # for one that is away only what was redriven meanwhile
            waiting = dict(fetch(db, WAITING)).get(destination, named[1])
            for table in ("open", "leases", "dead", "finished", "memory", "shared", "requests", "attempts", "seen"):
                db.execute(f"DELETE FROM {table} WHERE destination = ?", found)
            db.execute("DELETE FROM destinations WHERE id = ?", found)
            forget_states(db, destination)
            return int(waiting)

    def break_circuit(self, destination: str, said: str | None) -> None:
        """See Journal.break_circuit."""
        since = None if said is None else self._now()
        with self._database.writing() as db:
            db.execute(
                "UPDATE destinations SET circuit = ?, circuit_since = ? WHERE name = ?", (said, since, destination)
            )

    def beat(self, host: str, pid: int, destinations: Collection[str]) -> None:
        """See Journal.beat."""
        with self._database.writing() as db:
            self._note(db, Owner(host, pid, start_of(pid)), destinations, delivers=True)
            db.execute("DELETE FROM processes WHERE seen_at < ?", (self._now() - 100 * HEARD_MS,))

    def deliveries(self) -> int:
        """See Journal.deliveries."""
        with self._database.reading() as db:
            return delivering(self._heard(db))

    def leave(self, host: str, pid: int) -> None:
        """See Journal.leave."""
        with self._database.writing() as db:
            db.execute("DELETE FROM processes WHERE host = ? AND pid = ?", (host, pid))

    def served(self) -> frozenset[str]:
        """See Journal.served."""
        with self._database.reading() as db:
            return served_by(self._heard(db))

    def _heard(self, db: apsw.Connection) -> list[Heard]:
        rows = fetch(db, HEARD, (self._now() - HEARD_MS,))
        return [Heard(Owner(*owner), json.loads(names), bool(delivers)) for *owner, names, delivers in rows]

    def _note(self, db: apsw.Connection, owner: Owner, destinations: Iterable[str], *, delivers: bool) -> None:
        row = (owner.host, owner.pid, owner.started, self._now(), json.dumps(sorted(destinations)), delivers)
        db.execute("INSERT OR REPLACE INTO processes VALUES (?, ?, ?, ?, ?, ?)", row)

    def check(self) -> None:
        """See Journal.check. A good answer holds for a second."""
        if time.monotonic() - self._checked_at < 1:
            return
        with self._database.writing() as db:
            # as much as a write can be tried without keeping anything of it
            db.execute("SAVEPOINT trial")
            db.execute("UPDATE counters SET value = value + 1")
            db.execute("ROLLBACK TO trial")
            db.execute("RELEASE trial")
        self._database.check_room()
        self._checked_at = time.monotonic()

    def prune(self, before: int, limit: int) -> int:
        """See Journal.prune."""
        with self._database.writing() as db:
            pruned = [row[0] for row in fetch(db, PRUNE, (before, self._now() - WANTED_MS, limit))]
            for table in ("attempts", "finished"):
                db.executemany(f"DELETE FROM {table} WHERE seq = ?", [(seq,) for seq in pruned])
            db.execute(PRUNE_REQUESTS, (before, limit))
        if pruned:
            with self._database.reading() as db:
                fetch(db, f"PRAGMA incremental_vacuum({VACUUM_PAGES})")
        return len(pruned)


def _attach(db: apsw.Connection, name: str, known: tuple[str, int, int, int] | None, position: int) -> None:
    if known is None:
        db.execute(ADD, (name, position))
        db.execute(BASE, (position, name))
    elif not known[2]:
        # it was away: it goes on now, or ("earliest") with all that has come since and is still kept
        db.execute(BASE, (max(position, known[3]), name))

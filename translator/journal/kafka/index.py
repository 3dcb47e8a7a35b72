"""Which dead letters and refused messages there are: read from their topics, and on from where it was, into a temporary
file of this process. Bodies stay where they are.

The first question after a start reads all letters once.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from confluent_kafka import Message

from translator.errors import JournalUnavailable
from translator.journal.kafka.board import STALE_SECONDS
from translator.journal.kafka.client import Client
from translator.journal.kafka.lettering import Name, row_of
from translator.journal.kafka.picking import Picking
from translator.journal.kafka.reading import Place, Reader, place_in
from translator.journal.kafka.records import said
from translator.journal.rows import LARGE_BYTES, MOST_LARGE
from translator.sights import mark_of

OPEN = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE letters (
    at INTEGER, partition INTEGER, call INTEGER, destination TEXT, place INTEGER, why TEXT, mark TEXT, attempts INTEGER,
    PRIMARY KEY (at, partition, call, destination)
) WITHOUT ROWID;
CREATE UNIQUE INDEX by_call ON letters (destination, partition, call, at);
CREATE INDEX by_why ON letters (destination, why, at, partition, call);
CREATE INDEX by_mark ON letters (mark);
CREATE TABLE refused (place INTEGER PRIMARY KEY, source TEXT, at INTEGER, large INTEGER, key BLOB);
CREATE INDEX by_source ON refused (source, place);
CREATE INDEX by_large ON refused (source, place) WHERE large;
CREATE UNIQUE INDEX by_key ON refused (key);
CREATE TABLE counts (source TEXT PRIMARY KEY, number INTEGER, large INTEGER);
CREATE TRIGGER came AFTER INSERT ON refused BEGIN
    INSERT INTO counts VALUES (new.source, 1, new.large)
    ON CONFLICT DO UPDATE SET number = number + 1, large = large + excluded.large;
END;
CREATE TRIGGER went AFTER DELETE ON refused BEGIN
    UPDATE counts SET number = number - 1, large = large - old.large WHERE source = old.source;
END;
"""
PUT = "INSERT OR REPLACE INTO letters VALUES (:at, :partition, :call, :destination, :place, :why, :mark, :attempts)"
GONE = "DELETE FROM letters WHERE destination = ? AND partition = ? AND call = ? AND at = ?"
FOUND = "SELECT destination, partition, call, at, place FROM letters"
ORDER = "at, partition, call, destination"
REVERSED = "at DESC, partition DESC, call DESC, destination DESC"
REFUSE = "INSERT INTO refused VALUES (?, ?, ?, ?, ?)"
EVICT_LARGE = """
DELETE FROM refused WHERE place = (SELECT min(place) FROM refused WHERE source = ?1 AND large)
AND (SELECT large FROM counts WHERE source = ?1) > ?2
"""
EVICT = """
DELETE FROM refused WHERE place = (SELECT min(place) FROM refused WHERE source = ?1)
AND (SELECT number FROM counts WHERE source = ?1) > ?2
"""
REASONS = "SELECT destination, why, count(*), min(at), max(at) FROM letters GROUP BY destination, why ORDER BY 3 DESC"
REFUSED = "SELECT count(*), ifnull(min(at), 0), ifnull(max(at), 0) FROM refused"
LAST = Name("\U0010ffff", 2**62, 2**62, 2**62)
FIRST = Name("", -1, -1, -1)


class Found(NamedTuple):
    """A letter, and its offset in the topic of its destination."""

    name: Name
    place: int


class Index:
    """``known``: destinations, name to id. ``keep_refused``: how many refused messages of each source are shown."""

    def __init__(self, client: Client, known: Callable[[], Mapping[str, str]], keep_refused: int) -> None:
        self._address = client.address
        self._known = known
        self._keep = keep_refused
        self._reader, self._picking = Reader(client), Picking(client)
        self._lock = threading.Lock()
        self._pid = self._made_in = 0
        self._db: sqlite3.Connection | None = None
        self._inherited: list[sqlite3.Connection] = []
        self._next: dict[Place, int] = {}
        self._read_at = 0.0

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Hold it for a thread alone, with all that was committed before. Raises JournalUnavailable."""
        if self._pid != os.getpid():
            self._lock, self._pid, self._read_at = threading.Lock(), os.getpid(), 0.0
        if not self._lock.acquire(timeout=30):
            raise JournalUnavailable("the index of dead letters was not free within 30 s", "locked")
        try:
            yield self._caught_up()
        finally:
            self._lock.release()

    def close(self) -> None:
        """Let go of everything."""
        if self._db is not None and self._made_in == os.getpid():
            self._db.close()
        self._db, self._pid = None, 0

    def _caught_up(self) -> sqlite3.Connection:
        now = time.time()
        if self._db is None or abs(now - self._read_at) > STALE_SECONDS:
            # a compaction may have taken away the word that something is deleted (see board)
            self._db = self._opened()
        known = {self._address.dead(number): number for number in self._known().values()}
        for topic, _ in [place for place in self._next if place[0] not in known and place[0] != self._address.refused]:
            self._forget(self._db, topic)
        refused = (self._address.refused, 0)
        places = [refused, *(place for topic in known for place in self._reader.places(topic))]
        ends = self._reader.settled_ends(places)
        spans = {place: (self._next.get(place, 0), end) for place, end in ends.items()}
        for message in self._picking.between(spans):
            if message.topic() == refused[0]:
                self._take_refused(self._db, message)
            else:
                self._take(self._db, message, known[str(message.topic())])
            # each for itself: whoever is interrupted goes on behind it
            self._next[place_in(message)] = (message.offset() or 0) + 1
        self._next |= ends
        self._db.execute("DELETE FROM refused WHERE place < ?", (self._reader.starts([refused])[refused],))
        self._read_at = now
        return self._db

    def _opened(self) -> sqlite3.Connection:
        if self._db is not None and self._made_in == os.getpid():
            self._db.close()
        elif self._db is not None:
            # what was opened before a fork is the parent's
            self._inherited.append(self._db)
        self._next, self._made_in = {}, os.getpid()
        db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        db.executescript(OPEN)
        return db

    def _forget(self, db: sqlite3.Connection, topic: str) -> None:
        db.execute("DELETE FROM letters WHERE destination = ?", (topic.removeprefix(self._address.dead("")),))
        self._next = {place: offset for place, offset in self._next.items() if place[0] != topic}

    def _take(self, db: sqlite3.Connection, message: Message, number: str) -> None:
        if message.value() is None:
            call, _, at = (message.key() or b"").decode().partition(":")
            partition, _, offset = call.partition("-")
            db.execute(GONE, (number, int(partition), int(offset), int(at)))
            return
        row = row_of(message)
        db.execute(
            PUT, {**row, "destination": number, "place": message.offset(), "mark": mark_of(row["subject"])}
        )  # fmt: skip

    def _take_refused(self, db: sqlite3.Connection, message: Message) -> None:
        value = message.value()
        if value is None:
            db.execute("DELETE FROM refused WHERE key = ?", (message.key(),))
            return
        more = said(message)
        source = more["source"]
        is_large = len(value) > LARGE_BYTES
        db.execute(REFUSE, (message.offset(), source, int(more["received_at"]), is_large, message.key()))
        # in the order of the log, so that all processes come to the same
        db.execute(EVICT_LARGE, (source, MOST_LARGE))
        db.execute(EVICT, (source, self._keep))


def chosen(number: str | None, why: str | None) -> tuple[str, list[Any]]:
    """A condition for letters of a destination (its id) with a reason, and its values."""
    values = {"destination = ?": number, "why = ?": why}
    said_so = [text for text, value in values.items() if value is not None]
    return "".join(f" AND {one}" for one in said_so), [value for value in values.values() if value is not None]


def newest(db: sqlite3.Connection, number: str | None, why: str | None, limit: int, below: Name = LAST) -> list[Found]:
    """Letters that died before one, the newest first."""
    more, values = chosen(number, why)
    query = f"{FOUND} WHERE ({ORDER}) < (?, ?, ?, ?){more} ORDER BY {REVERSED} LIMIT ?"
    return _found(db.execute(query, (*_ordered(below), *values, limit)))


def oldest(db: sqlite3.Connection, number: str | None, why: str | None, limit: int, after: Name = FIRST) -> list[Found]:
    """Letters that died after one, the oldest first."""
    more, values = chosen(number, why)
    query = f"{FOUND} WHERE ({ORDER}) > (?, ?, ?, ?){more} ORDER BY {ORDER} LIMIT ?"
    return _found(db.execute(query, (*_ordered(after), *values, limit)))


def last_places(db: sqlite3.Connection) -> dict[tuple[str, int], int]:
    """Where the letter stands that was written last, by destination (its id) and partition."""
    rows = db.execute("SELECT destination, partition, max(place) FROM letters GROUP BY 1, 2")
    return {(destination, partition): place for destination, partition, place in rows}


def named(db: sqlite3.Connection, names: Iterable[Name]) -> list[Found]:
    """Those of these letters that there are."""
    query = f"{FOUND} WHERE destination = ? AND partition = ? AND call = ? AND at = ?"
    return [one for name in names for one in _found(db.execute(query, name))]


def of_subject(db: sqlite3.Connection, subject: str) -> list[Found]:
    """A person's letters."""
    return _found(db.execute(f"{FOUND} WHERE mark = ?", (mark_of(subject),)))


def of_call(db: sqlite3.Connection, number: str, partition: int, offset: int) -> list[tuple[Name, str, int]]:
    """The letters of a call at a destination (its id), the newest last; why they died, after how many attempts."""
    query = "SELECT at, why, attempts FROM letters WHERE destination = ? AND partition = ? AND call = ? ORDER BY at"
    rows = db.execute(query, (number, partition, offset))
    return [(Name(number, partition, offset, at), why, attempts) for at, why, attempts in rows]


def reasons(db: sqlite3.Connection) -> list[tuple[str, str, int, int, int]]:
    """Letters counted by destination (its id) and reason: how many, the first and the last time; the most first."""
    return db.execute(REASONS).fetchall()


def refused_in_all(db: sqlite3.Connection) -> tuple[int, int, int]:
    """How many refused messages there are, the first and the last time (0 where there are none)."""
    row: tuple[int, int, int] = db.execute(
        "SELECT count(*), ifnull(min(at), 0), ifnull(max(at), 0) FROM refused"
    ).fetchone()
    return row


def refused(db: sqlite3.Connection, limit: int, below: int = 2**62) -> list[int]:
    """Offsets of refused messages before one, the newest first."""
    rows = db.execute("SELECT place FROM refused WHERE place < ? ORDER BY place DESC LIMIT ?", (below, limit))
    return [place for (place,) in rows]


def refused_after(db: sqlite3.Connection, limit: int, after: int = -1) -> list[int]:
    """Offsets of refused messages behind one, the oldest first."""
    rows = db.execute("SELECT place FROM refused WHERE place > ? ORDER BY place LIMIT ?", (after, limit))
    return [place for (place,) in rows]


def refused_keys(db: sqlite3.Connection, places: Iterable[int]) -> list[tuple[int, bytes]]:
    """Those of these refused messages that are shown, with the keys of their records."""
    query = "SELECT place, key FROM refused WHERE place = ?"
    return [row for place in places for row in db.execute(query, (place,))]


def _ordered(name: Name) -> tuple[int, int, int, str]:
    return name.at, name.partition, name.offset, name.destination


def _found(rows: Iterable[tuple[str, int, int, int, int]]) -> list[Found]:
    return [Found(Name(*row[:4]), row[4]) for row in rows]

"""The folded copy of a log that may have a million keys: in a temporary file of this process, not in its memory."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

from translator.journal.kafka.board import Key, key

OPEN = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE records (key TEXT PRIMARY KEY, place INTEGER NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX by_place ON records (place);
BEGIN;
"""
"""A file without a name, which only this connection has (sqlite.org/inmemorydb.html, "Temporary Databases"; read
2026-11-29): nothing in it is ever to outlive the process, so nothing is committed either."""

PUT = "INSERT OR REPLACE INTO records VALUES (?, ?, ?)"
GET = "SELECT place, value FROM records WHERE key = ?"
UNDER = "SELECT key, place, value FROM records WHERE key > ? AND key < ? ORDER BY key LIMIT ?"
OLDEST = "SELECT key, place, value FROM records WHERE place > ? ORDER BY place LIMIT ?"
LAST = "\U0010ffff"
PORTION = 1000

Stored = tuple[int, bytes]
"""Its offset and its value."""


class Store:
    """Keys in the order of their text (see ``board.key``), with offset and value. For one thread at a time.

    300,000 states of a job are folded in 14 us each, of which 8 are put's, with 2 MB of memory (2026-11-29).
    """

    def __init__(self) -> None:
        self._db: sqlite3.Connection | None = None
        self._inherited: list[sqlite3.Connection] = []

    def put(self, name: Key, offset: int, value: bytes) -> None:
        """Keep a value."""
        self._opened().execute(PUT, (key(*name), offset, value))

    def delete(self, name: Key) -> None:
        """Forget it."""
        self._opened().execute("DELETE FROM records WHERE key = ?", (key(*name),))

    def get(self, name: Key) -> Stored | None:
        """What is kept of a key."""
        found: Stored | None = self._opened().execute(GET, (key(*name),)).fetchone()
        return found

    def under(self, name: Key, after: Key | None = None, limit: int = -1) -> list[tuple[str, int, bytes]]:
        """The keys that begin with these words and have more, with offset and value, in order; those behind one."""
        first = key(*name)[:-1] + ","
        return self._opened().execute(UNDER, (key(*after) if after else first, first + LAST, limit)).fetchall()

    def oldest(self) -> Iterator[tuple[str, int, bytes]]:
        """All of it, what was written first the first; in portions: it may change meanwhile."""
        last = -1
        while found := self._opened().execute(OLDEST, (last, PORTION)).fetchall():
            yield from found
            last = found[-1][1]

    def clear(self) -> None:
        """Begin anew. What was opened before a fork is the parent's."""
        if self._db is not None:
            self._inherited.append(self._db)
        self._db = None

    def _opened(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._db.executescript(OPEN)
        return self._db

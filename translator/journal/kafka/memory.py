"""What is remembered of the subjects of this process's partitions: a copy on its own disk of a compacted topic.

The topic is the truth; the copy is made anew whenever a partition is assigned, and goes with the process.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager

from translator import jsontext
from translator.errors import JournalUnavailable
from translator.parcels import Json

TABLE = """
CREATE TABLE states (
    place INTEGER NOT NULL, subject BLOB NOT NULL, state BLOB NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (place, subject)
) WITHOUT ROWID
"""
PUT = "INSERT OR REPLACE INTO states VALUES (?, ?, ?, ?)"
WORD = b"\xff"
"""Begins the key of a word, which says for whoever has the partition later that something was done (see forgetting): no
subject begins so, which is UTF-8."""

OLD = "SELECT subject FROM states WHERE place = ? AND at < ? AND subject < x'ff' LIMIT ?"
IS_OLD = "SELECT 1 FROM states WHERE place = ? AND subject = ? AND at < ?"
FORGET = "DELETE FROM states WHERE place = ? AND subject = ?"
ALL = "SELECT subject FROM states WHERE place = ? AND subject < x'ff'"
WORDS = "SELECT subject FROM states WHERE place = ? AND subject >= x'ff'"
ONE = "SELECT state FROM states WHERE place = ? AND subject = ?"
CACHE_KB = 8192
SAID = "what is remembered of users is copied to a temporary file of this machine (TMPDIR), and that fails: {}"

Record = tuple[bytes, bytes | None]
"""A subject (key) and its state, or a word; None: forgotten."""


class Memory:
    """States by partition and subject, in a temporary file of SQLite's own, which has no name. For any thread.
    All but ``close`` raise JournalUnavailable.

    ``is_broken``: something failed, and it may have to be begun anew (``renew``): without a journal of its own SQLite
    leaves a file that a full disk has cut off as it is."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._db = _made()
        self.is_broken = False

    def renew(self) -> None:
        """Begin with nothing."""
        with self._said():
            self._db.close()
            self._db = _made()
            self.is_broken = False

    def fill(self, partition: int, records: Iterable[Record], at: int) -> None:
        """Take records of the topic as they come, written ``at`` (ms since the epoch)."""
        with self._said():
            for key, value in records:
                if value is None:
                    self._db.execute(FORGET, (partition, key))
                else:
                    self._db.execute(PUT, (partition, key, value, at))

    def old(self, partition: int, before: int, limit: int) -> list[bytes]:
        """Subjects (keys) whose state was not written since ``before`` (ms since the epoch)."""
        with self._said():
            return [key for (key,) in self._db.execute(OLD, (partition, before, limit))]

    def still_old(self, partition: int, subjects: Iterable[bytes], before: int) -> list[bytes]:
        """Those of these subjects (keys) whose state was not written since ``before`` either."""
        with self._said():
            return [key for key in subjects if self._db.execute(IS_OLD, (partition, key, before)).fetchone()]

    def all(self, partition: int) -> list[bytes]:
        """The subjects (keys) of which something is remembered."""
        with self._said():
            return [key for (key,) in self._db.execute(ALL, (partition,))]

    def words(self, partition: int) -> set[str]:
        """The words that are there."""
        with self._said():
            rows = self._db.execute(WORDS, (partition,)).fetchall()
        return {key.removeprefix(WORD).decode("utf-8") for (key,) in rows}

    def get(self, partition: int, subjects: Collection[str]) -> dict[str, Json]:
        """The states of those subjects that have one."""
        found: dict[str, Json] = {}
        with self._said():
            for subject in subjects:
                row = self._db.execute(ONE, (partition, subject.encode("utf-8"))).fetchone()
                if row is not None:
                    found[subject] = jsontext.loads(row[0])
        return found

    def drop(self, partition: int) -> None:
        """Forget a partition that went elsewhere."""
        with self._said():
            self._db.execute("DELETE FROM states WHERE place = ?", (partition,))

    @contextmanager
    def _said(self) -> Iterator[None]:
        """For a thread alone. Raises JournalUnavailable for what the disk, or SQLite, refuses."""
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                self.is_broken = True
                raise JournalUnavailable(SAID.format(error), "full") from None

    def close(self) -> None:
        """Let go of everything."""
        with self._lock:
            self._db.close()


def _made() -> sqlite3.Connection:
    found = sqlite3.connect("", isolation_level=None, check_same_thread=False)
    for statement in ("PRAGMA journal_mode = OFF", f"PRAGMA cache_size = -{CACHE_KB}", TABLE):
        found.execute(statement)
    return found


def word_of(name: str) -> bytes:
    """The key of a word."""
    return WORD + name.encode("utf-8")


def records_of(remember: Mapping[str, Json | None]) -> list[Record]:
    """The topic's records of changed states."""
    return [
        (subject.encode("utf-8"), None if state is None else jsontext.dumps(state))
        for subject, state in remember.items()
    ]

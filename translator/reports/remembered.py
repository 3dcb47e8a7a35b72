"""What the calls of many subjects leave for later ones, in bounded memory."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from translator import jsontext
from translator.parcels import Json

if TYPE_CHECKING:
    import sqlite3

MOST = 50_000
"""Subjects whose states are held in memory; a state takes about 1 KB."""

PORTION = 10
"""A tenth of them goes to the file at once: those that were asked for longest ago."""


class Remembered:
    """Subject to its state, as a dict would have it; beyond ``most`` subjects the rest is in a file.

    The file is SQLite's own temporary one (its documentation, "Temporary Disk Databases"): of the default temporary
    folder, readable by its owner only, and without a name from the start, so that it is gone with the process.
    States are JSON. For one thread.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._near: dict[str, Json] = {}
        self._far: sqlite3.Connection | None = None

    def get(self, subject: str) -> Json | None:
        """The state of a subject, None where it has none."""
        state = self._near.pop(subject, None)
        if state is None:
            state = self._fetched(subject)
        if state is not None:
            self[subject] = state
        return state

    def __setitem__(self, subject: str, state: Json) -> None:
        """Keep the state of a subject, instead of the one before."""
        self._near.pop(subject, None)
        self._near[subject] = state
        if len(self._near) > self._most:
            self._put_away(max(1, self._most // PORTION))

    def close(self) -> None:
        """Let go of everything."""
        self._near.clear()
        if self._far is not None:
            self._far.close()
            self._far = None

    def _fetched(self, subject: str) -> Json | None:
        if self._far is None:
            return None
        row = self._far.execute("SELECT state FROM states WHERE subject = ?", (_key(subject),)).fetchone()
        return None if row is None else dict(jsontext.loads(row[0]))

    def _put_away(self, count: int) -> None:
        far = self._far = self._far or _opened()
        oldest = list(islice(self._near, count))
        rows = [(_key(subject), jsontext.dumps(self._near.pop(subject))) for subject in oldest]
        far.executemany("INSERT OR REPLACE INTO states VALUES (?, ?)", rows)
        far.commit()


def _opened() -> sqlite3.Connection:
    # most readings fit into memory
    import sqlite3

    found = sqlite3.connect("")
    found.execute("PRAGMA journal_mode = OFF")
    found.execute("PRAGMA cache_size = -4096")
    found.execute("CREATE TABLE states (subject BLOB PRIMARY KEY, state BLOB) WITHOUT ROWID")
    return found


def _key(subject: str) -> bytes:
    return subject.encode("utf-8", "surrogatepass")

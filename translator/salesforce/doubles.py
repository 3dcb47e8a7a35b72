"""Which keys were met before, in bounded memory: a column that is not unique would set one group twice, by turns."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from translator.salesforce.records import Account


class Doubles:
    """Keys of one object. They are in a temporary file of SQLite's own, without a name. For one thread."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        for statement in (
            "PRAGMA journal_mode = OFF",
            "PRAGMA cache_size = -4096",
            "CREATE TABLE met (key BLOB PRIMARY KEY) WITHOUT ROWID",
            "BEGIN",
        ):
            self._db.execute(statement)

    def first(self, accounts: Sequence[Account]) -> list[Account]:
        """Those that have a key which none before had."""
        return [one for one in accounts if one.key is not None and self._is_new(one.key)]

    def close(self) -> None:
        """Let go of everything."""
        self._db.close()

    def _is_new(self, key: str) -> bool:
        data = key.encode("utf-8", "surrogatepass")
        return self._db.execute("INSERT OR IGNORE INTO met VALUES (?)", (data,)).rowcount == 1

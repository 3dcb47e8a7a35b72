"""Group values held against Salesforce's keys, in bounded memory: which exist, which nearly do, which do not."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from translator.salesforce.keys import WORDS, difference, folded, nearest

MOST = 50_000
"""Values that are counted in memory before they are written down."""

TABLE = """
CREATE TABLE seen (
    type BLOB, value BLOB, folded BLOB, calls INTEGER, example BLOB, near BLOB, PRIMARY KEY (type, value)
) WITHOUT ROWID
"""
LIKELY = "CREATE INDEX likely ON seen (type, folded)"
ADD = """
INSERT INTO seen VALUES (?, ?, ?, ?, ?, NULL)
ON CONFLICT (type, value) DO UPDATE SET calls = calls + excluded.calls
"""
LIKE = "SELECT value, near FROM seen INDEXED BY likely WHERE type = ? AND folded = ?"
NEAR = "UPDATE seen SET near = ? WHERE type = ? AND value = ?"
COUNTS = """
SELECT count(*), coalesce(sum(calls), 0), coalesce(sum(near = value), 0), coalesce(sum(near IS NOT NULL), 0) FROM seen
WHERE type = ?
"""
WORST = """
SELECT value, calls, example, near FROM seen WHERE type = ? AND (near IS NULL) = ? AND near IS NOT value
ORDER BY calls DESC, value LIMIT ?
"""


@dataclass(frozen=True, slots=True)
class Value:
    """A group value that is no key. ``calls``: how many had it; ``example``: the messageId of one. ``key``: what it
    would have to be, ``how``: in what it differs (see keys.WORDS); of one that is near none None and ()."""

    value: str
    calls: int
    example: str
    key: str | None = None
    how: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Held:
    """What came of a group type. ``values``: different ones, of ``calls`` calls; of them ``exist``, ``near`` and
    ``missing``, of the last two the most frequent in ``nearly`` and ``unknown``. ``accounts``: keys there are;
    ``unused``: that no value names; ``keyless``: records without a key."""

    type: str
    values: int = 0
    calls: int = 0
    exist: int = 0
    near: int = 0
    nearly: tuple[Value, ...] = ()
    unknown: tuple[Value, ...] = ()
    accounts: int = 0
    unused: int = 0
    keyless: int = 0

    @property
    def missing(self) -> int:
        """Values that are neither a key nor nearly one."""
        return self.values - self.exist - self.near

    @property
    def is_good(self) -> bool:
        """Whether every value exists."""
        return self.values == self.exist


@dataclass
class _Keys:
    accounts: int = 0
    unused: int = 0
    keyless: int = 0


class Values:
    """The group values of calls. For one thread. They are in a temporary file of SQLite's own, which has no name and is
    readable by its owner only."""

    def __init__(self) -> None:
        self._counted: Counter[tuple[str, str]] = Counter()
        self._examples: dict[tuple[str, str], str] = {}
        self._keys: dict[str, _Keys] = {}
        self._db = sqlite3.connect("", isolation_level=None)
        for statement in ("PRAGMA journal_mode = OFF", "PRAGMA cache_size = -16384", TABLE, LIKELY, "BEGIN"):
            self._db.execute(statement)

    def add(self, group_type: str, value: str, message_id: str) -> None:
        """Count a value that a call has."""
        pair = (group_type, value)
        self._counted[pair] += 1
        self._examples.setdefault(pair, message_id)
        if len(self._counted) > MOST:
            self._write()

    def hold(self, group_type: str, keys: Iterable[str | None]) -> None:
        """Hold the values of a type against some keys. All values are to be there already."""
        self._write()
        tally = self._keys.setdefault(group_type, _Keys())
        for key in keys:
            if key is None:
                tally.keyless += 1
                continue
            tally.accounts += 1
            tally.unused += not self._hold(group_type, key)

    def held(self, group_type: str, most: int) -> Held:
        """What came of a type, with at most so many examples of each kind."""
        self._write()
        count, calls, exist, like = self._db.execute(COUNTS, (_bytes(group_type),)).fetchone()
        keys = self._keys.get(group_type, _Keys())
        return Held(
            group_type, count, calls, exist, like - exist, self._worst(group_type, False, most),
            self._worst(group_type, True, most), keys.accounts, keys.unused, keys.keyless,
        )  # fmt: skip

    def close(self) -> None:
        """Let go of everything."""
        self._db.close()

    def _hold(self, group_type: str, key: str) -> bool:
        """Whether a value is the key. Of those that are nearly, it is noted where none was nearer."""
        kind, found = _bytes(group_type), False
        for value, near in self._db.execute(LIKE, (kind, _bytes(folded(key)))).fetchall():
            text = _text(value)
            found = found or text == key
            best = nearest(text, [key] if near is None else [_text(near), key])
            if best is not None and _bytes(best[0]) != near:
                self._db.execute(NEAR, (_bytes(best[0]), kind, value))
        return found

    def _worst(self, group_type: str, is_unknown: bool, most: int) -> tuple[Value, ...]:
        rows = self._db.execute(WORST, (_bytes(group_type), is_unknown, most)).fetchall()
        return tuple(_value(*row) for row in rows)

    def _write(self) -> None:
        rows = [
            (_bytes(kind), _bytes(value), _bytes(folded(value)), count, _bytes(self._examples[kind, value]))
            for (kind, value), count in self._counted.items()
        ]
        self._db.executemany(ADD, rows)
        self._counted.clear()
        self._examples.clear()


def _value(value: bytes, calls: int, example: bytes, near: bytes | None) -> Value:
    if near is None:
        return Value(_text(value), calls, _text(example))
    how = difference(_text(value), _text(near)) or ()
    return Value(_text(value), calls, _text(example), _text(near), tuple(word for word in WORDS if word in how))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogatepass")

"""What all subjects of a destination share. Each write is a record with a key of its own, which has all that its writer
had seen of that key too, and makes the records needless that it had seen: two at once lose nothing of each other, and a
record that was put into another is the same in it, however often it is read.

A million groups may have entries, so what was read is kept in a temporary file.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from translator import jsontext
from translator.journal.kafka.board import Board, Key, parts, record
from translator.journal.kafka.destinations import Destinations, ids_of
from translator.journal.kafka.log import Record
from translator.journal.kafka.store import Store
from translator.journal.rows import merged
from translator.parcels import Json

SHARED = "shared"


class Shares:
    """``board``: of the log of what is shared; it may have no other folds. ``now``: ms since the epoch."""

    def __init__(self, board: Board, destinations: Destinations, now: Callable[[], int]) -> None:
        self.kinds = (SHARED,)
        self._board = board
        self._destinations = destinations
        self._now = now
        self._store = Store()
        self._swept: set[str] | None = None
        board.add(self)

    def apply(self, offset: int, key: Key, value: Any) -> None:
        """See Fold."""
        if value is None:
            self._store.delete(key)
        else:
            self._store.put(key, offset, jsontext.dumps(value))

    def clear(self) -> None:
        """See Fold."""
        self._store.clear()

    def recall(self, destination: str, keys: Iterable[str]) -> dict[str, Json]:
        """See Journal.recall."""
        # what was read before will do: the id of a name stays as long as it is in use, and this is asked for each lease
        before = self._destinations.known_before() or {}
        known = before.get(destination) or self._destinations.known().get(destination)
        return {} if known is None else self.of(known.id, keys)

    def of(self, number: str, keys: Iterable[str]) -> dict[str, Json]:
        """As ``recall``, by a destination's id."""
        with self._board.read():
            found = {one: self._entries(number, one) for one in keys}
        return {one: entries for one, entries in found.items() if entries is not None}

    def records(self, number: str, share: Mapping[str, Json]) -> tuple[list[Record], list[Record]]:
        """What to append for changed entries (see Journal.settle) of a destination (its id), and what to delete once
        that is there: both in one transaction, or the second after the first. As far as was read before."""
        new: list[Record] = []
        old: list[Record] = []
        with self._board.held():
            for name, changes in share.items():
                entries = merged(self._entries(number, name) or {}, changes)
                value = {"touched": self._now(), "entries": entries}
                new.append(record((SHARED, number, name, uuid.uuid4().hex), value))
                old += [(text, None) for text, _, _ in self._store.under((SHARED, number, name))]
        return new, old

    def share(self, destination: str, share: Mapping[str, Json]) -> None:
        """Write changed entries, durably. Raises DestinationUnknown."""
        number = self._destinations.id_of(destination)
        with self._board.read():
            for records in self.records(number, share):
                self._board.append(records)

    def fade(self, before: int, limit: int = 1000) -> int:
        """See Journal.fade: of what is shared."""
        faded: dict[Key, list[Record]] = {}
        with self._board.read():
            for text, _, value in self._store.oldest():
                name = parts(text)[:3]
                if jsontext.loads(value)["touched"] >= before or len(faded) >= limit:
                    break
                rows = self._store.under(name)
                if not name[2].startswith("project:") and all(_touched(row) < before for row in rows):
                    faded[name] = [(row[0], None) for row in rows]
            self._board.append([one for records in faded.values() for one in records])
        return len(faded)

    def sweep(self, limit: int = 1000) -> int:
        """Delete up to ``limit`` records of destinations that were forgotten; how many. Looks at all of them, where
        destinations have changed since it last found nothing."""
        with self._board.read():
            # read after these records: none of them is of one that came later
            kept = {*ids_of(self._destinations.known())}
            if kept == self._swept:
                return 0
            useless = [text for text, _, _ in self._store.oldest() if parts(text)[1] not in kept][:limit]
            self._board.append([(text, None) for text in useless])
            self._swept = None if useless else kept
        return len(useless)

    def _entries(self, number: str, name: str) -> Json | None:
        """The later entry of each name; of two of one time that of the later record."""
        rows = sorted(self._store.under((SHARED, number, name)), key=lambda row: row[1])
        entries: Json | None = None
        for _, _, value in rows:
            entries = merged(entries or {}, jsontext.loads(value)["entries"])
        return entries


def _touched(row: tuple[str, int, bytes]) -> int:
    return int(jsontext.loads(row[2])["touched"])

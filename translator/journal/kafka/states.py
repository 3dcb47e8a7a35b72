"""States of jobs by key: a log of their own, read by a process that asks for one, and kept by it in a temporary file.

A key that begins with a destination's name and a line feed is kept by the destination's id, so a rename moves
nothing, and what was of a forgotten one is never found again.

Several states are one record first, a *pack*, and then one each: whoever is killed between has written all of them.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from translator import jsontext
from translator.journal.kafka.board import Board, Key, gone, parts, record
from translator.journal.kafka.destinations import Destinations, Known, ids_of
from translator.journal.kafka.log import Record
from translator.journal.kafka.store import Store
from translator.parcels import Json

STATE, PACK = "state", "pack"
PACK_BYTES = 500_000
"""Of a pack: half of what a broker takes of one record unless it is told otherwise (kafka.apache.org/documentation,
message.max.bytes; read 2026-11-29). States beyond it are in a pack of their own, and whole only with it."""

Place = tuple[str, str]
"""A destination's id and what is behind its name in the key; "" and the whole key where it begins with none."""


class States:
    """``board``: of the log of states; it may have no other folds."""

    def __init__(self, board: Board, destinations: Destinations) -> None:
        self.kinds = (STATE, PACK)
        self._board = board
        self._destinations = destinations
        self._store = Store()
        self._swept: set[str] | None = None
        self._packs: dict[Key, tuple[int, dict[str, Any]]] = {}
        board.add(self)

    def apply(self, offset: int, key: Key, value: Any) -> None:
        """See Fold."""
        if key[0] == STATE:
            self._put(key, offset, value)
        elif value is None:
            self._packs.pop(key, None)
        else:
            self._packs[key] = (offset, value)
            for text, one in value.items():
                self._put(parts(text), offset, one)

    def clear(self) -> None:
        """See Fold."""
        self._store.clear()
        self._packs.clear()

    def keep(self, job: str, states: Mapping[str, Json | None]) -> None:
        """Write states of a job; None forgets one. Durable when it returns."""
        known = self._destinations.known()
        records = [_state(job, _place(one, known), state) for one, state in states.items()]
        with self._board.read():
            self._finish_packs(job)
            for some in _portions(records):
                self._write(job, some)

    def of(self, job: str, keys: Collection[str]) -> dict[str, Json]:
        """The states of those keys that have one."""
        known = self._destinations.known()
        with self._board.read():
            found = {one: self._get(job, one, known) for one in keys}
        return {one: jsontext.loads(state) for one, state in found.items() if state is not None}

    def all(self, job: str, after: str, limit: int) -> list[tuple[str, Json]]:
        """Keys and states, those behind a key."""
        known = self._destinations.known()
        names = {one.id: name for name, one in known.items()} | {"": None}
        found: list[tuple[str, Json]] = []
        with self._board.read():
            last = self._stored_place(job, after, known) if after else None
            while len(found) < limit:
                rows = self._store.under((STATE, job), (STATE, job, *last) if last else None, limit)
                for text, _, state in rows:
                    _, _, number, rest = parts(text)
                    last = (number, rest)
                    if number in names:
                        found.append((_shown(names[number], rest), jsontext.loads(state)))
                if len(rows) < limit:
                    break
        return found[:limit]

    def sweep(self, limit: int = 1000) -> int:
        """Delete up to ``limit`` states of destinations that were forgotten; how many. Looks at all states, where
        destinations have changed since it last found nothing."""
        with self._board.read():
            # read after the states: none of them is of one that came later
            kept = {"", *ids_of(self._destinations.known())}
            if kept == self._swept:
                return 0
            useless = [text for text, _, _ in self._store.oldest() if parts(text)[2] not in kept][:limit]
            self._board.append([(text, None) for text in useless])
            self._swept = None if useless else kept
        return len(useless)

    def _write(self, job: str, records: list[Record]) -> None:
        if len(records) == 1:
            self._board.append(records)
            return
        name = (PACK, job, uuid.uuid4().hex)
        self._board.append([record(name, {text: state and jsontext.loads(state) for text, state in records})])
        self._finish_packs(job)

    def _finish_packs(self, job: str) -> None:
        """Make a pack's states records of their own, but for those that were written after it; then it may go. What is
        written next comes after that: else a state that was deleted could come back by the pack. Only of a job whose
        lease this process has: nobody else writes its states then."""
        for name, (offset, pack) in list(self._packs.items()):
            if name[1] != job:
                continue
            records: list[Record] = []
            for text, state in pack.items():
                stored = self._store.get(parts(text))
                if stored is not None and stored[0] == offset:
                    records.append((text, jsontext.dumps(state)))
                elif stored is None and state is None:
                    records.append((text, None))
            self._board.append(records)
            self._board.append([gone(name)])

    def _put(self, key: Key, offset: int, value: Any) -> None:
        if value is None:
            self._store.delete(key)
        else:
            self._store.put(key, offset, jsontext.dumps(value))

    def _get(self, job: str, key: str, known: Mapping[str, Known]) -> bytes | None:
        stored = self._store.get((STATE, job, *self._stored_place(job, key, known)))
        return None if stored is None else stored[1]

    def _stored_place(self, job: str, key: str, known: Mapping[str, Known]) -> Place:
        """Where a key's state is; it may have been written before its destination was known."""
        place = _place(key, known)
        if place[0] and self._store.get((STATE, job, *place)) is None and self._store.get((STATE, job, "", key)):
            return ("", key)
        return place


def _place(key: str, known: Mapping[str, Known]) -> Place:
    name, found, rest = key.partition("\n")
    return (known[name].id, rest) if found and name in known else ("", key)


def _shown(name: str | None, rest: str) -> str:
    return rest if name is None else f"{name}\n{rest}"


def _state(job: str, place: Place, state: Json | None) -> Record:
    name = (STATE, job, *place)
    return gone(name) if state is None else record(name, state)


def _portions(records: list[Record]) -> Iterator[list[Record]]:
    some: list[Record] = []
    size = 0
    for text, state in records:
        length = len(text.encode("utf-8")) + len(state or b"") + 10
        if some and size + length > PACK_BYTES:
            yield some
            some, size = [], 0
        some.append((text, state))
        size += length
    if some:
        yield some

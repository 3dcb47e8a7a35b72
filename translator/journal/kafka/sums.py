"""What many processes add to at the same moment: everything that is added counts, and once, whoever is killed when.

What is added is a record with a key of its own. When there are several of one sum, somebody puts them together into a
cell, which names those that are in it; they are deleted by who next does so, and do not count meanwhile.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection
from typing import Any

from translator.journal.kafka.board import Board, Key, gone, record
from translator.journal.kafka.cells import Cells
from translator.journal.kafka.log import Record
from translator.parcels import Json

MOST_PARTS = 8
"""Parts of a sum that are left apart."""


class Sums:
    """Sums of one kind, each known by some words. ``join``: two values as one, the earlier first."""

    def __init__(self, board: Board, kind: str, join: Callable[[Json, Json], Json]) -> None:
        self.kinds = (f"{kind}+",)
        self._board = board
        self._join = join
        self._parts: dict[Key, dict[str, tuple[int, Json]]] = {}
        self._bases = Cells(board, f"{kind}=")
        self._watched: dict[str, bool] = {}
        board.add(self)

    def apply(self, offset: int, key: Key, value: Any) -> None:
        """See Fold."""
        name, token = key[1:-1], key[-1]
        if token in self._watched:
            self._watched[token] = True
        there = self._parts.setdefault(name, {})
        if value is not None:
            there[token] = (offset, value)
        else:
            there.pop(token, None)
        if not there:
            del self._parts[name]

    def clear(self) -> None:
        """See Fold."""
        self._parts.clear()

    def names(self) -> set[Key]:
        """The sums that there are."""
        return {*self._parts, *self._bases.all()}

    def total(self, name: Key) -> Json | None:
        """A sum, or None where nothing was added."""
        base = self._bases.get(*name)
        found = None if base is None else base["sum"]
        for _, (_, value) in sorted(self._fresh(name).items(), key=lambda one: one[1][0]):
            found = value if found is None else self._join(found, value)
        return found

    def part(self, name: Key, value: Json, token: str = "") -> Record:
        """A record that adds to a sum. ``token``: of one that may be there already, and then counts once."""
        return record((*self.kinds, *name, token or uuid.uuid4().hex), value)

    def watch(self, token: str) -> bool:
        """Whether a part was there since this was first asked; it may be put together with others by now, and gone."""
        with self._board.held():
            return self._watched.setdefault(token, False)

    def watch_no_more(self, token: str) -> None:
        """See ``watch``."""
        with self._board.held():
            self._watched.pop(token, None)

    def many_parts(self, names: Collection[Key]) -> set[Key]:
        """Of these sums, those that are better put together."""
        return {name for name in names if len(self._fresh(name)) > MOST_PARTS}

    def put_together(self, names: Collection[Key], change: Callable[[Json], Json] = lambda one: one) -> set[Key]:
        """Make one of each sum's parts, which may be changed by that; those where nobody was quicker."""
        with self._board.read():
            totals = [(name, total) for name in names if (total := self.total(name)) is not None]
            # those too that an earlier one names: that they are deleted in the same append may come to nothing
            changes = [
                (name, self._bases.n(name), {"sum": change(total), "of": [*self._parts.get(name, {})]})
                for name, total in totals
            ]
            spent = [one for name, _ in totals for one in self._spent(name)]
            return self._bases.try_all(changes, spent) if changes else set()

    def delete(self, names: Collection[Key]) -> list[Record]:
        """Records that delete sums; what is added at this moment stays."""
        parts = [(*self.kinds, *name, token) for name in names for token in self._parts.get(name, {})]
        return [gone(one) for one in parts + [key for name in names for key in self._bases.keys(name)]]

    def _fresh(self, name: Key) -> dict[str, tuple[int, Json]]:
        """The parts that are in no cell."""
        base = self._bases.get(*name)
        counted = set() if base is None else set(base["of"])
        return {token: one for token, one in self._parts.get(name, {}).items() if token not in counted}

    def _spent(self, name: Key) -> list[Key]:
        base = self._bases.get(*name)
        there = self._parts.get(name, {})
        return [] if base is None else [(*self.kinds, *name, one) for one in base["of"] if one in there]

"""Values that are changed one after the other, though nobody keeps a lock: compare and set by the order of a log.

A change is a record with a key of its own, and says the how manieth it is (``n``): one more than the one that its
writer has seen. Of all that are there the one with the largest ``n`` holds, and of several with that ``n`` the first in
the log. So of two who have seen the same the first wins; the other, when it has read up to its own, sees that it has
lost, and looks anew.

What no longer holds is deleted by whoever changes the cell next. What holds is deleted only by somebody who has read a
later one that does, so a compaction never takes it away before.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple, TypeVar

from translator.errors import JournalUnavailable
from translator.journal.kafka.board import Board, Key, gone, record
from translator.parcels import Json

T = TypeVar("T")
UNSEEN = "what was written to the board was deleted before it was read: whether it held is not known"


class Claim(NamedTuple):
    """A change of a cell. In the order of precedence: compare them as they are."""

    n: int
    before: int
    """Its offset, negative: the first comes before later ones."""
    token: str
    value: Json


class Cells:
    """Cells of one kind, each known by some words: key ``[kind, *words, token]``."""

    def __init__(self, board: Board, kind: str) -> None:
        self.kinds = (kind,)
        self._board = board
        self._claims: dict[Key, dict[str, Claim]] = {}
        self._best: dict[Key, Claim] = {}
        self._asked: dict[Key, bool | None] = {}
        board.add(self)

    def apply(self, offset: int, key: Key, value: Any) -> None:
        """See Fold."""
        name, token = key[1:-1], key[-1]
        claims = self._claims.setdefault(name, {})
        if value is not None:
            claims[token] = Claim(value["n"], -offset, token, value["is"])
        elif claims.pop(token, None) is None and claims:
            return
        self._choose(name, claims)
        if key in self._asked and value is not None:
            self._asked[key] = self._best[name].token == token

    def clear(self) -> None:
        """See Fold."""
        for one in (self._claims, self._best, self._asked):
            one.clear()

    def get(self, *name: str) -> Json | None:
        """What a cell holds."""
        best = self._best.get(name)
        return None if best is None else best.value

    def all(self) -> dict[Key, Json]:
        """What all of them hold."""
        return {name: best.value for name, best in self._best.items()}

    def useless(self, name: Key) -> list[Key]:
        """The keys of a cell that may be deleted: something else holds."""
        best = self._best.get(name)
        return [(*self.kinds, *name, one) for one in self._claims.get(name, {}) if best and one != best.token]

    def keys(self, name: Key) -> list[Key]:
        """All keys of a cell."""
        return [(*self.kinds, *name, one) for one in self._claims.get(name, {})]

    def change(self, name: Key, decide: Callable[[Json | None], tuple[Json | None, T]]) -> T:
        """Change a cell: ``decide`` gets what it holds, and says what it is to hold (None: it stays as it is) and what
        is returned when it does. It is asked again where somebody else was quicker.

        Raises JournalUnavailable, with ``reason`` "connection" where the change may have been made; and what
        ``decide`` raises.
        """
        with self._board.held():
            while True:
                with self._board.read():
                    # told now: ``decide`` may read on
                    n = self.n(name)
                    new, result = decide(self.get(*name))
                if new is None or self.try_all([(name, n, new)]) == {name}:
                    return result

    def n(self, name: Key) -> int:
        """The how manieth change of a cell it is that holds; 0 where none was made."""
        best = self._best.get(name)
        return best.n if best else 0

    def try_all(self, changes: Sequence[tuple[Key, int, Json]], delete: Iterable[Key] = ()) -> set[Key]:
        """Change several cells, each for itself, from the change (``n``) that was seen; those where nobody was quicker.
        ``delete``: keys that may be deleted whatever becomes of it."""
        with self._board.held():
            asked = {(*self.kinds, *name, uuid.uuid4().hex): name for name, _, _ in changes}
            records = [gone(one) for one in (*delete, *(key for name, _, _ in changes for key in self.useless(name)))]
            for key, (_, n, new) in zip(asked, changes, strict=True):
                records.append(record(key, {"n": n + 1, "is": new}))
            self._asked |= dict.fromkeys(asked)
            try:
                self._board.append(records)
                outcomes = {name: self._asked.get(key) for key, name in asked.items()}
            finally:
                for key in asked:
                    self._asked.pop(key, None)
        if None in outcomes.values():
            raise JournalUnavailable(UNSEEN, "connection")
        return {name for name, won in outcomes.items() if won}

    def _choose(self, name: Key, claims: dict[str, Claim]) -> None:
        if claims:
            self._best[name] = max(claims.values(), key=lambda one: (one.n, one.before))
        else:
            self._claims.pop(name, None)
            self._best.pop(name, None)

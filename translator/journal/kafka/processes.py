"""Delivery processes that live, and whoever is about to be one: each writes a record of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from translator.journal.kafka.board import Board, Plain
from translator.journal.kafka.log import Record
from translator.journal.owner import Heard, Owner, delivering, myself, served_by, start_of
from translator.journal.rows import HEARD_MS


class Processes:
    """``now``: ms since the epoch."""

    def __init__(self, board: Board, now: Callable[[], int]) -> None:
        self._board = board
        self._now = now
        self._records = Plain("process")
        board.add(self._records)

    def beat(self, host: str, pid: int, destinations: Collection[str] = ()) -> None:
        """See Journal.beat."""
        with self._board.read():
            long_ago = self._now() - 100 * HEARD_MS
            old = [name for name, (_, row) in self._records.there.items() if row["seen_at"] < long_ago]
            mine = self._note(Owner(host, pid, start_of(pid)), destinations, delivers=True)
            self._board.append([*(self._records.record(name, None) for name in old), mine])

    def starting(self, destinations: Collection[str]) -> Record:
        """A record that says that this process will deliver to these when it has started."""
        return self._note(myself(), destinations, delivers=False)

    def leave(self, host: str, pid: int) -> None:
        """See Journal.leave."""
        self._board.append([self._records.record((host, str(pid)), None)])

    def deliveries(self) -> int:
        """See Journal.deliveries."""
        with self._board.read():
            return delivering(self._heard())

    def served(self) -> frozenset[str]:
        """See Journal.served."""
        with self._board.read():
            return self.served_now()

    def served_now(self) -> frozenset[str]:
        """As ``served``, of what was read before."""
        return served_by(self._heard())

    def _heard(self) -> list[Heard]:
        lately = self._now() - HEARD_MS
        rows = [(name, row) for name, (_, row) in self._records.there.items() if row["seen_at"] >= lately]
        return [
            Heard(Owner(host, int(pid), row["started"]), row["destinations"], row["delivers"])
            for (host, pid), row in rows
        ]

    def _note(self, owner: Owner, destinations: Iterable[str], *, delivers: bool) -> Record:
        names = sorted(destinations)
        row = {"started": owner.started, "seen_at": self._now(), "destinations": names, "delivers": delivers}
        return self._records.record((owner.host, str(owner.pid)), row)

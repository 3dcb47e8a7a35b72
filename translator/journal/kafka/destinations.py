"""Destinations that come and go: one cell with all of them, so that two that change it see each other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from translator.errors import DestinationUnknown
from translator.journal.kafka.board import Board, Plain
from translator.journal.kafka.cells import Cells
from translator.journal.kafka.processes import Processes
from translator.journal.rows import vanished
from translator.parcels import Json

ALL = ("all",)


@dataclass(frozen=True, slots=True)
class Known:
    """A destination. ``id``: ``d1``, ``d2`` …: its name in topics, never used again.

    ``attached``: whether it gets calls. ``times``: how often it was attached. ``start``: where the last time begins, as
    the journal has said (JSON); None: with the oldest call that is kept, or where it has got to.
    """

    id: str
    attached: bool = True
    times: int = 1
    start: Any = None


class Destinations:
    """``now``: ms since the epoch."""

    def __init__(self, board: Board, processes: Processes, now: Callable[[], int]) -> None:
        self._board = board
        self._processes = processes
        self._now = now
        self._cells = Cells(board, "destinations")
        self._circuits = Plain("circuit")
        board.add(self._circuits)

    def attach(
        self,
        destinations: Mapping[str, str],
        only_add: bool,
        waiting: Callable[[Mapping[str, Known]], Mapping[str, int]],
        ends: Callable[[], Any],
    ) -> tuple[str, ...]:
        """See Journal.attach. ``waiting``: how many calls wait for each of these attached destinations, by name;
        ``ends``: where the next call will come (JSON). Both may be asked several times."""
        if not only_add:
            # seen by whoever looks after this one has decided; and it decides by what others have said before
            self._board.append([self._processes.starting(destinations)])
        served = self._processes.served_now

        def decide(held: Json | None) -> tuple[Json, tuple[str, ...]]:
            known = _known(held)
            others = {name: one for name, one in known.items() if one.attached and name not in destinations}
            staying = vanished(waiting(others) if others else {}, served(), destinations, only_add)
            new, number = dict(known), _last(held)
            for name in others.keys() - set(staying):
                new[name] = replace(known[name], attached=False)
            for name, begin in destinations.items():
                start = None if begin == "earliest" or not known else ends
                if name not in known:
                    number += 1
                    new[name] = Known(f"d{number}", start=start and start())
                elif not known[name].attached:
                    was = known[name]
                    new[name] = replace(was, attached=True, times=was.times + 1, start=start and start())
            # written though it may be the same, so that who has not seen this process looks anew
            return _held(new, number), staying

        return self._cells.change(ALL, decide)

    def known(self) -> dict[str, Known]:
        """All destinations by name, those that are away too."""
        with self._board.read():
            return _known(self._cells.get(*ALL))

    def known_before(self) -> dict[str, Known] | None:
        """As ``known``, as far as it was read before; None where it never was, or is to be read anew."""
        with self._board.held():
            return _known(self._cells.get(*ALL)) if self._board.is_read else None

    def id_of(self, name: str) -> str:
        """Raises DestinationUnknown."""
        if (found := self.known().get(name)) is None:
            raise DestinationUnknown(name)
        return found.id

    def rename(self, old: str, new: str) -> None:
        """See Journal.rename. Raises DestinationUnknown, ValueError where the new name is taken."""

        def decide(held: Json | None) -> tuple[Json, None]:
            known = _known(held)
            if new in known:
                raise ValueError(f"the journal knows a destination {new!r} already")
            if old not in known:
                raise DestinationUnknown(old)
            return _held({new if name == old else name: one for name, one in known.items()}, _last(held)), None

        self._cells.change(ALL, decide)

    def forget(self, name: str) -> Known:
        """What it was. Whatever is kept by its id means nothing from now on. Raises DestinationUnknown."""

        def decide(held: Json | None) -> tuple[Json, Known]:
            known = _known(held)
            if (found := known.pop(name, None)) is None:
                raise DestinationUnknown(name)
            return _held(known, _last(held)), found

        found = self._cells.change(ALL, decide)
        self._board.append([self._circuits.record((found.id,), None)])
        return found

    def forgotten(self) -> set[str]:
        """The ids that mean nothing any more."""
        with self._board.read():
            held = self._cells.get(*ALL)
        return {f"d{number}" for number in range(1, _last(held) + 1)} - set(ids_of(_known(held)))

    def break_circuit(self, name: str, said: str | None) -> None:
        """See Journal.break_circuit."""
        if (found := self.known().get(name)) is not None:
            row = None if said is None else {"said": said, "since": self._now()}
            self._board.append([self._circuits.record((found.id,), row)])

    def circuits(self) -> dict[str, tuple[str, int]]:
        """Why destinations (ids) have stopped, and since when, ms since the epoch."""
        with self._board.read():
            return {number: (row["said"], row["since"]) for (number,), (_, row) in self._circuits.there.items()}


def ids_of(known: Mapping[str, Known]) -> Collection[str]:
    """The ids that mean something."""
    return {one.id for one in known.values()}


def _known(held: Json | None) -> dict[str, Known]:
    return {} if held is None else {name: Known(**row) for name, row in held["known"].items()}


def _last(held: Json | None) -> int:
    return 0 if held is None else int(held["last"])


def _held(known: Mapping[str, Known], last: int) -> Json:
    return {"last": last, "known": {name: asdict(one) for name, one in known.items()}}

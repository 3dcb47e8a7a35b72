"""The journal's part in an archive of all its calls: see translator.journal.archiving. One cell: who has it, what is
being written, how far it is; a record for each forsaken name and for each person to be erased.

A name is forsaken by a change of the cell, so that only who has the lease can; it is a record of its own before the
cell is changed again.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

from translator.errors import LeaseLost
from translator.journal.archiving import FORSAKEN_MS, WANTED_MS, new_identity
from translator.journal.kafka.board import Board, Plain
from translator.journal.kafka.cells import Cells
from translator.journal.owner import Owner, lives, myself
from translator.parcels import Archived, ArchiveLease, Erasure, Json

T = TypeVar("T")
ALL = ("all",)
NEW: Json = {
    "token": None, "until": 0, "owner": ["", 0, ""], "plan": [[], []], "forsaking": {}, "position": 0, "calls": 0,
    "bytes": 0, "moved_at": None, "failing_since": None, "said": None,
}  # fmt: skip


class Archives:
    """``now``: ms since the epoch. A position is what the journal gives, JSON: 0 at first; of two numbers the larger
    stays, of anything else the last."""

    def __init__(self, board: Board, now: Callable[[], int]) -> None:
        self._board = board
        self._cells = Cells(board, "archive")
        self._forsaken = Plain("forsaken")
        self._erasures = Plain("erasure")
        self._now = now
        board.add(self._forsaken)
        board.add(self._erasures)

    def hold(self) -> None:
        """See Archiving.hold."""
        now = self._now()
        self._change(lambda held: ({**(held or {"identity": new_identity(now), **NEW}), "wanted_at": now}, None))

    def lease(self, seconds: float) -> ArchiveLease | None:
        """See Archiving.lease_archive."""
        now, token, me = self._now(), str(uuid.uuid4()), myself()

        def decide(held: Json | None) -> tuple[Json | None, ArchiveLease | None]:
            if held is None or (held["until"] >= now and lives(Owner(*held["owner"]))):
                return None, None
            names, instead = held["plan"]
            new = held if instead else {**self._forsake(held, names), "plan": [[], []]}
            until = now + int(seconds * 1000)
            new = {**new, "token": token, "until": until, "owner": [me.host, me.pid, me.started]}
            return new, _lease(new)

        return self._change(decide)

    def renew(self, lease: ArchiveLease, seconds: float) -> ArchiveLease:
        """See Archiving.renew_archive."""
        return self._as_owner(lease, lambda held: {**held, "until": self._now() + int(seconds * 1000)})

    def leave(self, lease: ArchiveLease, said: str | None) -> None:
        """See Archiving.leave_archive."""
        now = self._now()

        def decide(held: Json | None) -> tuple[Json | None, None]:
            if held is None or held["token"] != lease.token:
                return None, None
            since = None if said is None else held["failing_since"]
            since = now if since is None and said is not None else since
            return {**held, "token": None, "until": 0, "said": said, "failing_since": since}, None

        self._change(decide)

    def plan(self, lease: ArchiveLease, names: Sequence[str], instead: Sequence[str]) -> None:
        """See Archiving.writing. A plan that was given up before is forsaken."""
        new = [[*names], [*instead]]
        self._as_owner(lease, lambda held: {**self._forsake(held, held["plan"][0]), "plan": new})

    def begun(self, lease: ArchiveLease) -> tuple[list[str], list[str]]:
        """See Archiving.begun."""
        with self._board.read():
            names, instead = self._owned(self._cells.get(*ALL), lease)["plan"]
        return list(names), list(instead)

    def written(self, lease: ArchiveLease, position: Any, calls: int, size: int) -> ArchiveLease:
        """See Archiving.written."""
        now = self._now()

        def change(held: Json) -> Json:
            new = self._forsake(held, held["plan"][1])
            moved = {"moved_at": now} if calls > 0 else {}
            done = {"calls": held["calls"] + calls, "bytes": held["bytes"] + size}
            return {**new, **done, **moved, "plan": [[], []], "position": _later(held["position"], position)}

        return self._as_owner(lease, change)

    def forsake(self, lease: ArchiveLease, names: Collection[str]) -> None:
        """See Archiving.forsake."""
        self._as_owner(lease, lambda held: self._forsake(held, names))

    def forsaken(self) -> list[str]:
        """See Archiving.forsaken."""
        with self._board.read():
            found = self._forsaken_at()
        return [name for _, name in sorted((at, name) for name, at in found.items())]

    def let_go(self, lease: ArchiveLease, names: Collection[str]) -> None:
        """See Archiving.let_go."""
        before = self._now() - FORSAKEN_MS
        with self._board.held():
            # changed though it may be the same: what is forsaken has records of its own then, and the lease is held
            self._as_owner(lease, dict)
            old = [one for one in names if self._forsaken_at().get(one, before) < before]
            self._board.append([self._forsaken.record((one,), None) for one in old])

    def note_erasure(self, mark: str, last: Any) -> None:
        """That a person's calls up to ``last`` are to go; where no archive was ever configured, nothing."""
        with self._board.read():
            if self._cells.get(*ALL) is not None:
                one = self._erasures.record((uuid.uuid4().hex,), {"mark": mark, "last": last})
                self._board.append([one])

    def erasures(self) -> list[Erasure]:
        """See Archiving.erasures. Their numbers are offsets."""
        with self._board.read():
            rows = sorted(self._erasures.there.values(), key=lambda one: one[0])
        return [Erasure(offset, row["mark"], row["last"]) for offset, row in rows]

    def erased(self, lease: ArchiveLease, erasures: Collection[Erasure]) -> None:
        """See Archiving.erased."""
        numbers = {one.id for one in erasures}
        with self._board.held():
            self._as_owner(lease, dict)
            done = [name for name, (offset, _) in self._erasures.there.items() if offset in numbers]
            self._board.append([self._erasures.record(name, None) for name in done])

    def begin_anew(self, lease: ArchiveLease) -> ArchiveLease:
        """See Archiving.begin_anew."""
        return self._as_owner(lease, lambda held: {**held, "identity": new_identity(self._now(), lease.identity)})

    def archived(self) -> Archived | None:
        """See Archiving.archived; how far behind it is the journal knows."""
        with self._board.read():
            held, erasures = self._cells.get(*ALL), len(self._erasures.there)
        if held is None:
            return None
        named = {name: held[name] for name in ("calls", "bytes", "moved_at", "failing_since", "said")}
        return Archived(**named, erasures=erasures)

    def position(self) -> Any:
        """Where the archive is; None where none was ever configured."""
        with self._board.read():
            held = self._cells.get(*ALL)
        return None if held is None else held["position"]

    def keeps(self) -> bool:
        """Whether ``prune`` has to keep what is not archived: an archive was configured within the last day."""
        with self._board.read():
            held = self._cells.get(*ALL)
        return held is not None and held["wanted_at"] >= self._now() - WANTED_MS

    def _as_owner(self, lease: ArchiveLease, change: Callable[[Json], Json]) -> ArchiveLease:
        """Change the cell of a lease that is held. Raises LeaseLost."""

        def decide(held: Json | None) -> tuple[Json, ArchiveLease]:
            new = change(self._owned(held, lease))
            return new, _lease(new)

        return self._change(decide)

    def _owned(self, held: Json | None, lease: ArchiveLease) -> Json:
        if held is None or held["token"] != lease.token or held["until"] < self._now():
            raise LeaseLost("the lease on the archive has ended")
        return held

    def _change(self, decide: Callable[[Json | None], tuple[Json | None, T]]) -> T:
        """Change the cell; what it says that is forsaken is a record of its own before."""

        def decide_after(held: Json | None) -> tuple[Json | None, T]:
            new, result = decide(held)
            before = held["forsaking"] if held else {}
            if new is not None and before:
                self._board.append([self._forsaken.record((name,), at) for name, at in before.items()])
                new = {**new, "forsaking": dict(new["forsaking"].items() - before.items())}
            return new, result

        return self._cells.change(ALL, decide_after)

    def _forsake(self, held: Json, names: Collection[str]) -> Json:
        return {**held, "forsaking": {**held["forsaking"], **dict.fromkeys(names, self._now())}}

    def _forsaken_at(self) -> dict[str, int]:
        """Names that are forsaken, and since when."""
        held = self._cells.get(*ALL)
        return {name: at for (name,), (_, at) in self._forsaken.there.items()} | (held["forsaking"] if held else {})


def _lease(held: Json) -> ArchiveLease:
    return ArchiveLease(held["token"], held["until"], held["identity"], held["position"])


def _later(old: Any, new: Any) -> Any:
    if new is None:
        return old
    return max(old, new) if isinstance(old, int) and isinstance(new, int) else new

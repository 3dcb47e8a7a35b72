"""What a journal does for an archive of all its calls: it keeps what is not there yet, and says who may write.

Who writes says each name before it is written. So when that process is killed, the next one knows what may be there
half done: these names are forsaken, deleted for a day, and never used again. What is late then harms nothing.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from translator.parcels import Archived, ArchiveLease, Call, Erasure
from translator.sights import Kept

WANTED_MS = 24 * 60 * 60_000
"""For so long after a process has last said that an archive is configured, the journal keeps what is not in it."""

FORSAKEN_MS = 24 * 60 * 60_000
"""For so long a forsaken name is deleted again: a write on its way may come after all."""


class Archiving(Protocol):
    """The part of a journal that an archive is made with. Numbers of calls are their places in the order of arrival."""

    def hold(self) -> None:
        """Say that an archive is configured: ``prune`` keeps what is not in it, and ``purge`` notes what has to go
        there too, for a day from now."""

    def lease_archive(self, seconds: float) -> ArchiveLease | None:
        """Lease the archive, or None while another process has it, or none was ever configured. What an owner before
        had begun to write, and has not finished, is forsaken, but for what replaces something: see ``begun``."""

    def renew_archive(self, lease: ArchiveLease, seconds: float) -> ArchiveLease:
        """The same lease, ending later, with the present position. Raises LeaseLost."""

    def leave_archive(self, lease: ArchiveLease, said: str | None = None) -> None:
        """End the lease. ``said``: why it did not go on; None: it did."""

    def horizon(self) -> int:
        """A number up to which no further call can come; 0 where that cannot be told at this moment."""

    def beyond(self, position: int, horizon: int, limit: int) -> list[Kept]:
        """The kept calls after ``position`` up to ``horizon``, in order, each with its number as its id. ``position``:
        where the archive is, or after that."""

    def unarchived(self, since: int) -> Iterator[Call]:
        """The kept calls that were not in the archive when this was asked, received from ``since`` on (ms since the
        epoch), in order of arrival. There may be others among them: those have their numbers in the archive as ids."""

    def writing(self, lease: ArchiveLease, names: Sequence[str], instead: Sequence[str] = ()) -> None:
        """Say what will be written now, in place of what. Durable when it returns. Raises LeaseLost."""

    def begun(self, lease: ArchiveLease) -> tuple[list[str], list[str]]:
        """What is being written, or an owner before was writing, in place of what. Raises LeaseLost."""

    def written(self, lease: ArchiveLease, position: int | None = None, calls: int = 0, size: int = 0) -> ArchiveLease:
        """Say that all of that is there: what it replaces is forsaken. ``position``: where the archive is then.
        ``calls``, ``size`` (bytes): what came to it. Durable when it returns. Raises LeaseLost."""

    def forsake(self, lease: ArchiveLease, names: Collection[str]) -> None:
        """Say that these are to be deleted. Durable when it returns. Raises LeaseLost."""

    def forsaken(self) -> list[str]:
        """Names to be deleted, though they may be already."""

    def let_go(self, lease: ArchiveLease, names: Collection[str]) -> None:
        """These are deleted; those that were forsaken long ago need not be any more. Raises LeaseLost."""

    def erasures(self) -> list[Erasure]:
        """People whose calls are still to go from the archive, the first asked for first."""

    def erased(self, lease: ArchiveLease, erasures: Collection[Erasure]) -> None:
        """Their calls are gone there. Raises LeaseLost."""

    def begin_anew(self, lease: ArchiveLease) -> ArchiveLease:
        """Take another identity: the archive knows more of this one than this journal, an older copy. Raises
        LeaseLost."""

    def archived(self) -> Archived | None:
        """How far the archive is; None where none was ever configured."""


def new_identity(now: int, before: str = "") -> str:
    """An identity for a journal, in the order in which they are made. ``now``: ms since the epoch; ``before``: the one
    that it takes the place of, which may be of a clock that was ahead."""
    made = max(now, int(before[:11], 16) + 1) if before else now
    return f"{made:011x}{secrets.token_hex(3)}"


def plan_text(names: Sequence[str], instead: Sequence[str]) -> str:
    """A plan as the engines keep it."""
    return json.dumps([list(names), list(instead)])


def planned(text: str) -> tuple[list[str], list[str]]:
    """The names that are being written, and those that they replace."""
    names, instead = json.loads(text)
    return names, instead


NO_PLAN = plan_text((), ())

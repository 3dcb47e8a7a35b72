"""What every journal promises, whichever engine keeps it. Knows parcels, not Amplitude.

Times are ms since the epoch; durations are seconds.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from translator.journal.archiving import Archiving
from translator.journal.jobs import Jobs
from translator.journal.looking import Looking
from translator.parcels import Answered, Call, Counts, DeadLetter, Json, Lease, Receipt, Refusal, Verdict

NOTHING: Mapping[str, Json] = MappingProxyType({})


class Journal(Looking, Archiving, Jobs, Protocol):
    """A durable, ordered store of raw calls with one progress for each destination.

    A journal is safe to make before a fork and to share among threads: it opens lazily, in each process for itself.
    """

    dedupes: bool
    """Whether a (source, message_id) seen within the retention is recognised as a duplicate."""

    def attach(self, destinations: Mapping[str, str], *, only_add: bool = False) -> tuple[str, ...]:
        """Make known the destinations that there are: name to ``now`` or ``earliest``, where a new one starts.

        One that is not named gets no further calls, unless a living delivery process delivers to it, or none at all is
        named, or ``only_add``: these stay, and are returned. Raises DestinationVanished when calls wait for one that is
        not named and that nobody delivers to (not with ``only_add``).
        """

    def append(self, calls: Sequence[Call], refusals: Sequence[Refusal] = (), answered: int = 0) -> list[Receipt]:
        """Put calls (and refused messages, kept for people) on disk, whole or not at all; one receipt for each call.

        ``answered``: how many further messages were refused without being kept, for the books. Durable before it
        returns. Raises JournalUnavailable, and then nothing of it was written, or (a connection that was lost) nobody
        knows: appended again, its calls are accepted or duplicates.
        """

    def claim(self, destination: str, limit: int, seconds: float) -> Lease | None:
        """Lease up to ``limit`` calls in order, or None when nothing is due.

        Never a later call of a subject while an earlier one is leased or waiting. Leases that have ended, and leases
        of dead processes of this host, are taken up first. Raises DestinationUnknown.
        """

    def renew(self, lease: Lease, seconds: float) -> Lease:
        """The same lease, ending later. Raises LeaseLost."""

    def recall(self, destination: str, keys: Iterable[str]) -> dict[str, Json]:
        """What all subjects of a destination share (see ``settle``), of those keys that there are."""

    def posting(self, lease: Lease, api: str, calls: Collection[str], configuration: str) -> int:
        """Say that a request with some of the lease's calls (ids) goes out now; its number. Raises LeaseLost.

        A call of a lease that ends without a settle counts as tried only if it was in such a request.
        ``configuration``: a hash of what the calls were translated under.
        """

    def settle(
        self,
        lease: Lease,
        verdicts: Mapping[str, Verdict],
        remember: Mapping[str, Json | None],
        share: Mapping[str, Json] = NOTHING,
        answers: Collection[Answered] = (),
    ) -> None:
        """Write what became of the lease's calls (by id) and what to remember, in one transaction.

        Calls without a verdict go back to waiting, due at once. ``remember``: the new state of subjects; None forgets
        one. ``share``: key to changed entries by name, each an object with ``at`` (ms since the epoch); of two for one
        name the one with the later ``at`` stays, whoever settles first. ``answers``: how its requests ended.
        Raises LeaseLost, and then nothing was changed.
        """

    def break_circuit(self, destination: str, said: str | None) -> None:
        """Say, for every process to see, why a destination has stopped; None: it goes on."""

    def dead(
        self,
        destination: str | None = None,
        why: str | None = None,
        limit: int = 100,
        ids: Sequence[str] | None = None,
        below: str | None = None,
    ) -> list[DeadLetter]:
        """Dead letters, newest first; with destination "" only refused messages, with None all.

        ``below``: only those that died before this one (its name), for a destination or the refused.
        """

    def letters(self, destination: str | None = None, why: str | None = None) -> Iterator[DeadLetter]:
        """All dead letters that there are when it begins, as ``dead`` chooses them, oldest first, in bounded memory;
        none that dies meanwhile, be it for the second time."""

    def redrive(self, ids: Sequence[str], *, afresh: bool = False) -> int:
        """Put dead letters back to waiting, due at once; how many there were. Refused messages are not touched.

        ``afresh``: as if they had never been tried, though something of them may count twice then.
        """

    def drop(self, ids: Sequence[str]) -> int:
        """Delete dead letters and refused messages for good; how many there were. Dropped dead letters stay counted."""

    def read(self, since: int | None = None, until: int | None = None) -> Iterator[Call]:
        """The kept calls in order of arrival, received from ``since`` up to but not including ``until``."""

    def counts(self) -> Counts:
        """The books. Counters survive pruning."""

    def rename(self, old: str, new: str) -> None:
        """Give a destination another name; everything of it goes along. Raises DestinationUnknown, ValueError where the
        new name is taken."""

    def forget(self, destination: str) -> int:
        """Give up a destination and all that waits for it; how many calls that were. Raises DestinationUnknown."""

    def purge(self, subject: str, keep: str = "") -> int:
        """Delete every copy of a subject's calls: waiting, delivered, dead, refused, and what is remembered; how many
        calls that were. Calls that are being delivered at this moment stay: ask again when their lease has ended.
        ``keep``: the id of one call that stays. Where there is an archive, that all of these calls have to go from it
        too is noted in the same transaction (see ``erasures``).
        """

    def beat(self, host: str, pid: int, destinations: Collection[str] = ()) -> None:
        """Say that a delivery process lives, and what it delivers to (names)."""

    def leave(self, host: str, pid: int) -> None:
        """Say that a delivery process ends."""

    def served(self) -> frozenset[str]:
        """The destinations that living delivery processes deliver to (see ``deliveries``)."""

    def deliveries(self) -> int:
        """How many delivery processes live: heard of in the last 15 s and, on this host, still running."""

    def check(self) -> None:
        """Prove that the journal can be written now. Raises JournalUnavailable or JournalUnsafe."""

    def free_bytes(self) -> int | None:
        """How much more the place of the journal can take, in bytes; None where only its own tools can tell."""

    def prune(self, before: int, limit: int = 1000) -> int:
        """Delete up to ``limit`` calls received before ``before`` that every destination is done with; how many.

        Not what an archive still has to get (see ``hold``).
        """

    def remembered(self, destination: str, subjects: Collection[str]) -> dict[str, Json]:
        """The remembered state of those subjects that have one at a destination."""

    def remember(self, destination: str, states: Mapping[str, Json]) -> None:
        """Write the states of subjects outside of a settle: for a replay that begins in the middle of their calls."""

    def fade(self, before: int, limit: int = 1000) -> int:
        """Forget up to ``limit`` states of subjects, and as many shared ones, not written since ``before``; how many.

        ``before``: ms since the epoch. Keys that begin with ``project:`` stay.
        """

    def versions(self) -> dict[str, str]:
        """What keeps the journal: engine and version, where it is (without secrets), for people."""

    def close(self) -> None:
        """Close what this process has open. Waiting appends are finished first."""

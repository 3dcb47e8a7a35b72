"""What a delivery process lets go of in its partitions: people who were forgotten, and memory that is old.

That somebody's memory was deleted is written beside what is remembered: so it is deleted once, whoever has the
partition later, and what is remembered of them when they have come back stays.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager

from translator.journal.kafka.following import Follower
from translator.journal.kafka.gone import Departed, Gone
from translator.journal.kafka.lines import Item
from translator.journal.kafka.memory import Record, word_of
from translator.journal.kafka.progress import Progress
from translator.journal.kafka.settled import Settled
from translator.journal.kafka.writing import Writer
from translator.parcels import Leased
from translator.sights import mark_of

DONE = b"{}"


class Forgetting:
    """One destination in this process. ``now``: ms since the epoch. For any thread."""

    def __init__(self, follower: Follower, writer: Writer, gone: Gone, now: Callable[[], int]) -> None:
        self._follower = follower
        self._writer = writer
        self._gone = gone
        self._now = now
        self._lock = threading.Lock()
        self._over: set[tuple[Progress, Departed]] = set()
        """Whose memory is known to be deleted, of which part."""
        self._seen: object = None
        """The words and parts with which nothing was left to do."""

    def give_up(self) -> None:
        """Give up the calls of people who were forgotten, of whom none is leased. Raises JournalUnavailable,
        LeaseLost."""
        self._gone.look()
        with self._follower.all() as parts:
            found = {number: _free(part, self._hidden(number, part)) for number, part in parts.items()}
        purged = {number: items for number, items in found.items() if items}

        def begin(number: int, part: Progress) -> Settled | None:
            return part.settle_all([], self._now(), purged=purged[number]) if number in purged else None

        if purged:
            self._writer.write(self._follower.all, begin)

    def forget(self) -> None:
        """Forget what is remembered of them, once for each, when none of their calls is out: what it tells is to go
        too. Whoever is back within the second that it takes until this process hears of it (see FRESH_SECONDS) loses
        what that call told. Raises JournalUnavailable, LeaseLost."""
        # one after the other: what a second one found would be deleted when they are back
        with self._lock:
            self._gone.look()
            with self._follower.all() as parts:
                seen = (self._gone.changes, frozenset(parts.values()))
            if seen == self._seen:
                return
            due, is_all = self._due()
            self._forget(due)
            self._over.update(due)
            self._seen = seen if is_all else None

    def is_before(self, calls: Iterable[Leased]) -> bool:
        """Whether one of these calls, which were just leased, is to be given up, or is of somebody who has to be
        forgotten first: it was heard, or the call came, since that was done. Raises JournalUnavailable."""
        heard = [(one, call) for call in calls for one in self._gone.of_whom(call)]
        if not heard:
            return False
        if any(self._gone.hides(call) for _, call in heard):
            return True
        with self._follower.all() as parts:
            return any((parts.get(one.partition), one) not in self._over for one, _ in heard)

    def fade(self, before: int, limit: int) -> int:
        """See Journal.fade: of this process's subjects. Raises JournalUnavailable, LeaseLost."""
        memory = self._follower.memory
        with self._follower.all() as parts:
            numbers = list(parts)
        old: dict[int, list[bytes]] = {}
        for number in numbers:
            left = limit - sum(map(len, old.values()))
            old[number] = memory.old(number, before, left) if left > 0 else []

        def still(number: int, _: Progress, keys: Sequence[bytes]) -> Collection[bytes]:
            return memory.still_old(number, keys, before)

        return self._write({number: [(key, None) for key in keys] for number, keys in old.items()}, still)

    def _due(self) -> tuple[dict[tuple[Progress, Departed], int], bool]:
        """Who is to be forgotten now, of which part, as far as is known here, with its number; and whether that is all
        of them: nobody is of whom a call is out, though it came later. It may have begun with what was remembered."""
        with self._follower.all() as parts:
            here = dict(parts)
        there = {(part, one): number for number, part in here.items() for one in self._gone.of(number)}
        # no part is held on to that is here no more: it has all that was fetched
        self._over &= there.keys()
        left = {one: number for one, number in there.items() if one not in self._over}
        # only now: whoever leases a call later sees that this is left (see is_before)
        with self._follower.all():
            out = {number: here[number].out(self._now()) for number in set(left.values())}
        marks = {number: set(map(mark_of, subjects)) for number, subjects in out.items()}
        due = {(part, one): number for (part, one), number in left.items() if one.mark not in marks[number]}
        return due, len(due) == len(left)

    def _forget(self, due: Mapping[tuple[Progress, Departed], int]) -> None:
        """Write that they are forgotten, where no word says so yet. Raises JournalUnavailable, LeaseLost."""
        parts = {number: part for (part, _), number in due.items()}
        words = {number: self._follower.memory.words(number) for number in parts}
        new = [(part, one) for (part, one), number in due.items() if one.name not in words[number]]

        def still(number: int, part: Progress, keys: Sequence[bytes]) -> Collection[bytes]:
            # of one that was read anew since, what was found here may be old, or half of it
            return keys if parts[number] is part else ()

        self._write({number: self._records(number, new, words[number]) for number in words}, still)

    def _records(self, number: int, new: Iterable[tuple[Progress, Departed]], words: Collection[str]) -> list[Record]:
        """What is to be written to a partition of memory: nothing any more of those who are new, a word for each; and
        words for others go of which nobody knows any more."""
        ones = [one for _, one in new if one.partition == number]
        marks, known = {one.mark for one in ones}, {one.name for one in self._gone.of(number)}
        keys = self._follower.memory.all(number) if marks else []
        return [
            *((key, None) for key in keys if mark_of(key.decode("utf-8")) in marks),
            *((word_of(one.name), DONE) for one in ones),
            *((word_of(name), None) for name in words if name not in known),
        ]

    def _write(
        self,
        records: Mapping[int, Sequence[Record]],
        still: Callable[[int, Progress, Sequence[bytes]], Collection[bytes]],
    ) -> int:
        """Write this to memory (by partition), where the partition is here yet; how many. ``still``: the keys that it
        holds for all the same, when nobody else writes."""
        written: dict[int, list[Record]] = {}

        def held() -> AbstractContextManager[Mapping[int, Progress]]:
            written.clear()
            return self._follower.all()

        def begin(number: int, part: Progress) -> Settled | None:
            some = records.get(number, ())
            keys = set(still(number, part, [key for key, _ in some]) if some else ())
            if not keys:
                return None
            written[number] = [one for one in some if one[0] in keys]
            return part.settle_all([], self._now())

        if any(records.values()):
            self._writer.write(held, begin, written)
        return sum(map(len, written.values()))

    def _hidden(self, number: int, part: Progress) -> list[Item]:
        """The items of people who were forgotten."""
        until = max((one.until for one in self._gone.of(number)), default=0)
        if not until or (until <= part.position and not part.has_set_aside()):
            return []
        return [item for item in part.all() if self._gone.hides(item.call)]


def _free(part: Progress, items: Sequence[Item]) -> list[Item]:
    """Those of whose subject nothing is leased."""
    free = {subject for subject in {item.call.subject for item in items} if part.theirs(subject)}
    return [item for item in items if item.call.subject in free]

"""The open items of a partition, a line for each subject, and which of them may go out now. Pure.

In: items as they were fetched, what became of them. Out: the next ones, in order. Never here: leases, states.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Iterator, Mapping
from heapq import heappop, heappush

from msgspec import Struct

from translator.journal.kafka.state import Stream, Tried
from translator.parcels import Leased

BEFORE = 1 << 62
"""Items that were set aside come before all others: their place is so much lower."""


class Item(Struct, gc=False):
    """A record as it was fetched: its offset, and the call, which begins with the attempts that its headers say.

    ``due_at``: not before then (ms since the epoch; 0: at once), as long as nothing of its subject stands before it.
    The rest is Progress's own: ``tried``: what befell it since; ``place``: where it stands among all items.
    """

    offset: int
    call: Leased
    due_at: int = 0
    tried: Tried | None = None
    place: int = 0

    @property
    def stream(self) -> Stream:
        """Where it was fetched from."""
        return "parked" if self.place < 0 else "calls"


class Line(Struct, gc=False):
    """A subject's open items in order. The first ``taken`` of them are out under ``token``; "" means none is."""

    items: list[Item]
    taken: int = 0
    token: str = ""


class Lines:
    """The lines of a partition.

    What may go out is found in a heap of places, into which heads come from another one when they are due. Neither is
    ever searched: what does not hold any more is dropped when it comes up, so that a claim takes as long as what was
    claimed, however many subjects wait.
    """

    def __init__(self) -> None:
        self.open: dict[int, Line] = {}
        """Of each open item's place, the line."""
        self._lines: dict[str, Line] = {}
        self._ready: list[int] = []
        self._waiting: list[tuple[int, int]] = []
        self._awaited: dict[str, int] = {}
        self._arrivals: list[tuple[int, str]] = []

    def add(self, items: Iterable[Item]) -> None:
        """More of one stream, behind those that there are."""
        for item in items:
            subject, place = item.call.subject, item.place
            line = self._lines.get(subject)
            if line is None:
                self._lines[subject] = line = Line([item])
                self._offer(line)
            elif place > line.items[-1].place:
                line.items.append(item)
            else:
                insort(line.items, item, lo=line.taken, key=_place)
                self._offer(line)
            self.open[place] = line

    def take(self, limit: int, now: int, token: str) -> tuple[list[Item], list[Line]]:
        """Up to ``limit`` items that may go out, the first places first, and their lines, which are held until
        ``release``. When the items come back they are due at once."""
        self._ripen(now)
        ready, behind = self._ready, list[int]()
        taken, lines = list[Item](), list[Line]()
        while len(taken) < limit and (ready or behind):
            place = heappop(behind if behind and (not ready or behind[0] < ready[0]) else ready)
            line = self._next_of(place, now, token)
            if line is None:
                continue
            items, at = line.items, line.taken
            if not at:
                line.token = token
                lines.append(line)
            item = items[at]
            item.due_at = 0
            taken.append(item)
            line.taken = at = at + 1
            if at < len(items):
                heappush(behind, items[at].place)
        return taken, lines

    def finish(self, items: Iterable[Item]) -> None:
        """These are open no longer; ``release`` or ``tidy`` their lines then."""
        for item in items:
            del self.open[item.place]

    def release(self, lines: Iterable[Line]) -> None:
        """What is out of these lines is back, or finished."""
        for line in lines:
            items, first = line.items, line.items[0]
            if line.taken == 1 and first.place not in self.open:  # nearly all
                del items[0]
            else:
                left = [item for item in items[: line.taken] if item.place in self.open]
                items[: line.taken] = left
                if left and len(left) < len(items) and items[len(left)].place < left[-1].place:
                    items.sort(key=_place)
            self._free(first.call.subject, line)

    def hold(self, subjects: Iterable[str], token: str) -> None:
        """Nothing of these subjects may go out until ``tidy``; nothing of them may be out."""
        for subject in subjects:
            self._lines[subject].token = token

    def tidy(self, subjects: Iterable[str]) -> None:
        """As ``release``, for subjects that were held, of which anything may be finished."""
        for subject in subjects:
            line = self._lines[subject]
            line.items = [item for item in line.items if item.place in self.open]
            self._free(subject, line)

    def expect(self, awaited: Mapping[str, int]) -> None:
        """Of these subjects, items that were set aside are still to come, up to an offset: no other item before."""
        for subject, until in awaited.items():
            self._awaited[subject] = max(until, self._awaited.get(subject, 0))
            heappush(self._arrivals, (self._awaited[subject], subject))

    def arrived(self, frontier: int) -> None:
        """All that was set aside came, up to an offset."""
        while self._arrivals and self._arrivals[0][0] <= frontier:
            until, subject = heappop(self._arrivals)
            if self._awaited.get(subject) == until:
                del self._awaited[subject]
                if subject in self._lines:
                    self._offer(self._lines[subject])

    def of(self, subject: str) -> list[Item]:
        """A subject's items in order; none where one of them is out."""
        line = self._lines.get(subject)
        return [] if line is None or line.token else list(line.items)

    def all(self) -> Iterator[Item]:
        """All open items."""
        return (item for line in self._lines.values() for item in line.items)

    def headed_by(self, places: Iterable[int]) -> list[str]:
        """The subjects whose first item has one of these places."""
        lines = [(place, self.open[place]) for place in places if place in self.open]
        return [line.items[0].call.subject for place, line in lines if line.items[0].place == place]

    def with_set_aside(self) -> list[str]:
        """Subjects of which items are set aside, here or still to come."""
        here = [subject for subject, line in self._lines.items() if line.items[0].place < 0]
        return [*self._awaited, *here]

    def all_free(self, items: Iterable[Item]) -> list[Item]:
        """Those of the items that are open, and of whose subject nothing is out."""
        return [item for item in items if (line := self.open.get(item.place)) is not None and not line.token]

    def _next_of(self, place: int, now: int, token: str) -> Line | None:
        """The line whose next item has this place, if that may go out."""
        line = self.open.get(place)
        if line is None or (line.token and line.token != token):
            return None
        at, items = line.taken, line.items
        if at == len(items) or items[at].place != place:
            return None
        if self._awaited and place >= 0 and items[at].call.subject in self._awaited:
            return None
        if not at and items[0].due_at > now:
            self._offer(line)  # a clock that was set back
            return None
        return line

    def _free(self, subject: str, line: Line) -> None:
        line.taken, line.token = 0, ""
        if line.items:
            self._offer(line)
        else:
            del self._lines[subject]

    def _offer(self, line: Line) -> None:
        """Put a free line's head where a claim finds it."""
        head = line.items[0]
        if line.token or (head.place >= 0 and head.call.subject in self._awaited):
            return
        if head.due_at:
            heappush(self._waiting, (head.due_at, head.place))
        else:
            heappush(self._ready, head.place)

    def _ripen(self, now: int) -> None:
        waiting = self._waiting
        while waiting and waiting[0][0] <= now:
            heappush(self._ready, heappop(waiting)[1])


def _place(item: Item) -> int:
    return item.place

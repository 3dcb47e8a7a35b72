"""Who has what of a partition, until when, and what was posted of it. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec
from msgspec import Struct

from translator.errors import LeaseLost
from translator.journal.kafka.lines import Item, Line
from translator.journal.kafka.reach import Reach, runs, without
from translator.journal.kafka.state import Posting


class Sent(Struct):
    """A posting of a lease. ``floor``: its record, as long as it has no offset, will have none below this."""

    posting: Posting
    floor: int
    offset: int | None = None


class Held(Struct):
    """A lease. ``lines``: of its items. ``settling``: a transaction with it is under way; it does not end meanwhile."""

    until: int
    items: list[Item]
    lines: list[Line]
    sent: list[Sent] = msgspec.field(default_factory=list)
    settling: bool = False


class Leases:
    """The leases of a partition. ``seen``: the offset up to which T.requests.D/p need not be looked at."""

    def __init__(self, seen: int) -> None:
        self._held: dict[str, Held] = {}
        self._seen = seen
        self._over: set[int] = set()
        """Postings of leases that are over, among which one may come of which no offset is known yet."""

    def add(self, token: str, held: Held) -> None:
        """A new one."""
        self._held[token] = held

    def has(self, token: str) -> bool:
        """Whether there is one, ended or not."""
        return token in self._held

    def find(self, token: str, now: int) -> Held | None:
        """The lease, unless it has ended."""
        held = self._held.get(token)
        return held if held is not None and (held.until >= now or held.settling) else None

    def get(self, token: str, now: int) -> Held:
        """The lease. Raises LeaseLost where it has ended."""
        held = self.find(token, now)
        if held is None:
            raise LeaseLost("the lease on calls of a partition has ended")
        return held

    def drop(self, token: str) -> Held:
        """End one."""
        held = self._held.pop(token)
        if any(sent.offset is None for other in self._held.values() for sent in other.sent):
            self._over.update(_offsets(held.sent))
        else:
            self._over.clear()
        return held

    def any_lasts(self, now: int) -> bool:
        """Whether there is one that has not ended."""
        return bool(self._lasting(now))

    def subjects(self, now: int) -> set[str]:
        """Of whom something is in leases that have not ended."""
        return {item.call.subject for held in self._lasting(now) for item in held.items}

    def _lasting(self, now: int) -> list[Held]:
        return [held for held in self._held.values() if held.until >= now or held.settling]

    def ended(self, now: int) -> list[str]:
        """Tokens of those that have ended, but for those being settled."""
        return [token for token, held in self._held.items() if held.until < now and not held.settling]

    def post(self, token: str, ids: Collection[str], now: int) -> Posting:
        """Note that a request is about to go out. Raises LeaseLost."""
        held = self.get(token, now)
        wanted = set(ids)
        carried = [item for item in held.items if item.call.id in wanted]
        posting = Posting(
            now,
            tuple(item.offset for item in carried if item.place >= 0),
            tuple(item.offset for item in carried if item.place < 0),
        )
        held.sent.append(Sent(posting, self._seen))
        return posting

    def posted(self, token: str, posting: Posting, offset: int) -> None:
        """A posting's record has this offset."""
        self._seen = max(self._seen, offset + 1)
        held = self._held.get(token)
        for sent in held.sent if held else ():
            if sent.posting is posting:
                sent.offset = offset

    def settling(self, tokens: Iterable[str], is_so: bool) -> None:
        """A transaction with these leases begins, or came to nothing."""
        for token in tokens:
            self._held[token].settling = is_so

    def requests(self, settled: Collection[str] = ()) -> Reach:
        """The postings that need not be looked at after a crash, once some leases are settled: all but the others'."""
        left = [sent for token, held in self._held.items() if token not in settled for sent in held.sent]
        end = min([self._seen, *(sent.floor for sent in left if sent.offset is None)])
        over = self._over.union(*(_offsets(self._held[token].sent) for token in settled))
        known = without(sorted(offset for offset in _offsets(left) if offset < end), end)
        return known.including(runs(offset for offset in over if offset >= end))


def _offsets(sent: Iterable[Sent]) -> list[int]:
    return [one.offset for one in sent if one.offset is not None]


def first_posted(held: Held) -> dict[int, int]:
    """Of a lease, the places of what was posted, and when first."""
    found: dict[int, int] = {}
    for sent in held.sent:
        carried = {"calls": set(sent.posting.calls), "parked": set(sent.posting.parked)}
        for item in held.items:
            if item.offset in carried[item.stream]:
                found.setdefault(item.place, sent.posting.began)
    return found

"""The books of a journal in Kafka: drawn up from where partitions end and from what delivery writes of its progress.

What was accepted is what the topic of calls ends with: its offsets stay when records are deleted, and there are no gaps
in them, since nobody writes it in transactions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple, TypeVar

from translator.errors import JournalUnavailable, JournalUnsafe
from translator.journal.kafka.client import Client
from translator.journal.kafka.destinations import Known
from translator.journal.kafka.picking import Picking
from translator.journal.kafka.reach import Reach
from translator.journal.kafka.reading import Place, Reader, Span
from translator.journal.kafka.records import leased_of
from translator.journal.kafka.standing import Last, begin_of, last_states
from translator.journal.kafka.state import State
from translator.journal.kafka.subjects import Subjects
from translator.parcels import Counts, Tally

T = TypeVar("T")
Head = tuple[Place, int]
"""Where the first call that waits may be: a partition and an offset."""

REFUSED_KEPT, REFUSED_ANSWERED = "refused_kept", "refused_answered"
"""What the door counts (see ``counting``)."""

MOST_LOOKED_THROUGH = 100
"""Records of a partition that are looked through for the first that was set aside and waits."""


class Share(NamedTuple):
    """A destination's books of one partition."""

    delivered: int
    ignored: int
    dead: int
    waiting: int


class Look(NamedTuple):
    """What was found of a destination, by partition: states, where calls and what was set aside end, the first call
    that is kept (0 where that does not matter), and letters that were redriven."""

    states: Mapping[int, State]
    ends: Mapping[int, int]
    parked: Mapping[int, int]
    firsts: Mapping[int, int]
    redriven: Mapping[int, int]


class Books:
    """For any thread. It remembers how far it looked, and the next time reads only what is new."""

    def __init__(self, client: Client, subjects: Subjects) -> None:
        self._client, self._address = client, client.address
        self._subjects = subjects
        self._reader, self._picking = Reader(client), Picking(client)
        self._last: Mapping[Place, Last] = {}
        self._ages: Mapping[Head, int | None] = {}

    def counts(self) -> Counts:
        """See Journal.counts. Repetitions are not recognised: they count as accepted. Calls that were given up for
        somebody who was forgotten count as ignored. Raises JournalUnavailable, JournalUnsafe."""
        known = {name: one for name, one in self._subjects.destinations.known().items() if one.attached}
        door = self._subjects.counters.total()
        ends, looks = self._looked(known)
        shares = {name: _shares(known[name], look) for name, look in looks.items()}
        ages = self._oldest(known, looks, shares)
        circuits = self._subjects.destinations.circuits()
        tallies = {
            name: _tally(some.values(), ages.get(name), circuits.get(known[name].id)) for name, some in shares.items()
        }
        kept, answered = door.get(REFUSED_KEPT, 0), door.get(REFUSED_ANSWERED, 0)
        accepted = sum(ends)
        return Counts(accepted + kept + answered, answered, kept, 0, accepted, tallies)

    def waiting(self, known: Mapping[str, Known]) -> dict[str, int]:
        """How many calls wait for each of these destinations: of one that is away, letters that were redriven
        meanwhile. Raises as ``counts``."""
        attached = {name: one for name, one in known.items() if one.attached}
        _, looks = self._looked(attached)
        found = {name: sum(one.waiting for one in _shares(known[name], look).values()) for name, look in looks.items()}
        return {name: found[name] if one.attached else self._set_aside(one) for name, one in known.items()}

    def ends(self) -> list[int]:
        """Where the next call will come in each partition. Raises as ``counts``."""
        ends = self._reader.ends(self._places(self._address.topic))
        return [end for _, end in sorted(ends.items())]

    def _looked(self, known: Mapping[str, Known]) -> tuple[list[int], dict[str, Look]]:
        """Where calls end, and what there is of these destinations."""
        address, calls = self._address, self._places(self._address.topic)
        topics = [topic(one.id) for one in known.values() for topic in (address.progress, address.parked)]
        # all at once: what was there before a partition's end is in no state that is looked at here, and waits
        ends = self._ends_of([*calls, *(place for topic in topics for place in self._places(topic))])
        progress = {place: end for place, end in ends.items() if place[0].startswith(address.progress(""))}
        self._last = last_states(self._picking.between, progress, self._last)
        states = {place: one.state for place, one in self._last.items() if one.state is not None}
        firsts = self._firsts(known, states)
        looks = {
            name: Look(
                _of(states, address.progress(one.id)), _of(ends, address.topic), _of(ends, address.parked(one.id)),
                firsts, self._subjects.redriven.total(one.id),
            )
            for name, one in known.items()
        }  # fmt: skip
        return [ends[place] for place in calls], looks

    def _firsts(self, known: Mapping[str, Known], states: Mapping[Place, State]) -> dict[int, int]:
        """The first call that is kept of each partition, where a destination may have to begin with it."""
        calls = self._places(self._address.topic)
        asks = [
            partition
            for one in known.values()
            for _, partition in calls
            if begin_of(one, partition) is None
            and (one.times > 1 or (self._address.progress(one.id), partition) not in states)
        ]
        return _of(self._reader.starts(calls), self._address.topic) if asks else {}

    def _oldest(
        self, known: Mapping[str, Known], looks: Mapping[str, Look], shares: Mapping[str, Mapping[int, Share]]
    ) -> dict[str, int]:
        """When the oldest call that waits was received, about: of each partition the first in either stream."""
        heads = {name: self._heads(known[name], look, shares[name]) for name, look in looks.items()}
        wanted = {head: reach for some in heads.values() for head, reach in some.items()}
        new = {head: reach for head, reach in wanted.items() if head not in self._ages}
        found = {head: self._ages[head] for head in wanted if head in self._ages} | self._read_ages(new)
        self._ages = found
        ages = {name: [at for head in some if (at := found.get(head)) is not None] for name, some in heads.items()}
        return {name: min(some) for name, some in ages.items() if some}

    def _heads(self, known: Known, look: Look, shares: Mapping[int, Share]) -> dict[Head, Reach]:
        """Where the first call that waits is to be looked for, in partitions where one does; what is finished there."""
        found: dict[Head, Reach] = {}
        for partition in [number for number, share in shares.items() if share.waiting]:
            state = look.states.get(partition, State())
            begin = max(state.position, _begin(known, look, partition))
            if begin < look.ends[partition]:
                found[(self._address.topic, partition), begin] = state.calls
            if state.parked.position < look.parked[partition]:
                found[(self._address.parked(known.id), partition), state.parked.position] = state.parked
        return found

    def _read_ages(self, heads: Mapping[Head, Reach]) -> dict[Head, int | None]:
        """When the calls there were received; None where none was found."""
        calls: defaultdict[Place, list[int]] = defaultdict(list)
        spans: dict[Place, Span] = {}
        found: dict[Head, int | None] = dict.fromkeys(heads)
        for place, offset in heads:
            if place[0] == self._address.topic:
                calls[place].append(offset)
            else:
                spans[place] = (offset, offset + MOST_LOOKED_THROUGH)
        for head, message in self._picking.these(calls).items():
            found[head] = leased_of(message).received_at
        for message in self._picking.between(spans, light=True):
            place = str(message.topic()), int(message.partition() or 0)
            head = place, spans[place][0]
            if found[head] is None and not heads[head].has(int(message.offset() or 0)):
                found[head] = leased_of(message).received_at
        return found

    def _set_aside(self, known: Known) -> int:
        """How many calls are set aside for a destination and wait: read one by one."""
        ends = self._ends_of(self._places(self._address.parked(known.id)))
        progress = self._ends_of(self._places(self._address.progress(known.id)))
        states = _of(
            {place: one.state or State() for place, one in last_states(self._picking.between, progress).items()}
        )
        spans = {place: (states[place[1]].parked.position, end) for place, end in ends.items()}
        there = self._picking.between(spans)
        return sum(not states[int(one.partition() or 0)].parked.has(int(one.offset() or 0)) for one in there)

    def _ends_of(self, places: Collection[Place]) -> dict[Place, int]:
        """As Reader.settled_ends; nothing is in topics that are not made yet, or were just deleted."""
        try:
            return self._reader.settled_ends(places)
        except (JournalUnsafe, JournalUnavailable):
            there = self._client.metadata().topics
            known = [place for place in places if place[0] in there or place[0] == self._address.topic]
            if len(known) == len(places):
                raise
            return {**dict.fromkeys(places, 0), **self._reader.settled_ends(known)}

    def _places(self, topic: str) -> list[Place]:
        found = self._reader.places(topic)
        if not found:
            raise JournalUnsafe(f"Kafka has no topic {self._address.topic}: `translator journal init` makes it")
        return found


def _of(found: Mapping[Place, T], topic: str | None = None) -> dict[int, T]:
    """What was found of a topic, by partition."""
    return {place[1]: one for place, one in found.items() if topic in (None, place[0])}


def _begin(known: Known, look: Look, partition: int) -> int:
    """Before this a destination gets nothing."""
    begin = begin_of(known, partition)
    return look.firsts.get(partition, 0) if begin is None else begin


def _shares(known: Known, look: Look) -> dict[int, Share]:
    return {partition: _share(known, look, partition) for partition in look.ends}


def _share(known: Known, look: Look, partition: int) -> Share:
    state = look.states.get(partition, State())
    books = state.books
    # the same that delivery adds to it, once it passes over what came while the destination was away
    base = books.base + max(0, _begin(known, look, partition) - state.position)
    ignored = books.ignored + books.purged
    dead = max(0, books.dead - look.redriven.get(partition, 0))
    waiting = look.ends[partition] - base - books.delivered - ignored - dead
    return Share(books.delivered, ignored, dead, max(0, waiting))


def _tally(shares: Iterable[Share], oldest: int | None, circuit: tuple[str, int] | None) -> Tally:
    delivered, ignored, dead, waiting = (sum(some) for some in zip(*shares, strict=True))
    said, since = circuit or (None, None)
    return Tally(
        delivered + ignored + dead + waiting, delivered, ignored, dead, waiting, oldest if waiting else None, said,
        since,
    )  # fmt: skip

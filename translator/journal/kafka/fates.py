"""What became of calls, from what delivery writes of its progress. See translator.journal.looking.

No record says of one call that it was delivered or ignored: the progress of a partition says only that it is finished.
So these cannot be told here, and are left out rather than guessed: that a call was ignored, and why; that a dead letter
was dropped; and of a delivered call that it was, where the request that carried it is not among the first
MOST_LOOKED_THROUGH records of requests behind its receipt, or is older than they are kept (journal.keep_days), or where
more than so many calls of its partition are set aside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from confluent_kafka import Message

from translator.journal.kafka import asked, index
from translator.journal.kafka.asked import WELL, Asked
from translator.journal.kafka.client import Client
from translator.journal.kafka.destinations import Known
from translator.journal.kafka.index import Index
from translator.journal.kafka.looking import Hidden, none_hidden
from translator.journal.kafka.picking import Picking
from translator.journal.kafka.reading import Place, Reader, Span
from translator.journal.kafka.records import leased_of, place_of
from translator.journal.kafka.standing import begin_of, standing
from translator.journal.kafka.state import STREAMS, State, Tried
from translator.journal.rows import MOST_ATTEMPTS
from translator.parcels import Leased
from translator.sights import Fate, Sent, Wait
from translator.sights import Tried as Attempt

MOST_LOOKED_THROUGH = 1000
"""Records of a partition that are looked through for requests, or for what was set aside."""

MOST_LATEST = 200
"""The newest records of requests of each partition that are looked at for the last answer."""

MOST_WAITS = 2000
"""Calls of a destination that wait and are counted, the oldest of each partition."""

FRESH = Tried()


class Fates:
    """``known``: destinations by name; those whose ``start`` is a list begin at these offsets, by partition.
    ``hidden``: see Calls. For any thread."""

    def __init__(
        self, client: Client, known: Callable[[], Mapping[str, Known]], letters: Index, hidden: Hidden = none_hidden
    ) -> None:
        self._address = client.address
        self._known = known
        self._index = letters
        self._hidden = hidden
        self._reader, self._picking = Reader(client), Picking(client)

    def fates(self, calls: Collection[str]) -> dict[str, list[Fate]]:
        """See Looking.fates, and above what cannot be told. Of a call that waits behind another one of its subject it
        is said that it is due; that it was only leased is not seen."""
        found: dict[str, list[Fate]] = {one: [] for one in calls}
        places: defaultdict[int, dict[int, Leased]] = defaultdict(dict)
        for (partition, offset), call in self._calls(calls).items():
            places[partition][offset] = call
        for name, known in sorted(self._known().items()):
            states = self.states(known.id, places)
            for partition, some in places.items():
                told = self._told(name, known, partition, states.get(partition), some)
                for offset, fate in told.items():
                    found[some[offset].id].append(fate)
        return found

    def sent(self, call: str) -> list[Sent]:
        """See Looking.sent: those among the first MOST_LOOKED_THROUGH records behind its receipt."""
        return [one.sent(name) for name, one in self._carried(call)]

    def attempts(self, call: str) -> list[Attempt]:
        """See Looking.attempts. ``why`` is what the request's answer was, since the verdict is not noted."""
        told = [
            Attempt(name, one.ended, str(one.answer), one.number)
            for name, one in self._carried(call)
            if one.ended is not None and one.answer != WELL
        ]
        return sorted(told, key=lambda one: one.at)[-MOST_ATTEMPTS:]

    def latest(self) -> dict[str, Sent]:
        """See Looking.latest, among the newest MOST_LATEST records of each partition."""
        found = {}
        for name, known in self._known().items():
            topic = self._address.requests(known.id)
            ends = self._reader.settled_ends(self._places(topic))
            spans = {place: (max(0, end - MOST_LATEST), end) for place, end in ends.items()}
            ended = [(one.ended, one.number, one) for one in self._asked(spans) if one.ended is not None]
            if ended:
                found[name] = max(ended, key=lambda one: one[:2])[2].sent(name)
        return found

    def waits(self) -> list[Wait]:
        """See Looking.waits: of calls that were tried, the oldest MOST_WAITS of each destination."""
        found = []
        for name, known in sorted(self._known().items()):
            counts: defaultdict[str, list[str]] = defaultdict(list)
            for why, subject in self._waiting(known.id):
                counts[why].append(subject)
            waits = [Wait(name, why, len(some), len(set(some))) for why, some in counts.items()]
            found += sorted(waits, key=lambda one: -one.calls)
        return found

    def states(self, number: str, partitions: Iterable[int]) -> dict[int, State]:
        """The last state of these partitions at a destination (its id), of those that have one. Raises
        JournalUnavailable, JournalUnsafe."""
        return standing(self._reader, self._picking, self._address.progress(number), partitions)

    def _told(
        self, name: str, known: Known, partition: int, state: State | None, calls: Mapping[int, Leased]
    ) -> dict[int, Fate]:
        """The fates of some calls (by offset) of a partition."""
        begin = begin_of(known, partition) or 0 if state is None else state.books.base
        state = State() if state is None else state
        theirs = [offset for offset in calls if offset >= begin]
        waiting = [offset for offset in theirs if not state.calls.has(offset)]
        finished = [offset for offset in theirs if state.calls.has(offset)]
        found: dict[int, Fate] = {}
        if waiting:
            posted = self._posted(known.id, partition, state)
            for offset in waiting:
                tried = state.tried["calls"].get(offset)
                if tried is not None or offset in posted or known.attached:
                    found[offset] = _waiting(name, tried or FRESH, is_posted=offset in posted)
        if finished:
            found |= self._finished(name, known.id, partition, state, {one: calls[one] for one in finished})
        return found

    def _finished(
        self, name: str, number: str, partition: int, state: State, calls: Mapping[int, Leased]
    ) -> dict[int, Fate]:
        told = {}
        set_aside = self._set_aside(name, number, partition, state, calls)
        if set_aside is not None:
            since = min(one.received_at for one in calls.values())
            requests = self._requests(number, partition, self._since(number, partition, since))
            for offset in calls:
                if (one := asked.delivered(requests, offset)) is not None:
                    told[offset] = Fate(name, "delivered", one.ended, None, 0, one.number)
            told |= set_aside
        with self._index.read() as db:
            for offset in calls:
                for letter, why, attempts in index.of_call(db, number, partition, offset):
                    told[offset] = Fate(name, "dead", letter.at, why, attempts, None, str(letter))
        return told

    def _set_aside(
        self, name: str, number: str, partition: int, state: State, calls: Collection[int]
    ) -> dict[int, Fate] | None:
        """Those of these calls that are set aside and wait there. None where more is set aside than is looked through:
        then nobody can tell whether a call is finished for good."""
        place = self._address.parked(number), partition
        begin, end = state.parked.position, self._reader.settled_ends([place])[place]
        if end - begin > MOST_LOOKED_THROUGH:
            return None
        found = {}
        for message in self._picking.between({place: (begin, end)}):
            offset, one = int(message.offset() or 0), leased_of(message)
            call = place_of(one.id)
            if call is not None and call[1] in calls and not state.parked.has(offset):
                more = state.tried["parked"].get(offset, FRESH)
                found[call[1]] = Fate(name, "waiting", more.due_at, more.why or one.why, one.attempts + more.attempts)
        return found

    def _posted(self, number: str, partition: int, state: State) -> set[int]:
        """Calls of requests that nobody knows the end of."""
        requests = self._requests(number, partition, state.requests.position)
        open_ended = [one for one in requests if one.ended is None and not state.requests.has(one.offset)]
        return {offset for one in open_ended for offset in one.carried}

    def _carried(self, call: str) -> list[tuple[str, Asked]]:
        """The requests that carried a call, with the names of their destinations."""
        return [
            (name, one)
            for (partition, offset), kept in self._calls([call]).items()
            for name, known in self._known().items()
            for one in self._requests(known.id, partition, self._since(known.id, partition, kept.received_at))
            if offset in one.carried
        ]

    def _since(self, number: str, partition: int, ms: int) -> int:
        place = self._address.requests(number), partition
        return self._reader.at([place], ms)[place]

    def _requests(self, number: str, partition: int, begin: int) -> list[Asked]:
        return self._asked({(self._address.requests(number), partition): (begin, begin + MOST_LOOKED_THROUGH)})

    def _asked(self, spans: Mapping[Place, Span]) -> list[Asked]:
        records: defaultdict[int, list[tuple[int, bytes]]] = defaultdict(list)
        for one in self._picking.between(spans):
            records[int(one.partition() or 0)].append((int(one.offset() or 0), one.value() or b""))
        return [one for some in records.values() for one in asked.read(some)]

    def _waiting(self, number: str) -> list[tuple[str, str]]:
        """Why calls wait that were tried, and whose they are."""
        states = self.states(number, range(self._reader.count()))
        topics = {"calls": self._address.topic, "parked": self._address.parked(number)}
        tried = {
            ((topics[stream], partition), offset): one.why
            for stream in STREAMS
            for partition, state in states.items()
            for offset, one in sorted(state.tried[stream].items())
            if one.why is not None
        }
        some = dict(list(tried.items())[:MOST_WAITS])
        places: defaultdict[Place, list[int]] = defaultdict(list)
        for place, offset in some:
            places[place].append(offset)
        there = self._picking.these(places)
        return [(why, _subject(there[at])) for at, why in some.items() if at in there]

    def _calls(self, names: Collection[str]) -> dict[tuple[int, int], Leased]:
        """Those of these calls that are kept, by their places."""
        count = self._reader.count()
        places: defaultdict[Place, list[int]] = defaultdict(list)
        for name in names:
            if (place := place_of(name)) is not None and place[0] < count:
                places[self._address.topic, place[0]].append(place[1])
        found = {at: leased_of(one) for at, one in self._picking.these(places).items()}
        return {(place[1], offset): one for (place, offset), one in found.items() if not self._hidden(one)}

    def _places(self, topic: str) -> list[Place]:
        return [(topic, number) for number in range(self._reader.partitions(topic))]


def _waiting(name: str, tried: Tried, *, is_posted: bool) -> Fate:
    if is_posted:
        return Fate(name, "posting", None, tried.why, tried.attempts)
    return Fate(name, "waiting", tried.due_at, tried.why, tried.attempts)


def _subject(message: Message) -> str:
    return (message.key() or b"").decode("utf-8")

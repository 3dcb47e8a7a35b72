"""What is deleted in a journal in Kafka: calls that all are done with, and all of a destination that is given up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from confluent_kafka import TopicPartition

from translator.errors import DestinationUnknown
from translator.journal.kafka.arriving import Arrivals
from translator.journal.kafka.books import Books
from translator.journal.kafka.client import Client, explained
from translator.journal.kafka.looking import MOST_LOOKED_THROUGH
from translator.journal.kafka.picking import Picking
from translator.journal.kafka.reading import SILENT_SECONDS, Place, Reader
from translator.journal.kafka.standing import begin_of, standing
from translator.journal.kafka.state import State
from translator.journal.kafka.subjects import Subjects
from translator.journal.kafka.topics import Topics


class Keeping:
    """For any thread."""

    def __init__(self, client: Client, subjects: Subjects, topics: Topics, books: Books, arrivals: Arrivals) -> None:
        self._client, self._address = client, client.address
        self._subjects = subjects
        self._topics = topics
        self._books = books
        self._arrivals = arrivals
        self._reader, self._picking = Reader(client), Picking(client)

    def prune(self, before: int) -> int:
        """See Journal.prune: of each partition, from the oldest call on, those that every destination is done with and
        the archive has, up to the first that was received at ``before`` (ms since the epoch) or later. Also what was
        set aside and is finished, which is not counted. Raises JournalUnavailable."""
        calls = self._reader.places(self._address.topic)
        starts = self._reader.starts(calls)
        ends = self._done(calls, self._reader.at(calls, before))
        gone = self._delete(starts, ends)
        firsts = {place[1]: max(start, ends.get(place, 0)) for place, start in starts.items()}
        self._subjects.gone.sweep(firsts, self._sets_aside)
        self._topics.delete_all(self._subjects.destinations.forgotten())
        return gone

    def forget(self, destination: str) -> int:
        """See Journal.forget. Raises DestinationUnknown, JournalUnavailable: also where it is given up already, and
        its topics are not deleted yet; ``prune`` does that then."""
        known = self._subjects.destinations.known().get(destination)
        if known is None:
            raise DestinationUnknown(destination)
        waiting = self._books.waiting({destination: known})[destination]
        self._subjects.destinations.forget(destination)
        self._topics.delete(known.id)
        self._subjects.redriven.forget(known.id)
        return waiting

    def _done(self, calls: list[Place], ends: Mapping[Place, int]) -> dict[Place, int]:
        """Up to where the calls of each partition may go, at most to these ends."""
        attached = [one for one in self._subjects.destinations.known().values() if one.attached]
        found = dict(ends) if attached else {}  # else they wait for the first
        for one in attached:
            states = self._states(one.id, range(self._reader.count()))
            for place in calls:
                state = states.get(place[1], State())
                found[place] = min(found[place], max(state.position, begin_of(one, place[1]) or 0))
            self._delete_parked(one.id, states)
        if self._subjects.archives.keeps():
            point = self._arrivals.point()
            found = {place: min(end, point[place[1]]) for place, end in found.items()}
        return found

    def _sets_aside(self, partition: int) -> bool:
        """Whether something of a partition may be set aside and wait at any destination."""
        for one in self._subjects.destinations.known().values():
            state = self._states(one.id, [partition]).get(partition, State())
            place, begin = (self._address.parked(one.id), partition), state.parked.position
            end = self._reader.settled_ends([place])[place]
            # behind the last one there are marks of transactions
            if end - begin > MOST_LOOKED_THROUGH:
                return True
            if any(not state.parked.has(one.offset() or 0) for one in self._picking.between({place: (begin, end)})):
                return True
        return False

    def _delete_parked(self, number: str, states: Mapping[int, State]) -> None:
        parked = self._reader.places(self._address.parked(number))
        ends = {place: states.get(place[1], State()).parked.position for place in parked}
        self._delete(self._reader.starts(parked), ends)

    def _states(self, number: str, partitions: Iterable[int]) -> dict[int, State]:
        return standing(self._reader, self._picking, self._address.progress(number), partitions)

    def _delete(self, starts: Mapping[Place, int], ends: Mapping[Place, int]) -> int:
        """Delete records up to these ends; how many there were."""
        asked = [TopicPartition(*place, end) for place, end in ends.items() if end > starts[place]]
        if not asked:
            return 0
        gone = 0
        with explained():
            admin = self._client.admin()
            for one, answer in admin.delete_records(asked, request_timeout=SILENT_SECONDS).items():
                first = answer.result(SILENT_SECONDS).low_watermark
                gone += max(0, first - starts[one.topic, one.partition])
        return gone

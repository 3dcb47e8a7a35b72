"""What a process reads of partitions that it was given, before it delivers from them."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from confluent_kafka import Message

from translator.journal.kafka.client import Client
from translator.journal.kafka.destinations import Known
from translator.journal.kafka.lines import Item
from translator.journal.kafka.memory import Memory
from translator.journal.kafka.postings import postings
from translator.journal.kafka.progress import Progress
from translator.journal.kafka.reach import Reach
from translator.journal.kafka.reading import Reader
from translator.journal.kafka.records import due_of, leased_with, said
from translator.journal.kafka.standing import begin_of, last_states
from translator.journal.kafka.state import Books, State, begun, takeover

_log = logging.getLogger("translator.journal")


class Loader:
    """For one destination (its id), and one thread. ``memory``: is filled."""

    def __init__(self, client: Client, number: str, memory: Memory) -> None:
        self._address = client.address
        self._number = number
        self._memory = memory
        self._reader = Reader(client)

    def load(self, partitions: Collection[int], known: Known) -> dict[int, Progress]:
        """The progress of these partitions, as nobody but this process can change it from now on: whoever had them
        before has been waited for (see Membership.settled). Raises JournalUnavailable, JournalUnsafe."""
        self._remember(partitions)
        states = self.states(partitions)
        begins = self._begins(partitions, known, states)
        # what was posted before the first settle is there, too
        requests = self._requests({one: states[one].requests.position if one in states else 0 for one in partitions})
        tops = self._reader.written_ends([(self._address.topic, one) for one in partitions])
        found: dict[int, Progress] = {}
        for partition in partitions:
            begin, (records, end) = begins.get(partition, 0), requests[partition]
            state = further(states[partition], begin) if partition in states else begun(begin, begin)
            state = self._within(state, partition, tops[self._address.topic, partition])
            found[partition] = Progress(takeover(state, postings(records), end))
        self._expect(found)
        return found

    def _within(self, state: State, partition: int, end: int) -> State:
        """A state that is no further than its partition. Brokers that all lost power may have lost the last calls of
        it; those that come now have their offsets."""
        if state.calls.end <= end:
            return state
        _log.error(
            "%s, partition %d: ends at %d, and had been delivered up to %d: brokers have lost calls that were "
            "accepted; delivery goes on with those that come now",
            self._address.topic, partition, end, state.calls.end,
        )  # fmt: skip
        return cut(state, end)

    def states(self, partitions: Iterable[int]) -> dict[int, State]:
        """The last state of each partition that has one, behind all transactions that have begun."""
        topic = self._address.progress(self._number)
        found = last_states(self._reader.through, self._reader.written_ends([(topic, one) for one in partitions]))
        return {partition: one.state for (_, partition), one in found.items() if one.state is not None}

    def _begins(self, partitions: Iterable[int], known: Known, states: Mapping[int, State]) -> dict[int, int]:
        """Before which offsets a destination gets nothing, where it may not have got there yet."""
        found = {one: begin_of(known, one) for one in partitions}
        topic = self._address.topic
        # what was attached to begin with the oldest call begins with the first that is kept
        unsaid = [one for one, begin in found.items() if one not in states or (begin is None and known.times > 1)]
        firsts = self._reader.starts([(topic, one) for one in unsaid])
        return {one: max(found[one] or 0, firsts.get((topic, one), 0)) for one in found}

    def _remember(self, partitions: Iterable[int]) -> None:
        topic = self._address.memory(self._number)
        for one in partitions:
            self._memory.drop(one)
        for message in self._written(topic, dict.fromkeys(partitions, 0)):
            record = (message.key() or b"", message.value())
            self._memory.fill(_partition(message), [record], message.timestamp()[1])

    def _requests(self, begins: Mapping[int, int]) -> dict[int, tuple[list[tuple[int, bytes]], int]]:
        """The records of requests behind these offsets, by partition, and the offset behind them."""
        topic = self._address.requests(self._number)
        records: defaultdict[int, list[tuple[int, bytes]]] = defaultdict(list)
        for message in self._written(topic, begins):
            records[_partition(message)].append((message.offset() or 0, message.value() or b""))
        return {
            one: (records[one], records[one][-1][0] + 1 if records[one] else begin) for one, begin in begins.items()
        }

    def _written(self, topic: str, begins: Mapping[int, int]) -> Iterator[Message]:
        """All that is written to partitions of a topic from these offsets on, once its transactions have ended."""
        ends = self._reader.written_ends([(topic, one) for one in begins])
        return self._reader.through({place: (begins[place[1]], end) for place, end in ends.items()})

    def _expect(self, progress: Mapping[int, Progress]) -> None:
        """Say of which subjects there is something set aside."""
        topic = self._address.parked(self._number)
        awaited: defaultdict[int, dict[str, int]] = defaultdict(dict)
        for message in self._written(topic, {one: some.frontier("parked") for one, some in progress.items()}):
            offset, partition = message.offset() or 0, _partition(message)
            if not progress[partition].is_finished("parked", offset):
                awaited[partition][(message.key() or b"").decode("utf-8")] = offset + 1
        for partition, subjects in awaited.items():
            progress[partition].expect(subjects)


def further(state: State, start: int) -> State:
    """The state of a destination that was attached again, at ``start``: it had nothing that waited when it was let go,
    and what came since is not for it. Its books begin so much later. As it is, where it has got there already."""
    position = state.calls.position
    if start <= position:
        return state
    skipped = start - position - sum(min(end, start) - first for first, end in state.calls.done if first < start)
    books = state.books.plus(Books(base=skipped))
    calls = Reach(position, state.calls.done).including([(position, start)])
    tried = {**state.tried, "calls": {at: one for at, one in state.tried["calls"].items() if at >= start}}
    return State(calls, state.parked, state.requests, tried, books)


def cut(state: State, end: int) -> State:
    """The state where nothing is finished, or was tried, from an offset on. Its books begin so much earlier, so that
    they go on to add up."""
    position = min(state.calls.position, end)
    done = [(first, min(last, end)) for first, last in state.calls.done if first < end]
    lost = (
        state.calls.position - position + sum(last - max(first, end) for first, last in state.calls.done if last > end)
    )
    tried = {**state.tried, "calls": {at: one for at, one in state.tried["calls"].items() if at < end}}
    calls = Reach(position).including(done)
    return State(calls, state.parked, state.requests, tried, state.books.plus(Books(base=-lost)))


def item_of(message: Message) -> Item:
    """A record as it is put into a window."""
    more = said(message)
    return Item(message.offset() or 0, leased_with(message, more), due_of(more))


def _partition(message: Message) -> int:
    return int(message.partition() or 0)

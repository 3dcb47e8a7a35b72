"""Calls as people and reports look at them: read from the topic of calls, of which nobody keeps an index.

A call is found by its name at once. Everything else is a stretch of partitions that is read: how far is said with each.
Calls of several partitions come in the order of their times, which is *about* that of their arrival: of one partition,
and so of one subject, it is exactly the log's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from heapq import merge
from itertools import islice

from confluent_kafka import Message

from translator.journal.kafka.client import Client
from translator.journal.kafka.partitioner import partition_of
from translator.journal.kafka.picking import Picking
from translator.journal.kafka.reading import Place, Reader, Span
from translator.journal.kafka.records import kept_of, key_of, leased_of, place_of, said
from translator.parcels import Call, Leased
from translator.sights import Kept

MOST_LOOKED_THROUGH = 20_000
"""Calls of a partition, the newest, that are looked through for a name."""

SLACK_MS = 10 * 60_000
"""A call is in the log at most so much later than it was received, by whatever clocks."""

LONGEST_OFFSET = 18
"""Digits of the largest offset."""

Hidden = Callable[[Leased], bool]


def none_hidden(_: Leased) -> bool:
    """Nothing is."""
    return False


class Calls:
    """``hidden``: calls that are to be as if they were not kept, of people who were forgotten: a record alone cannot be
    deleted from this topic. For any thread."""

    def __init__(self, client: Client, hidden: Hidden = none_hidden) -> None:
        self._topic = client.address.topic
        self._hidden = hidden
        self._reader, self._picking = Reader(client), Picking(client)

    def newest(self, limit: int, before: str | None = None) -> list[Kept]:
        """See Looking.newest. By time, about: calls of several partitions that came within the same moments, or by
        clocks that differ, may be told in another order than they came in, and at the edge between two pages one may be
        missed or told twice. Reads ``limit`` calls of each partition."""
        ends = self._ends() if before is None else self._before(before)
        spans = {place: (max(0, end - limit), end) for place, end in ends.items()}
        return self._newest_of(spans, limit, lambda message: True)

    def named(self, name: str, limit: int = 200) -> list[Kept]:
        """See Looking.named, but not of all that are kept: by the journal's own name at once; by messageId or subject
        among the newest MOST_LOOKED_THROUGH of each partition, of a subject in its own partition alone."""
        if not name:
            return []
        if (one := self.kept(name)) is not None:
            return [one]
        own, key = self.partition_of(name), key_of(name)

        def is_it(message: Message) -> bool:
            return (message.partition() == own and message.key() == key) or said(message)["message_id"] == name

        spans = {place: (max(0, end - MOST_LOOKED_THROUGH), end) for place, end in self._ends().items()}
        return self._newest_of(spans, limit, is_it)

    def kept(self, call: str) -> Kept | None:
        """See Looking.kept."""
        message = self._message(call)
        return None if message is None else self._shown(message)

    def earlier(self, call: Kept, limit: int) -> list[Kept]:
        """See Looking.earlier, among the MOST_LOOKED_THROUGH calls of the partition that came before it."""
        place = place_of(call.id)
        if place is None:
            return []
        partition, offset = place
        key = key_of(call.subject)
        spans = {(self._topic, partition): (max(0, offset - MOST_LOOKED_THROUGH), offset)}
        return self._newest_of(spans, limit, lambda message: message.key() == key)

    def read(
        self, since: int | None = None, until: int | None = None, begin: Sequence[int] | None = None
    ) -> Iterator[Call]:
        """See Journal.read; merged by time, of each partition in the log's order. Everything that was there when it
        began and is in the span: calls that stand more than SLACK_MS (by time) behind it are not looked for. Holds some
        hundred calls of each partition, each of which has a consumer of its own meanwhile. ``begin``: nothing before
        these offsets, of each partition."""
        ends = self._ends()
        begins = dict.fromkeys(ends, 0) if since is None else self._reader.at(list(ends), since)
        if begin is not None:
            begins = {place: max(offset, begin[place[1]]) for place, offset in begins.items()}
        if until is not None:
            late = self._reader.at(list(ends), until + SLACK_MS)
            ends = {place: min(end, late[place]) for place, end in ends.items()}
        with ExitStack() as stack:
            streams = [
                stack.enter_context(closing(self._picking.between({place: (begins[place], end)}, light=True)))
                for place, end in ends.items()
            ]
            for message in merge(*streams, key=_time):
                at = _time(message)
                if at >= (since or 0) and (until is None or at < until):
                    one = leased_of(message)
                    if not self._hidden(one):
                        yield one.call()

    def partition_of(self, subject: str) -> int:
        """Where a subject's calls are. Raises JournalUnavailable."""
        return partition_of(key_of(subject), max(1, self.partitions()))

    def partitions(self) -> int:
        """How many the topic of calls has."""
        return self._reader.count()

    def _ends(self) -> dict[Place, int]:
        return self._reader.ends(self._reader.places(self._topic))

    def _before(self, call: str) -> dict[Place, int]:
        """Where the calls before one end in each partition: those of an earlier time, and of the same time those of
        lower partitions."""
        message, place = self._message(call), place_of(call)
        if message is None or place is None:
            return {}
        at, (own, offset) = _time(message), place
        lower = self._reader.at([(self._topic, number) for number in range(own)], at + 1)
        higher = self._reader.at([(self._topic, number) for number in range(own + 1, self.partitions())], at)
        return {**lower, **higher, (self._topic, own): offset}

    def _message(self, call: str) -> Message | None:
        place = place_of(call)
        if place is None or place[0] >= self.partitions() or len(str(place[1])) > LONGEST_OFFSET:
            return None
        where = (self._topic, place[0])
        return self._picking.these({where: [place[1]]}).get((where, place[1]))

    def _shown(self, message: Message) -> Kept | None:
        one = leased_of(message)
        return None if self._hidden(one) else kept_of(one)

    def _newest_of(self, spans: Mapping[Place, Span], limit: int, wanted: Callable[[Message], bool]) -> list[Kept]:
        """The newest of these calls, the newest first."""
        found: dict[int, list[Message]] = {}
        for message in self._picking.between(spans):
            if wanted(message):
                some = found.setdefault(int(message.partition() or 0), [])
                some.append(message)
                if len(some) > 2 * limit:
                    del some[:-limit]
        streams = [reversed(some) for some in found.values()]
        merged = merge(*streams, key=lambda one: (_time(one), one.partition()), reverse=True)
        shown = (one for message in merged if (one := self._shown(message)) is not None)
        return list(islice(shown, limit))


def _time(message: Message) -> int:
    return int(message.timestamp()[1])

"""Some records of partitions, by their offsets."""

from __future__ import annotations

import time
from collections.abc import Collection, Generator, Mapping
from contextlib import closing

from confluent_kafka import KafkaError, Message, TopicPartition

from translator.errors import JournalUnavailable
from translator.journal.kafka.client import Client, explained, taken, unavailable
from translator.journal.kafka.reading import SILENT_SECONDS, Place, Span, place_in

AT_ONCE = 1000
LOOK_SECONDS = 0.2
GAP = 100
"""So many records that nobody asked for are read rather than passed over."""

LIGHT: Mapping[str, str] = {
    "queued.max.messages.kbytes": "1024", "queued.min.messages": "200", "fetch.message.max.bytes": "262144",
}  # fmt: skip
"""For a consumer of one partition among many."""


class Picking:
    """For any thread; each reading has a consumer of its own."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def between(self, spans: Mapping[Place, Span], *, light: bool = False) -> Generator[Message, None, None]:
        """The committed records in these spans that there are, of each partition in order. What of a span is before the
        first that is kept, or behind the end, is nothing. ``light``: with little memory. Raises JournalUnavailable,
        JournalUnsafe."""
        left = {place: span for place, span in spans.items() if span[0] < span[1]}
        if not left:
            return
        more = {"enable.partition.eof": "true", "auto.offset.reset": "earliest", **(LIGHT if light else {})}
        with closing(self._client.consumer("-", **more)) as consumer, explained():
            consumer.assign([TopicPartition(topic, number, begin) for (topic, number), (begin, _) in left.items()])
            heard = time.monotonic()
            while left:
                ended = []
                for message in taken(consumer, AT_ONCE, LOOK_SECONDS):
                    heard = time.monotonic()
                    place = place_in(message)
                    if place not in left:
                        continue
                    begin, end = left[place]
                    offset = _offset_of(message)
                    # before ``begin``: there is no such offset, and it was set to the first
                    if begin <= offset < end:
                        yield message
                    if not begin <= offset < end - 1:
                        del left[place]
                        ended.append(TopicPartition(*place))
                if ended and left:
                    consumer.pause(ended)
                if time.monotonic() - heard > SILENT_SECONDS:
                    raise JournalUnavailable(f"Kafka: no answer within {SILENT_SECONDS:g} s", "connection")

    def these(self, offsets: Mapping[Place, Collection[int]]) -> dict[tuple[Place, int], Message]:
        """Those of these records that there are. Raises as ``between``."""
        runs = {place: _runs(some) for place, some in offsets.items()}
        found = {}
        for turn in range(max(map(len, runs.values()), default=0)):
            spans = {place: some[turn] for place, some in runs.items() if turn < len(some)}
            for message in self.between(spans):
                place, offset = place_in(message), message.offset() or 0
                if offset in offsets[place]:
                    found[place, offset] = message
        return found


def _offset_of(message: Message) -> int:
    """-1 for the end. Raises what an error means."""
    error = message.error()
    if error is None:
        return int(message.offset() or 0)
    if error.code() == KafkaError._PARTITION_EOF:
        return -1
    raise unavailable(error)


def _runs(offsets: Collection[int]) -> list[Span]:
    """Spans that have all of these, and not many others."""
    found: list[Span] = []
    for offset in sorted(set(offsets)):
        if found and offset - found[-1][1] <= GAP:
            found[-1] = (found[-1][0], offset + 1)
        else:
            found.append((offset, offset + 1))
    return found

"""Partitions read from one place to another, without a group; and where they begin and end."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing

from confluent_kafka import (
    OFFSET_INVALID,
    IsolationLevel,
    KafkaError,
    KafkaException,
    Message,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, OffsetSpec

from translator.errors import JournalUnavailable
from translator.journal.kafka.client import Client, explained, taken, unavailable

CHUNK = 500
SILENT_SECONDS = 15.0
"""A broker that says nothing for so long is away."""

UNENDED_SECONDS = 90.0
"""A transaction of a process that was killed ends within its own time-out and the broker's next look."""

UNENDED = "Kafka: nothing further was read within {:g} s: no broker answers, or a transaction has not ended"
SETTLED_SECONDS = 1.0
PAUSE_SECONDS = 0.02
LOOK_SECONDS = 0.1
ASK_SECONDS = 3.0
"""For one question to a leader, which may have died."""

UNLED = {
    KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE, KafkaError.REQUEST_TIMED_OUT,
    KafkaError._TIMED_OUT, KafkaError._TRANSPORT, KafkaError._TIMED_OUT_QUEUE,
}  # fmt: skip
UNLED_SAID = "Kafka: no leader of these partitions answered within {:g} s"

Place = tuple[str, int]
"""A topic and a partition of it."""

Span = tuple[int, int]
"""From the first offset up to but not including the last."""


class Reader:
    """Reads what is committed. For any thread; each reading has a consumer of its own."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def ends(self, places: Collection[Place]) -> dict[Place, int]:
        """The offset behind the last committed record. Raises JournalUnavailable, JournalUnsafe."""
        return self._offsets(places, OffsetSpec.latest())  # type: ignore[no-untyped-call]  # confluent-kafka 2.16

    def written_ends(self, places: Collection[Place]) -> dict[Place, int]:
        """The offset behind the last record, though its transaction may not have ended. Raises as ``ends``."""
        spec = OffsetSpec.latest()  # type: ignore[no-untyped-call]  # confluent-kafka 2.16
        return self._offsets(places, spec, IsolationLevel.READ_UNCOMMITTED)

    def settled_ends(self, places: Collection[Place]) -> dict[Place, int]:
        """As ``ends``, but with everything that was committed before: the brokers tell of a transaction a moment after
        whoever committed it has gone on. One that takes longer than SETTLED_SECONDS is not waited for."""
        written = self.written_ends(places)
        ends = self.ends(places)
        until = time.monotonic() + SETTLED_SECONDS
        while (late := [place for place, end in written.items() if ends[place] < end]) and time.monotonic() < until:
            time.sleep(PAUSE_SECONDS)
            ends |= self.ends(late)
        return ends

    def starts(self, places: Collection[Place]) -> dict[Place, int]:
        """The offset of the first record that is kept. Raises as ``ends``."""
        return self._offsets(places, OffsetSpec.earliest())  # type: ignore[no-untyped-call]  # confluent-kafka 2.16

    def at(self, places: Collection[Place], ms: int) -> dict[Place, int]:
        """The offset of the first record whose time is ``ms`` or later (ms since the epoch); where there is none, the
        end. Raises as ``ends``."""
        found = self._offsets(places, OffsetSpec.for_timestamp(ms))
        late = [place for place, offset in found.items() if offset < 0]
        return {**found, **self.ends(late)}

    def partitions(self, topic: str) -> int:
        """How many a topic has; 0 where it is not there. Raises JournalUnavailable."""
        with explained():
            admin = self._client.admin()
            found = admin.list_topics(topic, timeout=SILENT_SECONDS).topics.get(topic)
        return 0 if found is None or found.error is not None else len(found.partitions)

    def count(self) -> int:
        """How many the topic of calls has, and so each topic that a destination has for itself; 0 where it is not
        there. Asked once in a process. Raises JournalUnavailable."""
        self._client.partitions = self._client.partitions or self.partitions(self._client.address.topic)
        return self._client.partitions

    def places(self, topic: str) -> list[Place]:
        """The partitions of the topic of calls, or of a destination's. Raises JournalUnavailable."""
        return [(topic, number) for number in range(self.count())]

    def through(self, spans: Mapping[Place, Span]) -> Iterator[Message]:
        """The records in these spans, of each partition in order, and perhaps some behind them. Waits until all of it
        is there, for transactions to end: so ``written_ends`` are ends to give. Raises JournalUnavailable,
        JournalUnsafe."""
        left = {place: end for place, (begin, end) in spans.items() if end > begin}
        if not left:
            return
        # where the first records were deleted meanwhile, it begins with those that are left
        more = {"enable.partition.eof": "true", "auto.offset.reset": "earliest"}
        with closing(self._client.consumer("-", **more)) as consumer, explained():
            consumer.assign([TopicPartition(*place, spans[place][0]) for place in left])
            deadline = time.monotonic() + UNENDED_SECONDS
            while left:
                for message in taken(consumer, CHUNK, LOOK_SECONDS):
                    error, place = message.error(), place_in(message)
                    if error is not None and error.code() != KafkaError._PARTITION_EOF:
                        raise unavailable(error)
                    at = int(message.offset() or 0) + (error is None)
                    if at >= left.get(place, at + 1):
                        del left[place]
                    deadline = time.monotonic() + UNENDED_SECONDS
                    if error is None:
                        yield message
                if time.monotonic() > deadline:
                    raise JournalUnavailable(UNENDED.format(UNENDED_SECONDS), "connection")

    def _offsets(
        self, places: Collection[Place], spec: OffsetSpec, level: IsolationLevel = IsolationLevel.READ_COMMITTED
    ) -> dict[Place, int]:
        if not places:
            return {}
        deadline, is_first = time.monotonic() + SILENT_SECONDS, True
        while True:
            with explained():
                admin = self._client.kept_admin()
                try:
                    found = _asked(admin, places, spec, level)
                except (KafkaException, TimeoutError) as error:
                    # of a topic that was just made, or a partition whose leader has gone
                    may_pass = is_first or isinstance(error, TimeoutError) or error.args[0].code() in UNLED
                    if time.monotonic() > deadline or not may_pass:
                        raise
                else:
                    if OFFSET_INVALID not in found.values():
                        return found
            # one that knew a leader that was killed goes on asking it, and then says that there is no offset, without
            # an error (confluent-kafka 2.16.1, seen 2026-11-29)
            self._client.let_go(admin)
            if time.monotonic() > deadline:
                raise JournalUnavailable(UNLED_SAID.format(SILENT_SECONDS), "connection")
            time.sleep(LOOK_SECONDS)
            is_first = False


def _asked(admin: AdminClient, places: Collection[Place], spec: OffsetSpec, level: IsolationLevel) -> dict[Place, int]:
    asked = {TopicPartition(topic, number): spec for topic, number in places}
    answers = admin.list_offsets(asked, isolation_level=level, request_timeout=ASK_SECONDS)
    return {(one.topic, one.partition): answer.result(2 * ASK_SECONDS).offset for one, answer in answers.items()}


def place_in(message: Message) -> Place:
    """Where a record stands."""
    return str(message.topic()), int(message.partition() or 0)

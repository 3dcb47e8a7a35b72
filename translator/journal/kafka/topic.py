"""A log that is one partition of a topic: see ``log``. The topic is there already, compacted.

librdkafka's names are those of its documentation (github.com/confluentinc/librdkafka, CONFIGURATION.md; read
2026-11-29).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    Message,
    Producer,
    TopicPartition,
)

from translator.errors import JournalUnavailable
from translator.journal.kafka.client import taken
from translator.journal.kafka.log import Entry, Record

Options = Mapping[str, Any]

PRODUCING: Options = {"enable.idempotence": True, "acks": "all", "linger.ms": 1}
CONSUMING: Options = {
    "group.id": "none",  # librdkafka wants one, though there is no group where partitions are assigned by hand
    "enable.auto.commit": False,
    "enable.auto.offset.store": False,
    # says where the end is behind control records of transactions, which are told in no other way
    "enable.partition.eof": True,
    "isolation.level": "read_committed",
    "auto.offset.reset": "earliest",
    "fetch.wait.max.ms": 50,
}
AT_ONCE = 1000
"""Entries that are asked of the consumer at a time."""

LOOK_SECONDS = 0.1
ASK_SECONDS = 2.0
"""For one question to a leader, which may have died."""

REASONS: Mapping[int, str] = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED: "refused",
    KafkaError.CLUSTER_AUTHORIZATION_FAILED: "refused",
    KafkaError.SASL_AUTHENTICATION_FAILED: "refused",
    KafkaError._AUTHENTICATION: "refused",
    KafkaError.UNKNOWN_TOPIC_OR_PART: "refused",
    KafkaError._UNKNOWN_TOPIC: "refused",
    KafkaError._UNKNOWN_PARTITION: "refused",
    KafkaError.MSG_SIZE_TOO_LARGE: "io",
    KafkaError.RECORD_LIST_TOO_LARGE: "io",
    KafkaError.KAFKA_STORAGE_ERROR: "io",
}
"""Why a journal is unavailable (see JournalUnavailable); of anything else nobody knows whether it was written."""

HOPELESS = frozenset(code for code, reason in REASONS.items() if reason == "refused")


class KafkaLog:
    """``client``: what a client needs to connect (bootstrap.servers and the like). ``wait_seconds``: how long to wait
    for brokers. Its clients are made at the first use, in each process anew. For one board each."""

    def __init__(self, client: Options, topic: str, wait_seconds: float = 10.0, partition: int = 0) -> None:
        self._client = dict(client)
        self._place = TopicPartition(topic, partition)
        self._wait = wait_seconds
        self._pid = os.getpid()
        self._inherited: list[object] = []
        self._producer: Producer | None = None
        self._consumer: Consumer | None = None
        self._looker: Consumer | None = None
        self._told: int | None = None
        """The offset up to which all was handed out; None where the consumer is somewhere else."""
        self._next = 0
        """Where the consumer is."""

    def append(self, records: Sequence[Record]) -> int:
        """See Log.append."""
        outcomes: list[Message | KafkaError] = []
        with self._named():
            producer = self._producing()
            try:
                for key, value in records:
                    self._produce(producer, key, value, outcomes)
            except KafkaException:
                self._give_up(producer)
                raise
        deadline = time.monotonic() + 2 * self._wait  # librdkafka gives up before
        while len(outcomes) < len(records) and time.monotonic() < deadline:
            producer.poll(LOOK_SECONDS)
        errors = [one for one in outcomes if isinstance(one, KafkaError)]
        if errors or len(outcomes) < len(records):
            self._give_up(producer)
            raise self._unavailable(errors[0] if errors else KafkaError(KafkaError._TIMED_OUT))
        return max(one.offset() or 0 for one in outcomes if isinstance(one, Message))

    def read(self, after: int) -> Iterator[Entry]:
        """See Log.read. Waits for transactions that have begun to write here."""
        with self._named():
            consumer, end = self._consuming(), self._end()
            if after != self._told:
                self._next = after + 1
                consumer.assign([TopicPartition(self._place.topic, self._place.partition, self._next)])
            self._told = None
        return self._entries(consumer, after, end)

    def close(self) -> None:
        """See Log.close."""
        if self._pid == os.getpid():
            for one in (self._consumer, self._looker):
                if one is not None:
                    one.close()
            self._producer = self._consumer = self._looker = None

    def _entries(self, consumer: Consumer, last: int, end: int) -> Iterator[Entry]:
        deadline = time.monotonic() + self._wait
        while self._next < end:
            with self._named():
                found = taken(consumer, AT_ONCE, LOOK_SECONDS)
            for message in found:
                error = message.error()
                if error is None:
                    last = message.offset() or 0
                    self._next = last + 1
                    yield _entry(message)
                elif error.code() == KafkaError._PARTITION_EOF:
                    self._next = max(self._next, message.offset() or 0)
                elif error.code() in HOPELESS or error.fatal():
                    raise self._unavailable(error)
                else:
                    continue
                deadline = time.monotonic() + self._wait
            if time.monotonic() > deadline:
                raise JournalUnavailable(
                    f"{self._place.topic}: was not read within {self._wait:g} s: no broker answers, or a transaction "
                    "has not ended",
                    "connection",
                )
        self._told = last

    def _end(self) -> int:
        """Behind the last record, be its transaction ended or not. Asked again while no leader can tell.

        Asked of a consumer: an AdminClient's list_offsets went on asking a leader that had been killed, and then said
        -1001 without an error (confluent-kafka 2.16.1, seen 2026-11-29).
        """
        deadline = time.monotonic() + self._wait
        while True:
            try:
                found = self._looking().get_watermark_offsets(self._place, timeout=ASK_SECONDS)
            except KafkaException as error:
                if error.args[0].code() in HOPELESS or time.monotonic() > deadline:
                    raise
                with suppress(KafkaException):
                    # which is how it learns of another leader: it goes on asking the one that it knows
                    self._looking().list_topics(self._place.topic, timeout=ASK_SECONDS)
                time.sleep(LOOK_SECONDS)
            else:
                if found is not None and found[1] >= 0:
                    return int(found[1])
            if time.monotonic() > deadline:
                raise self._unavailable(KafkaError(KafkaError._TIMED_OUT))

    def _produce(self, producer: Producer, key: str, value: bytes | None, outcomes: list[Message | KafkaError]) -> None:
        place = self._place
        while True:
            with suppress(BufferError):
                producer.produce(
                    place.topic,
                    value,
                    key.encode("utf-8"),
                    place.partition,
                    on_delivery=lambda error, message: outcomes.append(error or message),
                )
                return
            producer.poll(LOOK_SECONDS)

    def _give_up(self, producer: Producer) -> None:
        """Take back what has not gone out: nobody waits for it any more."""
        producer.purge()
        producer.flush(0)
        self._producer = None

    def _producing(self) -> Producer:
        self._see_fork()
        if self._producer is None:
            wait = {"message.timeout.ms": int(self._wait * 1000)}
            self._producer = Producer({**PRODUCING, **wait, **self._client})
        return self._producer

    def _consuming(self) -> Consumer:
        self._see_fork()
        if self._consumer is None:
            self._consumer = Consumer({**CONSUMING, **self._client})
            self._told = None
        return self._consumer

    def _looking(self) -> Consumer:
        """A consumer that reads nothing, and sees transactions that have not ended."""
        if self._looker is None:
            self._looker = Consumer({**CONSUMING, **self._client, "isolation.level": "read_uncommitted"})
        return self._looker

    def _see_fork(self) -> None:
        if self._pid != os.getpid():
            # their threads are the parent's, for which their end would wait
            self._inherited += [self._producer, self._consumer, self._looker]
            self._producer = self._consumer = self._looker = None
            self._pid = os.getpid()

    @contextmanager
    def _named(self) -> Iterator[None]:
        """Errors of the engine as errors of the house."""
        try:
            yield
        except KafkaException as error:
            raise self._unavailable(error.args[0]) from error

    def _unavailable(self, error: KafkaError) -> JournalUnavailable:
        return JournalUnavailable(f"{self._place.topic}: {error.str()}", REASONS.get(error.code(), "connection"))


def _entry(message: Message) -> Entry:
    _, at = message.timestamp()
    key, value = message.key(), message.value()
    text = key.decode("utf-8") if isinstance(key, bytes) else str(key)
    return Entry(message.offset() or 0, text, value if value is None else bytes(value), at)

"""Transactions of one destination in one process: what becomes of calls, with how far the group is, whole or not at
all."""

from __future__ import annotations

import logging
import time
import uuid
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message, Producer, TopicPartition

from translator.errors import JournalUnavailable
from translator.journal.kafka.client import Client, explained, unavailable
from translator.journal.kafka.reading import Place, place_in
from translator.journal.kafka.records import Headers

_log = logging.getLogger("translator.journal")

TRANSACTION_MS = 20_000
"""A transaction of a process that was killed holds up whoever takes its partitions over for so long, and until the
broker's next look, every 10 s (transaction.abort.timed.out.transaction.cleanup.interval.ms). Longer where an answer may
take longer (socket.timeout.ms): librdkafka wants it so."""

STEP_SECONDS = 10.0
PAUSE_SECONDS = 0.1
FULL_SECONDS = 10.0

MOVED = {
    KafkaError.ILLEGAL_GENERATION, KafkaError.UNKNOWN_MEMBER_ID, KafkaError.FENCED_INSTANCE_ID,
    KafkaError.REBALANCE_IN_PROGRESS, KafkaError._FENCED,
}  # fmt: skip
"""The group has moved on since: with its present number it may do, where the partitions are still held."""


class Refused(Exception):
    """Nothing of it was written. ``has_moved``: the group has changed meanwhile."""

    def __init__(self, error: KafkaError) -> None:
        super().__init__(error.str())
        self.error = unavailable(error)
        self.has_moved = error.code() in MOVED


class Unsure(JournalUnavailable):
    """Nobody knows whether it was written."""


class Transaction:
    """What is written. ``ends``: by place, the offset behind the last record, once it is delivered."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self.ends: dict[Place, int] = {}

    def put(
        self, place: Place, key: bytes, value: bytes | None, headers: Headers | None = None, at: int | None = None
    ) -> None:
        """Write a record. ``at``: its time, ms since the epoch. Raises KafkaException, BufferError."""
        more: dict[str, Any] = {} if at is None else {"timestamp": at}
        topic, partition = place
        deadline = time.monotonic() + FULL_SECONDS
        while True:
            try:
                self._producer.produce(topic, value, key, partition, self._told, headers=headers, **more)
                return
            except BufferError:
                if time.monotonic() > deadline:
                    raise
                self._producer.poll(PAUSE_SECONDS)

    def _told(self, error: KafkaError | None, message: Message) -> None:
        if error is None:
            place = place_in(message)
            self.ends[place] = max(self.ends.get(place, 0), int(message.offset() or 0) + 1)


class Transactions:
    """One after the other, under a name of this process alone. For one thread at a time."""

    def __init__(self, client: Client, group: str) -> None:
        self._client = client
        self._name = f"{group}.{uuid.uuid4().hex}"
        self._producer: Producer | None = None

    def commit(
        self,
        write: Callable[[Transaction], None],
        offsets: Collection[TopicPartition],
        metadata: Callable[[], Any],
    ) -> Transaction:
        """Write, and commit the group's offsets with it. ``metadata``: what shows the right to, as it was when the
        partitions were seen to be here; with that of a member who has come back since, it could write over what is
        another's by now.

        Raises Refused, Unsure; JournalUnavailable where it could not begin; anything else that ``write`` raises, and
        then nothing was written."""
        producer = self._made()
        transaction = Transaction(producer)
        try:
            producer.begin_transaction()
            write(transaction)
            producer.send_offsets_to_transaction(list(offsets), metadata(), STEP_SECONDS)
        except (KafkaException, BufferError, JournalUnavailable) as error:
            raise self._undone(producer, _fault(error), is_asked=False) from None
        except BaseException:
            # else it would stay open, and whoever reads would wait for its end
            if not self._aborted(producer):
                self._producer = None
            raise
        try:
            self._finish(producer)
        except KafkaException as error:
            raise self._undone(producer, error.args[0], is_asked=True) from None
        return transaction

    def resolve(self) -> None:
        """After Unsure: have the brokers end what was begun, one way or the other. Raises JournalUnavailable."""
        self._made()

    def close(self) -> None:
        """Let go of the producer."""
        producer, self._producer = self._producer, None
        if producer is not None:
            producer.flush(0)

    def _finish(self, producer: Producer) -> None:
        """A commit that was not answered in time may be asked for again: it is the same one."""
        deadline = time.monotonic() + STEP_SECONDS
        while True:
            try:
                producer.commit_transaction(STEP_SECONDS)
                return
            except KafkaException as error:
                if not error.args[0].retriable() or time.monotonic() > deadline:
                    raise

    def _undone(self, producer: Producer, fault: KafkaError, *, is_asked: bool) -> Exception:
        """``is_asked``: the brokers were asked to commit."""
        may_abort = fault.txn_requires_abort() or not (is_asked or fault.fatal())
        if may_abort and self._aborted(producer):
            return Refused(fault)
        self._producer = None
        with suppress(KafkaException):
            producer.purge()
        return Unsure(f"Kafka: {fault.name()}: {fault.str()}: whether it was written is not known", "connection")

    def _aborted(self, producer: Producer) -> bool:
        deadline = time.monotonic() + STEP_SECONDS
        while True:
            try:
                producer.abort_transaction(STEP_SECONDS)
                return True
            except KafkaException as error:
                if not error.args[0].retriable() or time.monotonic() > deadline:
                    _log.warning("transaction: %s", error.args[0].str())
                    return False

    def _made(self) -> Producer:
        if self._producer is None:
            answer_ms = int(self._client.options()["socket.timeout.ms"])
            producer = self._client.producer(
                transactional_id=self._name, transaction_timeout_ms=str(max(TRANSACTION_MS, answer_ms)), linger_ms="0"
            )
            with explained():
                producer.init_transactions(STEP_SECONDS)
            self._producer = producer
        return self._producer


def _fault(error: KafkaException | BufferError | JournalUnavailable) -> KafkaError:
    if isinstance(error, KafkaException):
        found: KafkaError = error.args[0]
        return found
    return KafkaError(KafkaError._QUEUE_FULL if isinstance(error, BufferError) else KafkaError._STATE, str(error))

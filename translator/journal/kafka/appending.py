"""The door: calls into the topic of calls, each told of once all replicas that are in sync have it."""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from typing import NamedTuple

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from translator.errors import JournalError, JournalUnavailable
from translator.journal.kafka.client import Client, is_fatal, unavailable
from translator.journal.kafka.records import Headers, headers_of, key_of, refused_headers, text_of
from translator.parcels import Call, Receipt, Refusal

POLL_SECONDS = 0.2
PAUSE_SECONDS = 0.01
TOLD_SECONDS = 1.0
SLACK_SECONDS = 2.0
"""So much later than the broker's own time-out nothing is waited for any more."""

FULL = "Kafka: what waits to be sent is as much as may be held in memory"
SILENT = "Kafka: not all of it was confirmed within {:g} s; sent again, Amplitude takes what came twice as one"


class Sending:
    """Some records on their way. Told of by the producer's thread, waited for by another."""

    def __init__(self, count: int) -> None:
        self._left = count
        self._lock = threading.Lock()
        self._done = threading.Event()
        self.error: KafkaError | None = None
        if not count:
            self._done.set()

    def told(self, error: KafkaError | None, _: Message) -> None:
        """A delivery report."""
        with self._lock:
            self._left -= 1
            self.error = self.error or error
            if not self._left:
                self._done.set()

    def wait(self, seconds: float, poll: Callable[[], object] | None = None) -> None:
        """Until all are confirmed. ``poll``: what has to be called for that, where no thread does. Raises
        JournalUnavailable, JournalUnsafe."""
        deadline = time.monotonic() + seconds
        while poll is not None and not self._done.is_set() and time.monotonic() < deadline:
            poll()
        if not self._done.wait(max(0.0, deadline - time.monotonic())):
            raise JournalUnavailable(SILENT.format(seconds), "connection")
        if self.error is not None:
            raise unavailable(self.error)


class Record(NamedTuple):
    """What is written. ``at``: its time, ms since the epoch; 0: now."""

    topic: str
    value: bytes
    key: bytes
    headers: Headers
    at: int = 0


class Door:
    """One producer for each process, made at the first append. For any thread."""

    def __init__(self, client: Client, wait_seconds: float) -> None:
        self._client = client
        self._wait = wait_seconds
        self._guard = threading.Lock()
        self._pid = 0
        self._producer: Producer | None = None
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None

    def append(self, calls: Sequence[Call], refusals: Sequence[Refusal] = ()) -> list[Receipt]:
        """Durable when it returns. Raises JournalUnavailable, and then some of it may have been written; JournalUnsafe
        where there is no such topic; TypeError for a call that cannot be written, and then nothing was."""
        # all of them before the first is sent
        records = [*map(self._call, calls), *map(self._refusal, refusals)]
        producer = self._made()
        sending = Sending(len(records))
        until = time.monotonic() + self._wait
        try:
            for record in records:
                _send(producer, record, sending, until)
            sending.wait(self._wait + SLACK_SECONDS)
        except JournalError:
            if sending.error is not None and is_fatal(sending.error):
                self._let_go(producer)
            raise
        return [Receipt(call.message_id, "accepted", call.derived) for call in calls]

    def close(self) -> None:
        """Send what waits, then end the thread."""
        with self._guard:
            producer, thread = self._producer, self._thread
            self._producer = self._thread = None
            mine = self._pid == os.getpid()
            self._pid = 0
        if producer is None or thread is None or not mine:
            return
        producer.flush(self._wait)
        self._ending.set()
        thread.join(self._wait)

    def _let_go(self, producer: Producer) -> None:
        """The next append makes another one."""
        with self._guard:
            if self._producer is not producer:
                return
            self._producer, ending = None, self._ending
        # those who wait for it are told
        producer.purge()
        producer.flush(TOLD_SECONDS)
        ending.set()

    def _call(self, call: Call) -> Record:
        return Record(
            self._client.address.topic, text_of(call), key_of(call.subject), headers_of(call), call.received_at
        )

    def _refusal(self, one: Refusal) -> Record:
        # a key of its own, by which it can be deleted; its time is the broker's
        return Record(self._client.address.refused, one.body, uuid.uuid4().bytes, refused_headers(one))

    def _made(self) -> Producer:
        """The producer of this process; one of a process before a fork does not come along."""
        with self._guard:
            if self._producer is None or self._pid != os.getpid():
                self._pid = os.getpid()
                self._producer = self._client.producer(delivery_timeout_ms=str(int(self._wait * 1000)))
                self._ending = threading.Event()
                self._thread = threading.Thread(
                    target=_reports, args=(self._producer, self._ending), name="journal-door", daemon=True
                )
                self._thread.start()
            return self._producer


def _send(producer: Producer, record: Record, sending: Sending, until: float) -> None:
    """Hand a record to the producer; where it holds as much as it may, once it has sent some. Raises
    JournalUnavailable, JournalUnsafe."""
    topic, value, key, headers, at = record
    while True:
        try:
            producer.produce(topic, value, key, on_delivery=sending.told, timestamp=at, headers=headers)
        except BufferError:
            if time.monotonic() > until:
                raise JournalUnavailable(FULL, "locked") from None
            time.sleep(PAUSE_SECONDS)
        except KafkaException as error:
            sending.error = error.args[0]
            raise unavailable(error.args[0]) from None
        else:
            return


def _reports(producer: Producer, ending: threading.Event) -> None:
    while not ending.is_set():
        producer.poll(POLL_SECONDS)

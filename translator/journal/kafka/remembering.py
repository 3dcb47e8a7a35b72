"""What is remembered of subjects, for whoever looks: a copy of those partitions that somebody has asked for, followed
from where the last look ended. (Who delivers has its own: see ``memory``.)"""

from __future__ import annotations

import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping

from confluent_kafka import KafkaError, Message

from translator.errors import JournalUnavailable
from translator.journal.kafka.board import STALE_SECONDS
from translator.journal.kafka.client import Client, explained, unavailable
from translator.journal.kafka.memory import Memory, records_of
from translator.journal.kafka.partitioner import partition_of
from translator.journal.kafka.picking import Picking
from translator.journal.kafka.reading import SILENT_SECONDS, Place, Reader, place_in
from translator.journal.kafka.records import key_of
from translator.journal.kafka.subjects import Subjects
from translator.parcels import Json

WAIT_SECONDS = 30.0


class Remembering:
    """For any thread. The first question about a partition reads all of it."""

    def __init__(self, client: Client, subjects: Subjects) -> None:
        self._client, self._address = client, client.address
        self._subjects = subjects
        self._reader, self._picking = Reader(client), Picking(client)
        self._lock, self._pid = threading.Lock(), os.getpid()
        self._copies: dict[str, Memory] = {}
        self._inherited: list[object] = []
        self._next: dict[Place, int] = {}
        self._read_at = 0.0

    def remembered(self, destination: str, subjects: Collection[str]) -> dict[str, Json]:
        """See Journal.remembered. Raises JournalUnavailable."""
        known = self._subjects.destinations.known()
        if destination not in known or not subjects:
            return {}
        number = known[destination].id
        shared = self._shared(subjects)
        if self._pid != os.getpid():
            # what was opened before a fork is the parent's
            self._inherited.append(self._copies)
            self._lock, self._pid, self._copies, self._next = threading.Lock(), os.getpid(), {}, {}
        if not self._lock.acquire(timeout=WAIT_SECONDS):
            raise JournalUnavailable(f"the copy of memory was not free within {WAIT_SECONDS:g} s", "locked")
        try:
            self._forget({one.id for one in known.values()})
            copy = self._copies.setdefault(number, Memory())
            self._follow(copy, [(self._address.memory(number), partition) for partition in shared])
            return {name: state for part, some in shared.items() for name, state in copy.get(part, some).items()}
        finally:
            self._lock.release()

    def remember(self, destination: str, states: Mapping[str, Json]) -> None:
        """See Journal.remember: for a destination to which nobody delivers, since who does has its own copy. Durable
        when it returns. Raises DestinationUnknown, JournalUnavailable."""
        self._write(self._subjects.destinations.id_of(destination), states)

    def forget(self, number: str, subject: str) -> None:
        """Forget a subject at a destination (its id), as ``remember`` writes. Raises JournalUnavailable."""
        self._write(number, {subject: None})

    def close(self) -> None:
        """Let go of everything."""
        if self._pid == os.getpid():
            for one in self._copies.values():
                one.close()
        self._copies, self._next = {}, {}

    def _write(self, number: str, states: Mapping[str, Json | None]) -> None:
        errors: list[KafkaError] = []
        topic, count = self._address.memory(number), self._count()
        with explained():
            producer = self._client.producer(delivery_timeout_ms=str(int(SILENT_SECONDS * 1000)))
            for key, value in records_of(states):
                while True:
                    try:
                        producer.produce(topic, value, key, partition_of(key, count), on_delivery=_noting(errors))
                        break
                    except BufferError:
                        producer.poll(1.0)
            left = producer.flush(SILENT_SECONDS)
        if errors:
            raise unavailable(errors[0])
        if left:
            raise JournalUnavailable(f"Kafka: no answer within {SILENT_SECONDS:g} s", "connection")

    def _follow(self, copy: Memory, places: Collection[Place]) -> None:
        ends = self._reader.settled_ends(places)
        spans = {place: (self._next.get(place, 0), end) for place, end in ends.items()}
        for message in self._picking.between(spans):
            record = message.key() or b"", message.value()
            copy.fill(int(message.partition() or 0), [record], int(message.timestamp()[1]))
            # each for itself: whoever is interrupted goes on behind it
            self._next[place_in(message)] = (message.offset() or 0) + 1
        self._next |= ends

    def _forget(self, known: Collection[str]) -> None:
        """Let go of copies of destinations that were forgotten; of all, where one may be too old: a compaction may have
        taken away the word that something is deleted (see board)."""
        now = time.time()
        if abs(now - self._read_at) > STALE_SECONDS:
            for copy in self._copies.values():
                copy.close()
            self._copies, self._next, self._read_at = {}, {}, now
        for number in [one for one, copy in self._copies.items() if one not in known or copy.is_broken]:
            self._copies.pop(number).close()
            self._next = {place: at for place, at in self._next.items() if place[0] != self._address.memory(number)}

    def _shared(self, subjects: Iterable[str]) -> dict[int, list[str]]:
        """Subjects by partition."""
        found: defaultdict[int, list[str]] = defaultdict(list)
        for one in subjects:
            found[partition_of(key_of(one), self._count())].append(one)
        return found

    def _count(self) -> int:
        return max(1, self._reader.count())


def _noting(errors: list[KafkaError]) -> Callable[[KafkaError | None, Message], None]:
    def told(error: KafkaError | None, _: Message) -> None:
        if error is not None:
            errors.append(error)

    return told

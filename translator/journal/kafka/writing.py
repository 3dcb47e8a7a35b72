"""What a destination's partitions in this process write: progress, memory, dead letters, what is set aside, what is
shared, each time in one transaction with the group's offsets."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from types import MappingProxyType
from typing import Any

from confluent_kafka import TopicPartition

from translator.errors import JournalUnavailable, LeaseLost
from translator.journal.kafka.client import Client
from translator.journal.kafka.following import Follower
from translator.journal.kafka.lettering import record_of
from translator.journal.kafka.memory import Record
from translator.journal.kafka.progress import Progress
from translator.journal.kafka.records import key_of, parked_headers
from translator.journal.kafka.settled import Settled
from translator.journal.kafka.settling import PAUSE_SECONDS, Refused, Transaction, Transactions, Unsure
from translator.journal.kafka.sharing import Shares
from translator.journal.kafka.state import encoded
from translator.parcels import Json

STATE_KEY = b"state"

Parts = Mapping[int, Progress]
Held = Callable[[], AbstractContextManager[Parts]]
"""The partitions of which something is to be written; raises LeaseLost where they are not here any more."""

Memories = Mapping[int, Sequence[Record]]
"""Changed states by partition."""

NOTHING: Memories = MappingProxyType({})
NO_SHARE: Mapping[str, Json] = MappingProxyType({})


class Writer:
    """``number``: the destination's id. ``wait_seconds``: how long a change of the group, or brokers, may take. For any
    thread; they write one after the other."""

    def __init__(
        self,
        client: Client,
        number: str,
        follower: Follower,
        shares: Shares,
        now: Callable[[], int],
        wait_seconds: float,
    ) -> None:
        self._address = client.address
        self._number = number
        self._follower = follower
        self._shares = shares
        self._now = now
        self._wait = wait_seconds
        self._transactions = Transactions(client, client.address.group(number))
        self._mutex = threading.Lock()
        self._is_unsure = False

    def write(
        self,
        held: Held,
        begin: Callable[[int, Progress], Settled | None],
        memory: Memories = NOTHING,
        share: Mapping[str, Json] = NO_SHARE,
    ) -> None:
        """Write what ``begin`` says of each partition (None: nothing), with ``memory`` and ``share``.

        Raises LeaseLost, and then nothing was changed; JournalUnavailable, and then it may have been, and all leases
        are over where that is not known.
        """
        with self._mutex:
            deadline = time.monotonic() + self._wait
            while not self._written(held, begin, memory, share, is_last=time.monotonic() > deadline):
                time.sleep(PAUSE_SECONDS)

    def resolve(self) -> None:
        """Have the brokers end what nobody knows the end of. Raises JournalUnavailable."""
        with self._mutex:
            self._resolve()

    def close(self) -> None:
        """Let go of the producer."""
        self._transactions.close()

    def _resolve(self) -> None:
        if self._is_unsure:
            self._transactions.resolve()
            self._is_unsure = False

    def _written(
        self,
        held: Held,
        begin: Callable[[int, Progress], Settled | None],
        memory: Memories,
        share: Mapping[str, Json],
        *,
        is_last: bool,
    ) -> bool:
        """Whether it was; else it may be tried again."""
        self._resolve()
        with held() as parts:
            settled = _begun(parts, begin)
            theirs = {one: parts[one] for one in settled}
            metadata = _as_now(self._follower.metadata)
        if not settled:
            return True
        offsets = [TopicPartition(self._address.topic, one, some.state.position) for one, some in settled.items()]
        at = self._now()
        try:
            done = self._transactions.commit(lambda one: self._put(one, settled, memory, share, at), offsets, metadata)
        except Refused as refused:
            self._abandon(theirs, settled)
            if not self._follower.has(theirs):
                raise LeaseLost("a partition of the lease went to another process") from None
            if is_last:
                raise refused.error from None
            return False
        except Unsure:
            self._is_unsure = True
            self._follower.reload()
            raise
        except BaseException:
            self._abandon(theirs, settled)
            raise
        self._commit(theirs, settled, done, memory, at)
        return True

    def _put(
        self, one: Transaction, settled: Mapping[int, Settled], memory: Memories, share: Mapping[str, Json], at: int
    ) -> None:
        address, number = self._address, self._number
        for partition, records in memory.items():
            for key, value in records:
                one.put((address.memory(number), partition), key, value, at=at)
        for partition, some in settled.items():
            for letter in some.letters:
                name, text, headers = record_of(letter, at)
                one.put((address.dead(number), partition), name, text, headers)
            for item in some.moved:
                key, headers = key_of(item.call.subject), parked_headers(item.call, item.due_at)
                one.put((address.parked(number), partition), key, item.call.text, headers)
            one.put((address.progress(number), partition), STATE_KEY, encoded(some.state))
        if share:
            for shares in self._shares.records(number, share):
                for label, entries in shares:
                    one.put((address.shared, 0), label.encode("utf-8"), entries)

    def _commit(
        self, parts: Parts, settled: Mapping[int, Settled], done: Transaction, memory: Memories, at: int
    ) -> None:
        parked = self._address.parked(self._number)
        with self._follower.all():
            for partition, some in settled.items():
                parts[partition].commit(some, done.ends.get((parked, partition)))
            try:
                for partition, records in memory.items():
                    # before the lease is over: whoever claims a subject then finds what was just written
                    self._follower.memory.fill(partition, records, at)
            except JournalUnavailable:
                # what is here of it is older than what Kafka has
                self._follower.reload()
                raise

    def _abandon(self, parts: Parts, settled: Mapping[int, Settled]) -> None:
        with self._follower.all():
            for partition, some in settled.items():
                parts[partition].abandon(some)


def _as_now(asked: Callable[[], Any]) -> Callable[[], Any]:
    """What it answers now, or raises JournalUnavailable, for whoever asks later."""
    try:
        found = asked()
    except JournalUnavailable as error:
        return partial(_raised, error)
    return lambda: found


def _raised(error: JournalUnavailable) -> None:
    raise error


def _begun(parts: Parts, begin: Callable[[int, Progress], Settled | None]) -> dict[int, Settled]:
    """What is to be written of each partition; none is begun where one raises."""
    settled: dict[int, Settled] = {}
    try:
        for number, part in parts.items():
            if (found := begin(number, part)) is not None:
                settled[number] = found
    except BaseException:
        for number, some in settled.items():
            parts[number].abandon(some)
        raise
    return settled

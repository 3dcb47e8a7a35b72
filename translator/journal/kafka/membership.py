"""A member of a destination's consumer group: which partitions this process has. It fetches nothing.

Partitions move cooperatively (KIP-429): what stays is not interrupted, and what goes elsewhere goes only when this
process has let go of it. Everything is told in the thread that calls ``poll``.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Any, Protocol

from confluent_kafka import OFFSET_END, Consumer, KafkaError, KafkaException, TopicPartition

from translator.errors import JournalUnavailable
from translator.journal.kafka.client import Client, explained

_log = logging.getLogger("translator.journal")

SESSION_MS = 45_000
"""A process of which nothing was heard for so long has lost its partitions; longer than a lease lasts unrenewed."""

MEMBER = {
    "partition.assignment.strategy": "cooperative-sticky",
    "session.timeout.ms": str(SESSION_MS),
    "heartbeat.interval.ms": "3000",
    # a partition is let go of only when its leases have ended, which takes as long as they last
    "max.poll.interval.ms": "600000",
    "auto.offset.reset": "latest",
}
ASKED = ("session.timeout.ms", "heartbeat.interval.ms")
"""Of these, what journal.kafka.options says counts."""

SETTLED_SECONDS = 30.0


class Holder(Protocol):
    """Who is told."""

    def assigned(self, partitions: Collection[int]) -> None:
        """These are this process's own from now on."""

    def revoked(self, partitions: Collection[int]) -> None:
        """These are to go elsewhere, when this returns."""

    def lost(self, partitions: Collection[int]) -> None:
        """These are somebody else's already."""


class Membership:
    """``group``: its name. Joins at the first ``poll``."""

    def __init__(self, client: Client, group: str, holder: Holder) -> None:
        self._topic = client.address.topic
        self._holder = holder
        said = {name: one for name, one in client.settings.options.items() if name in ASKED}
        self._consumer = client.consumer(group, **{**MEMBER, **said})
        self._metadata: Any = None
        self._asking = client.consumer(group)
        """No member: a consumer answers one thread at a time, and ``poll`` lasts for as long as partitions are let go
        of (confluent-kafka 2.16)."""
        self._consumer.subscribe(
            [self._topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost
        )

    def poll(self, seconds: float) -> None:
        """Take part in the group; for one thread. It must be called at least every few minutes."""
        message = self._consumer.poll(seconds)
        self._look()
        error = None if message is None else message.error()
        if error is not None:
            _log.debug("group: %s: %s", error.name(), error.str())

    def settled(self, partitions: Collection[int]) -> None:
        """Wait until no transaction of whoever had these partitions before is under way: the brokers tell committed
        offsets only then (KIP-447). Raises JournalUnavailable."""
        with explained():
            places = [TopicPartition(self._topic, one) for one in partitions]
            errors = [one.error for one in self._asking.committed(places, SETTLED_SECONDS) if one.error]
        if errors:
            raise JournalUnavailable(f"Kafka: {errors[0]}", "connection")

    def metadata(self) -> Any:
        """What a transaction shows for its right to these partitions, as of the last ``poll`` or of what it is telling
        now. Raises JournalUnavailable, also where this process is no member (any more): of whoever says no member's id,
        a group without members takes everything."""
        found = self._metadata
        if found is None:
            raise JournalUnavailable("Kafka: this process is no member of the group now", "connection")
        return found

    def close(self) -> None:
        """Leave the group: others get its partitions at once."""
        self._consumer.close()
        self._metadata = None
        self._asking.close()

    def _look(self) -> None:
        """For the thread that polls: any other would wait until it is told everything, and be waited for."""
        before = self._consumer.memberid()
        found = self._consumer.consumer_group_metadata() if before else None
        self._metadata = found if before == self._consumer.memberid() else None

    def _on_assign(self, consumer: Consumer, places: list[TopicPartition]) -> None:
        mine = [TopicPartition(self._topic, one.partition, OFFSET_END) for one in places]
        try:
            consumer.incremental_assign(mine)
            if mine:
                # it only has to be a member
                consumer.pause(mine)
        except KafkaException as error:
            _failed(error)
        self._holder.assigned([one.partition for one in places])

    def _on_revoke(self, consumer: Consumer, places: list[TopicPartition]) -> None:
        # what is settled meanwhile is settled by a member of the group as it is now
        self._look()
        self._holder.revoked([one.partition for one in places])
        try:
            consumer.incremental_unassign(places)
        except KafkaException as error:
            _failed(error)

    def _on_lost(self, consumer: Consumer, places: list[TopicPartition]) -> None:
        self._metadata = None
        self._holder.lost([one.partition for one in places])
        try:
            consumer.incremental_unassign(places)
        except KafkaException as error:
            _failed(error)


def _failed(error: KafkaException) -> None:
    fault: KafkaError = error.args[0]
    _log.warning("group: %s: %s", fault.name(), fault.str())

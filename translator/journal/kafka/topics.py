"""The topics, as they are made and as they have to be."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, ConfigResource, NewTopic, ResourceType

from translator.errors import JournalUnsafe
from translator.journal.kafka.address import Address
from translator.journal.kafka.client import Client, explained
from translator.journal.kafka.records import joined
from translator.settings.values import KafkaSettings

SECONDS = 30.0
DAY_MS = 24 * 60 * 60 * 1000
LARGEST = str(2 * 2**20)
"""Bytes of a record: the largest call that is taken, and its headers."""

REFUSED_BYTES = str(2**30)

Config = Mapping[str, str]
KEPT: Config = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
"""Nothing goes by its age, since a destination may be away for longer: `prune` deletes what all are done with."""

COMPACT: Config = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.2", "segment.ms": str(DAY_MS)}


class Topics:
    """``keep_days``: how long what is only looked at is kept."""

    def __init__(self, client: Client, keep_days: int) -> None:
        self._client = client
        self._keep_ms = str(keep_days * DAY_MS)

    def make(self, destinations: Collection[str] = ()) -> list[str]:
        """Make those that are not there; their names. ``destinations``: ids. Raises JournalUnavailable, JournalUnsafe
        where what is there cannot be used."""
        admin = self._client.admin()
        there = self._there(admin)
        address = self._client.address
        partitions = there.get(address.topic, self._client.settings.partitions)
        wanted = {**self._common(address, partitions), **self._of(address, destinations, partitions)}
        new = [one for name, one in wanted.items() if name not in there]
        made = _made(admin, new)
        self.check(destinations)
        return made

    def check(self, destinations: Iterable[str] = ()) -> None:
        """See that all are there, with as many partitions as calls have. Raises JournalUnavailable, JournalUnsafe."""
        admin = self._client.admin()
        there = self._there(admin)
        address = self._client.address
        wanted = self._common(address, there.get(address.topic, 0))
        wanted |= self._of(address, list(destinations), there.get(address.topic, 0))
        missing = wanted.keys() - there.keys()
        if missing:
            raise JournalUnsafe(f"Kafka has no topic {joined(missing)}: `translator journal init` makes them")
        odd = {name for name, one in wanted.items() if there[name] != one.num_partitions}
        if odd:
            raise JournalUnsafe(
                f"{joined(odd)} must have as many partitions as {address.topic}, {there[address.topic]}, or one where "
                "it is shared: partitions may not be added, since a user's calls would no longer be in one"
            )

    def delete(self, destination: str) -> None:
        """Delete those of a destination (its id)."""
        with explained():
            admin = self._client.admin()
            for answer in admin.delete_topics(
                list(self._client.address.of_destination(destination)), operation_timeout=SECONDS
            ).values():  # fmt: skip
                try:
                    answer.result(SECONDS)
                except KafkaException as error:
                    if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                        raise

    def settings_of(self, name: str) -> dict[str, str]:
        """How a topic is configured. Raises JournalUnavailable."""
        with explained():
            asked = ConfigResource(ResourceType.TOPIC, name)
            admin = self._client.admin()
            found = admin.describe_configs([asked], request_timeout=SECONDS)[asked].result(SECONDS)
        return {name: one.value for name, one in found.items()}

    def _there(self, admin: AdminClient) -> dict[str, int]:
        """Each topic that is there, and how many partitions it has."""
        with explained():
            found = admin.list_topics(timeout=SECONDS).topics
        return {name: len(one.partitions) for name, one in found.items() if one.error is None}

    def _common(self, address: Address, partitions: int) -> dict[str, NewTopic]:
        refused = {"cleanup.policy": "compact,delete", "retention.ms": self._keep_ms, "retention.bytes": REFUSED_BYTES}
        return {
            address.topic: self._new(address.topic, partitions, KEPT),
            address.refused: self._new(address.refused, 1, refused),
            address.board: self._new(address.board, 1, COMPACT),
            **{name: self._new(name, 1, COMPACT) for name in (address.jobs, address.shared, address.notes)},
        }

    def _of(self, address: Address, destinations: Collection[str], partitions: int) -> dict[str, NewTopic]:
        looked_at = {
            "cleanup.policy": "delete", "retention.ms": self._keep_ms, "message.timestamp.type": "LogAppendTime"
        }  # fmt: skip
        found: dict[str, NewTopic] = {}
        for one in destinations:
            kinds = {
                address.parked(one): KEPT, address.memory(one): COMPACT, address.progress(one): COMPACT,
                address.requests(one): looked_at, address.dead(one): COMPACT,
            }  # fmt: skip
            found |= {name: self._new(name, partitions, config) for name, config in kinds.items()}
        return found

    def _new(self, name: str, partitions: int, config: Config) -> NewTopic:
        settings: KafkaSettings = self._client.settings
        common = {
            "min.insync.replicas": str(settings.min_insync),
            "unclean.leader.election.enable": "false",
            "max.message.bytes": LARGEST,
        }
        return NewTopic(name, partitions, settings.replication, config={**common, **config})


def _made(admin: AdminClient, new: list[NewTopic]) -> list[str]:
    """Those that were made by us; another process may have made one at the same time."""
    if not new:
        return []
    made = []
    with explained():
        for name, answer in admin.create_topics(new, operation_timeout=SECONDS).items():
            try:
                answer.result(SECONDS)
                made.append(name)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise
    return made

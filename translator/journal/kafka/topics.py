"""The topics, as they are made and as they have to be."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import ConfigResource, NewTopic, ResourceType, TopicMetadata

from translator.errors import JournalUnavailable, JournalUnsafe
from translator.journal.kafka.client import READONLY, Client, explained, unavailable
from translator.journal.kafka.records import joined

SECONDS = 30.0
PAUSE_SECONDS = 0.1
DAY_MS = 24 * 60 * 60 * 1000
FRAME_BYTES = 97_152
"""What Kafka may add to the largest record that is written. (Without settings a topic then takes 2 MB of 2**20.)"""

REFUSED_BYTES = str(2**30)

MUST_BE = ("cleanup.policy", "message.timestamp.type", "unclean.leader.election.enable")
"""Without which something is lost, or has another time. (What is kept for ever must be, too.)"""

HOW = "kafka-configs.sh --bootstrap-server {} --alter --entity-type topics --entity-name {} --add-config {}"

Config = Mapping[str, str]
KEPT: Config = {"cleanup.policy": "delete", "retention.ms": "-1", "retention.bytes": "-1"}
"""Nothing goes by its age, since a destination may be away for longer: `prune` deletes what all are done with."""

COMPACT: Config = {"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.2", "segment.ms": str(DAY_MS)}


MIN_INSYNC = "min.insync.replicas"


@dataclass(frozen=True, slots=True)
class Shape:
    """Of a topic. ``min_insync``: of its ``copies`` as many as have to be in sync for a write."""

    partitions: int
    copies: int
    min_insync: int


class Topics:
    """``keep_days``: how long what is only looked at is kept."""

    def __init__(self, client: Client, keep_days: int) -> None:
        self._client = client
        self._keep_ms = str(keep_days * DAY_MS)

    def make(self, destinations: Collection[str] = ()) -> list[str]:
        """Make those that are not there; their names. ``destinations``: ids. Returns once all brokers that are asked
        know of them. Raises JournalUnavailable, JournalUnsafe where what is there cannot be used; then nothing was
        made."""
        there = self.seen()
        wanted = self._wanted(destinations, there)
        self._see(wanted, there)
        made = self._made([one for name, one in wanted.items() if name not in there])
        if made:
            there = self._until_seen(wanted.keys())
            # another process may have made some meanwhile, otherwise
            self._see(wanted, there)
        return made

    def check(self, destinations: Iterable[str] = ()) -> None:
        """See that all are there, and as they must be. Raises JournalUnavailable, JournalUnsafe."""
        there = self.seen()
        wanted = self._wanted(list(destinations), there)
        missing = wanted.keys() - there.keys()
        if missing:
            raise JournalUnsafe(f"Kafka has no topic {joined(missing)}: `translator journal init` makes them")
        self._see(wanted, there)

    def common(self) -> list[str]:
        """The names of those that no destination has for itself."""
        return list(self._common(Shape(0, 0, 0)))

    def seen(self) -> dict[str, tuple[int, int]]:
        """How many partitions each topic of the cluster has, and copies of each. Raises JournalUnavailable."""
        found = self._client.metadata().topics
        return {name: _size(one) for name, one in found.items() if one.error is None}

    def delete_all(self, destinations: Collection[str]) -> None:
        """Delete what there is of these (ids). Raises JournalUnavailable."""
        if destinations:
            there = self.seen().keys()
            for one in destinations:
                if not there.isdisjoint(self._client.address.of_destination(one)):
                    self.delete(one)

    def delete(self, destination: str) -> None:
        """Delete those of a destination (its id); it may have none. Raises JournalUnavailable."""
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

    def shape(self, there: Mapping[str, tuple[int, int]]) -> Shape:
        """How new ones are made: as that of the calls is, where there is one, else as it is configured."""
        settings, topic = self._client.settings, self._client.address.topic
        if topic not in there:
            return Shape(settings.partitions, settings.replication, settings.min_insync)
        (config,) = self._configured([topic])
        return Shape(*there[topic], int(config.get(MIN_INSYNC, settings.min_insync)))

    def _wanted(self, destinations: Collection[str], there: Mapping[str, tuple[int, int]]) -> dict[str, NewTopic]:
        """All that there have to be."""
        shape = self.shape(there)
        return {**self._common(shape), **self._of(destinations, shape)}

    def _see(self, wanted: Mapping[str, NewTopic], there: Mapping[str, tuple[int, int]]) -> None:
        """See that those that are there are as they must be. Raises JournalUnsafe, JournalUnavailable."""
        known = [name for name in wanted if name in there]
        odd = [
            f"{name} has {there[name][0]} and must have {wanted[name].num_partitions}"
            for name in known
            if there[name][0] != wanted[name].num_partitions
        ]
        if odd:
            raise JournalUnsafe(
                f"partitions: {'; '.join(sorted(odd))}. Partitions may not be added, since a user's calls would no "
                "longer be in one: choose another topic in journal.url, or delete what is odd where it is not needed"
            )
        odd = self._otherwise([wanted[name] for name in known])
        if odd:
            raise JournalUnsafe("; ".join(sorted(odd)))

    def _otherwise(self, topics: Sequence[NewTopic]) -> list[str]:
        """What of some topics is configured otherwise than it must be, and what to do. Nothing where this service may
        not look."""
        servers = self._client.address.servers
        found = []
        for topic, config in zip(topics, self._configured([one.topic for one in topics]), strict=True):
            wanted: Config = topic.config or {}
            odd = {key: must for key, must in wanted.items() if key in config and _is_odd(key, must, config[key])}
            if odd:
                said = ", ".join(f"{key} is {config[key]} and must be {must}" for key, must in odd.items())
                adds = ",".join(f"{key}=[{must}]" if "," in must else f"{key}={must}" for key, must in odd.items())
                found.append(f"{topic.topic}: {said}: {HOW.format(servers, topic.topic, adds)}")
        return found

    def _configured(self, names: Sequence[str]) -> list[Config]:
        if not names:
            return []
        asked = [ConfigResource(ResourceType.TOPIC, name) for name in names]
        admin = self._client.admin()
        try:
            answers = admin.describe_configs(asked, request_timeout=SECONDS)
            found = [answers[one].result(SECONDS) for one in asked]
        except KafkaException as error:
            if error.args[0].code() in READONLY:
                return [{} for _ in names]
            raise unavailable(error.args[0]) from None
        return [{key: one.value for key, one in config.items()} for config in found]

    def _made(self, new: list[NewTopic]) -> list[str]:
        """Those that were made by us; another process may have made one at the same time."""
        if not new:
            return []
        admin = self._client.admin()
        made = []
        for name, answer in admin.create_topics(new, operation_timeout=SECONDS, request_timeout=SECONDS).items():
            try:
                answer.result(2 * SECONDS)
                made.append(name)
            except KafkaException as error:
                if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                    raise self._not_made(name, error.args[0]) from None
        return made

    def _not_made(self, name: str, error: KafkaError) -> JournalUnavailable | JournalUnsafe:
        said = f"{name} cannot be made: {error.name()}: {error.str()}"
        if error.code() == KafkaError.INVALID_REPLICATION_FACTOR:
            copies = self._client.settings.replication
            return JournalUnsafe(
                f"{said}; journal.kafka.replication, {copies}, may be at most the number of brokers, and "
                "journal.kafka.min_insync at most that"
            )
        if error.code() in READONLY:
            return JournalUnavailable(f"{said}; who runs `translator journal init` needs the right CREATE", "readonly")
        if error.code() in (KafkaError.POLICY_VIOLATION, KafkaError.INVALID_CONFIG, KafkaError.INVALID_PARTITIONS):
            return JournalUnsafe(said)
        return unavailable(error)

    def _until_seen(self, names: Collection[str]) -> dict[str, tuple[int, int]]:
        """What is there, once a broker knows of all these: it hears of what another made a moment later."""
        until = time.monotonic() + SECONDS
        while True:
            there = self.seen()
            missing = names - there.keys()
            if not missing:
                return there
            if time.monotonic() > until:
                raise JournalUnavailable(f"Kafka: {joined(missing)} was made, and no broker knows of it", "connection")
            time.sleep(PAUSE_SECONDS)

    def _common(self, shape: Shape) -> dict[str, NewTopic]:
        address, alone = self._client.address, replace(shape, partitions=1)
        refused = {
            "cleanup.policy": "compact,delete", "retention.ms": self._keep_ms, "retention.bytes": REFUSED_BYTES,
            # their age is the brokers' to tell: else a source that sends old times would have nothing kept
            "message.timestamp.type": "LogAppendTime",
        }  # fmt: skip
        small = (address.board, address.jobs, address.shared, address.notes, address.letters)
        return {
            address.topic: self._new(address.topic, shape, {**KEPT, "message.timestamp.type": "CreateTime"}),
            address.refused: self._new(address.refused, alone, refused),
            **{name: self._new(name, alone, COMPACT) for name in small},
        }

    def _of(self, destinations: Collection[str], shape: Shape) -> dict[str, NewTopic]:
        address = self._client.address
        looked_at = {
            "cleanup.policy": "delete", "retention.ms": self._keep_ms, "message.timestamp.type": "LogAppendTime"
        }  # fmt: skip
        found: dict[str, NewTopic] = {}
        for one in destinations:
            kinds = {
                address.parked(one): KEPT, address.memory(one): COMPACT, address.progress(one): COMPACT,
                address.requests(one): looked_at, address.dead(one): COMPACT,
            }  # fmt: skip
            found |= {name: self._new(name, shape, config) for name, config in kinds.items()}
        return found

    def _new(self, name: str, shape: Shape, config: Config) -> NewTopic:
        common = {
            MIN_INSYNC: str(shape.min_insync),
            "unclean.leader.election.enable": "false",
            "max.message.bytes": str(self._client.settings.record_bytes + FRAME_BYTES),
        }
        return NewTopic(name, shape.partitions, shape.copies, config={**common, **config})


def _size(topic: TopicMetadata) -> tuple[int, int]:
    """Partitions, and copies of the one that has fewest."""
    return len(topic.partitions), min((len(one.replicas) for one in topic.partitions.values()), default=0)


def _is_odd(key: str, must: str, said: str) -> bool:
    """Whether a topic cannot be used where its configuration says something else than we would."""
    if key == "max.message.bytes":
        return int(said) < int(must)
    if key == "cleanup.policy":
        return {one.strip() for one in said.split(",")} != {one.strip() for one in must.split(",")}
    return said != must if key in MUST_BE or (key.startswith("retention.") and must == "-1") else False

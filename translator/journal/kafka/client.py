"""Producers, consumers and the administrator of one process, as they are to be made; what their errors mean.

The only module that knows confluent-kafka (Apache-2.0), which is installed with the extra ``kafka``.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient, ClusterMetadata

from translator.errors import JournalUnavailable, JournalUnsafe, SettingsError
from translator.journal.kafka.address import Address
from translator.settings.values import MASK, KafkaSettings, may_show_option

_log = logging.getLogger("translator.journal")

COMMON: Mapping[str, str] = {
    "client.id": "translator",
    # a broker that has gone is noticed in seconds; the defaults are minutes (CONFIGURATION.md, librdkafka 2.16)
    "socket.timeout.ms": "10000",
    "socket.keepalive.enable": "true",
    "socket.connection.setup.timeout.ms": "5000",
    "reconnect.backoff.ms": "100",
    "reconnect.backoff.max.ms": "2000",
    "topic.metadata.refresh.interval.ms": "30000",
    # what is said of brokers comes as errors of what was asked; the rest would be noise on stderr
    "log_level": "2",
}
REACH_SECONDS = 10.0
"""Within so long a broker of those that are named answers, or none is there."""

TRY_SECONDS = 1.0
"""So often it is looked whether one refused."""

PRODUCING: Mapping[str, str] = {
    "enable.idempotence": "true",
    "acks": "all",
    "linger.ms": "2",
    "compression.type": "lz4",
    "queue.buffering.max.kbytes": "131072",
    # the partitioner of Kafka's own Java clients, so that a key is in one partition whoever writes
    "partitioner": "murmur2_random",
}
CONSUMING: Mapping[str, str] = {
    "enable.auto.commit": "false",
    "enable.auto.offset.store": "false",
    "isolation.level": "read_committed",
    "auto.offset.reset": "error",
    "fetch.wait.max.ms": "200",
    "enable.partition.eof": "false",
    "allow.auto.create.topics": "false",
    "check.crcs": "true",
    # what is fetched ahead is held in memory
    "queued.max.messages.kbytes": "16384",
    "queued.min.messages": "2000",
    "fetch.message.max.bytes": "1048576",
}

READONLY = {
    KafkaError.TOPIC_AUTHORIZATION_FAILED,
    KafkaError.GROUP_AUTHORIZATION_FAILED,
    KafkaError.CLUSTER_AUTHORIZATION_FAILED,
    KafkaError.TRANSACTIONAL_ID_AUTHORIZATION_FAILED,
}
REFUSED = {KafkaError.SASL_AUTHENTICATION_FAILED, KafkaError._AUTHENTICATION, KafkaError._SSL}
AWAY = {KafkaError._TRANSPORT, KafkaError._TIMED_OUT, KafkaError._ALL_BROKERS_DOWN, KafkaError._RESOLVE}
ABSENT = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC, KafkaError._UNKNOWN_PARTITION}
FULL = {KafkaError.KAFKA_STORAGE_ERROR}
WRONG = {KafkaError._INVALID_ARG, KafkaError._CONFLICT, KafkaError._NOT_IMPLEMENTED}
"""What making a client says of its options."""

LARGE = {KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE}
LARGE_SAID = (
    "a record is larger than max.message.bytes of its topic (`translator journal init` names the topic and the "
    "command), or than message.max.bytes in journal.kafka.options"
)
AHEAD = {KafkaError.INVALID_TIMESTAMP}
AHEAD_SAID = "this machine's clock is ahead of the brokers' (message.timestamp.after.max.ms, an hour): set it right"
FEW = {KafkaError.NOT_ENOUGH_REPLICAS, KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND}


class Client:
    """Makes what speaks to the brokers. Nothing here is made before it is asked for, nor shared by processes."""

    def __init__(self, address: Address, settings: KafkaSettings) -> None:
        self.address = address
        self.settings = settings
        self.partitions = 0
        """Of the topic of calls, once somebody has asked (see reading): none may be added."""
        self._kept: tuple[int, AdminClient] | None = None
        self._inherited: list[object] = []

    def producer(self, **more: str) -> Producer:
        """An idempotent producer whose answers come after all replicas have it. Raises SettingsError for options that
        librdkafka does not take, JournalUnavailable."""
        with self._making():
            size = {"message.max.bytes": str(self.settings.record_bytes)}
            return Producer(self._with({**PRODUCING, **size}, more))

    def consumer(self, group: str, **more: str) -> Consumer:
        """A consumer that commits nothing by itself. Raises as ``producer``."""
        with self._making():
            return Consumer(self._with(CONSUMING, {"group.id": group, **more}))

    def options(self) -> dict[str, Any]:
        """What every client here is made with."""
        return self._with({}, {})

    def admin(self) -> AdminClient:
        """The administrator; to be held while its answers are awaited. Raises as ``producer``."""
        with self._making():
            return AdminClient(self._with({}, {}))

    def kept_admin(self) -> AdminClient:
        """One that is made once in each process, for what is asked often: with a new one an answer takes five times as
        long, and now and then seconds. It may go on asking a leader that has gone: let go of it then. Raises as
        ``producer``."""
        kept = self._kept
        if kept is None or kept[0] != os.getpid():
            # one of a process before a fork is the parent's
            self._inherited.append(kept)
            self._kept = kept = os.getpid(), self.admin()
        return kept[1]

    def let_go(self, admin: AdminClient) -> None:
        """The next who asks for a kept one gets another."""
        if self._kept is not None and self._kept[1] is admin:
            self._kept = None

    def metadata(self, topic: str | None = None, seconds: float = REACH_SECONDS) -> ClusterMetadata:
        """The brokers and topics, or one topic, as they are now. Raises as ``producer``: JournalUnavailable within
        ``seconds``; at once where a broker refuses who asks."""
        heard: list[KafkaError] = []
        config: dict[str, Any] = {**self._with({}, {}), "error_cb": heard.append}
        with self._making():
            admin = AdminClient(config)
        until = time.monotonic() + seconds
        while True:
            try:
                return admin.list_topics(topic, timeout=TRY_SECONDS)
            except KafkaException as error:
                # why it could not connect is told apart from the answer
                admin.poll(0)
                refusal = next((one for one in reversed(heard) if one.code() in REFUSED), None)
                late = time.monotonic() > until
                # a broker that ends may break off a TLS handshake: that alone is no refusal yet
                if refusal and (late or refusal.code() != KafkaError._SSL):
                    raise unavailable(refusal) from None
                if late or error.args[0].code() not in AWAY:
                    raise unavailable(error.args[0]) from None

    @contextmanager
    def _making(self) -> Iterator[None]:
        """Raises SettingsError for options that librdkafka does not take; it repeats some of their values."""
        try:
            yield
        except KafkaException as error:
            fault = error.args[0]
            if fault.code() not in WRONG:
                raise unavailable(fault) from None
            said = fault.str().strip()
            for name, value in self.settings.options.items():
                if value and not may_show_option(name):
                    said = said.replace(value, MASK)
            raise SettingsError(f"journal.kafka.options: {said}") from None

    def _with(self, own: Mapping[str, str], more: Mapping[str, str]) -> dict[str, Any]:
        """The user's options count before ours, but for those that cannot be set (settings.values.KAFKA_OWN)."""
        names = {name.replace("_", "."): one for name, one in more.items()}
        return {
            **COMMON, **own, **self.settings.options, **names,
            "bootstrap.servers": self.address.servers, "error_cb": _said,
        }  # fmt: skip


@contextmanager
def explained() -> Iterator[None]:
    """Raises JournalUnavailable or JournalUnsafe for what a broker, or the client itself, refuses."""
    try:
        yield
    except KafkaException as error:
        raise unavailable(error.args[0]) from None
    except TimeoutError:
        # of an answer of the administrator's
        raise JournalUnavailable("Kafka: no answer in time", "connection") from None


def taken(consumer: Consumer, most: int, seconds: float) -> list[Message]:
    """What has come, up to ``most`` and one, errors and ends of partitions among it; waits up to ``seconds`` for
    something. (``consume`` alone waits until it has as many as it may give.)"""
    first = consumer.poll(seconds)
    return [] if first is None else [first, *consumer.consume(most, 0)]


def unavailable(error: KafkaError) -> JournalUnavailable | JournalUnsafe:
    """Our word for an error of Kafka's. It says no option's value."""
    code, said = error.code(), f"Kafka: {error.name()}: {error.str()}"
    if code in ABSENT:
        return JournalUnsafe(f"{said}; `translator journal init` makes the topics")
    if code in REFUSED:
        return JournalUnavailable(said, "refused")
    if code in READONLY:
        return JournalUnavailable(said, "readonly")
    if code in FULL:
        return JournalUnavailable(said, "full")
    if code in LARGE:
        return JournalUnavailable(f"{said}; {LARGE_SAID}", "io")
    if code in AHEAD:
        return JournalUnavailable(f"{said}; {AHEAD_SAID}", "io")
    if code in FEW:
        return JournalUnavailable(f"{said}; fewer brokers are in sync than min.insync.replicas asks for", "connection")
    return JournalUnavailable(said, "connection")


def is_fatal(error: KafkaError) -> bool:
    """Whether a producer that says so sends nothing any more."""
    return bool(error.fatal()) or error.code() == KafkaError._FATAL


def _said(error: KafkaError) -> None:
    _log.debug("%s: %s", error.name(), error.str())

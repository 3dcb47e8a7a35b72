"""What the tests' brokers are told: as an operator would have it (three copies, two of them in sync before an answer), and
quick to start, to fail over and to delete."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HOST = "127.0.0.1"
USER, PASSWORD = "translator", "kafka-test-password"


@dataclass(frozen=True)
class Place:
    """A broker's number, from 1, and where it listens: to clients, to other brokers, to controllers; and to clients that come
    by a relay (see Cluster): its port of each, and the relay's."""

    broker: int
    port: int
    inside: int
    controller: int
    relayed: tuple[tuple[int, int], ...] = ()


def properties(own: Place, places: list[Place], folder: Path, pem: Path | None) -> str:
    """A broker's server.properties.

    ``places`` is those of all brokers, each a controller too. ``folder`` keeps its data. With ``pem``, a file of a key and its
    certificate, clients come by TLS and name themselves by SASL/PLAIN.
    """
    found = {**_identity(own, places, folder, secured=pem is not None), **_copies(len(places)), **QUICK}
    if pem:
        found.update(_secured(pem))
    return "".join(f"{name}={value}\n" for name, value in found.items())


def _identity(own: Place, places: list[Place], folder: Path, *, secured: bool) -> dict[str, str]:
    clients = f"CLIENT://{HOST}:{own.port},INSIDE://{HOST}:{own.inside}"
    here = "".join(f",RELAY{number}://{HOST}:{port}" for number, (port, _) in enumerate(own.relayed))
    there = "".join(f",RELAY{number}://{HOST}:{port}" for number, (_, port) in enumerate(own.relayed))
    relays = "".join(f",RELAY{number}:PLAINTEXT" for number, _ in enumerate(own.relayed))
    return {
        "process.roles": "broker,controller",
        "node.id": str(own.broker),
        "controller.quorum.voters": ",".join(f"{one.broker}@{HOST}:{one.controller}" for one in places),
        "listeners": f"{clients}{here},CONTROLLER://{HOST}:{own.controller}",
        "advertised.listeners": f"{clients}{there}",
        "listener.security.protocol.map": f"CLIENT:{'SASL_SSL' if secured else 'PLAINTEXT'},INSIDE:PLAINTEXT,"
        f"CONTROLLER:PLAINTEXT{relays}",
        "inter.broker.listener.name": "INSIDE",
        "controller.listener.names": "CONTROLLER",
        "log.dirs": str(folder),
        "auto.create.topics.enable": "false",
    }


def _copies(brokers: int) -> dict[str, str]:
    in_sync = str(min(2, brokers))
    return {
        "default.replication.factor": str(brokers),
        "min.insync.replicas": in_sync,
        "offsets.topic.replication.factor": str(brokers),
        "transaction.state.log.replication.factor": str(brokers),
        "transaction.state.log.min.isr": in_sync,
    }


QUICK = {
    # fewer partitions to make before the first group and the first transaction (50 each)
    "offsets.topic.num.partitions": "3",
    "transaction.state.log.num.partitions": "3",
    "group.initial.rebalance.delay.ms": "0",
    # tests may ask for members that are missed sooner (6 s)
    "group.min.session.timeout.ms": "1000",
    # what is compacted, deleted or timed out is so within seconds, not minutes
    "log.initial.task.delay.ms": "1000",
    "log.retention.check.interval.ms": "1000",
    "log.cleaner.backoff.ms": "1000",
    "log.segment.delete.delay.ms": "1000",
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    # small machines; the cleaner's buffer alone would be 128 MB
    "log.cleaner.dedupe.buffer.size": "4194304",
    "num.network.threads": "2",
    "num.io.threads": "4",
    "background.threads": "2",
    # a broker that was killed is given up after 4 s (9), and not before that let in again
    "broker.session.timeout.ms": "4000",
    "broker.heartbeat.interval.ms": "500",
}


def _secured(pem: Path) -> dict[str, str]:
    login = "org.apache.kafka.common.security.plain.PlainLoginModule required"
    return {
        "listener.name.client.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.client.plain.sasl.jaas.config": f'{login} user_{USER}="{PASSWORD}";',
        "listener.name.client.ssl.keystore.type": "PEM",
        "listener.name.client.ssl.keystore.location": str(pem),
    }

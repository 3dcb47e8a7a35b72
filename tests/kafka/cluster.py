"""Kafka servers of one's own, for tests and for people: ``python -m tests.kafka.cluster [--brokers 3] [--folder F]``.

They are Apache Kafka's, of the version that pom.xml says (make .venv/kafka), in KRaft mode, each broker a controller too. They
listen on 127.0.0.1 only, and end with this process, even where it is killed.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from tests.kafka.properties import HOST, PASSWORD, USER, Place, properties
from tests.kafka.relay import Relay
from tests.processes import ROOT, until

JARS = ROOT / ".venv" / "kafka"
CLASSES = JARS / "classes.jsa"
"""The brokers' classes as the Java VM shares them between processes: made by :func:`remember`, used where it is there. With it a
broker starts with half the processor time, and holds 45 MB less (2026-11-29)."""

CLUSTER_ID = "dHJhbnNsYXRvci10ZXN0cw"
PORTS = range(20000, 32000)
"""Below those that the kernel gives to clients: a broker that is down finds its own again."""

SECONDS_TO_START, SECONDS_TO_STOP = 120.0, 60.0
QUICK_JAVA = ("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xlog:disable")
LOGGING = (
    "defaultLogLevel=warn",
    "showDateTime=true",
    "dateTimeFormat=HH:mm:ss.SSS",
    # that another broker is not there (yet)
    "log.org.apache.kafka.clients.NetworkClient=error",
)

_starter = ThreadPoolExecutor(1, "kafka-starter")
# setpriv's signal comes when the thread that started the broker ends: this one ends with the process


@functools.cache
def lacking() -> str:
    """What this machine lacks to run brokers, for people; empty where there is nothing."""
    java = shutil.which("java")
    said = subprocess.run([java, "-version"], capture_output=True, text=True).stderr if java else ""
    version = re.search(r'version "(\d+)', said)
    if not version or int(version[1]) < 17:
        return "Java 17 or later: apt-get install default-jre-headless"
    if not shutil.which("setpriv"):
        return "setpriv: apt-get install util-linux"
    if not list(JARS.glob("kafka_*.jar")):
        return "Kafka's jars: apt-get install maven, then make .venv/kafka"
    return ""


class Cluster:
    """Brokers 1 to ``brokers``, running. In ``folder`` they keep their data, and their ports for the next time; without one,
    both go with them. ``secured``: clients need TLS, a user and a password, as :attr:`options` has them. ``relays``: so many
    further ways for clients to come, each as if from another machine, which can be cut (:attr:`relays`, :meth:`url`)."""

    def __init__(
        self,
        brokers: int = 1,
        folder: Path | None = None,
        *,
        secured: bool = False,
        java: Sequence[str] = QUICK_JAVA,
        relays: int = 0,
    ) -> None:
        self._temporary = folder is None
        self.folder = Path(folder or tempfile.mkdtemp(prefix="kafka-")).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._java = java
        self._processes: dict[int, subprocess.Popen[bytes]] = {}
        self.options: dict[str, str] = {}
        pem = self._secure() if secured else None
        places = _places(brokers, relays, self.folder / "ports.json")
        self.places = {place.broker: place for place in places}
        ways = [[place.relayed[number] for place in places] for number in range(relays)]
        self.relays = [Relay(HOST, [(there, here) for here, there in some]) for some in ways]
        for place in places:
            self._file(place.broker, "properties").write_text(
                properties(place, places, self.folder / f"data-{place.broker}", pem)
            )
        try:
            self._format()
            self.start(*self.places)
        except BaseException:
            self.close()
            raise

    @property
    def addresses(self) -> str:
        """Of all brokers, for ``bootstrap.servers``."""
        return ",".join(f"{HOST}:{place.port}" for place in self.places.values())

    @property
    def running(self) -> list[int]:
        """The brokers that were not stopped or killed."""
        return sorted(broker for broker, process in self._processes.items() if process.poll() is None)

    def url(self, topic: str, relay: int | None = None) -> str:
        """What JOURNAL_URL would be. ``relay``: for who comes by that one."""
        if relay is None:
            return f"kafka://{self.addresses}/{topic}"
        return f"kafka://{','.join(f'{HOST}:{place.relayed[relay][1]}' for place in self.places.values())}/{topic}"

    def client(self, **more: str) -> dict[str, str | int | float | bool]:
        """A client's configuration; ``more`` with ``_`` for a dot."""
        # without a word on connections that brokers end
        quiet = {"log_level": 0, "reconnect.backoff.ms": 50, "reconnect.backoff.max.ms": 500}
        named = {name.replace("_", "."): value for name, value in more.items()}
        return {"bootstrap.servers": self.addresses, **quiet, **self.options, **named}

    def pid(self, broker: int) -> int:
        """Of a broker's process."""
        return self._processes[broker].pid

    def start(self, *brokers: int) -> None:
        """Start brokers (again) where they were, all at once, and wait until each serves clients."""
        for broker in brokers:
            self._processes[broker] = self._spawn("kafka.Kafka", str(self._file(broker, "properties")), broker=broker)
        for broker in brokers:
            until(lambda broker=broker: self._serves(broker), SECONDS_TO_START)  # type: ignore[misc]  # mypy: no type for it

    def stop(self, broker: int) -> None:
        """SIGTERM: its partitions get other leaders first."""
        process = self._processes[broker]
        process.terminate()
        process.wait(SECONDS_TO_STOP)

    def kill(self, broker: int) -> None:
        """SIGKILL."""
        process = self._processes[broker]
        process.kill()
        process.wait()

    def freeze(self, broker: int) -> None:
        """SIGSTOP: it answers nobody, and does not know that time goes by."""
        self._processes[broker].send_signal(signal.SIGSTOP)

    def thaw(self, broker: int) -> None:
        """SIGCONT: it goes on as if nothing had been."""
        self._processes[broker].send_signal(signal.SIGCONT)

    def heal(self) -> None:
        """Start those that do not run, and let those go on that were frozen; mend what was cut."""
        for relay in self.relays:
            relay.mend()
        for broker in self.running:
            self.thaw(broker)
        if down := [broker for broker in self.places if broker not in self.running]:
            self.start(*down)

    def leader_of(self, topic: str, partition: int) -> int:
        """The broker that leads a partition, by the word of one that runs; -1: none does now."""
        return int(self._partition(topic, partition).leader)

    def coordinator_of(self, group: str) -> int:
        """The broker that keeps a consumer group."""
        admin = AdminClient(self.client())
        found = admin.describe_consumer_groups([group], request_timeout=30)[group].result(30)
        return int(found.coordinator.id)

    def in_sync(self, topic: str, partition: int) -> set[int]:
        """The brokers whose copies of a partition are whole."""
        return {int(broker) for broker in self._partition(topic, partition).isrs}

    def create(self, topic: str, partitions: int = 1, **config: str) -> None:
        """Make a topic, a copy at each broker, and wait for its leaders; ``config`` with ``_`` for a dot."""
        made = NewTopic(topic, partitions, config={name.replace("_", "."): value for name, value in config.items()})
        admin = AdminClient(self.client())
        admin.create_topics([made])[topic].result(30)
        for partition in range(partitions):
            until(lambda partition=partition: self._led(topic, partition))  # type: ignore[misc]  # mypy: no type for it

    def drop(self, topic: str) -> None:
        """Delete a topic, and those whose names begin with its name and a dot; those that are there."""
        admin = AdminClient(self.client())
        found = [name for name in admin.list_topics(timeout=30).topics if f"{name}.".startswith(f"{topic}.")]
        for done in admin.delete_topics(found).values() if found else ():
            try:
                done.result(30)
            except KafkaException as error:
                # deleted since the broker that was asked last heard
                if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                    raise

    def close(self) -> None:
        """End them; without a folder of yours their data goes too."""
        for relay in self.relays:
            relay.close()
        for process in self._processes.values():
            process.send_signal(signal.SIGKILL if self._temporary else signal.SIGTERM)
        for process in self._processes.values():
            try:
                # the last of them finds no majority to say good-bye to
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _file(self, broker: int, kind: str) -> Path:
        return self.folder / f"broker-{broker}.{kind}"

    def _format(self) -> None:
        """Make the storage of those that have none."""
        fresh = [broker for broker in self.places if not (self.folder / f"data-{broker}" / "meta.properties").exists()]
        formatting = [
            self._spawn(
                *("kafka.tools.StorageTool", "format", "-t", CLUSTER_ID),
                *("-c", str(self._file(broker, "properties"))),
                broker=broker,
            )
            for broker in fresh
        ]
        for broker, process in zip(fresh, formatting, strict=True):
            if process.wait(SECONDS_TO_START):
                raise RuntimeError(self._file(broker, "log").read_text())

    def _spawn(self, *command: str, broker: int) -> subprocess.Popen[bytes]:
        return _starter.submit(self._begin, command, broker).result()

    def _begin(self, command: Sequence[str], broker: int) -> subprocess.Popen[bytes]:
        mortal = ["setpriv", "--pdeathsig", "KILL", "--", *program(*command, java=self._java)]
        with self._file(broker, "log").open("ab") as log:
            return subprocess.Popen(
                mortal,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # Ctrl-C is for this process
                start_new_session=True,
            )

    def _serves(self, broker: int) -> bool:
        """Whether it answers, and those that run count it among themselves."""
        if self._processes[broker].poll() is not None:
            raise RuntimeError(f"broker {broker} ended: {self._file(broker, 'log').read_text()[-5000:]}")
        address = f"{HOST}:{self.places[broker].port}"
        with contextlib.suppress(KafkaException):
            return broker in AdminClient(self.client(bootstrap_servers=address)).list_topics(timeout=1).brokers
        return False

    def _led(self, topic: str, partition: int) -> bool:
        with contextlib.suppress(KafkaException, KeyError):
            return self.leader_of(topic, partition) > 0
        return False

    def _partition(self, topic: str, partition: int):
        found = AdminClient(self.client()).list_topics(topic, timeout=30).topics[topic]
        if found.error:
            raise KafkaException(found.error)
        return found.partitions[partition]

    def _secure(self) -> Path:
        """A key and a certificate that vouches for itself; how clients are to come, in ``options``."""
        key, certificate, both = (self.folder / name for name in ("key.pem", "certificate.pem", "both.pem"))
        if not both.exists():
            names = ["-subj", "/CN=localhost", "-addext", f"subjectAltName=DNS:localhost,IP:{HOST}"]
            files = ["-keyout", str(key), "-out", str(certificate)]
            command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names, *files]
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
            both.write_text(key.read_text() + certificate.read_text())
        self.options = {
            "security.protocol": "SASL_SSL",
            "ssl.ca.location": str(certificate),
            "sasl.mechanisms": "PLAIN",
            "sasl.username": USER,
            "sasl.password": PASSWORD,
        }
        return both


def program(*command: str, java: Sequence[str] = QUICK_JAVA) -> list[str]:
    """How to run a class of Kafka's; ``java``: options of the VM."""
    shared = [f"-XX:SharedArchiveFile={CLASSES}"] if CLASSES.exists() else []
    logging = [f"-Dorg.slf4j.simpleLogger.{setting}" for setting in LOGGING]
    # always in one order, as shared classes want it
    jars = os.pathsep.join(str(jar) for jar in sorted(JARS.glob("*.jar")))
    return ["java", *shared, *java, *logging, "-cp", jars, *command]


def remember() -> None:
    """Write :data:`CLASSES`, of a broker that has begun, served and ended."""
    CLASSES.unlink(missing_ok=True)
    made = CLASSES.with_suffix(".new")
    cluster = Cluster(java=[*QUICK_JAVA, f"-XX:ArchiveClassesAtExit={made}"])
    try:
        cluster.stop(1)
        made.rename(CLASSES)
    finally:
        cluster.close()


def _places(brokers: int, relays: int, kept: Path) -> list[Place]:
    """Where each broker listens: as before, or on ports that nobody uses now."""
    each = 3 + 2 * relays
    if not kept.exists():
        ports = _free_ports(each * brokers)
        kept.write_text(json.dumps([ports[at : at + each] for at in range(0, len(ports), each)]))
    rows = json.loads(kept.read_text())
    if len(rows) != brokers or any(len(row) != each for row in rows):
        raise ValueError(f"{kept.parent} is of {len(rows)} brokers, or of other relays")
    return [_place(number, row) for number, row in enumerate(rows, 1)]


def _place(broker: int, ports: list[int]) -> Place:
    port, inside, controller, *relayed = ports
    return Place(broker, port, inside, controller, tuple(zip(relayed[::2], relayed[1::2], strict=True)))


def _free_ports(count: int) -> list[int]:
    found: list[int] = []
    for port in random.sample(PORTS, len(PORTS)):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind((HOST, port))
            found.append(port)
        if len(found) == count:
            return found
    raise RuntimeError("no free ports")


def main() -> None:
    """Until Ctrl-C."""
    parser = argparse.ArgumentParser(description="Kafka servers of one's own.")
    parser.add_argument("--brokers", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="keeps the data for the next time")
    parser.add_argument("--secured", action="store_true", help="TLS, a user and a password")
    parser.add_argument("--remember", action="store_true", help="only write down classes, so that starts are quick")
    asked = parser.parse_args()
    if lacks := lacking():
        raise SystemExit(f"needs {lacks}")
    if asked.remember:
        remember()
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with contextlib.suppress(KeyboardInterrupt):
        cluster = Cluster(asked.brokers, asked.folder, secured=asked.secured)
        try:
            sys.stdout.write(f"JOURNAL_URL={cluster.url('translator')}\n")
            for name, value in cluster.options.items():
                sys.stdout.write(f"{name}={value}\n")
            sys.stdout.write(f"Ctrl-C ends them{'' if asked.folder else ' and deletes their data'}.\n")
            sys.stdout.flush()
            signal.pause()
        finally:
            cluster.close()


if __name__ == "__main__":
    main()

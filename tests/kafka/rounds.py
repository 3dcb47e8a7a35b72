"""Rounds of the fault harness on Kafka: three brokers, the service twice as on two machines, each with a network of its own to
the brokers. Brokers are killed or frozen, networks are cut, delivery processes come and go."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from confluent_kafka import KafkaException

from tests.harness import Producer, Round
from tests.kafka.cluster import Cluster
from tests.processes import ROOT, Service, Worker, environment

SECONDS = 20.0
CALM = 0.7
"""How often nothing is done to brokers and networks where something could be: else they would never be well."""

LONG_SECONDS = 30.0
LIVES_SECONDS = 4.0
"""So long at least a delivery process is there before it is told to end."""

HOSTS = ("one", "two", "three")
"""On the third there are only delivery processes, which come and go."""

TOPIC_SETTINGS = {
    "TRANSLATOR__JOURNAL__KAFKA__PARTITIONS": "6",
    "TRANSLATOR__JOURNAL__KAFKA__REPLICATION": "3",
    "TRANSLATOR__JOURNAL__KAFKA__MIN_INSYNC": "2",
    # a process that was killed is missed sooner (45 s)
    "TRANSLATOR__JOURNAL__KAFKA__OPTIONS__SESSION_TIMEOUT_MS": "6000",
    "TRANSLATOR__JOURNAL__KAFKA__OPTIONS__HEARTBEAT_INTERVAL_MS": "1000",
    # no longer than a transaction's (tests/sabotage)
    "TRANSLATOR__JOURNAL__KAFKA__OPTIONS__SOCKET_TIMEOUT_MS": "4000",
}


def cluster() -> Cluster:
    """Three brokers, and a network to them for each machine."""
    return Cluster(3, relays=len(HOSTS))


class KafkaRound(Round):
    """See Round. ``servers``: made by ``cluster``; whatever a round does to them is mended by its end."""

    kills = ("append", "claim", "posting", "settle", "write", "commit", "load", "prune", "post")
    quiet_seconds = 120.0

    def __init__(self, folder: Path, seed: int, servers: Cluster) -> None:
        self._servers = servers
        self._topic = f"harness-{os.getpid()}-{seed}"
        self._mends: list[tuple[float, Callable[[], None]]] = []
        self._hurt: set[int] = set()
        """Brokers to which something is done."""
        self._is_cut = False
        self._workers: list[tuple[float, Worker]] = []
        """Since when, and which."""
        self._leaving: list[Worker] = []
        servers.heal()
        super().__init__(folder, seed)

    def _journal(self) -> str:
        url = self._servers.url(self._topic)
        self._ends.callback(self._servers.drop, self._topic)
        self._ends.callback(self._servers.heal)
        env = environment(self.folder, JOURNAL_URL=url, **TOPIC_SETTINGS)
        command = [sys.executable, "-m", "translator", "journal", "init"]
        subprocess.run(command, env=env, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        return url

    def _journal_of(self, host: str) -> dict[str, str]:
        return {"JOURNAL_URL": self._servers.url(self._topic, HOSTS.index(host)), **TOPIC_SETTINGS}

    def _hosts(self) -> list[str]:
        return ["one", "two"]

    def _hurts(self) -> list[Callable[[], None]]:
        self._mend(time.monotonic())
        return [self._kill_broker, self._freeze, self._cut, self._join, self._leave]

    def _later(self, most: float, mend: Callable[[], None]) -> None:
        self._mends.append((time.monotonic() + self.chance.uniform(0.5, most), mend))

    def _mend(self, now: float) -> None:
        due = [one for one in self._mends if one[0] <= now]
        self._mends = [one for one in self._mends if one[0] > now]
        for _, mend in due:
            mend()

    def _choose(self) -> int | None:
        """A broker, where nothing is done to one: any, the leader of a partition of calls, or the coordinator of the
        destination's group."""
        if self._hurt or self.chance.random() < CALM:
            return None
        what = self.chance.choice(["any", "leader", "coordinator"])
        found = self.chance.choice(sorted(self._servers.places))
        with suppress(KafkaException):
            if what == "leader":
                found = self._servers.leader_of(self._topic, self.chance.randrange(6))
            elif what == "coordinator":
                found = self._servers.coordinator_of(f"{self._topic}.d1")
        if found not in self._servers.running:
            return None
        self._hurt.add(found)
        return found

    def _kill_broker(self) -> None:
        if broker := self._choose():
            self.story.append(f"broker {broker} killed")
            self._servers.kill(broker)
            self._later(4, lambda: self._heal(broker))

    def _freeze(self) -> None:
        """A broker hears nobody for a while, and then goes on as it was."""
        if broker := self._choose():
            self.story.append(f"broker {broker} frozen")
            self._servers.freeze(broker)
            self._later(9, lambda: self._heal(broker))

    def _heal(self, broker: int) -> None:
        self.story.append(f"broker {broker} is well")
        if broker in self._servers.running:
            self._servers.thaw(broker)
        else:
            self._servers.start(broker)
        self._hurt.discard(broker)

    def _cut(self) -> None:
        """The network between a machine, or all, and the brokers."""
        if not self._is_cut and self.chance.random() > CALM:
            self._cut_off(self.chance.choice([[0], [1], [2], [0, 1, 2]]), self.chance.uniform(0.5, 9))

    def _cut_off(self, chosen: list[int], seconds: float) -> None:
        self._is_cut = True
        self.story.append(f"cut: {chosen}")
        for one in chosen:
            self._servers.relays[one].cut()
        self._mends.append((time.monotonic() + seconds, lambda: self._join_again(chosen)))

    def _join_again(self, chosen: list[int]) -> None:
        self.story.append(f"no longer cut: {chosen}")
        for one in chosen:
            self._servers.relays[one].mend()
        self._is_cut = False

    def _join(self) -> None:
        """One more delivery process."""
        if len(self._workers) < 2:
            self.story.append("a delivery process more")
            worker = Worker(self.folder, "translator", "deliver", **self._environment("three"))
            self._ends.callback(worker.kill_all)
            self._workers.append((time.monotonic(), worker))

    def _leave(self) -> None:
        """One of those is told to end."""
        if self._workers and self._workers[0][0] < time.monotonic() - LIVES_SECONDS:
            self.story.append("a delivery process less")
            _, worker = self._workers.pop(0)
            worker.process.terminate()
            self._leaving.append(worker)

    def _restart(self, service: Service) -> None:
        # without brokers it does not answer yet
        service.start(wait=False)

    def _last_words(self) -> list[str]:
        said = super()._last_words()
        for worker in [*self._leaving, *(one for _, one in self._workers)]:
            lines = worker.log.read_text(encoding="utf-8", errors="replace").splitlines()[-4:]
            said += [f"a delivery process ended with {worker.process.poll()}:", *lines]
        return said

    def _in_order(self, producer: Producer) -> set[str]:
        """What was answered 503 may be on its way to a broker that cannot be reached, and come after what was sent
        later."""
        return producer.obligations

    def _quieten(self) -> None:
        self._mend(float("inf"))
        self._servers.heal()
        super()._quieten()
        ends = [worker.process.wait(60) for worker in self._leaving]
        # on a slow machine one may be told before it listens
        assert not set(ends) - {0, -signal.SIGKILL, -signal.SIGTERM}, f"delivery processes ended with {ends}"


class LongCut(KafkaRound):
    """A machine hears nothing of the brokers for longer than it is a member, and a transaction lasts; the others go on."""

    _began = False

    def _hurts(self) -> list[Callable[[], None]]:
        if not self._began:
            self._began = True
            self._cut_off([0], LONG_SECONDS)
        return [hurt for hurt in super()._hurts() if hurt not in (self._cut, self._freeze, self._kill_broker)]

"""The fault harness: a producer that remembers what was answered 2xx, a local Amplitude that misbehaves by a script, and a
hand that kills, fills the disk and turns the clock. ``python -m tests.harness --rounds 200`` is ``make soak``.

With a PostgreSQL server, the service runs twice, as on two machines, in every third round behind pgbouncer; instead of a
full disk there are ended backends and a server that crashes. With Kafka: see tests.kafka.rounds.

After a round has become quiet, every call that was answered 2xx is at Amplitude or among the dead letters with a reason
that the round gave; nothing unknown arrived; nothing counts twice; each user's calls arrived in order; a fresh call passes;
the books balance.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import sys
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path
from typing import Any

import psycopg
import requests

from tests import postgres
from tests.processes import ROOT, Service, until
from translator import sandbox
from translator.journal import open_journal
from translator.receive.signature import sign
from translator.settings.values import JournalSettings

SECRET = "harness-secret"
DAY = 24 * 60 * 60
ROUTES: tuple[dict[str, str], ...] = ({"ROUTE": "events"}, {"ROUTE": "identify-apis"}, {"ENDPOINT": "batch"})
FAULTS: tuple[dict[str, Any], ...] = (
    {"status": 500},
    {"status": 500, "ingest": True},
    {"status": 502, "ingest": True},
    {"status": 503, "headers": {"Retry-After": "1"}},
    {"status": 504},
    {"status": 408},
    {"status": 429},
    {"status": 429, "body": {"code": 429, "throttled_events": [0, 2], "throttled_users": {"user-0-0": 9}}},
    {"status": 429, "body": {"code": 429, "throttled_devices": {"device-1": 9}}},
    {"status": 429, "body": {"code": 429, "exceeded_daily_quota_users": {"user-1-1": 500001}}},
    {"status": 400, "body": {"code": 400, "error": "Invalid API key"}},
    {"close": True},
    {"close": True, "ingest": True},
    {"delay_seconds": 0.4, "ingest": True, "body": {"code": 200}},
    {"delay_seconds": 3.0, "ingest": True, "body": {"code": 200}},
    {"status": 200, "body": "<html>", "ingest": True},
)
POISON = (400, 400, 403, 413)
"""How Amplitude always refuses a few records: by index, or the whole request that has one."""

KILLS = ("append", "commit", "posting", "settle", "prune", "post")
TRUE_REASONS = {"invalid_fields", "silenced", "too_large", "forbidden", "refused_by_amplitude"}
"""Why a call of this producer may have died: it was poison; or, with a turned clock, ``window``."""


class Producer:
    """Threads that send signed calls, each for users of its own, and remember which were answered 2xx."""

    def __init__(self, services: Sequence[Service], amplitude: str, seed: int, threads: int = 3) -> None:
        self.poison: set[str] = set()
        self._amplitude = amplitude
        self._chance = random.Random(seed)
        self.sent: set[str] = set()
        self.obligations: set[str] = set()
        self._services = services
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._work, args=(number, seed)) for number in range(threads)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Send no more."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _work(self, number: int, seed: int) -> None:
        chance, count = random.Random(seed * 100 + number), 0
        while not self._stop.is_set():
            messages = []
            for _ in range(chance.choice([1, 1, 1, 8])):
                messages.append(message(f"{number}-{count:06}", f"user-{number}-{chance.randrange(4)}", chance))
                count += 1
            self._send(messages)
            time.sleep(0.004)

    def _poison(self, names: list[str]) -> None:
        poison = {name: self._chance.choice(POISON) for name in names if self._chance.random() < 0.02}
        if poison:
            requests.post(self._amplitude + "/api/behaviour", json={"settings": {"refuse": poison}}, timeout=5)
            with self._lock:
                self.poison |= poison.keys()

    def _send(self, messages: list[dict[str, Any]]) -> None:
        names = [one["messageId"] for one in messages]
        self._poison(names)
        with self._lock:
            self.sent.update(names)
        try:
            answer = post(self._chance.choice(self._services), messages if len(messages) > 1 else messages[0])
        except requests.RequestException:
            time.sleep(0.02)
            return
        if answer.status_code == 200:
            with self._lock:
                self.obligations.update(names)
        else:
            assert answer.status_code == 503, answer.text
            assert answer.headers["Retry-After"]


def message(name: str, user: str, chance: random.Random) -> dict[str, Any]:
    """A call of a kind by chance; each becomes a record whose insert id is its messageId."""
    common = {"messageId": name, "userId": user}
    if chance.random() < 0.15:
        return {**common, "type": "identify", "traits": {"plan": chance.choice("ab")}}
    device = {"anonymousId": "device-1"} if chance.random() < 0.1 else {}
    return {**common, **device, "type": "track", "event": "e", "properties": {"n": chance.random()}}


def post(service: Service, body: Any) -> requests.Response:
    """A signed request over a connection of its own, as Segment's."""
    data = json.dumps(body).encode("utf-8")
    headers = {"X-Signature": sign(SECRET, data), "Content-Type": "application/json", "Connection": "close"}
    return requests.post(service.url + "/webhook", data=data, headers=headers, timeout=20)


class Round:
    """One round in a folder of its own. ``seed`` decides everything that is not the machine's."""

    kills: Sequence[str] = KILLS
    quiet_seconds = 60.0
    """Within so long all is delivered, once the trouble is over."""

    def __init__(self, folder: Path, seed: int, server: postgres.Server | None = None) -> None:
        self.chance = random.Random(seed)
        self.seed = seed
        self.folder = folder
        self.story: list[str] = []
        self._ends = ExitStack()
        self._server = server
        self._sabotage = folder / "sabotage"
        self._sabotage.mkdir()
        self.amplitude = sandbox.start()
        self._ends.callback(self.amplitude.stop)
        self._clock = 0.0
        self._latest = 0.0
        self._turned = False
        self.journal_url = self._journal()
        self._route = self.chance.choice(ROUTES)
        self._size = self.chance.choice([3, 20, 500])
        self.services = [self._service(host) for host in self._hosts()]

    def _journal(self) -> str:
        """Where the journal is, made anew."""
        return f"sqlite:///{self.folder}/journal.db" if self._server is None else self._database(self._server)

    def _journal_of(self, _host: str) -> dict[str, str]:
        """What a service on this host is told of it."""
        return {"JOURNAL_URL": self._url if self._server else self.journal_url}

    def _hosts(self) -> list[str]:
        return ["one"] if self._server is None else ["one", "two"]

    def _service(self, host: str) -> Service:
        place = self.folder / host
        place.mkdir()
        service = Service(place, **self._environment(host))
        self._ends.callback(service.kill_all)
        return service

    def _environment(self, host: str) -> dict[str, str]:
        route = {f"TRANSLATOR__DESTINATIONS__TEST__{key}": value for key, value in self._route.items()}
        return dict(
            SABOTAGE_HOST=host,
            SEGMENT_SHARED_SECRET=SECRET,
            SABOTAGE=str(self._sabotage),
            PYTHONPATH=f"{ROOT}/tests/sabotage:{ROOT}",
            TRANSLATOR__DESTINATIONS__TEST__API_KEY="k",
            TRANSLATOR__DESTINATIONS__TEST__URL=self.amplitude.url,
            TRANSLATOR__DELIVERY__TIMEOUT_SECONDS="1.5",
            TRANSLATOR__DELIVERY__LEASE_SECONDS="5",
            TRANSLATOR__DELIVERY__BATCH_EVENTS=str(self._size),
            TRANSLATOR__JOURNAL__WAIT_SECONDS="3",
            TRANSLATOR__SERVER__WORKERS="2",
            **self._journal_of(host),
            **route,
        )

    def _database(self, server: postgres.Server) -> str:
        """A fresh database; the service may reach it through a pooler (``_url``)."""
        url = self._ends.enter_context(postgres.database(server.url(), f"harness_{self.seed}"))
        self._url = url
        if self.seed % 3 == 0 and shutil.which("pgbouncer"):
            self._url = self._ends.enter_context(postgres.pgbouncer(url, "transaction"))
        return url

    def run(self, seconds: float) -> None:
        """Trouble for so long, then quiet, then the reckoning. Raises AssertionError with the story."""
        producer = Producer(self.services, self.amplitude.url, self.seed)
        try:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                self.chance.choice([*[self._misbehave] * 3, self._kill, self._hit, *self._hurts()])()
                time.sleep(self.chance.uniform(0.02, 0.25))
            producer.stop()
            self._quieten()
            self._reckon(producer)
        except AssertionError as error:
            story = "\n".join([*self.story[-60:], *self._last_words()])
            raise AssertionError(f"seed {self.seed}: {error}\n{story}") from error
        finally:
            producer.stop()
            self._ends.close()

    def _hurts(self) -> list[Callable[[], None]]:
        """What can befall the journal."""
        hurts = [self._fill] if self._server is None else [self._end_backends, self._end_backends, self._crash]
        return [self._turn, *hurts]

    def _last_words(self) -> list[str]:
        """What the service says of itself at the end, and the end of its log."""
        said = []
        for service in self.services:
            try:
                said.append(service.get("/readyz").text)
            except requests.RequestException as error:
                said.append(f"no answer: {error}")
            said += service.log.read_text(encoding="utf-8", errors="replace").splitlines()[-40:]
        return said

    def _misbehave(self) -> None:
        fault = {**self.chance.choice(FAULTS), "next": self.chance.choice([1, 1, 2, 5]), "path": "/"}
        self.story.append(f"answers {fault}")
        requests.post(self.amplitude.url + "/api/behaviour", json=fault, timeout=5)

    def _kill(self) -> None:
        """At a place in the code: before the commit, between post and settle, during prune."""
        said = (
            f"{self.chance.choice(self.kills)} {self.chance.randrange(1, 6)} {self.chance.choice(['before', 'after'])}"
        )
        self.story.append(f"killed at {said}")
        (self._sabotage / "kill").write_text(said)

    def _hit(self) -> None:
        """At any moment: web workers, delivery, or everything, which is then started again."""
        what, service = self.chance.choice(["worker", "delivery", "all"]), self.chance.choice(self.services)
        self.story.append(f"killed: {what}")
        if what == "all":
            service.kill_all()
            self._restart(service)
            return
        pids = service.pids("deliver" if what == "delivery" else "gunicorn")
        chosen = [pid for pid in pids if pid != service.process.pid]
        if chosen:
            with suppress(ProcessLookupError):
                _signal(self.chance.choice(chosen))

    def _restart(self, service: Service) -> None:
        service.start()

    def _end_backends(self) -> None:
        """Some of the server's connections, as a failing network or an administrator does."""
        self.story.append("backends ended")
        with suppress(psycopg.OperationalError), psycopg.connect(self.journal_url, autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND random() < %s",
                [self.chance.choice([0.3, 1.0])],
            )

    def _crash(self) -> None:
        """The server stops as in a crash, and is started again."""
        assert self._server
        self.story.append("the server crashed")
        self._server.stop()
        time.sleep(self.chance.uniform(0, 0.5))
        self._server.start()

    def _fill(self) -> None:
        """No file may grow for a moment, as on a full disk."""
        self.story.append("the disk is full")
        self._limit_all(1)
        time.sleep(self.chance.uniform(0.05, 0.4))
        self._limit_all(resource.RLIM_INFINITY)

    def _limit_all(self, size: int) -> None:
        # those that were made meanwhile have their parent's limit
        for service in self.services:
            for pid in [service.process.pid, *service.pids("python")]:
                _limit(pid, size)

    def _turn(self) -> None:
        """The clock goes on by hours or days, and sometimes back."""
        self._turned = True
        # a moment that was counted before a turn back is far off after it, and a server's clock cannot be turned on
        self._clock += self.chance.choice([3600, 2 * DAY, 7 * DAY] + ([] if self._server else [-1800]))
        self._latest = max(self._latest, self._clock)
        self.story.append(f"the clock is {self._clock / 3600:g} h ahead")
        (self._sabotage / "clock").write_text(str(self._clock))

    def _quieten(self) -> None:
        (self._sabotage / "kill").unlink(missing_ok=True)
        self._limit_all(resource.RLIM_INFINITY)
        if self._turned:
            # a clock that went back has put off what waits; here time passes
            (self._sabotage / "clock").write_text(str(self._latest + 7200))
        requests.post(self.amplitude.url + "/api/behaviour", json={"clear": True}, timeout=5)
        for service in self.services:
            _revive(service, self.quiet_seconds)
        until(lambda: self.services[0].waiting() == 0, self.quiet_seconds)

    def _reckon(self, producer: Producer) -> None:
        journal = open_journal(JournalSettings(url=self.journal_url))
        letters = {one.message_id: one for one in journal.letters()}
        tally = journal.counts().destinations["test"]
        journal.close()
        assert tally.waiting == 0, "by the journal's own word, whoever had answered"
        rows = requests.get(self.amplitude.url + "/api/events", timeout=30).json()
        arrived = [name for row in rows if (name := _name(row))]
        missing = (producer.obligations | {"fresh"}) - set(arrived) - letters.keys()
        assert not missing, f"{len(missing)} lost: {sorted(missing)[:5]}"
        unknown = set(arrived) - producer.sent - {"fresh"}
        assert not unknown, f"unknown arrived: {sorted(unknown)[:5]}"
        assert len(arrived) == len(set(arrived)), "something counts twice"
        innocent = {name for name, one in letters.items() if one.why in TRUE_REASONS} - producer.poison
        assert not innocent, f"dead without a reason: {sorted(innocent)[:5]}"
        assert not producer.poison & set(arrived), "poison arrived"
        reasons = {one.why for one in letters.values()} - TRUE_REASONS - ({"window"} if self._turned else set())
        assert not reasons, f"dead for {reasons}"
        assert tally.accepted == tally.delivered + tally.ignored + tally.dead + tally.waiting, tally
        self._reckon_order(self._in_order(producer))

    def _in_order(self, producer: Producer) -> set[str]:
        """Of which calls the order is promised."""
        return producer.sent

    def _reckon_order(self, promised: set[str]) -> None:
        of_user: dict[str, list[str]] = defaultdict(list)
        seen: set[str] = set()
        rows = requests.get(self.amplitude.url + "/api/events", timeout=30).json()
        for row in rows:
            name = _name(row)
            if name in promised and name not in seen:
                seen.add(name)
                of_user[row["body"].get("user_id", "")].append(name)
        for user, names in of_user.items():
            assert names == sorted(names), f"{user} out of order: {names}"


def _name(row: dict[str, Any]) -> str | None:
    name = row["body"].get("insert_id")
    return name if isinstance(name, str) else None


def _revive(service: Service, seconds: float) -> None:
    with suppress(AssertionError):
        until(lambda: service.get("/healthz").status_code == 200, 3)
    if service.process.poll() is not None:
        service.start()
    fresh = {"type": "track", "event": "fresh", "userId": "user-fresh", "messageId": "fresh"}
    until(lambda: post(service, fresh).status_code == 200, seconds / 2)
    until(lambda: service.ready()["ready"], seconds / 2)


def _signal(pid: int) -> None:
    import os
    import signal

    os.kill(pid, signal.SIGKILL)


def _limit(pid: int, size: int) -> None:
    with suppress(ProcessLookupError, PermissionError, ValueError):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def main() -> None:
    """Rounds until there were enough of them, or the time is over."""
    parser = argparse.ArgumentParser(description="Seeded rounds of faults.")
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    engine = parser.add_mutually_exclusive_group()
    engine.add_argument("--postgres", action="store_true", help="with a PostgreSQL server of its own")
    engine.add_argument("--kafka", action="store_true", help="with three Kafka brokers of its own")
    asked = parser.parse_args()
    end = time.monotonic() + 60 * asked.minutes
    with ExitStack() as ends:
        _rounds(asked, end, _engine(asked, ends))


def _engine(asked: argparse.Namespace, ends: ExitStack) -> Callable[[Path, int], None]:
    """What runs one round."""
    if asked.kafka:
        from tests.kafka import rounds

        cluster = ends.enter_context(closing(rounds.cluster()))
        return lambda folder, seed: rounds.KafkaRound(folder, seed, cluster).run(rounds.SECONDS)
    server = ends.enter_context(closing(postgres.Server())) if asked.postgres else None
    return lambda folder, seed: Round(folder, seed, server).run(3.0)


def _rounds(asked: argparse.Namespace, end: float, run: Callable[[Path, int], None]) -> None:
    for seed in range(asked.first, asked.first + asked.rounds):
        if time.monotonic() > end:
            sys.stdout.write(f"the time is over after {seed - asked.first} rounds\n")
            return
        with tempfile.TemporaryDirectory(prefix="harness-") as folder:
            began = time.monotonic()
            run(Path(folder), seed)
            sys.stdout.write(f"seed {seed}: {time.monotonic() - began:.1f} s\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()

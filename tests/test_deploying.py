"""Processes of several machines on one PostgreSQL: the Procfile's lines, deploys, scaling, and machines that are gone."""

import subprocess
import sys
import threading
import time

import psycopg
import pytest
import requests

from tests import postgres
from tests.processes import ROOT, Running, Service, Worker, environment, until

CALL = {"type": "track", "event": "e", "userId": "user-1", "messageId": "m1"}
APART = {"TRANSLATOR__SERVER__DELIVERY": "false"}
HURRIED = {"TRANSLATOR__DELIVERY__TIMEOUT_SECONDS": "1", "TRANSLATOR__DELIVERY__LEASE_SECONDS": "5"}


def lines():
    """The Procfile: a process type's command, after the interpreter."""
    text = (ROOT / "Procfile").read_text()
    return {name: command.split() for name, _, command in (line.partition(": ") for line in text.splitlines())}


class Early(Service):
    """Started while something that it needs is not there yet."""

    def start(self, *, wait=False):
        super().start(wait=wait)


class Platform:
    """What a platform does: processes by type, all with the same environment."""

    def __init__(self, folder, **env):
        self._folder = folder
        self._env = {"JOURNAL_URL": "", **env}
        self._started: list[Running] = []

    def web(self, kind=Service, **more):
        return self._kept(kind(self._folder, *lines()["web"], **{**self._env, **more}))

    def worker(self, **more):
        return self._kept(Worker(self._folder, *lines()["worker"], **{**self._env, **more}))

    def close(self):
        for one in self._started:
            one.kill_all()

    def _kept(self, one):
        self._started.append(one)
        return one


@pytest.fixture
def platform(tmp_path, amplitude, database_url):
    running = Platform(tmp_path, DATABASE_URL=database_url, **to(amplitude))
    yield running
    running.close()


@pytest.fixture
def frail(tmp_path, amplitude, mortal_server):
    """A platform whose database may be away."""
    with postgres.database(mortal_server.url(), "frail") as url:
        running = Platform(tmp_path, DATABASE_URL=url, TRANSLATOR__JOURNAL__WAIT_SECONDS="1", **to(amplitude))
        yield running
        running.close()


def to(amplitude):
    return {"TRANSLATOR__DESTINATIONS__TEST__API_KEY": "k", "TRANSLATOR__DESTINATIONS__TEST__URL": amplitude.url}


def arrived(amplitude):
    return [row["body"]["insert_id"] for row in requests.get(amplitude.url + "/api/events", timeout=5).json()]


class Load:
    """Calls one after another over connections of their own, at whichever web process answers, as behind a router."""

    def __init__(self, *webs):
        self.webs = list(webs)
        self.sent: set[str] = set()
        self.answered: list[str] = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self):
        number = 0
        while not self._stop.is_set():
            name = f"load-{number:06}"
            self.sent.add(name)
            message = {**CALL, "messageId": name, "userId": f"user-{number % 20}"}
            web = self.webs[number % len(self.webs)]
            try:
                answer = requests.post(web.url + "/webhook", json=message, headers={"Connection": "close"}, timeout=10)
            except requests.RequestException:
                number += 1  # whether it was accepted is not known: it may arrive, or not
                continue
            assert answer.status_code == 200, answer.text
            self.answered.append(name)
            number += 1

    def stop(self):
        self._stop.set()
        self._thread.join()


def test_web_alone_is_the_whole_service_and_says_where_its_journal_is(platform, amplitude):
    web = platform.web()
    until(lambda: web.ready()["ready"])
    assert web.post(CALL).json()["accepted"] == 1
    until(lambda: arrived(amplitude) == ["m1"])
    assert "journal: postgresql 127.0.0.1:" in web.log.read_text()
    assert "postgres-test-password" not in web.log.read_text()
    assert web.stop() == 0


STARTED = """
import threading
names, start = [], threading.Thread.start
threading.Thread.start = lambda thread: (names.append(thread.name), start(thread))
from translator import serving
from translator.settings.load import load_settings
serving.log_to_standard_error()
serving.starting(load_settings(), [])
print(names)
"""


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_the_process_that_forks_workers_never_had_a_thread(tmp_path, amplitude, request, engine):
    """A lock that one of them holds is held for ever in a worker that is forked then."""
    more = {} if engine == "sqlite" else {"JOURNAL_URL": request.getfixturevalue("database_url")}
    (tmp_path / "hooks.py").write_text("def hook(message, context):\n    return message\n")
    (tmp_path / "translator.toml").write_text(
        f'[translate]\nhook = "hooks:hook"\n[archive]\nurl = "file://{tmp_path}/archive"\n'
    )
    env = {**environment(tmp_path, **to(amplitude), **more), "PYTHONPATH": f"{ROOT}:{tmp_path}"}
    done = subprocess.run(
        [sys.executable, "-c", STARTED], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"journal: {engine}" in done.stderr
    assert done.stdout == "[]\n"


def test_either_process_type_scales_by_itself(platform, amplitude):
    webs = [platform.web(**APART), platform.web(**APART)]
    web = webs[0]
    assert web.ready()["problems"] == ["no delivery is alive"]
    first = [one.post({**CALL, "messageId": f"early-{number}"}) for number, one in enumerate(webs)]
    assert [one.json()["accepted"] for one in first] == [1, 1]
    workers = [platform.worker(), platform.worker(), platform.worker()]
    until(lambda: web.ready()["delivery"] == 3)
    load = Load(*webs)
    until(lambda: len(load.answered) > 200)
    assert workers.pop().stop() == 0
    load.stop()
    until(lambda: web.waiting() == 0)
    assert sorted(arrived(amplitude)) == sorted(["early-0", "early-1", *load.answered])
    until(lambda: webs[1].ready()["delivery"] == 2, 30)
    assert [one.stop() for one in [*workers, *webs]] == [0] * 4


def test_a_deploy_under_load_loses_nothing_and_doubles_nothing(platform, amplitude):
    """SIGTERM to all, while new ones start; the router knows a new one when it answers, an old one until it ends."""
    old = [platform.web(**APART), platform.worker()]
    load = Load(old[0])
    until(lambda: len(load.answered) > 100 and amplitude.store.counts["event"] > 0)
    for _ in range(2):
        new = [platform.web(**APART), platform.worker()]
        load.webs.append(new[0])
        count = len(load.answered)
        until(lambda: len(load.answered) > count + 40)  # noqa: B023  it is done with before the next turn
        stopping = [threading.Thread(target=one.stop) for one in old]
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join()
        load.webs.remove(old[0])
        assert [one.process.returncode for one in old] == [0, 0]
        old = new
    count = len(load.answered)
    until(lambda: len(load.answered) > count + 40)
    load.stop()
    until(lambda: old[0].waiting() == 0)
    found = arrived(amplitude)
    assert set(load.answered) <= set(found)
    assert len(found) == len(set(found))
    assert amplitude.store.counts["duplicates"] == 0
    assert set(found) <= load.sent


def test_what_a_machine_that_is_gone_had_is_delivered_by_another_when_its_lease_ends(
    platform, amplitude, tmp_path, database_url
):
    (tmp_path / "sabotage").mkdir()
    elsewhere = {
        "JOURNAL_URL": database_url,
        "SABOTAGE": str(tmp_path / "sabotage"),
        "PYTHONPATH": f"{ROOT}/tests/sabotage:{ROOT}",
        **HURRIED,
    }
    web = platform.web(**APART)
    never = {"path": "/2/httpapi", "next": 1, "delay_seconds": 30, "close": True}
    requests.post(amplitude.url + "/api/behaviour", json=never, timeout=5)
    gone = platform.worker(SABOTAGE_HOST="gone", **elsewhere)
    until(lambda: web.ready()["delivery"] == 1)
    web.post([{**CALL, "messageId": f"m{number}"} for number in range(3)])
    with psycopg.connect(database_url, autocommit=True) as sql:
        until(lambda: sql.execute("SELECT FROM translator.requests").rowcount == 1)
        gone.kill_all()
        leases = sql.execute("SELECT split_part(host, ' ', 1), cardinality(calls) FROM translator.leases").fetchall()
        assert leases == [("gone", 3)]
    platform.worker(SABOTAGE_HOST="another", **elsewhere)
    until(lambda: web.waiting() == 0)
    assert sorted(arrived(amplitude)) == ["m0", "m1", "m2"]


def test_web_needs_no_key_where_others_deliver(platform, amplitude):
    no_key = {"TRANSLATOR__DESTINATIONS__TEST__API_KEY": "", "TRANSLATOR__DESTINATIONS__TEST__URL": ""}
    worker = platform.worker()
    web = platform.web(**APART, **no_key)
    until(lambda: web.ready()["ready"])
    assert web.post(CALL).json()["accepted"] == 1
    until(lambda: arrived(amplitude) == ["m1"])
    assert worker.stop() == 0
    until(lambda: web.ready()["delivery"] == 0, 3)
    another = platform.web(**APART, **no_key)
    assert another.post({**CALL, "messageId": "m2"}).json()["accepted"] == 1
    platform.worker()
    until(lambda: sorted(arrived(amplitude)) == ["m1", "m2"])


def test_services_with_different_destinations_take_nothing_from_each_other(platform, amplitude):
    first = platform.web()
    until(lambda: first.ready()["ready"])
    no_test = {"TRANSLATOR__DESTINATIONS__TEST__API_KEY": "", "TRANSLATOR__DESTINATIONS__TEST__URL": ""}
    other = {
        "TRANSLATOR__DESTINATIONS__OTHER__API_KEY": "o",
        "TRANSLATOR__DESTINATIONS__OTHER__URL": amplitude.url,
    }
    second = platform.web(**no_test, **other)
    until(lambda: second.ready()["ready"])
    assert "not in this configuration, and left alone: test" in second.log.read_text()
    assert first.post(CALL).json()["accepted"] == 1
    until(lambda: first.waiting() == 0)
    tallies = {one["name"]: one["delivered"] for one in first.ready()["destinations"]}
    assert tallies == {"test": 1, "other": 1}
    assert first.ready()["ready"]


def test_a_start_waits_for_its_database(frail, amplitude, mortal_server):
    mortal_server.stop()
    web = frail.web(Early)
    until(lambda: "waiting for the journal: postgresql 127.0.0.1:" in web.log.read_text())
    mortal_server.start()
    until(lambda: web.ready()["ready"], 30)
    assert web.post(CALL).json()["accepted"] == 1
    until(lambda: arrived(amplitude) == ["m1"])
    assert web.stop() == 0


def test_a_worker_that_is_told_to_end_while_it_waits_for_its_database_ends_well(frail, mortal_server):
    mortal_server.stop()
    worker = frail.worker()
    until(lambda: "waiting for the journal: postgresql 127.0.0.1:" in worker.log.read_text())
    assert worker.stop() == 0
    assert "told to end before the journal was there" in worker.log.read_text()
    mortal_server.start()


def test_while_the_database_is_away_it_answers_503_and_goes_on_afterwards(frail, amplitude, mortal_server):
    web = frail.web()
    until(lambda: web.ready()["ready"])
    assert web.post({**CALL, "messageId": "before"}).status_code == 200
    mortal_server.stop()
    answer = web.post({**CALL, "messageId": "meanwhile"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    state = web.get("/readyz")
    assert state.status_code == 503
    assert "the journal cannot be written" in state.json()["problems"]
    assert web.get("/healthz").status_code == 200
    mortal_server.start()
    until(lambda: web.post({**CALL, "messageId": "meanwhile"}).status_code == 200)
    until(lambda: web.ready()["ready"] and web.waiting() == 0, 30)
    assert sorted(arrived(amplitude)) == ["before", "meanwhile"]
    assert web.stop() == 0
    assert "postgres-test-password" not in state.text + answer.text + web.log.read_text()


def test_while_the_database_is_away_the_other_pages_answer_soon(frail, mortal_server):
    """However many calls come: a health check that hangs would have the platform kill what could go on by itself."""
    web = frail.web(TRANSLATOR__SERVER__THREADS="4", TRANSLATOR__SERVER__WORKERS="1")
    until(lambda: web.ready()["ready"])
    mortal_server.stop()
    stop = threading.Event()
    answers: list[int] = []

    def insist(number):
        while not stop.is_set():
            answers.append(web.post({**CALL, "messageId": f"m{number}-{len(answers)}"}).status_code)

    threads = [threading.Thread(target=insist, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    until(lambda: len(answers) > 50)
    longest = 0.0
    for _ in range(10):
        began = time.monotonic()
        assert requests.get(web.url + "/healthz", timeout=20).status_code == 200
        longest = max(longest, time.monotonic() - began)
    began = time.monotonic()
    assert requests.get(web.url + "/metrics", timeout=20).status_code == 200
    assert requests.get(web.url + "/readyz", timeout=20).status_code == 503
    pages = time.monotonic() - began
    stop.set()
    for thread in threads:
        thread.join()
    assert set(answers) == {503}
    assert longest < 3
    assert pages < 9
    mortal_server.start()
    until(lambda: web.ready()["ready"], 30)
    assert web.post(CALL).status_code == 200

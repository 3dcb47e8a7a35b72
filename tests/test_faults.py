"""A 2xx is an obligation: seeded rounds of the fault harness, and order with several delivery processes."""

import random
import shutil
import subprocess
import sys
import time
from collections import defaultdict

import pytest
import requests

from tests.conftest import missing, own_cluster
from tests.harness import FAULTS, Round
from tests.kafka import rounds
from tests.processes import ROOT, environment, until
from translator.journal import open_journal
from translator.parcels import Facts
from translator.settings.values import JournalSettings, Segment
from translator.validate import check

USERS, CALLS = 50, 40
HOSTS = ("one", "two", "three")


@pytest.mark.parametrize("seed", range(1, 11))
def test_whatever_happens_every_answered_call_arrives_or_is_a_dead_letter(tmp_path, seed):
    Round(tmp_path, seed).run(2.0)


@pytest.mark.parametrize("seed", range(1, 7))
def test_whatever_happens_to_postgresql_and_two_machines_every_answered_call_arrives(tmp_path, mortal_server, seed):
    """Every third round is behind pgbouncer."""
    if seed % 3 == 0 and not shutil.which("pgbouncer"):
        missing("pgbouncer: apt-get install pgbouncer")
    Round(tmp_path, seed, mortal_server).run(2.0)


@pytest.fixture(scope="module")
def kafka_machines():
    """Three brokers, and a network to them for each machine."""
    with own_cluster(3, relays=len(rounds.HOSTS)) as cluster:
        yield cluster


@pytest.mark.timeout(400)
@pytest.mark.parametrize("seed", range(1, 4))
def test_whatever_happens_to_kafka_and_its_networks_every_answered_call_arrives(tmp_path, kafka_machines, seed):
    rounds.KafkaRound(tmp_path, seed, kafka_machines).run(rounds.SECONDS)


@pytest.mark.timeout(400)
def test_a_machine_that_hears_nothing_of_kafka_for_half_a_minute_loses_nothing(tmp_path, kafka_machines):
    rounds.LongCut(tmp_path, 1, kafka_machines).run(rounds.LONG_SECONDS + 5)


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("route", ["events", "identify-apis"])
@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_each_users_calls_arrive_in_order_from_several_delivery_processes(
    tmp_path, amplitude, engine, route, seed, request
):
    chance = random.Random(seed)
    url = f"sqlite:///{tmp_path}/journal.db" if engine == "sqlite" else request.getfixturevalue("database_url")
    journal = open_journal(JournalSettings(url=url))
    journal.attach({"test": "earliest"})
    names = [f"{user:02}-{number:02}" for number in range(CALLS) for user in range(USERS)]
    facts = Facts("webhook", int(time.time() * 1000))
    journal.append([check(_message(name, chance), facts, Segment()) for name in names])
    (tmp_path / "sabotage").mkdir()
    env = environment(
        tmp_path,
        JOURNAL_URL=url,
        SABOTAGE=str(tmp_path / "sabotage"),
        TRANSLATOR__DESTINATIONS__TEST__API_KEY="k",
        TRANSLATOR__DESTINATIONS__TEST__URL=amplitude.url,
        TRANSLATOR__DESTINATIONS__TEST__ROUTE=route,
        TRANSLATOR__DELIVERY__BATCH_EVENTS="40",
        TRANSLATOR__DELIVERY__CLAIM_CALLS="120",
        TRANSLATOR__DELIVERY__TIMEOUT_SECONDS="1.5",
    )
    env["PYTHONPATH"] = f"{ROOT}/tests/sabotage:{ROOT}"
    with (tmp_path / "log").open("wb") as log:
        command = [sys.executable, "-m", "translator", "deliver"]
        processes = [
            # with PostgreSQL, each is on a machine of its own
            subprocess.Popen(
                command, env=env if engine == "sqlite" else {**env, "SABOTAGE_HOST": host}, cwd=ROOT, stderr=log
            )
            for host in HOSTS
        ]
        try:
            for _ in range(40):
                fault = {**chance.choice(FAULTS), "next": 1, "path": "/"}
                requests.post(amplitude.url + "/api/behaviour", json=fault, timeout=5)
                time.sleep(0.03)
            requests.post(amplitude.url + "/api/behaviour", json={"clear": True}, timeout=5)
            until(lambda: journal.counts().destinations["test"].waiting == 0, 60)
        finally:
            for one in processes:
                one.terminate()
            assert [one.wait(20) for one in processes] == [0] * len(HOSTS)
    letters = {one.message_id for one in journal.letters()}
    journal.close()
    arrived = [row["body"]["insert_id"] for row in requests.get(amplitude.url + "/api/events", timeout=30).json()]
    assert len(arrived) == len(set(arrived))
    assert set(arrived) | letters == set(names)
    of_user = defaultdict(list)
    for name in arrived:
        of_user[name[:2]].append(name)
    assert all(found == sorted(found) for found in of_user.values())
    assert len(of_user) == USERS


def _message(name, chance):
    common = {"userId": f"user-{name[:2]}", "messageId": name}
    if chance.random() < 0.2:
        return {**common, "type": "identify", "traits": {"n": name}}
    return {**common, "type": "track", "event": "e"}

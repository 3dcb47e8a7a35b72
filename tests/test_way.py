"""The whole way with real processes: what is answered 200 arrives, whatever is killed; the books balance."""

import random
import threading
import time

import pytest
import requests

from tests.processes import Service, until
from translator.receive.signature import sign

SECRET = "whole-way-secret"
PAIR = {"AMPLITUDE_GROUP_TYPE_TRAIT": "group_type", "AMPLITUDE_GROUP_VALUE_TRAIT": "name"}


@pytest.fixture
def service(tmp_path, amplitude):
    env = {"TRANSLATOR__DESTINATIONS__TEST__API_KEY": "k", "TRANSLATOR__DESTINATIONS__TEST__URL": amplitude.url}
    running = Service(tmp_path, SEGMENT_SHARED_SECRET=SECRET, **env, **PAIR)
    yield running
    running.kill_all()


def signed(service, body):
    headers = {"X-Signature": sign(SECRET, body), "Content-Type": "application/json", "Connection": "close"}
    return requests.post(service.url + "/webhook", data=body, headers=headers, timeout=10)


def test_the_guides_examples_through_http(service, amplitude):
    group = (
        b'{"type":"group","userId":"user-1","groupId":"082108b9-f41d-486g-9d2d-b5ab68bb3d5o","messageId":"m1","traits":'
        b'{"group_type":"Organization","name":"ExampleCorp, LLC","employees":"20","email":"hello@example.com"}}'
    )
    track = (
        b'{"type":"track","userId":"user-1","event":"Clicked Benefits Dropdown","messageId":"m2","properties":'
        b'{"dropdownColor":"blue"},"integrations":{"Amplitude":{"groups":{"onboarding_cohort":"Summer 2022"}}}}'
    )
    fallback = b'{"type":"group","userId":"user-2","groupId":"g-2","messageId":"m3","traits":{"plan":"free"}}'
    for body in (group, track, fallback):
        assert signed(service, body).status_code == 200
    until(lambda: amplitude.store.counts["event"] == 1 and "user-2" in amplitude.store.users)
    users = {one["key"]: one for one in requests.get(amplitude.url + "/api/users", timeout=5).json()}
    assert users["user-1"]["groups"] == {"Organization": "ExampleCorp, LLC"}
    assert users["user-2"]["groups"] == {"[Segment] Group": "g-2"}
    groups = {one["group_type"]: one for one in requests.get(amplitude.url + "/api/groups", timeout=5).json()}
    assert groups["Organization"]["group_properties"] == {
        "group_type": "Organization", "name": "ExampleCorp, LLC", "employees": "20", "email": "hello@example.com",
    }  # fmt: skip
    assert groups["[Segment] Group"]["group_properties"] == {}
    (event,) = requests.get(amplitude.url + "/api/events?kind=event", timeout=5).json()
    assert event["groups_in_force"] == {"Organization": "ExampleCorp, LLC", "onboarding_cohort": "Summer 2022"}
    assert event["body"]["groups"] == {"onboarding_cohort": "Summer 2022"}


class Producer:
    """Several threads that send calls and remember which were answered 200: these are obligations."""

    def __init__(self, service, threads=4):
        self.service = service
        self.sent: set[str] = set()
        self.obligations: set[str] = set()
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._work, args=(number,)) for number in range(threads)]
        for thread in self._threads:
            thread.start()

    def _work(self, number):
        chance = random.Random(number)
        count = 0
        while not self._stop.is_set():
            names = [f"{number}-{count + index}" for index in range(chance.choice([1, 1, 1, 10]))]
            count += len(names)
            calls = ",".join(
                f'{{"type":"track","event":"e","userId":"user-{number}-{chance.randrange(5)}","messageId":"{name}"}}'
                for name in names
            )
            body = (f"[{calls}]" if len(names) > 1 else calls).encode()
            with self._lock:
                self.sent.update(names)
            try:
                answer = signed(self.service, body)
            except requests.RequestException:
                time.sleep(0.02)
                continue
            if answer.status_code == 200:
                with self._lock:
                    self.obligations.update(names)

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_at_a_random_moment_every_answered_call_arrives_and_no_other(service, amplitude, seed):
    chance = random.Random(seed)
    until(lambda: service.ready()["ready"])
    producer = Producer(service)
    for _ in range(2):
        time.sleep(chance.uniform(0.4, 1.2))
        service.kill_all()
        service.start()
    until(lambda: len(producer.obligations) > 50)
    producer.stop()
    assert (
        signed(service, b'{"type":"track","event":"last","userId":"user-last","messageId":"last"}').status_code == 200
    )
    until(lambda: service.waiting() == 0, 40)
    rows = requests.get(amplitude.url + "/api/events", timeout=30).json()
    arrived = [row["body"]["insert_id"] for row in rows]
    assert producer.obligations | {"last"} <= set(arrived)
    assert set(arrived) <= producer.sent | {"last"}
    assert len(arrived) == len(set(arrived)), "nothing counts twice"


def test_the_books_balance_after_a_storm(service, amplitude):
    chance = random.Random(5)
    good = 0
    for number in range(120):
        message = chance.choice(
            [
                f'{{"type":"track","event":"e","userId":"user-{number % 7}","messageId":"m{number}"}}',
                f'{{"type":"track","event":"e","userId":"null","messageId":"m{number}"}}',
                f'{{"type":"track","event":"e","userId":"user-1","messageId":"m{number}","integrations":{{"All":false}}}}',
                '{"type":"track","event":"e","userId":"user-1","messageId":"same"}',
                '{"type":"track"}',
                '{"type":"track","event":"' + "x" * 70_000 + '"}',
            ]
        )
        if number % 50 == 0:
            fault = {"path": "/2/httpapi", **chance.choice([{"status": 500}, {"status": 503}, {"status": 413}])}
            requests.post(amplitude.url + "/api/behaviour", json=fault, timeout=5)
        good += signed(service, message.encode()).status_code == 200
    until(lambda: service.waiting() == 0, 40)
    text = service.get("/metrics").text
    books = {line.split()[0]: float(line.split()[1]) for line in text.splitlines() if not line.startswith("#")}

    def door(outcome):
        return books[f'translator_journal_calls_total{{outcome="{outcome}"}}']

    def state(name):
        return books[f'translator_destination_calls{{destination="test",state="{name}"}}']

    assert door("received") == 120
    assert door("received") == door("refused_answered") + door("refused_kept") + door("duplicates") + door("accepted")
    assert door("accepted") + door("duplicates") == good
    assert min(door(name) for name in ("refused_answered", "refused_kept", "duplicates", "accepted")) > 0
    assert state("accepted") == door("accepted")
    assert state("accepted") == state("delivered") + state("ignored") + state("dead") + state("waiting")
    assert min(state(name) for name in ("delivered", "ignored", "dead")) > 0
    assert amplitude.store.counts["event"] == state("delivered")

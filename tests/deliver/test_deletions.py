"""Deletions: a second apart, and never asked for twice."""

import time

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from translator.deliver import deletions
from translator.deliver.deletions import listing, scheduled
from translator.settings.values import Destination

PATH = "/api/2/deletions/users"
SINCE = 1710090245678
"""2024-03-10."""


def delete(name, user):
    return {"type": "delete", "messageId": name, "userId": user}


def track(user):
    return {"type": "track", "event": "e", "userId": user, "messageId": f"t-{user}"}


def behave(amplitude, **asked):
    assert requests.post(amplitude.url + "/api/behaviour", json=asked, timeout=5).status_code == 200


def asked_for(amplitude):
    rows = requests.get(amplitude.url + "/api/requests", timeout=5).json()
    return [row["method"] for row in rows if row["path"] == PATH]


@pytest.fixture
def deleting(line, amplitude):
    one = line(destination={"secret_key": "hush-secret"}, translate={"delete": True})
    one.put(*(track(f"user-{number}") for number in range(3)))
    one.run()
    return one


def retried(one):
    one.journal._claims._now = lambda: int(time.time() * 1000) + 60_000
    one.run()


def test_what_an_answer_lost_on_its_way_had_scheduled_is_not_asked_for_again(deleting, amplitude):
    behave(amplitude, path=PATH, status=500, ingest=True)
    deleting.put(delete("m1", "user-0"), delete("m2", "user-1"))
    deleting.once()
    assert asked_for(amplitude) == ["POST"]
    retried(deleting)
    assert asked_for(amplitude) == ["POST", "GET"], "the list says that both are scheduled"
    assert deleting.tally.delivered == 5


def test_what_the_list_does_not_have_is_asked_for_again(deleting, amplitude):
    behave(amplitude, path=PATH, status=500)
    deleting.put(delete("m1", "user-0"))
    deleting.once()
    retried(deleting)
    assert asked_for(amplitude) == ["POST", "GET", "POST"]
    assert amplitude.store.users["user-0"].deletion_requested


def test_while_the_list_cannot_be_read_nothing_is_asked_for(deleting, amplitude):
    for _ in range(2):
        behave(amplitude, path=PATH, status=500)
    deleting.put(delete("m1", "user-0"))
    deleting.once()
    deleting.journal._claims._now = lambda: int(time.time() * 1000) + 60_000
    deleting.once()
    assert (asked_for(amplitude), deleting.tally.waiting) == (["POST", "GET"], 1)
    deleting.run()
    assert asked_for(amplitude) == ["POST", "GET", "GET", "POST"]


def test_a_list_that_is_refused_opens_the_circuit(deleting, amplitude):
    behave(amplitude, path=PATH, status=500)
    deleting.put(delete("m1", "user-0"))
    deleting.once()
    behave(amplitude, path=PATH, status=403)
    deleting.journal._claims._now = lambda: int(time.time() * 1000) + 60_000
    deleting.once()
    assert deleting.sender.health.circuit is not None


def test_an_unknown_user_stops_nobody(deleting, amplitude):
    deleting.put(delete("m1", "user-0"), delete("m2", "who"), delete("m3", "user-2"))
    deleting.run()
    assert asked_for(amplitude) == ["POST"]
    assert (deleting.tally.delivered, deleting.tally.dead) == (6, 0)
    assert amplitude.store.users["user-2"].deletion_requested


def test_requests_are_a_second_apart(monkeypatch):
    now = [100.0]
    slept: list[float] = []
    monkeypatch.setattr("translator.deliver.deletions.time.monotonic", lambda: now[0])
    monkeypatch.setattr("translator.deliver.deletions.time.sleep", slept.append)
    pace = deletions.Pace()
    pace.wait()
    now[0] += 0.25
    pace.wait()
    now[0] += 5
    pace.wait()
    assert slept == [0.0, 0.75, 0.0]


def test_a_hundred_ids_make_a_request(line, amplitude):
    one = line(destination={"secret_key": "hush-secret"}, translate={"delete": True})
    one.put(*(delete(f"m{number}", f"user-{number}") for number in range(201)))
    one.run()
    assert (asked_for(amplitude), one.tally.delivered) == (["POST"] * 3, 201)


def test_the_list_is_asked_for_by_days_around():
    request = listing(Destination("d", "key", secret_key="secret"), SINCE)
    assert (request.method, request.auth) == ("GET", ("key", "secret"))
    assert request.url.endswith("/api/2/deletions/users?start_day=2024-03-09&end_day=2024-04-19")


def test_only_what_was_asked_for_since_counts():
    entries = [
        {"user_id": "old", "requested_on_day": "2024-03-01"},
        {"user_id": "new", "requested_on_day": "2024-03-10"},
        {"user_id": 7, "requested_on_day": "2024-03-11"},
        {"amplitude_id": 5, "requested_on_day": "2024-03-11"},
    ]
    assert scheduled([{"day": "2024-03-17", "amplitude_ids": entries}], SINCE) == {"new", "7"}


JSON = st.recursive(
    st.none() | st.text(max_size=3) | st.integers(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["amplitude_ids", "user_id", "requested_on_day"]), inner, max_size=3)
    ),
)


@given(JSON)
def test_any_list_is_read(jobs):
    assert all(isinstance(one, str) for one in scheduled(jobs, SINCE))

"""Delivery end to end: a real journal, real requests, the local Amplitude."""

import random
import socket
import sys
import threading
import time
from collections import defaultdict
from typing import Any

import apsw
import pytest
import requests

from translator.deliver import run, run_once
from translator.deliver.sightings import Sightings
from translator.errors import HookUnavailable
from translator.journal import open_journal
from translator.journal.sqlite import SqliteJournal
from translator.parcels import Call, Done, Facts, Later
from translator.settings.load import settings_from
from translator.validate import check

PAIR = {"type_trait": "group_type", "value_trait": "name"}
TRAITS = {"group_type": "Organization", "name": "ExampleCorp, LLC", "employees": "20", "email": "hello@example.com"}
ROUTES = [{"route": "events"}, {"route": "events", "endpoint": "batch"}, {"route": "identify-apis"}]


def track(name, user="user-1", **more):
    return {
        "type": "track",
        "event": "e",
        "userId": user,
        "messageId": name,
        "timestamp": "2024-03-10T17:04:05Z",
        **more,
    }


def group(name, user="user-1"):
    return {"type": "group", "groupId": "g", "userId": user, "messageId": name, "traits": TRAITS}


def behave(amplitude, **asked):
    assert requests.post(amplitude.url + "/api/behaviour", json=asked, timeout=5).status_code == 200


def arrived(amplitude, user=None):
    rows = requests.get(amplitude.url + "/api/events", timeout=5).json()
    return [row["body"]["insert_id"] for row in rows if user is None or row["body"].get("user_id") == user]


@pytest.mark.parametrize("destination", ROUTES, ids=lambda one: "-".join(one.values()))
def test_the_guides_group_call_arrives_by_every_route(line, amplitude, destination):
    one = line(destination=destination, groups=PAIR)
    one.put(group("m1"), track("m2"))
    one.run()
    user = requests.get(amplitude.url + "/api/users/user-1", timeout=5).json()
    assert user["groups"] == {"Organization": "ExampleCorp, LLC"}
    assert user["user_properties"] == {"Organization": "ExampleCorp, LLC"}
    (found,) = requests.get(amplitude.url + "/api/groups", timeout=5).json()
    assert (found["group_type"], found["group_value"], found["group_properties"]) == (
        "Organization",
        "ExampleCorp, LLC",
        TRAITS,
    )
    assert found["events"] == 1
    assert one.tally.delivered == 2


def test_a_400_with_an_index_kills_exactly_that_call(line, amplitude):
    one = line()
    one.put(*(track(f"m{number}", f"user-{number}") for number in range(5)))
    body = {"code": 400, "error": "Invalid field values on some events", "events_with_invalid_fields": {"time": [2]}}
    behave(amplitude, path="/2/httpapi", status=400, body=body)
    one.run()
    assert arrived(amplitude) == ["m0", "m1", "m3", "m4"]
    (letter,) = one.journal.dead("amplitude")
    assert (letter.message_id, letter.why) == ("m2", "invalid_fields")
    assert '"events_with_invalid_fields"' in letter.answer


def test_a_400_without_an_index_is_narrowed_down(line, amplitude):
    one = line()
    one.put(*(track(f"m{number}", f"user-{number}") for number in range(4)))
    refused = {"status": 400, "body": {"code": 400, "error": "Invalid JSON request body"}}
    behave(amplitude, next=3, path="/2/httpapi", **refused)  # all four, the first two, the first
    one.run()
    assert arrived(amplitude) == ["m1", "m2", "m3"]
    assert [(letter.message_id, letter.why) for letter in one.journal.dead()] == [("m0", "refused_by_amplitude")]


def test_a_short_id_is_refused_alone(line, amplitude):
    one = line(destination={"min_id_length": 5})
    one.put(track("m1"), track("short", "abc"), track("m2"))
    one.run()
    assert arrived(amplitude) == ["m1", "m2"]
    assert [letter.message_id for letter in one.journal.dead()] == ["short"]


def test_a_throttled_user_waits_and_nobody_else(line, amplitude):
    one = line()
    one.put(track("a1", "user-a"), track("b1", "user-b"), track("a2", "user-a"), track("c1", "user-c"))
    body = {"code": 429, "throttled_users": {"user-a": 31}, "throttled_events": [0]}
    behave(amplitude, path="/2/httpapi", status=429, body=body)
    one.once()
    assert arrived(amplitude) == ["b1", "c1"]
    one.put(track("a3", "user-a"), track("b2", "user-b"))
    one.once()
    assert arrived(amplitude) == ["b1", "c1", "b2"]
    assert (one.tally.waiting, one.tally.dead) == (3, 0)


def test_too_large_is_halved_until_it_fits(line, amplitude):
    one = line()
    one.put(*(track(f"m{number}", f"user-{number}") for number in range(8)))
    behave(amplitude, next=3, path="/2/httpapi", status=413, body={"code": 413})
    one.run()
    assert sorted(arrived(amplitude)) == [f"m{number}" for number in range(8)]


@pytest.mark.parametrize(
    "asked",
    [
        {"status": 500},
        {"status": 502, "body": "<html>"},
        {"status": 503},
        {"close": True},
        {"status": 200, "body": "odd"},
    ],
)
def test_a_failing_amplitude_is_tried_again_and_nothing_counts_twice(line, amplitude, asked):
    one = line()
    one.put(track("m1"), track("m2"))
    behave(amplitude, path="/2/httpapi", ingest=asked.get("status") != 503, **asked)
    one.once()
    assert one.tally.waiting == 2
    time.sleep(1.1)
    one.run()
    assert arrived(amplitude) == ["m1", "m2"]
    assert one.tally.delivered == 2


def test_a_wrong_key_stops_the_destination_and_keeps_the_queue(line, amplitude):
    one = line()
    one.put(track("m1"), track("m2", "user-2"))
    behave(amplitude, path="/2/httpapi", status=400, body={"code": 400, "error": "Invalid API key"})
    one.once()
    assert one.sender.health.circuit is not None
    assert not one.sender.health.ready()
    assert one.sender.room() == 1
    assert (one.tally.waiting, one.tally.dead) == (2, 0)
    one.run()
    assert one.sender.health.circuit is None
    assert arrived(amplitude) == ["m1", "m2"]


def test_nobody_there_keeps_everything_without_age(line):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    one = line(url=url)
    one.put(track("m1"))
    for _ in range(3):
        one.once()
    lease = one.journal.claim("amplitude", 1, 30)
    assert (lease.items[0].attempts, lease.items[0].unknown_since) == (0, None)


def test_a_call_whose_outcome_is_unknown_for_six_days_dies(line, amplitude):
    one = line()
    one.put(track("m1"))
    lease = one.journal.claim("amplitude", 1, 30)
    one.journal._claims._now = lambda: int(time.time() * 1000) - (6 * 24 * 3600 * 1000) - 1
    one.journal.settle(lease, {lease.items[0].id: Later(0, "timeout", True)}, {})
    one.journal._claims._now = lambda: int(time.time() * 1000)
    one.run()
    (letter,) = one.journal.dead()
    assert letter.why == "window"
    assert arrived(amplitude) == []


def test_a_group_identify_that_v2_refuses_for_lack_of_ids_goes_its_own_way(line, amplitude):
    behave(amplitude, settings={"group_identify_needs_ids": True})
    one = line(groups=PAIR)
    one.put({key: value for key, value in group("m1").items() if key != "userId"}, track("m2"))
    one.run()
    (found,) = requests.get(amplitude.url + "/api/groups", timeout=5).json()
    assert found["group_properties"] == TRAITS
    assert one.tally.delivered == 2


ODD_GROUPS = """
def change(call, records):
    for one in records or ():
        if one["kind"] == "group_identify":
            one["body"].update(call["integrations"]["odd"])
    return records
"""


@pytest.mark.parametrize("route", ["events", "identify-apis"])
@pytest.mark.parametrize(
    "odd",
    [
        {"group_properties": {"plan": "big", "seats": 3}}, {"group_properties": {"$set": {"a": 1}, "$unset": 4}},
        {"groups": {"a": "1", "b": "2"}}, {"groups": {}},
    ],
)  # fmt: skip
def test_a_hooks_odd_group_identify_stops_nothing(line, amplitude, tmp_path, monkeypatch, odd, route):
    (tmp_path / "odd_groups_hook.py").write_text(ODD_GROUPS)
    monkeypatch.syspath_prepend(str(tmp_path))
    behave(amplitude, settings={"group_identify_needs_ids": True})
    one = line(destination={"route": route}, groups=PAIR, translate={"hook": "odd_groups_hook:change"})
    without = {key: value for key, value in group("m1").items() if key != "userId"}
    one.put({**without, "integrations": {"odd": odd}}, track("m2"))
    one.run()
    (found,) = requests.get(amplitude.url + "/api/groups", timeout=5).json()
    assert (found["group_type"], found["group_value"]) == (TRAITS["group_type"], TRAITS["name"])
    assert (one.tally.delivered, one.tally.waiting) == (2, 0)


def test_what_is_not_for_amplitude_or_cannot_be_translated_is_in_the_books(line, amplitude):
    one = line(groups={**PAIR, "fallback": "reject"})
    one.put(
        track("m1", integrations={"Amplitude": False}), track("m2", "null"), {**group("m3"), "traits": {}}, track("m4")
    )
    one.run()
    tally = one.tally
    assert (tally.accepted, tally.delivered, tally.ignored, tally.dead, tally.waiting) == (4, 1, 1, 2, 0)
    assert {letter.why for letter in one.journal.dead()} == {"no_valid_id", "group_traits_missing"}


def test_memory_is_carried_from_lease_to_lease(line, amplitude):
    one = line(groups={**PAIR, "level": "event"})
    one.put({**group("m1"), "timestamp": "2024-03-10T17:04:05Z"})
    one.run()
    one.put(track("m2"))
    one.run()
    rows = [row for row in requests.get(amplitude.url + "/api/events", timeout=5).json() if row["kind"] == "event"]
    assert rows[0]["body"]["groups"] == {"Organization": "ExampleCorp, LLC"}


def test_nothing_is_remembered_of_a_call_that_waits_behind_another(line, amplitude):
    one = line(groups={**PAIR, "level": "event"})
    traits = {"group_type": "team", "name": ["red", "blue"]}  # several groups: nothing to send, only to remember
    one.put(track("m1"), {**group("m2"), "traits": traits})
    behave(amplitude, path="/2/httpapi", status=429, body={"throttled_events": [0]})
    one.once()
    assert one.tally.waiting == 2
    one.journal._claims._now = lambda: int(time.time() * 1000) + 60_000
    lease = one.journal.claim("amplitude", 10, 30)
    assert ([item.message_id for item in lease.items], lease.memory) == (["m1", "m2"], {})


def test_aliases_and_deletions_arrive(line, amplitude):
    one = line(destination={"secret_key": "hush-secret"}, translate={"alias": True, "delete": True})
    one.put(
        {"type": "alias", "messageId": "m1", "previousId": "old-user", "userId": "new-user"},
        track("m0", "user-9"),
        {"type": "delete", "messageId": "m2", "userId": "user-9"},
    )
    one.run()
    assert amplitude.store.users["old-user"].mapped_to == "new-user"
    assert amplitude.store.users["user-9"].deletion_requested


def test_a_delivered_deletion_purges_our_own_copies(line, amplitude):
    one = line(destination={"secret_key": "hush-secret"}, translate={"delete": True})
    one.put(track("m1", "user-9"), track("m2", "user-8"))
    one.run()
    one.put({"type": "delete", "messageId": "m3", "userId": "user-9"})
    one.run()
    assert [call.message_id for call in one.journal.read()] == ["m2", "m3"]
    assert one.tally.delivered == 3


def test_a_redriven_letter_arrives(line, amplitude):
    one = line()
    one.put(track("m1"))
    behave(amplitude, path="/2/httpapi", status=400, body={"code": 400, "events_with_invalid_fields": {"time": [0]}})
    one.run()
    assert one.journal.redrive(["d1"]) == 1
    one.run()
    assert arrived(amplitude) == ["m1"]


def test_keys_are_in_no_dead_letter(line, amplitude):
    one = line()
    one.put(track("m1"))
    behave(amplitude, path="/2/httpapi", status=418, body={"error": "your key hush-key is odd"})
    one.run()
    assert "hush-key" not in one.journal.dead()[0].answer


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("destination", [ROUTES[0], ROUTES[2]], ids=["events", "identify-apis"])
def test_each_users_calls_arrive_in_order_through_a_storm(line, amplitude, destination, seed):
    chance = random.Random(seed)
    one = line(destination=destination)
    expected = defaultdict(list)
    for number in range(200):
        user = f"user-{chance.randrange(20)}"
        expected[user].append(f"m{number:03}")
        one.put(track(f"m{number:03}", user))
    faults: list[dict[str, Any]] = [
        {"status": 500, "ingest": True},
        {"status": 500},
        {"status": 503},
        {"status": 429, "body": {"throttled_events": [0]}},
        {"close": True, "ingest": True},
    ]
    for _ in range(6):
        behave(amplitude, path="/2/httpapi", **chance.choice(faults))
    one.journal._claims._now = lambda: int(time.time() * 1000) + 120_000  # so that nothing has to be waited for
    one.run(30)
    assert one.tally.delivered == 200
    for user, names in expected.items():
        assert arrived(amplitude, user) == names


def test_run_delivers_prunes_beats_and_stops(line, amplitude):
    one = line()
    one.put(track("m1"))
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(one.settings, one.journal, stop))
    thread.start()
    deadline = time.monotonic() + 10
    while not arrived(amplitude) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert one.journal.deliveries() == 1
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert one.tally.delivered == 1


def test_run_ends_with_its_parent(line):
    one = line()
    stop = threading.Event()
    run(one.settings, one.journal, stop, parent_alive=lambda: False)
    assert stop.is_set()


def test_only_what_delivered_calls_changed_is_remembered(line, amplitude):
    """A call that Amplitude refuses changes nothing, though a later one of its subject does."""
    one = line(groups={**PAIR, "level": "event"}, translate={"session_minutes": 30})
    one.put({**group("m1"), "timestamp": "2024-03-10T17:04:05Z"}, track("m2"))
    behave(amplitude, path="/2/httpapi", status=400, body={"events_with_invalid_fields": {"time": [0]}})
    one.run()
    assert [letter.message_id for letter in one.journal.dead()] == ["m1"]
    one.put(track("m3"))
    assert one.journal.claim("amplitude", 1, 30).memory["user-1"].keys() == {"sessions"}


def company(name, time, user="user-1", **traits):
    return {**group(name, user), "timestamp": time, "traits": {"group_type": "company", "name": "acme", **traits}}


def group_properties(amplitude):
    (found,) = requests.get(amplitude.url + "/api/groups", timeout=5).json()
    return found["group_properties"]


@pytest.mark.parametrize("destination", ROUTES)
def test_a_late_call_does_not_undo_what_a_newer_one_said_of_a_group(line, amplitude, destination):
    one = line(destination=destination, groups=PAIR)
    one.put(company("m1", "2024-03-10T12:00:00Z", plan="pro"))
    one.run()
    one.put(company("m2", "2024-03-10T11:00:00Z", "user-2", plan="free", industry="tools"))
    one.run()
    assert group_properties(amplitude) == {"group_type": "company", "name": "acme", "plan": "pro", "industry": "tools"}


def test_calls_about_a_group_in_one_lease_are_ordered_by_their_time_too(line, amplitude):
    one = line(groups=PAIR)
    one.put(
        company("m1", "2024-03-10T12:00:00Z", plan="pro"), company("m2", "2024-03-10T11:00:00Z", "user-2", plan="free")
    )
    one.run()
    assert group_properties(amplitude)["plan"] == "pro"


def test_an_unchanged_property_is_sent_again_when_the_call_that_had_it_died(line, amplitude):
    one = line(translate={"unchanged_hours": 24})
    identify = {"type": "identify", "userId": "user-1", "timestamp": "2024-03-10T12:00:00Z", "traits": {"plan": "pro"}}
    behave(amplitude, path="/2/httpapi", status=400, body={"events_with_invalid_fields": {"time": [0]}})
    one.put({**identify, "messageId": "m1"}, {**identify, "messageId": "m2"})
    one.run()
    one.put({**identify, "messageId": "m3"})
    one.run()
    tally = one.tally
    assert (tally.dead, tally.delivered, tally.ignored) == (1, 1, 1)
    assert amplitude.store.users["user-1"].user_properties == {"plan": "pro"}
    assert arrived(amplitude) == ["m2"], "m3 says nothing new"


def test_a_call_of_more_requests_than_a_round_has_is_finished(line, amplitude, monkeypatch):
    monkeypatch.setattr("translator.deliver.lane.MOST_REQUESTS", 3)
    one = line(delivery={"batch_events": 10, "timeout_seconds": 2, "in_flight": 1})
    order = {"event": "Order Completed", "properties": {"products": [{"sku": str(number)} for number in range(99)]}}
    one.put(track("m1", **order), *(track(f"n{number}", f"user-{number}") for number in range(50)))
    one.once()
    assert "m1-100" in arrived(amplitude), "it was begun, so it is finished, though it takes 10 requests"
    assert one.tally.waiting == 50
    one.run()
    assert (one.tally.delivered, one.tally.waiting) == (51, 0)
    assert len(arrived(amplitude)) == len(set(arrived(amplitude))) == 150


def test_what_a_lease_becomes_is_bounded_in_bytes(line, amplitude, monkeypatch):
    monkeypatch.setattr("translator.deliver.preparing.MOST_BYTES", 1000)
    one = line()
    one.put(*(track(f"m{number}") for number in range(30)))
    assert one.once() == 30
    assert 0 < one.tally.delivered < 30
    one.run()
    assert arrived(amplitude) == [f"m{number}" for number in range(30)]


def test_a_call_whose_kept_text_can_no_longer_be_read_is_a_dead_letter_and_holds_up_nobody(line, amplitude, tmp_path):
    one = line()
    one.put(track("m1"), track("m2"), track("m3", "user-2"))
    with apsw.Connection(str(tmp_path / "journal.db")) as file:
        file.execute("UPDATE calls SET body = x'7b22' WHERE message_id = 'm1'")
    one.run()
    assert arrived(amplitude) == ["m2", "m3"]
    assert [(letter.message_id, letter.why, letter.answer) for letter in one.journal.dead()] == [
        ("m1", "translation_error", "NotJson")
    ]


@pytest.mark.parametrize("most", [0, 300, 1000, 5000])
def test_groups_that_wait_to_be_weighed_and_events_that_do_not_keep_their_order(line, amplitude, monkeypatch, most):
    monkeypatch.setattr("translator.deliver.preparing.MOST_BYTES", most)
    one = line(groups=PAIR)
    names = [f"m{number}" for number in range(24)]
    one.put(*(track(name) if number % 3 else group(name) for number, name in enumerate(names)))
    one.run()
    every = [part for number, name in enumerate(names) for part in ([name] if number % 3 else [name, f"{name}-2"])]
    assert arrived(amplitude) == every
    assert (one.tally.delivered, one.tally.waiting) == (24, 0)


class Blind(Sightings):
    def of(self, call, translation):
        raise ValueError("cannot be looked at")


def test_a_call_that_cannot_be_shown_to_people_is_delivered(line, amplitude):
    one = line(groups=PAIR)
    one.put(track("m1"), group("m2"))
    assert run_once(one.journal, one.sender, Blind(one.sender.destination.translation)) == 2
    assert (one.tally.delivered, one.tally.dead) == (2, 0)


HOOK = """
import time
def hang(call, records):
    if call["messageId"] == "m1": time.sleep(60)
"""


def test_a_call_on_which_the_hook_hangs_twice_is_a_dead_letter_and_holds_up_nobody_else(
    line, amplitude, tmp_path, monkeypatch
):
    (tmp_path / "hanging_hook.py").write_text(HOOK)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("translator.deliver.preparing.HANG_MS", 200)
    one = line(translate={"hook": "hanging_hook:hang", "hook_seconds": 0.5})
    one.put(track("m1"), track("m2"), track("m3", "user-2"))
    one.once()
    assert (arrived(amplitude), one.tally.waiting) == (["m3"], 2)
    one.run()
    assert [(letter.message_id, letter.why, letter.attempts) for letter in one.journal.dead()] == [
        ("m1", "hook_hangs", 2)
    ]
    assert one.journal.dead()[0].answer == "call: the hook took more than 0.5 s"
    assert arrived(amplitude) == ["m3", "m2"]


def test_a_hook_that_cannot_be_loaded_any_more_keeps_everything_waiting(line, amplitude):
    one = line(translate={"hook": "no_such_module:f"})
    one.put(track("m1"))
    for _ in range(3):
        with pytest.raises(HookUnavailable, match="no_such_module"):
            one.once()
    assert one.tally.waiting == 1
    lease = one.journal.claim("amplitude", 10, 30)
    assert [(item.attempts, item.unknown_since) for item in lease.items] == [(0, None)]


def test_what_died_behind_a_waiting_call_of_its_user_stays_dead(line, amplitude):
    one = line()
    one.put(track("m1"), track("m2"), track("m3"))
    behave(amplitude, path="/2/httpapi", status=400, body={"code": 400, "silenced_events": [1]})
    behave(amplitude, path="/2/httpapi", status=500, ingest=True)
    one.once()
    assert [letter.message_id for letter in one.journal.dead()] == ["m2"]
    one.journal._claims._now = lambda: int(time.time() * 1000) + 60_000
    one.run()
    assert arrived(amplitude) == ["m1", "m3"]
    assert (one.tally.delivered, one.tally.dead) == (2, 1)


def test_a_destination_that_is_down_holds_up_no_other(tmp_path, amplitude):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
        settings = settings_from(
            {
                "journal": {"url": f"sqlite:///{tmp_path}/journal.db"},
                "delivery": {"timeout_seconds": 2},
                "destinations": {
                    "down": {"api_key": "a", "url": nobody},
                    "test": {"api_key": "b", "url": amplitude.url, "translate": {"version_name": "t"}},
                },
            }
        )
        journal = open_journal(settings.journal)
        journal.attach({"down": "now", "test": "now"})
        facts = Facts("webhook", int(time.time() * 1000))
        journal.append([check(track(f"m{number}", f"user-{number}"), facts, settings.segment) for number in range(50)])
        stop = threading.Event()
        thread = threading.Thread(target=run, args=(settings, journal, stop))
        thread.start()
        deadline = time.monotonic() + 15
        while len(arrived(amplitude)) < 50 and time.monotonic() < deadline:
            time.sleep(0.05)
        stop.set()
        thread.join()
    tallies = journal.counts().destinations
    assert (tallies["test"].delivered, tallies["test"].waiting) == (50, 0)
    assert (tallies["down"].delivered, tallies["down"].waiting) == (0, 50)
    assert all(
        row["body"]["version_name"] == "t" for row in requests.get(amplitude.url + "/api/events", timeout=5).json()
    )
    journal.close()


def test_each_request_leaves_one_row_with_its_answer(line, amplitude, tmp_path):
    one = line()
    one.put(track("m1"), track("m2", "user-2"))
    behave(amplitude, path="/2/httpapi", status=503)
    one.once()
    one.run()
    with apsw.Connection(str(tmp_path / "journal.db")) as db:
        rows = db.execute("SELECT api, calls, answer, ended IS NOT NULL, configuration FROM requests").fetchall()
    assert rows[0][:4] == ("http-v2", "[1, 2]", "503", 1)
    assert {row[2] for row in rows[1:]} == {"200"}
    assert len(rows) <= 3, "one for each request, however many calls it had"
    assert {row[4] for row in rows} == {one.sender.configuration}
    assert len(one.sender.configuration) == 16


def test_delivery_without_a_destination_prunes_and_beats(tmp_path, monkeypatch):
    monkeypatch.setattr(sys.modules["translator.deliver.upkeep"], "PRUNE_SECONDS", 0.0)
    settings = settings_from({"journal": {"url": f"sqlite:///{tmp_path}/journal.db"}})
    journal = open_journal(settings.journal)
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(settings, journal, stop))
    thread.start()
    deadline = time.monotonic() + 10
    while not journal.deliveries() and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.6)
    assert thread.is_alive()
    assert journal.deliveries() == 1
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert journal.deliveries() == 0, "it said that it ends"
    journal.close()


def test_where_little_is_pruned_it_rests_and_memory_fades(line, monkeypatch):
    """Under steady load there is always a call that is old enough by now."""
    one = line()
    done: list[str] = []

    def prune(before, limit):
        done.append("prune")
        return 3

    monkeypatch.setattr(one.journal, "prune", prune)
    monkeypatch.setattr(one.journal, "fade", lambda before: done.append("fade"))
    pruner = sys.modules["translator.deliver.upkeep"]._Pruner(one.settings, one.journal)
    for second in range(181):
        assert not pruner.step(time.monotonic() + second)
    assert done == ["prune", "fade"] * 3


def test_nothing_is_pruned_before_it_is_said_that_an_archive_is_configured(tmp_path):
    """The archive's own thread may hang for days, or all processes may have been away for as long."""
    path, body = f"{tmp_path}/journal.db", {"type": "track", "event": "e", "userId": "u"}
    settings = settings_from(
        {"journal": {"url": f"sqlite:///{path}"}, "archive": {"url": f"file://{tmp_path}/archive"}}
    )
    earlier = SqliteJournal(path, settings.journal, lambda: int(time.time() * 1000) - 3 * 86_400_000)
    earlier.attach({"amplitude": "now"})
    earlier.hold()
    earlier.append([Call("", "w", "m", "u", 1, body)])
    earlier.close()
    journal = open_journal(settings.journal)
    lease = journal.claim("amplitude", 10, 30)
    assert lease
    journal.settle(lease, {item.id: Done() for item in lease.items}, {})
    pruner = sys.modules["translator.deliver.upkeep"]._Pruner(settings, journal)
    pruner.step(time.monotonic() + 61)
    assert [call.message_id for call in journal.read()] == ["m"]
    journal.close()


def test_as_many_calls_are_pruned_as_there_are_to_prune(tmp_path, monkeypatch):
    """However many: what comes in a minute may be more than a fixed number of steps takes away."""
    monkeypatch.setattr(sys.modules["translator.deliver.upkeep"], "PRUNE_SECONDS", 0.1)
    settings = settings_from({"journal": {"url": f"sqlite:///{tmp_path}/journal.db"}})
    journal = open_journal(settings.journal)
    journal.attach({"amplitude": "now"})
    body = {"type": "track", "event": "e", "userId": "u"}
    for start in range(0, 25_000, 5_000):
        journal.append([Call("", "w", f"m{start + number}", "u", 1, body) for number in range(5_000)])
    while lease := journal.claim("amplitude", 5_000, 30):
        journal.settle(lease, {item.id: Done() for item in lease.items}, {})
    stop = threading.Event()
    thread = threading.Thread(target=run, args=(settings, journal, stop))
    thread.start()
    deadline = time.monotonic() + 30
    while next(iter(journal.read()), None) and time.monotonic() < deadline:
        time.sleep(0.05)
    stop.set()
    thread.join(5)
    assert list(journal.read()) == []
    journal.close()


def test_the_books_of_requests_name_nobody(line, amplitude, tmp_path):
    one = line()
    one.put(track("m1", "user-secret"))
    body = {"code": 429, "error": "Too many requests", "throttled_events": [0], "throttled_users": {"user-secret": 9}}
    behave(amplitude, path="/2/httpapi", status=429, body=body)
    one.once()
    with apsw.Connection(str(tmp_path / "journal.db")) as db:
        assert db.execute("SELECT answer FROM requests").fetchall() == [("429: Too many requests",)]


def test_a_slow_destination_keeps_its_lease_and_delivers_each_call_once(line, amplitude):
    one = line(destination={"events_per_second": 4}, delivery={"lease_seconds": 5, "timeout_seconds": 1})
    one.put(*(track(f"m{number}", f"user-{number}") for number in range(30)))
    one.once()
    assert one.tally.delivered == 20, "5 seconds' worth in a lease"
    one.run()
    assert len(arrived(amplitude)) == 30
    assert amplitude.store.counts["duplicates"] == 0

"""Parked ids, smaller requests, a rate, lanes."""

import json
import threading
import time

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from translator.deliver.batches import Batch, Part
from translator.deliver.outcomes import Outcomes
from translator.deliver.restraint import MOST_PARKED, Parked, Rate, Sizes
from translator.deliver.sender import lanes
from translator.parcels import Dead, Done, Later, Leased
from translator.settings.values import Delivery


def part(subject="u", name="1", device=None, size=10):
    item = Leased(name, "webhook", f"m{name}", subject, 0, b'{"type":"track"}')
    body = {"user_id": subject, **({"device_id": device} if device else {})}
    return Part(item, "event", "http-v2", json.dumps(body).encode().ljust(size))


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


def test_a_parked_device_holds_up_everybody_on_it_and_nobody_else():
    clock = Clock()
    parked = Parked(clock)
    parked.park({"device"}, 30)
    assert parked.seconds(part("u", device="device")) == 30
    assert parked.seconds(part("v", device="device")) == 30
    assert parked.seconds(part("u")) == 0
    clock.now += 30
    assert parked.seconds(part("v", device="device")) == 0
    assert parked._until == {}


def test_ids_that_never_come_again_are_forgotten_when_the_last_has_waited():
    clock = Clock()
    parked = Parked(clock)
    parked.park({"u", "v"}, 30)
    parked.park({"w"}, 10)
    clock.now += 29
    assert parked.seconds(part("x")) == 0
    assert parked.seconds(part("v")) == 1
    clock.now += 1
    assert parked.seconds(part("x")) == 0
    assert parked._until == {}
    parked.park({"x"}, 5)
    assert parked.seconds(part("x")) == 5


def test_only_so_many_ids_are_parked():
    parked = Parked(Clock())
    parked.park({f"id-{number}" for number in range(MOST_PARKED)}, 10)
    parked.park({"late"}, 60)
    assert len(parked._until) == MOST_PARKED
    assert parked.seconds(part("late")) == 60


def test_a_request_that_was_too_large_halves_the_later_ones():
    sizes = Sizes(Delivery())
    sizes.too_large(Batch("http-v2", tuple(part(size=5000) for _ in range(100))))
    assert (sizes.limits.batch_events, sizes.limits.batch_bytes) == (50, 250_050)
    sizes.too_large(Batch("http-v2", (part(),)))
    assert sizes.limits.batch_events == 50, "one alone is too large by itself"


def test_a_rate_spreads_events_after_a_seconds_worth():
    clock = Clock()
    rate = Rate(100, clock)
    assert [rate.seconds(100), rate.seconds(100), rate.seconds(50)] == [0.0, 0.0, 1.0]
    clock.now += 10
    assert rate.seconds(10) == 0.0
    assert Rate(0, clock).seconds(10**9) == 0.0


@given(st.lists(st.sampled_from("abcdef"), max_size=40), st.integers(1, 5))
def test_lanes_share_out_subjects_and_keep_their_order(subjects, most):
    parts = [part(subject, str(number)) for number, subject in enumerate(subjects)]
    loads = lanes(parts, most)
    assert len(loads) <= most
    homes = {one.item.subject: number for number, load in enumerate(loads) for one in load}
    for number, load in enumerate(loads):
        mine = [one for one in parts if homes[one.item.subject] == number]
        assert load == mine


def test_a_call_of_which_a_part_was_taken_has_an_age():
    outcomes = Outcomes()
    first, second, other, whole = part("u", "1"), part("u", "1"), part("v", "2"), part("w", "3")
    outcomes.expect([first, second, other, whole])
    outcomes.done(first)
    outcomes.later(second, Later(5, "throttled"))
    outcomes.later(other, Later(6, "throttled"))
    outcomes.done(whole)
    assert outcomes.finish(9) == {"1": Later(5, "throttled", True), "2": Later(6, "throttled"), "3": Done()}


def test_a_call_of_which_a_part_was_taken_and_the_rest_not_tried_waits_with_an_age():
    outcomes = Outcomes()
    first, second = part("u", "1"), part("u", "1")
    outcomes.expect([first, second])
    outcomes.done(first)
    outcomes.later(second, None)
    assert outcomes.finish(9) == {"1": Later(9, "partly", True)}
    outcomes.dead(second, "invalid_fields", "")
    assert outcomes.finish(9) == {"1": Dead("invalid_fields", "")}


def behave(amplitude, **asked):
    assert requests.post(amplitude.url + "/api/behaviour", json=asked, timeout=5).status_code == 200


def track(name, user, device=None):
    ids = {"anonymousId": device} if device else {}
    return {
        "type": "track",
        "event": "e",
        "userId": user,
        "messageId": name,
        "timestamp": "2024-03-10T17:04:05Z",
        **ids,
    }


def test_a_throttled_device_parks_its_other_users_over_leases(line, amplitude):
    one = line()
    one.put(track("m1", "user-1", "device-1"))
    behave(
        amplitude, path="/2/httpapi", status=429, body={"throttled_events": [0], "throttled_devices": {"device-1": 31}}
    )
    one.once()
    one.put(track("m2", "user-2", "device-1"), track("m3", "user-3"))
    one.once()
    rows = requests.get(amplitude.url + "/api/events", timeout=5).json()
    assert [row["body"]["insert_id"] for row in rows] == ["m3"]
    assert one.tally.waiting == 2


@pytest.mark.parametrize("destination", [{}, {"gzip": True}, {"gzip": True, "endpoint": "batch"}])
def test_several_requests_are_in_flight_and_each_users_calls_in_order(line, amplitude, destination):
    one = line(destination=destination, delivery={"batch_events": 20, "in_flight": 4, "timeout_seconds": 5})
    names = [f"{user}-{number}" for number in range(10) for user in range(20)]
    one.put(*(track(name, f"user-{name.split('-')[0]}") for name in names))
    behave(amplitude, path="/", delay_seconds=0.5, ingest=True, status=200, body={"code": 200, "events_ingested": 20})
    one.run()
    rows = requests.get(amplitude.url + "/api/events", timeout=5).json()
    arrived = [row["body"]["insert_id"] for row in rows]
    assert sorted(arrived) == sorted(names)
    for user in range(20):
        mine = [name for name in arrived if name.startswith(f"{user}-")]
        assert mine == [f"{user}-{number}" for number in range(10)]
    assert len([one for one in threading.enumerate() if one.name.startswith("lane-")]) > 1


def test_a_rate_holds_delivery_back(line, amplitude):
    one = line(destination={"events_per_second": 50}, delivery={"batch_events": 25, "timeout_seconds": 5})
    one.put(*(track(f"m{number}", f"user-{number}") for number in range(125)))
    began = time.monotonic()
    one.run()
    assert one.tally.delivered == 125
    assert time.monotonic() - began >= 0.9, "75 at once, the other 50 within a second"

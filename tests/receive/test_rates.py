"""Buckets: what a source may send, over all processes, and what others may beside one that floods it."""

import itertools
import multiprocessing
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.errors import TooFast
from translator.receive.rates import BURST_SECONDS, LONGEST_WAIT, SLACK_SECONDS, Bucket, Rates, filled, queued, taken


class Clock:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture(params=["file", "alone"])
def rates(request, tmp_path):
    """A function from a rate to Rates with a clock of their own, in a file and in a process alone."""

    def build(rate):
        clock = Clock()
        made: Any = Rates(rate, tmp_path if request.param == "file" else None, clock)
        made.clock = clock
        return made

    return build


def flood(rates, source="web", address="a"):
    """How many single calls one address gets in at once."""
    count = 0
    while True:
        try:
            rates.take(source, address, 1)
        except TooFast:
            return count
        count += 1


def wait(rates, source="web", address="a", calls=1):
    with pytest.raises(TooFast) as caught:
        rates.take(source, address, calls)
    return caught.value.seconds


def test_an_address_has_its_share_and_the_sources_ten_seconds_at_once(rates):
    assert flood(rates(100.0)) == 100 * (BURST_SECONDS + SLACK_SECONDS) + 5 * BURST_SECONDS


def test_whoever_floods_a_source_does_not_keep_out_those_who_send_little(rates):
    one = rates(100.0)
    flood(one)
    for address in ("b", "c", "d"):
        for _ in range(20):
            one.take("web", address, 1)


def test_many_addresses_together_have_no_more_than_the_sources_rate_beside_it(rates):
    one = rates(10.0)
    let_in = sum(flood(one, address=str(number)) for number in range(60))
    assert let_in <= 10 * (2 * BURST_SECONDS + SLACK_SECONDS) + 1


def test_each_source_has_its_own(rates):
    one = rates(1.0)
    assert flood(one) == flood(one, "app") > 0


def test_what_flows_in_is_let_in(rates):
    one = rates(2.0)
    flood(one)
    one.clock.now += 10
    # 2 a second of the source, and 1 a second of the address
    assert flood(one) == 30


def test_a_bucket_holds_no_more_after_a_long_pause(rates):
    one = rates(2.0)
    first = flood(one)
    one.clock.now += 1_000_000
    assert flood(one) == first


def test_a_batch_larger_than_the_bucket_goes_through_and_is_paid_for_later(rates):
    one = rates(1.0)
    one.take("web", "a", 500)
    one.take("web", "a", 500)
    assert wait(one) == LONGEST_WAIT
    one.clock.now += 500
    one.take("web", "a", 1)


def test_those_that_were_refused_come_again_one_after_another(rates):
    """Not all at once, to be refused again: libraries give up after some tries."""
    one = rates(10.0)
    flood(one)
    waits = [wait(one, calls=20) for _ in range(14)]
    assert waits == sorted(waits)
    assert [round(later - earlier, 6) for earlier, later in itertools.pairwise(waits)] == [2.0] * 13
    assert waits[-1] == pytest.approx(26.2 + SLACK_SECONDS, abs=0.2)


@pytest.mark.parametrize("late", [0.0, 0.2, 0.4])
def test_whoever_comes_when_it_was_said_is_let_in(rates, late):
    """One more late than the next."""
    one = rates(10.0)
    flood(one)
    began = one.clock.now
    turns = [began + wait(one, calls=20) for _ in range(14)]
    for number, turn in enumerate(turns):
        one.clock.now = turn + (late if number % 2 else 0.0)
        one.take("web", "a", 20)
    assert one.clock.now - began < 14 * 2 + 3


def test_nobody_is_asked_to_wait_longer_than_libraries_do(rates):
    one = rates(1.0)
    flood(one)
    assert max(wait(one, calls=100) for _ in range(50)) == LONGEST_WAIT


def test_what_could_not_be_stored_is_given_back(rates):
    one = rates(1.0)
    flood(one)
    one.give_back("web", 7)
    assert flood(one) == 7


def test_a_clock_that_starts_again_fills_the_bucket():
    assert filled(Bucket(-1000.0, 5000.0), 2.0, 10.0) == Bucket(2 * BURST_SECONDS, 10.0)


@given(st.floats(0.001, 1e6), st.lists(st.tuples(st.floats(0, 100), st.integers(1, 3000)), max_size=40))
def test_never_more_than_the_burst_one_request_and_what_flows_in(rate, requests):
    now, bucket, largest, let_in = 0.0, None, 0, 0
    for pause, calls in requests:
        now += pause
        bucket = filled(bucket, rate, now)
        if bucket.left < 1:
            bucket, seconds = queued(bucket, calls, rate)
            assert 0 < seconds <= LONGEST_WAIT
            continue
        bucket = taken(bucket, calls)
        let_in += calls
        largest = max(largest, calls)
    assert let_in <= max(rate * BURST_SECONDS, 1.0) + rate * now + largest + 1e-6 * let_in


def test_without_a_limit_nothing_is_counted(tmp_path):
    rates = Rates(0.0, tmp_path)
    for _ in range(100):
        rates.take("web", "a", 100_000)
    rates.give_back("web", 5)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_used_stops_no_call(tmp_path, caplog):
    Rates(1.0, tmp_path / "gone").take("web", "a", 100)
    assert "calls of source web cannot be limited now" in caplog.text


def test_what_processes_meet_in_is_for_their_owner_alone(tmp_path):
    Rates(1.0, tmp_path).take("web", "a", 1)
    assert (tmp_path / "rate-web").stat().st_mode & 0o777 == 0o600


def _take_many(folder, start, found):
    rates = Rates(100.0, folder)
    start.wait()
    taken = 0
    for _ in range(4000):
        try:
            rates.take("web", "a", 1)
            taken += 1
        except TooFast:
            pass
    found.put(taken)


def test_processes_share_a_bucket(tmp_path):
    context = multiprocessing.get_context("spawn")
    start, found = context.Event(), context.Queue()
    processes = [context.Process(target=_take_many, args=(tmp_path, start, found)) for _ in range(3)]
    for process in processes:
        process.start()
    began = time.monotonic()
    start.set()
    taken = sum(found.get(timeout=60) for _ in processes)
    for process in processes:
        process.join(60)
    assert 3200 <= taken <= 3200 + 105 * (time.monotonic() - began) + 2

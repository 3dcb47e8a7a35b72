"""Buckets: what a source may send, over all processes."""

import multiprocessing
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.errors import TooFast
from translator.receive.rates import BURST_SECONDS, Buckets, after


def test_a_full_bucket_lets_ten_seconds_worth_in_at_once_and_then_what_flows_in():
    state = None
    for _ in range(int(BURST_SECONDS * 2)):
        state = after(state, 1, 2.0, 100.0)
    with pytest.raises(TooFast) as caught:
        after(state, 1, 2.0, 100.0)
    assert caught.value.seconds == pytest.approx(0.5)
    assert after(state, 1, 2.0, 100.5) == (0.0, 100.5)


def test_a_batch_larger_than_the_bucket_goes_through_and_is_paid_for_later():
    state = after(None, 2500, 1.0, 0.0)
    assert state == (-2490.0, 0.0)
    with pytest.raises(TooFast) as caught:
        after(state, 1, 1.0, 90.0)
    assert caught.value.seconds == pytest.approx(2401.0)
    assert after(state, 1, 1.0, 2491.0) == (0.0, 2491.0)


def test_after_so_long_as_was_said_it_is_let_in():
    state = after(None, 77, 3.0, 0.0)
    with pytest.raises(TooFast) as caught:
        after(state, 5, 3.0, 1.0)
    assert after(state, 5, 3.0, 1.0 + caught.value.seconds)[0] == pytest.approx(-4.0)


def test_a_clock_that_starts_again_fills_the_bucket():
    assert after((-1000.0, 5000.0), 1, 2.0, 10.0) == (19.0, 10.0)


@given(
    st.floats(0.001, 1e6),
    st.lists(st.tuples(st.floats(0, 100), st.integers(1, 3000)), max_size=40),
)
def test_never_more_than_the_burst_one_request_and_what_flows_in(rate, requests):
    now, state, largest, taken = 0.0, None, 0, 0
    for pause, calls in requests:
        now += pause
        try:
            state = after(state, calls, rate, now)
        except TooFast:
            continue
        taken += calls
        largest = max(largest, calls)
    assert taken <= max(rate * BURST_SECONDS, 1.0) + rate * now + largest + 1e-6 * taken


def test_without_a_limit_nothing_is_counted(tmp_path):
    buckets = Buckets(0.0, tmp_path)
    for _ in range(100):
        buckets.take("web", 100_000)
    assert list(tmp_path.iterdir()) == []


def test_each_source_has_its_own(tmp_path):
    for folder in (tmp_path, None):
        buckets = Buckets(1.0, folder, lambda: 5.0)
        buckets.take("web", 100)
        with pytest.raises(TooFast):
            buckets.take("web", 1)
        buckets.take("app", 1)


def test_a_folder_that_cannot_be_used_stops_no_call(tmp_path, caplog):
    Buckets(1.0, tmp_path / "gone").take("web", 100)
    assert "calls of source web cannot be limited now" in caplog.text


def _take_many(folder, start, found):
    buckets = Buckets(20.0, folder)
    start.wait()
    taken = 0
    for _ in range(300):
        try:
            buckets.take("web", 1)
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
    assert 200 <= taken <= 200 + 20 * (time.monotonic() - began) + 1

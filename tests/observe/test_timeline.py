"""What a process counts, by time: nothing is counted twice or lost while the process lives, and memory is bounded."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.processes import until
from translator.observe import SEPARATOR, emit, took
from translator.observe.metrics import _TIMELINE
from translator.observe.timeline import BOUNDS, LENGTHS, MOST_KEPT, Recorder, Timeline, bucket, quantile

MINUTE = 60_000
NOW = 1_710_090_240_000 - 1_710_090_240_000 % (10 * MINUTE)


def minutes(spans):
    return {(one.began - NOW) // MINUTE: dict(one.counts) for one in spans if one.seconds == 60}


def test_what_happened_is_in_its_minute_and_in_its_ten_minutes():
    line = Timeline()
    line.add("a", 1)
    line.add("a", 2)
    first = line.collect(NOW + 1, "p")
    assert [(one.seconds, one.began, one.owner, one.counts) for one in first] == [
        (60, NOW, "p", {"a": 3}),
        (600, NOW, "p", {"a": 3}),
    ]
    line.written(first, NOW + 1)
    assert line.collect(NOW + 2, "p") == [], "nothing is new"
    line.add("a", 1)
    line.add("b", 0.5)
    later = line.collect(NOW + MINUTE, "p")
    assert minutes(later) == {1: {"a": 1, "b": 0.5}}
    assert [one.counts for one in later if one.seconds == 600] == [{"a": 4, "b": 0.5}]


def test_what_could_not_be_written_is_written_later():
    line = Timeline()
    line.add("a", 1)
    line.collect(NOW, "p")
    line.add("a", 1)
    assert minutes(line.collect(NOW + MINUTE, "p")) == {0: {"a": 1}, 1: {"a": 1}}


def test_of_a_level_the_last_value_stands():
    line = Timeline()
    line.level("waiting", 5)
    line.level("waiting", 3)
    assert minutes(line.collect(NOW, "p")) == {0: {"waiting": 3}}


def test_what_is_written_and_over_is_let_go_of_and_the_rest_is_bounded():
    line = Timeline()
    for number in range(3 * MOST_KEPT):
        now = NOW + number * MINUTE
        line.add("a", 1)
        line.collect(now, "p")
        line.written((), now)
    assert len(line._spans) <= MOST_KEPT
    now += 10 * MINUTE
    line.written(line.collect(now, "p"), now)
    assert line._spans == {}


@given(st.lists(st.tuples(st.integers(0, 30 * MINUTE), st.integers(1, 5), st.booleans()), max_size=40))
def test_whenever_it_is_written_everything_is_counted_once(steps):
    line, total = Timeline(), 0
    kept: dict[tuple[int, int], float] = {}
    for at, count, succeeds in sorted(steps):
        line.add("a", count)
        total += count
        spans = line.collect(NOW + at, "p")
        if succeeds:
            kept |= {(one.seconds, one.began): one.counts["a"] for one in spans}
            line.written(spans, NOW + at)
    kept |= {(one.seconds, one.began): one.counts["a"] for one in line.collect(NOW + 31 * MINUTE, "p")}
    for seconds in LENGTHS:
        assert sum(count for (length, _), count in kept.items() if length == seconds) == total


def test_a_recorder_survives_a_journal_that_cannot_be_written():
    line, written, is_away = Timeline(), [], threading.Event()
    is_away.set()

    def note(spans):
        if is_away.is_set():
            raise OSError
        written.extend(spans)

    recorder = Recorder(line, "p", note, lambda: NOW, seconds=0.01)
    line.add("a", 1)
    threading.Event().wait(0.1)
    assert written == []
    is_away.clear()
    line.add("a", 1)
    until(lambda: written)
    recorder.stop()
    assert minutes(written) == {0: {"a": 2}}


def test_an_end_does_not_wait_for_a_journal_that_is_away():
    line, asked, away = Timeline(), threading.Event(), threading.Event()

    def note(spans):
        asked.set()
        away.wait(30)
        raise OSError

    recorder = Recorder(line, "p", note, lambda: NOW, seconds=0.01)
    line.add("a", 1)
    assert asked.wait(5)
    began = time.monotonic()
    recorder.stop()
    assert time.monotonic() - began < 5
    away.set()


def test_a_happening_and_a_duration_are_on_the_timeline():
    _TIMELINE.collect(NOW, "p")
    emit("later", 2, destination="somewhere", reason="throttled")
    took("somewhere", [0, 20, 10**12])
    (minute,) = [one.counts for one in _TIMELINE.collect(NOW + 100 * MINUTE, "p") if one.began == NOW + 100 * MINUTE][
        :1
    ]
    assert minute[SEPARATOR.join(("later", "somewhere", "throttled"))] == 2
    dwells = {name: count for name, count in minute.items() if name.startswith("dwell")}
    buckets = (bucket(0), bucket(20), len(BOUNDS) - 1)
    assert dwells == {SEPARATOR.join(("dwell", "somewhere", str(number))): 1 for number in buckets}


@pytest.mark.parametrize("ms", [0, 1, 10, 11, 999, 60_000, 86_400_000, 604_800_000])
def test_a_quantile_is_at_most_a_quarter_too_long(ms):
    found = quantile({bucket(ms): 1}, 0.5) or 0
    assert ms <= found <= max(10, 1.26 * ms)


def test_quantiles_of_many():
    buckets: dict[int, float] = {}
    for ms in range(1, 1001):
        buckets[bucket(ms)] = buckets.get(bucket(ms), 0) + 1
    assert quantile({}, 0.5) is None
    assert 500 <= (quantile(buckets, 0.5) or 0) <= 626
    assert 990 <= (quantile(buckets, 0.99) or 0) <= 1240

"""Calls, and what became of them, as people look at them, on a real broker."""

import random
from collections.abc import Generator
from contextlib import closing
from itertools import pairwise
from typing import cast

import pytest

from tests.journal.kafka.records import MINUTE, NOW
from tests.journal.kafka.topics import World, of
from translator.journal.kafka.destinations import Known
from translator.journal.kafka.fates import Fates
from translator.journal.kafka.looking import SLACK_MS, Calls
from translator.journal.kafka.partitioner import partition_of
from translator.journal.kafka.reach import Reach
from translator.journal.kafka.records import place_of
from translator.journal.kafka.state import Books, State, Stream, Tried
from translator.parcels import Call
from translator.sights import Fate, Wait
from translator.sights import Tried as Attempt


@pytest.fixture
def world(kafka_url):
    world = World(kafka_url)
    yield world
    world.close()


def named(calls):
    return [one.message_id for one in calls]


def test_a_key_is_where_a_producer_puts_it(world):
    keys = ["u1", "é", "a" * 1000, "\0", "日本語", *(str(random.Random(1).getrandbits(60)) for _ in range(3))]
    keys += ["x" * length for length in range(1, 13)]
    world.append(*(of(f"m{number}", key) for number, key in enumerate(keys)))
    found = world.there(world.address.topic)
    assert sum(map(len, found.values())) == len(keys)
    for partition, some in found.items():
        assert {partition_of(one.key(), 3) for one in some} <= {partition}
    assert len({partition_of(key.encode(), 3) for key in keys}) == 3


def test_the_newest_come_first_and_page_by_page(world):
    world.append(*(of(f"m{number}", f"u{number % 4}", NOW + number) for number in range(20)))
    calls = Calls(world.client)
    expected = [f"m{number}" for number in reversed(range(20))]
    assert named(calls.newest(100)) == expected
    pages = [calls.newest(7)]
    while pages[-1]:
        pages.append(calls.newest(7, before=pages[-1][-1].id))
    assert [name for page in pages for name in named(page)] == expected
    first = calls.newest(1)[0]
    assert (first.source, first.subject, first.received_at, first.ip, first.derived) == (
        "webhook", "u3", NOW + 19, "192.0.2.1", False,
    )  # fmt: skip
    assert first.body == b'{"type":"track","event":"e","userId":"u3","messageId":"m19"}'
    for nothing in ("9-0", "0-99", "x"):
        assert calls.newest(7, before=nothing) == []


def test_calls_of_one_moment_are_paged_without_a_gap(world):
    world.append(*(of(f"m{number}", f"u{number}") for number in range(20)))
    calls = Calls(world.client)
    found, before = [], None
    while page := calls.newest(3, before):
        found += page
        before = page[-1].id
    assert sorted(named(found)) == sorted(f"m{number}" for number in range(20))


def test_a_call_is_found_by_its_name_message_and_subject(world):
    world.append(of("a", "u1"), of("b", "u2", NOW + 1), of("c", "u1", NOW + 2), of("a", "u3", NOW + 3, "elsewhere"))
    calls = Calls(world.client)
    assert [(one.source, one.subject) for one in calls.named("a")] == [("elsewhere", "u3"), ("webhook", "u1")]
    assert named(calls.named("u1")) == ["c", "a"]
    assert named(calls.named("u1", 1)) == ["c"]
    (one,) = calls.named("b")
    assert calls.named(one.id) == [one]
    assert calls.kept(one.id) == one
    for nothing in ("", "x", "9" * 30, f"0-{'9' * 30}", "9-9", "0-\u0661", "a\0", "0-7"):
        assert calls.named(nothing) == []
        assert calls.kept(nothing) is None


def test_only_so_many_are_looked_through(world, monkeypatch):
    monkeypatch.setattr("translator.journal.kafka.looking.MOST_LOOKED_THROUGH", 3)
    world.append(*(of(f"m{number}") for number in range(5)))
    calls = Calls(world.client)
    assert named(calls.named("u1")) == ["m4", "m3", "m2"]
    assert calls.named("m1") == []
    assert named(calls.earlier(calls.named("m3")[0], 10)) == ["m2", "m1", "m0"]


def test_the_earlier_calls_of_a_subject(world):
    world.append(*(of(name, subject) for name, subject in [("a", "u1"), ("b", "u2"), ("c", "u1"), ("d", "u1")]))
    calls = Calls(world.client)
    (d,), (a,) = calls.named("d"), calls.named("a")
    assert named(calls.earlier(d, 10)) == ["c", "a"]
    assert named(calls.earlier(d, 1)) == ["c"]
    assert calls.earlier(a, 10) == []


def test_all_calls_are_read_by_time_and_each_subjects_in_order(world):
    chance = random.Random(7)
    # clocks of several processes: a later call may have an earlier time
    times = [NOW + 10 * number + chance.randrange(-50, 50) for number in range(1500)]
    world.append(*(of(f"m{number}", f"u{number % 11}", at) for number, at in enumerate(times)))
    found = list(Calls(world.client).read())
    assert len(found) == 1500
    assert found[0].body["messageId"] == found[0].message_id
    for subject in {one.subject for one in found}:
        theirs = [int(one.message_id[1:]) for one in found if one.subject == subject]
        assert theirs == sorted(theirs)
        places = [place_of(one.id) or () for one in found if one.subject == subject]
        assert places == sorted(places)
    assert max(one.received_at - two.received_at for one, two in pairwise(found)) <= 100


def test_a_span_of_time_is_read(world):
    times = [NOW - 20 * MINUTE, NOW, NOW - 5, NOW + 5, NOW + SLACK_MS + 6]
    world.append(*(of(f"m{number}", "u1", at) for number, at in enumerate(times)))
    calls = Calls(world.client)
    assert named(calls.read(since=NOW)) == ["m1", "m3", "m4"]
    assert named(calls.read(until=NOW)) == ["m0", "m2"]
    assert named(calls.read(NOW - 5, NOW + 5)) == ["m1", "m2"]
    assert named(calls.read(NOW + 6, NOW + 7)) == named(calls.read(since=NOW + 2 * SLACK_MS)) == []
    with closing(cast(Generator[Call], calls.read())) as reading:
        assert next(reading).message_id == "m0"


def test_nothing_is_told_of_who_was_forgotten(world):
    world.append(of("a", "gone"), of("b", "stays"))
    calls = Calls(world.client, lambda one: one.subject == "gone")
    assert named(calls.newest(10)) == named(calls.read()) == ["b"]
    assert calls.named("a") == calls.named("gone") == []


def test_a_journal_without_calls(world):
    calls = Calls(world.client)
    assert (calls.newest(5), calls.named("x"), list(calls.read(1, 2))) == ([], [], [])


@pytest.fixture
def fates(world):
    """A world of one subject's partition, what is told there, and the offsets of eight calls."""
    world.append(*(of(f"m{number}") for number in range(8)))
    known = {"amplitude": Known("d1", start=[0, 0, 0]), "test": Known("d2", attached=False)}
    return Fates(world.client, lambda: known, world.letters().index)


def test_what_became_of_calls_is_told_where_it_is_known(world, fates):
    calls = world.calls()
    partition = int(calls["m0"].id[0])
    ids = [calls[f"m{number}"].id for number in range(8)]
    assert fates.fates(ids) == {one: [Fate("amplitude", "waiting", 0)] for one in ids}, "nobody has begun"
    for row in (
        {"n": 1, "api": "http-v2", "began": NOW, "calls": [1, 2, 3], "configuration": "c"},
        {"n": 1, "ended": NOW + 1, "answer": "503 busy"},
        {"n": 2, "api": "http-v2", "began": NOW + 2, "calls": [1, 3], "configuration": "c"},
        {"n": 2, "ended": NOW + 3, "answer": "200"},
        {"n": 3, "api": "identify", "began": NOW + 4, "calls": [3], "configuration": "c"},
        {"n": 3, "ended": NOW + 5, "answer": "400"},
        {"n": 4, "api": "http-v2", "began": NOW + 6, "calls": [6], "configuration": "c"},
    ):
        world.request(partition, **row)
    world.bury((calls["m2"], "x", NOW + 7))
    letter = f"d1:{calls['m2'].id}:{NOW + 7}"
    tried: dict[Stream, dict[int, Tried]] = {"calls": {5: Tried(2, NOW + 500, None, "throttled", NOW)}, "parked": {}}
    # 0: before the destination; 4: finished, nobody knows how
    world.progress({partition: State(Reach(5), tried=tried, books=Books(base=1))})
    told = fates.fates(ids)
    assert [told[one] for one in ids] == [
        [],
        [Fate("amplitude", "delivered", NOW + 3, None, 0, 2)],
        [Fate("amplitude", "dead", NOW + 7, "x", 3, None, letter)],
        [],
        [],
        [Fate("amplitude", "waiting", NOW + 500, "throttled", 2)],
        [Fate("amplitude", "posting")],
        [Fate("amplitude", "waiting", 0)],
    ]
    assert fates.fates([]) == {}
    assert fates.fates(["9-9", "x"]) == {"9-9": [], "x": []}
    assert [(one.number, one.answer, one.calls) for one in fates.sent(ids[1])] == [(1, "503 busy", 3), (2, "200", 2)]
    assert fates.sent(ids[0]) == []
    assert fates.attempts(ids[1]) == [Attempt("amplitude", NOW + 1, "503 busy", 1)]
    assert [(name, one.number, one.answer) for name, one in fates.latest().items()] == [("amplitude", 3, "400")]
    assert fates.waits() == [Wait("amplitude", "throttled", 1, 1)]


def test_a_letter_that_was_redriven_waits_aside(world, fates):
    calls = world.calls()
    partition = int(calls["m0"].id[0])
    world.bury((calls["m0"], "x", NOW), (calls["m1"], "x", NOW))
    letters = world.letters()
    assert letters.redrive([one.id for one in letters.dead() if one.message_id == "m0"]) == 1
    world.progress({partition: State(Reach(8))})
    states = fates.states("d1", range(3))
    assert {number: one.position for number, one in states.items()} == {partition: 8}
    told = fates.fates([calls["m0"].id, calls["m1"].id])
    assert [one[0].state for one in told.values()] == ["waiting", "dead"]
    assert told[calls["m0"].id] == [Fate("amplitude", "waiting", 0, None, 0)]
    waiting: dict[Stream, dict[int, Tried]] = {"calls": {}, "parked": {0: Tried(1, NOW + 9, None, "timeout", NOW)}}
    world.progress({partition: State(Reach(8), tried=waiting)})
    assert fates.fates([calls["m0"].id]) == {calls["m0"].id: [Fate("amplitude", "waiting", NOW + 9, "timeout", 1)]}
    assert fates.waits() == [Wait("amplitude", "timeout", 1, 1)]
    world.progress({partition: State(Reach(8), Reach(1))})
    assert fates.fates([calls["m0"].id]) == {calls["m0"].id: []}, "finished, nobody knows how"


def test_the_last_state_is_found_behind_whatever_was_given_up(world, fates):
    world.progress({0: State(Reach(3)), 2: State(Reach(4))})
    for _ in range(10):
        producer = world.client.producer(transactional_id="another")
        producer.init_transactions(15)
        producer.begin_transaction()
        producer.produce(world.address.progress("d1"), b"{}", b"state", 0)
        producer.flush(10)
        producer.abort_transaction(15)
    assert {number: one.position for number, one in fates.states("d1", [0, 1, 2]).items()} == {0: 3, 2: 4}

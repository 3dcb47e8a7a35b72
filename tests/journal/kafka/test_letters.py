"""Dead letters and refused messages on a real broker: what is shown, redriven, dropped, by several at once."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.journal.kafka.records import NOW
from tests.journal.kafka.topics import World, of
from translator.journal.kafka import index
from translator.journal.kafka.records import leased_of, said
from translator.journal.rows import LARGE_BYTES
from translator.parcels import DeadLetter, Refusal
from translator.sights import Reason


@pytest.fixture
def world(kafka_url):
    world = World(kafka_url)
    yield world
    world.close()


@pytest.fixture
def buried(world):
    """Six calls, of which four died at one destination, and one of them at the other too."""
    world.append(*(of(f"m{number}", f"u{number}") for number in range(6)), of("late", "u0"))
    calls = world.calls()
    world.bury(*((calls[f"m{number}"], "xy"[number % 2], NOW + number) for number in range(4)))
    world.bury((calls["m1"], "x", NOW + 9), number="d2")
    return calls


def names(letters):
    return [(one.destination, one.message_id) for one in letters]


def refusal(source, number, size=0):
    return Refusal(source, NOW, {"userId": ["required"]}, (b'{"n":%d}' % number).ljust(size))


def test_a_letter_keeps_the_call_the_reason_and_the_answer(world, buried):
    (letter,) = world.letters().dead("test")
    call = buried["m1"]
    assert letter == DeadLetter(
        f"d2:{call.id}:{NOW + 9}", "test", "x", "no", NOW + 9, 3, "webhook", "m1", NOW, call.text, NOW - 5, call.id
    )


def test_letters_are_chosen_paged_and_named(world, buried):
    letters = world.letters()
    assert names(letters.dead()) == [("test", "m1"), *(("amplitude", f"m{number}") for number in (3, 2, 1, 0))]
    first = letters.dead("amplitude", limit=2)
    assert names(first + letters.dead("amplitude", below=first[-1].id)) == names(letters.dead("amplitude"))
    assert names(letters.dead("amplitude", "x")) == [("amplitude", "m2"), ("amplitude", "m0")]
    assert letters.dead("amplitude", "z") == letters.dead("nobody") == letters.dead("") == []
    assert names(letters.letters()) == names(reversed(letters.dead()))
    assert names(letters.letters("amplitude", "y")) == [("amplitude", "m1"), ("amplitude", "m3")]
    ids = [one.id for one in first]
    assert letters.dead(ids=[*ids, "d9", "x", "r1", "d1:9-9:9", f"{ids[0]}0", "r\u0661"]) == first
    assert letters.reasons() == [
        Reason("amplitude", "x", 2, NOW, NOW + 2),
        Reason("amplitude", "y", 2, NOW + 1, NOW + 3),
        Reason("test", "x", 1, NOW + 9, NOW + 9),
    ]


def test_what_comes_later_is_read_on(world, buried):
    letters = world.letters()
    assert len(letters.dead()) == 5
    world.bury((buried["m4"], "z", NOW + 20))
    assert letters.dead()[0].message_id == "m4"
    world.known = {"production": "d1"}
    assert {one.destination for one in letters.dead()} == {"production"}, "renamed, and the other forgotten"
    assert len(list(letters.letters())) == 5


def test_what_was_read_too_long_ago_is_read_anew_and_let_go_of_by_who_opened_it(world, buried, monkeypatch):
    letters = world.letters()
    assert len(letters.dead()) == 5
    before = letters.index._db
    monkeypatch.setattr(index, "STALE_SECONDS", -1)
    assert len(letters.dead()) == 5
    with pytest.raises(sqlite3.ProgrammingError, match="closed"):
        before.execute("SELECT 1")
    of_a_parent = letters.index._db
    letters.index._made_in = 1
    assert len(letters.dead()) == 5
    assert of_a_parent.execute("SELECT count(*) FROM letters").fetchone() == (5,)


def test_a_redriven_letter_is_set_aside_with_what_it_has_been_through(world, buried):
    letters, other = world.letters(), world.letters()
    assert len(other.dead()) == 5
    chosen = {one.message_id: one.id for one in letters.dead("amplitude")}
    assert letters.redrive([chosen["m1"], chosen["m1"], "d1:0-99:1", "r1", "x"]) == 1
    assert letters.redrive([chosen["m2"]], afresh=True) == 1
    assert letters.redrive([chosen["m1"], chosen["m2"]]) == 0
    parked = [one for some in world.there(world.address.parked("d1")).values() for one in some]
    found = {one.message_id: one for one in map(leased_of, parked)}
    assert {name: (one.attempts, one.unknown_since) for name, one in found.items()} == {
        "m1": (0, NOW - 5),
        "m2": (0, None),
    }
    for name, one in found.items():
        call = buried[name]
        assert (one.id, one.subject, one.text, one.ip, one.received_at) == (
            call.id, call.subject, call.text, "192.0.2.1", NOW,
        )  # fmt: skip
    assert {f"{one.partition()}-" for one in parked} == {one.id[:2] for one in found.values()}
    assert {said(one)["redriven"] for one in parked} == {"1"}
    for one in (letters, other, world.letters()):
        assert names(one.dead("amplitude")) == [("amplitude", "m3"), ("amplitude", "m0")]
    assert sum(world.redriven().total("d1").values()) == 2
    assert world.redriven().total("d2") == {}


def test_a_letter_that_dies_again_is_another(world, buried):
    letters = world.letters()
    call = buried["m0"]
    (first,) = [one.id for one in letters.dead("amplitude") if one.message_id == "m0"]
    letters.redrive([first])
    for at in (NOW, NOW + 50):  # the first in the same millisecond
        world.bury((call, "x", at))
        (again,) = [one.id for one in letters.dead("amplitude") if one.message_id == "m0"]
        assert letters.redrive([again]) == 1
    assert world.redriven().total("d1") == {int(call.id[0]): 3}


def test_many_letters_are_redriven_by_many_at_once_each_of_them_once(world):
    world.append(*(of(f"m{number}", f"u{number % 7}") for number in range(300)))
    world.bury(*((call, "x", NOW) for call in world.calls().values()))
    ids = [one.id for one in world.letters().letters()]
    assert len(ids) == 300
    with ThreadPoolExecutor(3) as pool:
        counted = [pool.submit(world.letters().redrive, ids) for _ in range(3)]
    assert sum(one.result() for one in counted) == 300
    parked = world.there(world.address.parked("d1"))
    found = [leased_of(one) for some in parked.values() for one in some]
    assert sorted(one.message_id for one in found) == sorted(f"m{number}" for number in range(300))
    assert world.redriven().total("d1") == {number: len(some) for number, some in parked.items() if some}
    for some in parked.values():
        offsets = [int(leased_of(one).id.partition("-")[2]) for one in some]
        assert len(offsets) == len(set(offsets))


def test_who_died_in_the_middle_has_redriven_nothing_and_holds_up_nobody(world, buried):
    letters = world.letters()
    (letter,) = letters.dead("test")
    late = world.client.producer(transactional_id=world.address.letters)
    late.init_transactions(15)
    late.begin_transaction()
    letters._write_redriven(late, [letters.index_of([letter.id])[0]], afresh=False)
    late.flush(10)
    assert world.letters().redrive([letter.id]) == 1
    assert [len(some) for some in world.there(world.address.parked("d2")).values() if some] == [1]
    assert sum(world.redriven().total("d2").values()) == 1


def test_a_dropped_letter_is_gone_for_all(world, buried):
    letters, other = world.letters(), world.letters()
    world.append(refusals=[refusal("web", number) for number in range(3)])
    assert len(other.dead()) == 8
    ids = [one.id for one in letters.dead("amplitude", "x")]
    assert letters.drop([*ids, *ids, "r2", "r9", "r0", "x"]) == 3
    assert names(other.dead("amplitude")) == [("amplitude", "m3"), ("amplitude", "m1")]
    assert [one.id for one in world.letters().dead("")] == ["r3", "r1"]
    assert world.there(world.address.parked("d1")) == {0: [], 1: [], 2: []}


def test_a_person_is_purged_from_letters_and_refused_messages(world, buried):
    letters = world.letters()
    bodies = [b'{"userId":"u1"}', b'{"userId":"u11"}', b'{"batch":[{"anonymousId":"u1"}]}']
    world.append(refusals=[Refusal("web", 1, {"": ["y"]}, body) for body in bodies])
    assert letters.purge("u1") == 2
    assert [one.body for one in letters.dead("")] == [bodies[1]]
    assert {one.message_id for one in letters.dead(None, "y") + letters.dead(None, "x")} == {"m0", "m2", "m3"}


def test_refused_messages_are_shown_beside_letters(world, buried):
    world.append(refusals=[refusal("web", 1), refusal("<script>", 2)])
    letters = world.letters()
    found = letters.dead("")
    assert [(one.id, one.source, one.body) for one in found] == [
        ("r2", "<script>", b'{"n":2}'),
        ("r1", "web", b'{"n":1}'),
    ]
    assert (found[0].destination, found[0].why, found[0].answer, found[0].at) == (
        "", "invalid", "userId: required", NOW,
    )  # fmt: skip
    assert [one.id for one in letters.dead("", None, 10, below="r2")] == ["r1"]
    assert len(letters.dead()) == 7
    assert letters.dead(why="invalid") == found
    assert [one.id for one in letters.letters("")] == ["r1", "r2"]
    assert letters.reasons()[-1] == Reason("", "invalid", 2, NOW, NOW)


def test_of_each_source_the_newest_are_shown_and_few_large_ones(world, monkeypatch):
    monkeypatch.setattr("translator.journal.kafka.index.MOST_LARGE", 2)
    world.append(refusals=[refusal("webhook", number) for number in range(3)])
    sizes = [0, LARGE_BYTES + 1, LARGE_BYTES + 1, 0, LARGE_BYTES + 1, 0]
    world.append(refusals=[refusal("web", number, size) for number, size in enumerate(sizes)])
    letters = world.letters(keep_refused=4)

    def shown(source):
        return [int(one.body.strip()[5:-1]) for one in letters.letters("") if one.source == source]

    assert shown("webhook") == [0, 1, 2]
    assert shown("web") == [2, 3, 4, 5]
    (dropped,) = [one.id for one in letters.letters("") if one.body.strip() == b'{"n":3}']
    letters.drop([dropped])
    world.append(refusals=[refusal("web", 6)])
    assert shown("web") == [2, 4, 5, 6]
    assert list(world.letters(keep_refused=0).letters("")) == []

"""The books on a real broker: what was accepted, what delivery has said, and what waits."""

import pytest
from confluent_kafka import TopicPartition

from tests.journal.kafka.records import NOW
from tests.journal.kafka.topics import World
from translator.errors import JournalUnsafe
from translator.journal.kafka.books import Books as Drawn
from translator.journal.kafka.reach import Reach
from translator.journal.kafka.state import Books, State
from translator.journal.kafka.topics import Topics
from translator.parcels import Counts, Tally


@pytest.fixture
def world(kafka_url):
    world = World(kafka_url)
    yield world
    world.close()


@pytest.fixture
def subjects(world):
    subjects = world.subjects()
    attach(subjects, {"amplitude": "now"})
    return subjects


@pytest.fixture
def drawn(world, subjects):
    return Drawn(world.client, subjects)


def attach(subjects, destinations, drawn=None, only_add=False):
    return subjects.destinations.attach(
        destinations, only_add, drawn.waiting if drawn else lambda known: {}, drawn.ends if drawn else list
    )


def append(world, *counts):
    """As many calls in each partition, received a millisecond after each other; their ends."""
    producer, at = world.client.producer(), NOW
    for partition, count in enumerate(counts):
        for number in range(count):
            producer.produce(
                world.address.topic, b"{}", f"u{number}".encode(), partition, timestamp=at,
                headers=[("source", b"s"), ("message_id", b"m")],
            )  # fmt: skip
            at += 1
    producer.flush(10)


def tally(drawn, name="amplitude"):
    return drawn.counts().destinations[name]


def test_before_anything_came_all_is_nothing(drawn):
    assert drawn.counts() == Counts(destinations={"amplitude": Tally()})


def test_what_was_accepted_before_any_destination_waits_for_the_first(world):
    append(world, 2, 0, 1)
    subjects = world.subjects()
    drawn = Drawn(world.client, subjects)
    assert drawn.counts() == Counts(received=3, accepted=3)
    attach(subjects, {"amplitude": "now"}, drawn)
    assert tally(drawn) == Tally(3, waiting=3, oldest_waiting=NOW)


def test_a_further_destination_begins_where_it_says(world, subjects, drawn):
    append(world, 2, 1, 0)
    assert drawn.ends() == [2, 1, 0]
    attach(subjects, {"amplitude": "now", "early": "earliest", "late": "now"}, drawn)
    append(world, 1, 0, 1)
    assert tally(drawn, "late").waiting == 2, "though its topics are not made yet"
    Topics(world.client, 7).make(["d3"])
    assert {name: one.waiting for name, one in drawn.counts().destinations.items()} == {
        "amplitude": 5, "early": 5, "late": 2,
    }  # fmt: skip
    assert tally(drawn, "late") == Tally(2, waiting=2, oldest_waiting=NOW)


def test_what_delivery_says_is_added_up_and_the_rest_waits(world, subjects, drawn):
    append(world, 5, 4, 3)
    subjects.counters.add({"refused_kept": 2, "refused_answered": 3})
    subjects.destinations.break_circuit("amplitude", "no key")
    world.progress(
        {
            0: State(Reach(1, ((2, 4),)), books=Books(1, 1, 1, 0)),
            1: State(Reach(4), books=Books(2, 0, 1, 1)),
        }
    )
    found = drawn.counts()
    assert (found.received, found.refused_kept, found.refused_answered, found.accepted) == (17, 2, 3, 12)
    assert found.destinations == {"amplitude": Tally(12, 3, 2, 2, 5, NOW + 1, "no key", NOW)}
    world.progress({0: State(Reach(5), books=Books(3, 1, 1, 0)), 2: State(Reach(1), books=Books(1))})
    again = drawn.counts()
    assert again.destinations == {"amplitude": Tally(12, 6, 2, 2, 2, NOW + 10, "no key", NOW)}
    assert Drawn(world.client, world.subjects()).counts() == again, "another process comes to the same"


def test_what_was_aborted_or_is_far_behind_the_last_look_changes_nothing(world, subjects, drawn):
    append(world, 1, 1, 1)
    world.progress({0: State(Reach(1), books=Books(1))})
    assert tally(drawn).waiting == 2
    producer = world.client.producer(transactional_id="x")
    producer.init_transactions(15)
    for _ in range(40):
        producer.begin_transaction()
        producer.produce(world.address.progress("d1"), b"{}", b"state", 0)
        producer.flush()
        producer.abort_transaction(15)
    assert tally(drawn).waiting == 2
    assert Drawn(world.client, world.subjects()).counts() == drawn.counts()


def test_a_redriven_letter_is_dead_no_more_and_waits(world, subjects, drawn):
    append(world, 2, 0, 0)
    calls = sorted(world.calls().values(), key=lambda one: one.received_at)
    world.bury((calls[0], "x", NOW), (calls[0], "x", NOW + 1))
    world.progress({0: State(Reach(2), books=Books(0, 0, 2, 0))})
    assert tally(drawn) == Tally(2, dead=2)
    letters = world.letters()
    letters.redrive([one.id for one in letters.dead(limit=1)])
    assert tally(drawn) == Tally(2, dead=1, waiting=1, oldest_waiting=calls[0].received_at)


def test_what_is_set_aside_waits_and_may_be_the_oldest(world, subjects, drawn):
    append(world, 4, 0, 0)
    calls = sorted((call for call in world.calls().values()), key=lambda one: one.received_at)
    assert len(calls) == 1
    first = calls[0]
    world.park(first, first)
    world.progress({0: State(Reach(3), books=Books(1))})
    assert tally(drawn) == Tally(4, 1, waiting=3, oldest_waiting=first.received_at)
    world.progress({0: State(Reach(4), Reach(0, ((1, 2),)), books=Books(3))})
    assert tally(drawn) == Tally(4, 3, waiting=1, oldest_waiting=first.received_at)


def test_one_that_is_away_is_not_shown_and_goes_on_where_it_says(world, subjects, drawn):
    append(world, 3, 2, 0)
    states = {0: State(Reach(3), books=Books(2, 0, 1)), 1: State(Reach(2), books=Books(2))}
    world.progress(states)
    attach(subjects, {"other": "earliest"}, drawn)
    append(world, 1, 1, 1)
    assert list(drawn.counts().destinations) == ["other"]
    known = subjects.destinations.known()
    assert drawn.waiting(known) == {"amplitude": 0, "other": 8}
    attach(subjects, {"other": "now", "amplitude": "now"}, drawn)
    append(world, 0, 0, 1)
    assert tally(drawn) == Tally(6, 4, 0, 1, 1, NOW), "of the third partition it had no state"
    # as the one who delivers writes it
    world.progress({0: State(Reach(4), books=Books(2, 0, 1, 0, 1))})
    assert tally(drawn) == Tally(6, 4, 0, 1, 1, NOW)


def test_one_that_was_away_and_takes_what_came_meanwhile_takes_what_is_still_kept(world, subjects, drawn):
    append(world, 2, 0, 0)
    world.progress({0: State(Reach(2), books=Books(2))})
    attach(subjects, {"other": "now"}, drawn)
    append(world, 4, 0, 0)
    delete(world, world.address.topic, 3)
    attach(subjects, {"other": "now", "amplitude": "earliest"}, drawn)
    assert tally(drawn) == Tally(5, 2, waiting=3, oldest_waiting=NOW + 1)


def delete(world, topic, before, partition=0):
    admin = world.client.admin()
    for answer in admin.delete_records([TopicPartition(topic, partition, before)]).values():
        answer.result(10)


def test_letters_that_were_redriven_for_one_that_is_away_wait_for_it(world, subjects, drawn):
    append(world, 2, 0, 0)
    call = next(iter(world.calls().values()))
    world.bury((call, "x", NOW))
    world.progress({0: State(Reach(2), books=Books(1, 0, 1))})
    attach(subjects, {"other": "now"}, drawn)
    letters = world.letters()
    assert letters.redrive([one.id for one in letters.dead()]) == 1
    known = subjects.destinations.known()
    assert drawn.waiting(known)["amplitude"] == 1
    attach(subjects, {"other": "now", "amplitude": "now"}, drawn)
    assert tally(drawn) == Tally(2, 1, 0, 0, 1, call.received_at)


def test_a_state_of_another_version_is_said(world, subjects, drawn):
    with world.transaction() as producer:
        producer.produce(world.address.progress("d1"), b'{"v":9}', b"state", 0)
    with pytest.raises(JournalUnsafe, match="version 9"):
        drawn.counts()

"""What a delivery process does with its partitions, on a real broker: people who were forgotten, and what is old."""

import pytest

from tests.journal.kafka.records import NOW
from tests.journal.kafka.topics import World, of
from tests.processes import until
from translator.journal.kafka.delivery import Delivery
from translator.journal.kafka.destinations import Known
from translator.parcels import Done
from translator.sights import mark_of


@pytest.fixture
def world(kafka_url):
    world = World(kafka_url, 1)
    yield world
    world.close()


@pytest.fixture
def subjects(world):
    return world.subjects()


@pytest.fixture
def delivery(world, subjects):
    one = Delivery(world.client, "d1", lambda: Known("d1", start=[0]), subjects, lambda: NOW, 10.0)
    yield one
    one.close()


def settle(delivery, lease, states):
    delivery.settle(lease, {one.id: Done() for one in lease.items}, states, {}, ())


def test_what_is_fetched_of_a_forgotten_person_after_the_look_is_not_claimed(world, subjects, delivery, monkeypatch):
    until(lambda: delivery.follower.frontiers())
    monkeypatch.setattr(delivery, "_give_up", lambda: None)
    subjects.gone.note(mark_of("u1"), 0, 2)
    world.append(of("m1", "u1"), of("m2", "u2"))
    until(lambda: delivery.follower.frontiers()[world.address.topic, 0] == 2)
    assert [delivery.claim("amplitude", 10, 60) for _ in range(3)] == [None] * 3
    monkeypatch.undo()
    lease = until(lambda: delivery.claim("amplitude", 10, 60))
    assert [one.message_id for one in lease.items] == ["m2"]
    with delivery.follower.all() as parts:
        assert parts[0].state().books.purged == 1


def test_nothing_holds_on_to_what_was_fetched_before_partitions_were_read_anew(subjects, delivery):
    until(lambda: delivery.follower.frontiers())
    subjects.gone.note(mark_of("u1"), 0, 5)

    def known():
        return {part for part, _ in delivery._forgotten}

    def here():
        with delivery.follower.all() as parts:
            return set(parts.values())

    until(lambda: here() and known() == here())
    before = here()
    delivery.follower.reload()
    until(lambda: here() and known() == here())
    assert not known() & before


def test_what_was_written_since_it_was_found_old_stays(world, delivery, monkeypatch):
    world.append(of("m1", "u1"))
    settle(delivery, until(lambda: delivery.claim("amplitude", 10, 60)), {"u1": {"a": 1}})
    memory = delivery.follower.memory
    monkeypatch.setattr(memory, "old", lambda partition, before, limit: [b"u1"])
    assert delivery.fade(NOW, 10) == 0
    assert memory.get(0, ["u1"]) == {"u1": {"a": 1}}
    assert delivery.fade(NOW + 1, 10) == 1
    assert memory.get(0, ["u1"]) == {}


def test_nothing_is_forgotten_of_a_partition_that_went_elsewhere(world, delivery, monkeypatch):
    world.append(of("m1", "u1"))
    settle(delivery, until(lambda: delivery.claim("amplitude", 10, 60)), {"u1": {"a": 1}})
    follower = delivery.follower
    old = follower.memory.old

    def late(partition, before, limit):
        found = old(partition, before, limit)
        follower.lost([0])
        return found

    monkeypatch.setattr(follower.memory, "old", late)
    assert delivery.fade(NOW + 1, 10) == 0
    assert [one.value() for one in world.there(world.address.memory("d1"))[0]] == [b'{"a":1}']

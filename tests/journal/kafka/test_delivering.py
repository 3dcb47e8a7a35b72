"""What a delivery process does with its partitions, on a real broker: people who were forgotten, and what is old."""

import pytest

from tests.journal.kafka.records import NOW
from tests.journal.kafka.topics import World, of
from tests.processes import until
from translator.errors import JournalUnavailable
from translator.journal.kafka.delivery import Delivery
from translator.journal.kafka.destinations import Known
from translator.parcels import Dead, Done
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
    monkeypatch.setattr(delivery._forgetting, "give_up", lambda: None)
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
        return {part for part, _ in delivery._forgetting._over}

    def here():
        with delivery.follower.all() as parts:
            return set(parts.values())

    until(lambda: here() and known() == here())
    before = here()
    delivery.follower.reload()
    until(lambda: here() and known() == here())
    assert not known() & before


def told(world, delivery, name, states):
    """Deliver a call of u1, which tells this of them."""
    world.append(of(name))
    lease = until(lambda: delivery.claim("amplitude", 10, 60))
    assert [one.message_id for one in lease.items] == [name]
    settle(delivery, lease, states)
    return lease.memory


def test_what_is_remembered_of_somebody_who_is_back_stays_whoever_has_the_partition(world, subjects, delivery):
    assert told(world, delivery, "m1", {"u1": {"a": 1}}) == {}
    subjects.gone.note(mark_of("u1"), 0, world.reader.ends([(world.address.topic, 0)])[world.address.topic, 0])
    assert told(world, delivery, "m2", {"u1": {"b": 1}}) == {}, "nothing of before"
    before = set(delivery._forgetting._over)
    delivery.follower.reload()
    delivery.tidy()
    until(lambda: delivery._forgetting._over and not before & delivery._forgetting._over)
    assert told(world, delivery, "m3", {"u1": {"b": 2}}) == {"u1": {"b": 1}}
    other = Delivery(world.client, "d1", lambda: Known("d1", start=[0]), world.subjects(), lambda: NOW, 10.0)
    delivery.close()
    try:
        assert told(world, other, "m4", {}) == {"u1": {"b": 2}}
        # forgotten again, it is deleted again, and the word of before goes
        subjects.gone.note(mark_of("u1"), 0, world.reader.ends([(world.address.topic, 0)])[world.address.topic, 0])
        (word,) = subjects.gone.of(0)
        until(lambda: other.follower.memory.all(0) == [])
        until(lambda: other.follower.memory.words(0) == {word.name})
        assert told(world, other, "m5", {}) == {}
    finally:
        other.close()


def test_somebody_who_is_back_before_their_last_call_is_over_is_forgotten_first(world, subjects, delivery):
    world.append(of("m1"))
    lease = until(lambda: delivery.claim("amplitude", 10, 60))
    subjects.gone.note(mark_of("u1"), 0, 1)
    world.append(of("m2"))
    until(lambda: delivery.follower.frontiers()[world.address.topic, 0] == 2)
    delivery.tidy()
    settle(delivery, lease, {"u1": {"a": 1}})
    lease = until(lambda: delivery.claim("amplitude", 10, 60))
    assert ([one.message_id for one in lease.items], lease.memory) == (["m2"], {})


def test_words_are_no_subjects(world, subjects, delivery):
    until(lambda: delivery.follower.frontiers())
    subjects.gone.note(mark_of("u1"), 0, 5)
    until(lambda: delivery.follower.memory.words(0))
    assert delivery.fade(NOW + 10**9, 10) == 0
    assert len(delivery.follower.memory.words(0)) == 1


def test_each_who_asks_is_told_by_an_error_of_its_own(delivery):
    until(lambda: delivery.follower.frontiers())
    another = "none of its threads, which find that all is well again within a second"
    delivery.follower._errors[another] = JournalUnavailable("no", "full")
    told = []
    for _ in range(2):
        with pytest.raises(JournalUnavailable, match="no") as one:
            delivery.claim("amplitude", 10, 60)
        told.append(one.value)
    assert [one.reason for one in told] == ["full", "full"]
    assert told[0] is not told[1]
    assert delivery.follower._errors[another].__traceback__ is None


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


def test_a_temporary_file_that_is_full_is_told_and_nothing_old_is_remembered(world, delivery):
    world.append(of("m1", "u1"))
    settle(delivery, until(lambda: delivery.claim("amplitude", 10, 60)), {"u1": {"a": 1}})
    world.append(of("m2", "u1"))
    lease = until(lambda: delivery.claim("amplitude", 10, 60))
    database = delivery.follower.memory._db
    database.execute("PRAGMA max_page_count = 1")
    with pytest.raises(JournalUnavailable, match="TMPDIR") as told:
        settle(delivery, lease, {"u1": {"a": "b" * 100_000}})
    assert told.value.reason == "full"
    world.append(of("m3", "u1"))

    def claimed():
        try:
            return delivery.claim("amplitude", 10, 60)
        except JournalUnavailable:
            return None

    lease = until(claimed)
    assert [one.message_id for one in lease.items] == ["m3"]
    assert lease.memory == {"u1": {"a": "b" * 100_000}}


def test_a_settle_shows_the_membership_of_when_it_began(world, delivery, monkeypatch):
    world.append(of("m1", "u1"))
    lease = until(lambda: delivery.claim("amplitude", 10, 60))
    transactions, membership = delivery._writer._transactions, delivery.follower._membership
    commit, shown = transactions.commit, []

    def later(write, offsets, metadata):
        before, membership._metadata = membership._metadata, object()
        shown.append(metadata() is before)
        return commit(write, offsets, metadata)

    monkeypatch.setattr(transactions, "commit", later)
    settle(delivery, lease, {})
    assert shown[-1]


def test_no_letter_is_left_of_who_was_forgotten_while_a_call_of_theirs_was_out(world, subjects, delivery):
    world.append(of("m1", "u1"), of("m2", "u2"))
    lease = until(lambda: delivery.claim("amplitude", 10, 60))
    subjects.gone.note(mark_of("u1"), 0, 2)
    delivery.settle(lease, {one.id: Dead("refused", "no") for one in lease.items}, {}, {}, ())
    letters = [one.key() for one in world.there(world.address.dead("d1"))[0]]
    assert [key.split(b":")[0] for key in letters] == [lease.items[1].id.encode()]
    with delivery.follower.all() as parts:
        books = parts[0].state().books
    assert (books.dead, books.ignored) == (1, 1)


def heard_of(subjects, until_offset):
    """u1 was forgotten, and this process knows it."""
    subjects.gone.note(mark_of("u1"), 0, until_offset)


def test_nothing_of_before_comes_back_by_a_call_that_was_out_when_it_was_heard(world, subjects, delivery):
    told(world, delivery, "m1", {"u1": {"a": 1}})
    until_offset = world.reader.ends([(world.address.topic, 0)])[world.address.topic, 0]
    world.append(of("m2"))
    lease = until(lambda: delivery.claim("amplitude", 10, 60))
    assert lease.memory == {"u1": {"a": 1}}, "what was forgotten is not heard yet"
    heard_of(subjects, until_offset)
    delivery.tidy()
    settle(delivery, lease, {"u1": {"a": 1, "b": 1}})
    assert told(world, delivery, "m3", {"u1": {"c": 1}}) == {}
    assert told(world, delivery, "m4", {}) == {"u1": {"c": 1}}


def test_who_was_forgotten_is_not_claimed_before_that_is_done(world, subjects, delivery, monkeypatch):
    told(world, delivery, "m1", {"u1": {"a": 1}})
    until_offset = world.reader.ends([(world.address.topic, 0)])[world.address.topic, 0]
    world.append(of("m2"))
    until(lambda: delivery.follower.frontiers()[world.address.topic, 0] > until_offset)
    claim = delivery.follower.claim

    def late(limit, token, until_ms):
        heard_of(subjects, until_offset)
        monkeypatch.undo()
        return claim(limit, token, until_ms)

    monkeypatch.setattr(delivery.follower, "claim", late)
    assert delivery.claim("amplitude", 10, 60) is None
    lease = until(lambda: delivery.claim("amplitude", 10, 60))
    assert ([one.message_id for one in lease.items], lease.memory) == (["m2"], {})


def test_what_was_found_of_a_part_is_not_deleted_of_one_that_was_read_since(world, subjects, delivery, monkeypatch):
    until(lambda: delivery.follower.frontiers())
    heard_of(subjects, 0)
    until(lambda: delivery.follower.memory.words(0))
    told(world, delivery, "m1", {"u1": {"a": 1}})
    memory = delivery.follower.memory

    def while_it_is_read_anew(_):
        monkeypatch.undo()
        delivery.follower.reload()
        until(delivery.follower.frontiers)
        return set()

    monkeypatch.setattr(memory, "words", while_it_is_read_anew)
    delivery.follower.reload()
    until(lambda: memory.words.__name__ == "words")
    assert told(world, delivery, "m2", {}) == {"u1": {"a": 1}}


def test_what_was_leased_when_the_board_could_not_be_read_is_given_back(world, delivery, monkeypatch):
    until(lambda: delivery.follower.frontiers())
    claim = delivery.follower.claim

    def unread():
        raise JournalUnavailable("no broker answers", "connection")

    def away(*given):
        if (found := claim(*given))[0]:
            monkeypatch.setattr(delivery._gone, "_fresh", unread)
        return found

    monkeypatch.setattr(delivery.follower, "claim", away)
    world.append(of("m1"))
    with pytest.raises(JournalUnavailable, match="no broker"):
        until(lambda: delivery.claim("amplitude", 10, 60))
    monkeypatch.undo()
    assert [one.message_id for one in until(lambda: delivery.claim("amplitude", 10, 60)).items] == ["m1"]

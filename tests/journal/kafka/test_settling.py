"""Members of a group, what they fetch, and their transactions, on a real broker."""

import time

import pytest
from confluent_kafka import TopicPartition

from tests.journal.kafka.topics import World, of
from tests.processes import until
from translator.journal.kafka import membership
from translator.journal.kafka.fetching import Fetcher
from translator.journal.kafka.membership import Membership
from translator.journal.kafka.records import said
from translator.journal.kafka.settling import Refused, Transactions


@pytest.fixture
def world(kafka_url):
    world = World(kafka_url)
    yield world
    world.close()


class Holder:
    """Writes down what it is told."""

    def __init__(self):
        self.mine = set()
        self.gone = set()

    def assigned(self, partitions):
        self.mine |= set(partitions)

    def revoked(self, partitions):
        self.mine -= set(partitions)

    def lost(self, partitions):
        self.gone |= set(partitions)
        self.mine -= set(partitions)


@pytest.fixture
def join(world):
    made = []

    def joined():
        holder = Holder()
        member = Membership(world.client, world.address.group("d1"), holder)
        made.append(member)
        return member, holder

    yield joined
    for one in made:
        one.close()


class Alone:
    """The transactions of a member, each with what it shows at the time."""

    def __init__(self, world, member):
        self.transactions = Transactions(world.client, world.address.group("d1"))
        self.member = member
        self.close = self.transactions.close

    def commit(self, write, offsets):
        return self.transactions.commit(write, offsets, self.member.metadata)


def put(world, *names, partition=0):
    def write(one):
        for name in names:
            one.put((world.address.progress("d1"), partition), name.encode(), name.encode())

    return write


def offset(world, partition=0, at=1):
    return [TopicPartition(world.address.topic, partition, at)]


def written(world, partition=0):
    return [one.key().decode() for one in world.there(world.address.progress("d1"))[partition]]


def test_the_ends_of_a_transaction_are_all_there_once_it_is_committed(world, join):
    member, holder = join()
    until(lambda: member.poll(0.1) or len(holder.mine) == 3)
    some = Alone(world, member)
    topic = world.address.progress("d1")

    def write(one):
        for number in range(3000):
            one.put((topic, number % 3), b"%d" % number, bytes(1000))

    assert some.commit(write, offset(world)).ends == {(topic, number): 1000 for number in range(3)}
    # a mark of the first transaction is between
    assert some.commit(put(world, "x"), offset(world)).ends == {(topic, 0): 1002}
    some.close()


def test_a_second_member_takes_some_and_the_first_goes_on_with_its_own(world, join):
    first, one = join()
    until(lambda: first.poll(0.1) or len(one.mine) == 3)
    some = Alone(world, first)
    some.commit(put(world, "before"), offset(world))
    second, two = join()
    until(lambda: first.poll(0.05) or second.poll(0.05) or (len(one.mine), len(two.mine)) in ((2, 1), (1, 2)))
    assert not one.mine & two.mine
    assert not one.gone | two.gone
    kept = min(one.mine)

    def committed():
        # the group may be a generation further than what the first was told at its last poll
        first.poll(0.05)
        second.poll(0.05)
        try:
            some.commit(put(world, "after", partition=kept), offset(world, kept))
        except Refused as refused:
            if not refused.has_moved:
                raise
            return False
        return True

    until(committed)
    assert "after" in written(world, kept)
    some.close()


def test_who_was_put_out_of_the_group_writes_nothing(world, join, monkeypatch):
    monkeypatch.setattr(
        membership, "MEMBER", {**membership.MEMBER, "session.timeout.ms": "6000", "max.poll.interval.ms": "6000"}
    )
    member, holder = join()
    until(lambda: member.poll(0.1) or len(holder.mine) == 3)
    some = Alone(world, member)
    some.commit(put(world, "before"), offset(world))
    # it does not poll, and is put out
    deadline, told = time.monotonic() + 20, None
    while told is None and time.monotonic() < deadline:
        try:
            some.commit(put(world, "during"), offset(world))
        except Refused as refused:
            told = refused
        time.sleep(0.5)
    assert told is not None, "it wrote on"
    for _ in range(8):
        with pytest.raises(Refused):
            some.commit(put(world, "late"), offset(world, at=9))
        time.sleep(0.5)
    until(lambda: member.poll(0.1) or holder.gone)
    assert "late" not in written(world)
    until(lambda: member.poll(0.1) or len(holder.mine) == 3)
    some.commit(put(world, "again"), offset(world))
    assert written(world)[-1] == "again"
    some.close()


def test_who_is_no_member_writes_nothing_though_the_group_is_empty(world, join):
    """A broker takes a transaction's offsets without a member's id where the group has no members."""
    member, holder = join()
    until(lambda: member.poll(0.1) or len(holder.mine) == 3)
    # as librdkafka does where a session has ended
    member._consumer.unsubscribe()
    until(lambda: member.poll(0.1) or not member._consumer.memberid())
    some = Alone(world, member)
    with pytest.raises(Refused, match="no member of the group now"):
        some.commit(put(world, "late"), offset(world, at=9))
    assert written(world) == []
    some.close()


def test_who_has_left_the_group_writes_nothing(world, join):
    member, holder = join()
    until(lambda: member.poll(0.1) or len(holder.mine) == 3)
    some = Alone(world, member)
    some.commit(put(world, "before"), offset(world))
    member.close()
    with pytest.raises(Refused):
        some.commit(put(world, "late"), offset(world))
    assert written(world) == ["before"]
    some.close()


def test_what_raises_while_it_is_written_leaves_nothing_behind(world, join):
    member, holder = join()
    until(lambda: member.poll(0.1) or len(holder.mine) == 3)
    some = Alone(world, member)

    def write(one):
        put(world, "half")(one)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        some.commit(write, offset(world))
    some.commit(put(world, "whole"), offset(world))
    assert written(world) == ["whole"]
    some.close()


def test_each_record_comes_once_though_places_are_paused_and_begun_anew(world):
    topic, count = world.address.topic, 6000
    names = [f"m{number}" for number in range(count)]
    world.append(*(of(name, f"u{number % 50}") for number, name in enumerate(names)))
    there = {(topic, number): [said(one)["message_id"] for one in some] for number, some in world.there(topic).items()}
    fetcher = Fetcher(world.client)
    fetcher.begin(dict.fromkeys(there, 0))
    came: dict[tuple[str, int], list[str]] = {place: [] for place in there}
    ends: dict[tuple[str, int], int] = {}
    deadline, turn = time.monotonic() + 60, 0
    while ends.keys() != there.keys() and time.monotonic() < deadline:
        turn += 1
        paused = [place for place in there if (place[1] + turn // 3) % 3 == 0] if turn % 7 else []
        fetcher.pause(paused)
        found, said_ends = fetcher.fetch(0.05)
        ends |= said_ends
        for place, messages in found.items():
            assert [one.offset() for one in messages] == list(range(len(came[place]), len(came[place]) + len(messages)))
            came[place] += [said(one)["message_id"] for one in messages]
        if turn % 5 == 0:
            again = (topic, turn % 3)
            fetcher.begin({again: len(came[again])})
    assert came == there
    assert ends == {place: len(some) for place, some in there.items()}
    fetcher.close()

"""What a process follows of a destination, on a real broker: nothing is passed over, whatever fails between."""

import time

import pytest

from tests.journal.kafka.records import NOW
from tests.journal.kafka.topics import World, of
from tests.processes import until
from translator.errors import JournalError, JournalUnavailable, JournalUnsafe, LeaseLost
from translator.journal.kafka.destinations import Known
from translator.journal.kafka.following import Follower


@pytest.fixture
def world(kafka_url):
    world = World(kafka_url, 1)
    yield world
    world.close()


@pytest.fixture
def follower(world):
    one = Follower(world.client, "d1", lambda: Known("d1", start=[0]), lambda: NOW)
    one.start()
    yield one
    one.close()


def claimed(follower, token, until_ms=NOW + 60_000):
    found, _ = follower.claim(100, token, until_ms)
    return [one.message_id for one in found]


def test_what_is_fetched_with_something_that_fails_is_fetched_again(world, follower, monkeypatch):
    until(lambda: follower.frontiers())
    fetch = follower._fetcher.fetch
    failures: list[object] = []

    def failing(seconds):
        found = fetch(seconds)
        if found[0] and len(failures) < 2:
            failures.append(found)
            raise JournalUnsafe("as of another topic, in the same batch")
        return found

    monkeypatch.setattr(follower._fetcher, "fetch", failing)
    world.append(*(of(f"m{number}", f"u{number}") for number in range(20)))
    names = [f"m{number}" for number in range(20)]

    def calls():
        try:
            return claimed(follower, f"t{time.monotonic()}")
        except JournalError:
            return None

    came: list[str] = []

    def all_came():
        came.extend(calls() or ())
        return len(came) >= 20

    until(all_came)
    assert failures
    assert came == names


def test_a_record_that_is_no_call_is_named_and_nothing_is_passed_over(world, follower):
    until(lambda: follower.frontiers())
    producer = world.client.producer()
    producer.produce(world.address.topic, b"by hand", b"u1", 0)
    producer.flush(10)
    world.append(of("after", "u2"))

    def told():
        try:
            assert claimed(follower, f"t{time.monotonic()}") == []
        except JournalUnsafe as error:
            return error
        return None

    assert f"{world.address.topic}, partition 0, offset 0 is no call of this service" in str(until(told))


def test_an_end_does_not_wait_for_leases(world):
    follower = Follower(world.client, "d1", lambda: Known("d1", start=[0]), lambda: NOW)
    follower.start()
    world.append(of("m1"))
    until(lambda: claimed(follower, "t"))
    began = time.monotonic()
    follower.close()
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("error", [JournalUnavailable("no broker answers", "connection"), RuntimeError("unthought of")])
def test_a_partition_that_could_not_be_read_and_went_elsewhere_holds_up_no_other(world, follower, monkeypatch, error):
    until(lambda: follower.frontiers())

    def failing(wanted):
        raise error

    monkeypatch.setattr(follower, "_load_these", failing)
    follower.assigned([7])
    came: list[str] = []

    def fails():
        try:
            came.extend(claimed(follower, f"t{time.monotonic()}"))
        except JournalUnavailable:
            return True
        return False

    until(fails)
    follower.lost([7])
    world.append(of("m1"))
    until(lambda: not fails() and came == ["m1"])


def test_a_lease_that_is_given_back_may_be_claimed_at_once(world, follower):
    world.append(of("m1"), of("m2"))
    until(lambda: claimed(follower, "first") == ["m1", "m2"])
    assert claimed(follower, "second") == []
    follower.give_back("first")
    assert claimed(follower, "second") == ["m1", "m2"]
    with pytest.raises(LeaseLost), follower.held("first"):
        pass

"""Forgetting a person on a real broker; what is remembered of people, for whoever looks."""

import os

import pytest

from tests.journal.kafka.records import NOW
from tests.journal.kafka.test_books import attach
from tests.journal.kafka.topics import World, of
from translator.errors import DestinationUnknown
from translator.journal.kafka.arriving import Arrivals
from translator.journal.kafka.looking import Calls
from translator.journal.kafka.purging import Purging
from translator.journal.kafka.remembering import Remembering
from translator.parcels import Json, Refusal
from translator.sights import mark_of


@pytest.fixture
def world(kafka_url):
    world = World(kafka_url)
    yield world
    world.close()


class Process:
    def __init__(self, world):
        self.subjects = world.subjects()
        self.letters = world.letters()
        self.arrivals = Arrivals(world.client, self.subjects.paths, self.subjects.archives, self.subjects.gone.hides)
        self.remembering = Remembering(world.client, self.subjects)
        self.calls = Calls(world.client, self.subjects.gone.hides)
        self.purge = Purging(world.client, self.subjects, self.letters, self.arrivals, self.remembering).purge
        self.remembered, self.remember = self.remembering.remembered, self.remembering.remember

    def read(self):
        return sorted((one.subject, one.message_id) for one in self.calls.read())


@pytest.fixture
def one(world):
    process = Process(world)
    attach(process.subjects, {"amplitude": "now", "test": "now"})
    yield process
    process.remembering.close()


def test_a_person_is_seen_no_more_and_those_beside_are(world, one):
    world.append(*(of(f"m{number}", f"u{number % 2}") for number in range(6)))
    calls = world.calls()
    world.bury((calls["m0"], "x", NOW), (calls["m1"], "x", NOW))
    refused = [Refusal("webhook", 1, {"x": ["y"]}, b'{"userId":"u%d"}' % number) for number in range(2)]
    world.append(refusals=refused)
    assert one.purge("u0") == 4
    other = Process(world)
    for process in (one, other):
        assert process.read() == [("u1", "m1"), ("u1", "m3"), ("u1", "m5")]
        assert [call.subject for call in process.calls.newest(9)] == ["u1"] * 3
        assert process.calls.named("u0") == process.calls.named("m0") == []
        assert process.calls.kept(calls["m0"].id) is None
        assert [letter.body for letter in process.letters.dead("amplitude")] == [calls["m1"].text]
        assert [letter.body for letter in process.letters.dead("")] == [b'{"userId":"u1"}']
    assert len(one.letters.dead()) == 2
    assert one.purge("u0") == 0, "nothing is left of them"
    world.append(of("back", "u0"))
    assert ("u0", "back") in one.read()
    assert one.purge("u0") == 1
    assert one.purge("nobody") == 0


def test_the_call_that_others_still_need_stays_and_its_letter(world, one):
    world.append(of("a"), of("b"), of("delete"))
    calls = world.calls()
    world.bury((calls["a"], "x", NOW), (calls["delete"], "x", NOW))
    assert one.purge("u1", keep=calls["delete"].id) == 2
    assert one.read() == [("u1", "delete")]
    assert [letter.message_id for letter in one.letters.dead()] == ["delete"]
    assert one.purge("u1") == 1
    assert (one.read(), one.letters.dead()) == ([], [])


def test_a_letter_of_a_call_that_is_kept_no_more_counts_as_a_call(world, one, monkeypatch):
    world.append(of("a"), of("b"))
    world.bury((world.calls()["a"], "x", NOW))
    monkeypatch.setattr("translator.journal.kafka.purging.MOST_LOOKED_THROUGH", 1)
    assert one.purge("u1") == 2


def test_what_the_archive_has_or_gets_of_a_person_is_to_go_there_up_to_now(world, one):
    world.append(of("a"))
    assert one.purge("u1") == 1
    assert one.subjects.archives.erasures() == [], "there was never an archive"
    one.subjects.archives.hold()
    world.append(of("b"), of("c", "u2"))
    assert one.arrivals.horizon() == 3
    world.append(of("d"))
    assert one.purge("u1") == 2
    (erasure,) = one.subjects.archives.erasures()
    assert (erasure.mark, erasure.last) == (mark_of("u1"), one.arrivals.horizon()) == (mark_of("u1"), 4)
    world.append(of("later"))
    assert one.arrivals.horizon() == 5
    assert [(call.id, call.message_id) for call in one.arrivals.beyond(0, 5, 100) if call.subject == "u1"] == [
        ("5", "later")
    ]


def test_samples_of_a_person_are_forgotten(world, one):
    one.purge("u1")
    assert (mark_of("u1"),) in one.subjects.sightings._forgotten.there


def test_memory_is_forgotten_where_nobody_delivers(world, one):
    for name in ("amplitude", "test"):
        one.remember(name, {"u1": {"a": 1}, "u2": {"a": 2}})
    # whoever attached is about to deliver
    one.subjects.processes.leave(*_me())
    one.subjects.processes.beat("elsewhere", 1, ["test"])
    one.purge("u1")
    assert one.remembered("amplitude", ["u1", "u2"]) == {"u2": {"a": 2}}
    assert one.remembered("test", ["u1", "u2"]) == {"u1": {"a": 1}, "u2": {"a": 2}}, "that one does it"
    partition = one.calls.partition_of("u1")
    assert [gone.mark for gone in one.subjects.gone.of(partition)] == [mark_of("u1")]


def _me():
    from translator.journal.owner import this_host

    return this_host(), os.getpid()


def test_what_is_remembered_is_seen_by_others_as_it_changes(world, one):
    other = Process(world)
    states: dict[str, Json] = {f"ü{number}": {"groups": {"a": number}} for number in range(30)}
    one.remember("amplitude", states)
    assert other.remembered("amplitude", states.keys()) == states
    one.remember("amplitude", {"ü1": {"b": 1}})
    with world.transaction() as producer:
        partition = one.calls.partition_of("ü2")
        producer.produce(world.address.memory("d1"), None, "ü2".encode(), partition)
    states["ü1"] = {"b": 1}
    del states["ü2"]
    assert Process(world).remembered("amplitude", states.keys()) == states
    assert other.remembered("amplitude", ["ü1", "ü2", "ü3", "nobody"]) == {"ü1": {"b": 1}, "ü3": states["ü3"]}
    assert other.remembered("test", states.keys()) == {}
    assert other.remembered("nobody", ["ü1"]) == other.remembered("amplitude", []) == {}
    with pytest.raises(DestinationUnknown):
        one.remember("nobody", {"u1": {}})


def test_a_copy_is_of_the_destination_not_of_its_name(world, one):
    one.remember("amplitude", {"u1": {"a": 1}})
    assert one.remembered("amplitude", ["u1"]) == {"u1": {"a": 1}}
    one.subjects.destinations.rename("amplitude", "production")
    assert (one.remembered("production", ["u1"]), one.remembered("amplitude", ["u1"])) == ({"u1": {"a": 1}}, {})
    one.subjects.destinations.forget("production")
    assert one.remembered("production", ["u1"]) == {}


def test_a_process_after_a_fork_has_a_copy_of_its_own(world, one):
    one.remember("amplitude", {"u1": {"a": 1}})
    assert one.remembered("amplitude", ["u1"]) == {"u1": {"a": 1}}
    read, write = os.pipe()
    child = os.fork()
    if not child:
        one.remember("amplitude", {"u1": {"a": 2}})
        found = one.remembered("amplitude", ["u1"])
        os.write(write, repr(found).encode())
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert os.read(read, 100) == b"{'u1': {'a': 2}}"
    assert one.remembered("amplitude", ["u1"]) == {"u1": {"a": 2}}
    os.close(read)
    os.close(write)

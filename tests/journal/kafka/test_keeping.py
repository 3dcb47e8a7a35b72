"""What is deleted on a real broker: calls that all are done with, and destinations that were given up."""

import pytest

from tests.journal.kafka.records import NOW
from tests.journal.kafka.test_books import append, attach
from tests.journal.kafka.topics import World, of
from translator.errors import DestinationUnknown
from translator.journal.kafka.arriving import Arrivals
from translator.journal.kafka.books import Books as Drawn
from translator.journal.kafka.gone import KEPT_MS
from translator.journal.kafka.keeping import Keeping
from translator.journal.kafka.reach import Reach
from translator.journal.kafka.records import leased_of
from translator.journal.kafka.state import Books, State
from translator.journal.kafka.topics import Topics
from translator.parcels import Tally

LATER = NOW + 1000


@pytest.fixture
def world(kafka_url):
    world = World(kafka_url)
    yield world
    world.close()


@pytest.fixture
def subjects(world):
    return world.subjects()


@pytest.fixture
def drawn(world, subjects):
    return Drawn(world.client, subjects)


@pytest.fixture
def keeping(world, subjects, drawn):
    arrivals = Arrivals(world.client, subjects.paths, subjects.archives)
    return Keeping(world.client, subjects, Topics(world.client, 7), drawn, arrivals)


def kept(world, topic=None):
    """Offsets that are there, by partition."""
    found = world.there(topic or world.address.topic)
    return [[one.offset() for one in found[partition]] for partition in sorted(found)]


def test_calls_that_wait_for_the_first_destination_stay(world, keeping):
    append(world, 2, 1, 0)
    assert keeping.prune(LATER) == 0
    assert kept(world) == [[0, 1], [0], []]


def test_only_what_every_destination_is_done_with_goes(world, subjects, keeping, drawn):
    attach(subjects, {"amplitude": "now", "test": "now"}, drawn)
    append(world, 4, 2, 1)
    world.progress({0: State(Reach(3)), 1: State(Reach(2)), 2: State(Reach(1))})
    assert keeping.prune(LATER) == 0, "the other has not begun"
    world.progress({0: State(Reach(1, ((2, 4),))), 1: State(Reach(2))}, "d2")
    assert keeping.prune(NOW) == 0, "not old enough"
    assert keeping.prune(NOW + 5) == 2, "of the second partition the first alone is old enough"
    assert kept(world) == [[1, 2, 3], [1], [0]]
    assert keeping.prune(LATER) == 1
    assert keeping.prune(LATER) == 0
    assert drawn.counts().accepted == 7
    assert drawn.counts().destinations["test"].accepted == 7


def test_one_that_begins_with_what_comes_needs_nothing_from_before(world, subjects, keeping, drawn):
    attach(subjects, {"amplitude": "now"}, drawn)
    append(world, 2, 1, 0)
    attach(subjects, {"amplitude": "now", "late": "now", "away": "now"}, drawn)
    attach(subjects, {"amplitude": "now", "late": "now"}, drawn)
    append(world, 1, 0, 0)
    Topics(world.client, 7).make(["d3", "d4"])
    world.progress({0: State(Reach(3)), 1: State(Reach(1))})
    assert keeping.prune(LATER) == 3
    assert kept(world) == [[2], [], []]


def test_what_is_not_archived_stays(world, subjects, keeping, drawn):
    attach(subjects, {"amplitude": "now"}, drawn)
    append(world, 2, 2, 0)
    world.progress({0: State(Reach(2)), 1: State(Reach(2))})
    archives = subjects.archives
    archives.hold()
    assert keeping.prune(LATER) == 0
    arrivals = Arrivals(world.client, subjects.paths, archives)
    assert arrivals.horizon() == 4
    lease = archives.written(archives.lease(30), 3, 3, 1)
    assert keeping.prune(LATER) == 3
    assert kept(world) == [[], [1], []]
    archives.written(lease, 4, 1, 1)
    assert keeping.prune(LATER) == 1


def test_what_was_set_aside_and_is_finished_goes_too(world, subjects, keeping, drawn):
    attach(subjects, {"amplitude": "now"}, drawn)
    append(world, 1, 0, 0)
    (call,) = world.calls().values()
    world.park(call, call, call)
    world.progress({0: State(parked=Reach(2))})
    assert keeping.prune(LATER) == 0
    assert kept(world, world.address.parked("d1")) == [[2], [], []]


def test_a_word_of_who_was_forgotten_stays_while_something_is_set_aside(world, subjects, keeping, drawn):
    attach(subjects, {"amplitude": "now", "test": "now"}, drawn)
    append(world, 1, 1, 0)
    world.park(*(leased_of(one) for some in world.there(world.address.topic).values() for one in some), number="d2")
    done = {0: State(Reach(1)), 1: State(Reach(1))}
    world.progress(done)
    for partition in done:
        subjects.gone.note(f"mark{partition}", partition, 1)
    world.progress({**done, 1: State(Reach(1), parked=Reach(1))}, "d2")
    subjects.gone._now = lambda: NOW + KEPT_MS + 1
    assert keeping.prune(LATER) == 2
    words = [[one.mark for one in subjects.gone.of(partition)] for partition in done]
    assert words == [["mark0"], []], "behind the last record there is the mark of its transaction"
    world.progress({0: State(Reach(1), parked=Reach(0, ((0, 1),)))}, "d2")
    keeping.prune(LATER)
    assert subjects.gone.of(0) == []


def test_forget_says_what_waited_and_deletes_its_topics(world, subjects, keeping, drawn):
    attach(subjects, {"amplitude": "now", "test": "now"}, drawn)
    append(world, 3, 1, 0)
    world.progress({0: State(Reach(2), books=Books(1, 0, 1))})
    assert keeping.forget("amplitude") == 2
    assert list(drawn.counts().destinations) == ["test"]
    there = Topics(world.client, 7).seen()
    assert not there.keys() & set(world.address.of_destination("d1"))
    assert there.keys() >= set(world.address.of_destination("d2"))
    for name in ("amplitude", "nobody"):
        with pytest.raises(DestinationUnknown):
            keeping.forget(name)
    attach(subjects, {"amplitude": "now", "test": "now"}, drawn)
    assert subjects.destinations.known()["amplitude"].id == "d3"


def test_forget_says_what_was_redriven_for_one_that_is_away(world, subjects, keeping, drawn):
    attach(subjects, {"amplitude": "now"}, drawn)
    world.append(of("a"), of("b"))
    call = world.calls()["a"]
    partition = int(call.id.partition("-")[0])
    world.bury((call, "x", NOW))
    world.progress({partition: State(Reach(2), books=Books(1, 0, 1))})
    attach(subjects, {"test": "now"}, drawn)
    letters = world.letters()
    assert letters.redrive([one.id for one in letters.dead()]) == 1
    assert keeping.forget("amplitude") == 1
    assert subjects.redriven.total("d1") == {}


def test_topics_of_one_that_was_given_up_by_somebody_who_was_killed_go_later(world, subjects, keeping, drawn):
    attach(subjects, {"amplitude": "now", "test": "now"}, drawn)
    subjects.destinations.forget("test")
    keeping.prune(LATER)
    there = Topics(world.client, 7).seen()
    assert not there.keys() & set(world.address.of_destination("d2"))
    assert drawn.counts().destinations == {"amplitude": Tally()}

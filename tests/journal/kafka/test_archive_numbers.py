"""The archive's part of a journal in Kafka on a real broker: each call has one number, and comes once."""

import threading
from contextlib import closing, suppress
from typing import Any

import pytest

from tests.journal.kafka.records import NOW
from tests.journal.kafka.test_books import append, delete
from tests.journal.kafka.topics import World, of
from translator.archive import objects, open_archive, writing
from translator.errors import ArchiveUnavailable
from translator.journal.kafka import paths
from translator.journal.kafka.appending import Door
from translator.journal.kafka.arriving import Arrivals
from translator.journal.kafka.boards import Boards
from translator.parcels import Archived
from translator.settings.values import ArchiveSettings
from translator.sights import Kept, mark_of


@pytest.fixture
def world(kafka_url):
    world = World(kafka_url)
    yield world
    world.close()


class Process:
    def __init__(self, world):
        self.subjects = subjects = world.subjects()
        self.archives = subjects.archives
        self.arrivals = Arrivals(world.client, subjects.paths, subjects.archives, subjects.gone.hides)
        self.horizon, self.beyond = self.arrivals.horizon, self.arrivals.beyond

    def all_beyond(self, position, horizon, limit):
        found: list[Kept] = []
        while part := self.beyond(int(found[-1].id) if found else position, horizon, limit):
            found += part
        return found


@pytest.fixture
def make(world):
    made = []

    def build():
        made.append(Process(world))
        made[-1].archives.hold()
        return made[-1]

    yield build
    for one in made:
        one.arrivals.close()


def named(calls):
    return [(int(one.id), one.message_id) for one in calls]


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_calls_are_numbered_without_a_gap_and_the_same_for_everybody(world, make, limit):
    one, other = make(), make()
    for turn in range(4):
        world.append(*(of(f"{turn}-{number}", f"u{number}") for number in range(6)))
        assert one.horizon() == 6 * (turn + 1)
    calls = one.all_beyond(0, 24, limit)
    assert [int(call.id) for call in calls] == list(range(1, 25))
    assert all({name[0] for _, name in named(calls[at : at + 6])} == {str(at // 6)} for at in range(0, 24, 6))
    world.append(of("later"))
    assert other.all_beyond(0, 24, limit) == calls
    assert other.all_beyond(9, 20, limit) == calls[9:20]
    assert calls[0].ip == "192.0.2.1"
    assert calls[0].received_at == NOW


def test_the_numbers_of_what_was_not_written_to_its_end_stay_though_more_came(world, make):
    one = make()
    append(world, 3, 2, 4)
    horizon = one.horizon()
    before = one.all_beyond(0, horizon, 100)
    lease = one.archives.lease(30)
    one.archives.written(lease, 4, 4, 40)
    append(world, 1, 5, 1)
    other = make()
    assert other.horizon() == 16
    assert other.all_beyond(4, 16, 100)[:5] == before[4:]
    assert other.arrivals.point() == (3, 1, 0)
    assert other.arrivals.archived() == Archived(4, 40, NOW, 12, NOW)
    other.archives.written(lease, 16, 12, 1)
    assert other.arrivals.point() == (4, 7, 5)
    append(world, 1, 0, 0)
    assert make().horizon() == 17
    assert [int(call.id) for call in make().beyond(16, 17, 100)] == [17]
    assert len(one.subjects.paths.path(3).points) == 2


def test_without_an_archive_nothing_is_told_of_it(world):
    assert Process(world).arrivals.archived() is None


def test_what_was_deleted_before_there_was_an_archive_has_numbers_and_is_not_behind(world, make):
    append(world, 5, 0, 1)
    delete(world, world.address.topic, 3)
    one = make()
    assert one.horizon() == 6
    assert [int(call.id) for call in one.all_beyond(0, 6, 100)] == [4, 5, 6]
    assert one.arrivals.archived() == Archived(behind=3, oldest=NOW + 3)


def test_a_path_may_not_become_too_long_while_nothing_is_archived(world, make, monkeypatch):
    monkeypatch.setattr(paths, "MOST_POINTS", 3)
    one = make()
    horizons = []
    for _ in range(4):
        append(world, 1, 0, 0)
        horizons.append(one.horizon())
    assert horizons == [1, 2, 2, 2]
    one.archives.written(one.archives.lease(30), 2, 2, 2)
    assert one.horizon() == 4


def test_who_was_forgotten_is_not_given_any_more_and_a_page_is_full_all_the_same(world, make):
    world.append(*(of(f"m{number}", f"u{number % 2}") for number in range(60)))
    one = make()
    ends = one.arrivals.ends()
    horizon = one.horizon()
    for partition, end in enumerate(ends):
        one.subjects.gone.note(mark_of("u0"), partition, end)
    for limit in (3, 20):
        calls = one.beyond(0, horizon, limit)
        assert (len(calls), {call.subject for call in calls}) == (limit, {"u1"})
    assert len(one.all_beyond(0, horizon, 20)) == 30


def test_one_that_begins_elsewhere_or_has_waited_reads_anew(world, make):
    world.append(*(of(f"m{number}", f"u{number}") for number in range(60)))
    one = make()
    horizon = one.horizon()
    whole = one.all_beyond(0, horizon, 100)
    first = one.beyond(0, horizon, 20)
    assert one.beyond(0, horizon, 20) == first
    assert one.beyond(20, horizon - 10, 20) == whole[20:40]
    assert one.beyond(40, horizon - 10, 20) == whole[40:50]
    assert one.beyond(50, horizon, 20) == whole[50:]


def test_no_call_can_come_behind_the_horizon_while_many_append(world, make):
    one, other, seen, stop = make(), make(), [], threading.Event()
    lease = one.archives.lease(600)

    def append_some(part):
        with closing(Door(world.client, 10.0)) as door:
            for number in range(100):
                door.append([of(f"{part}-{number}-{one}", f"u{one}") for one in range(3)])

    def look():
        position = 0
        while not stop.is_set() or position < one.horizon():
            other.horizon()
            horizon = one.horizon()
            seen.extend(one.all_beyond(position, horizon, 100))
            one.archives.written(lease, horizon, 0, 0)
            position = horizon

    looking = threading.Thread(target=look)
    threads = [threading.Thread(target=append_some, args=(part,)) for part in range(3)]
    for thread in (looking, *threads):
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    looking.join()
    assert [int(call.id) for call in seen] == list(range(1, 901))
    assert len({call.message_id for call in seen}) == 900


class ForArchive(Boards):
    """What an archive asks of a journal."""

    def __init__(self, process):
        super().__init__(process.subjects)
        self.horizon, self.beyond, self.archived = process.horizon, process.beyond, process.arrivals.archived


def test_an_archive_whose_writers_are_killed_has_every_call_once(world, make, tmp_path, monkeypatch):
    """Objects of few calls; of four writes two end their process, and another one goes on."""
    monkeypatch.setattr(writing, "MOST_CALLS", 20)
    monkeypatch.setattr(writing, "READ", 15)
    settings = ArchiveSettings(url=f"file://{tmp_path}/archive")
    archive: Any = open_archive(settings)
    puts = []

    def put(store, one):
        puts.append(one.name)
        if len(puts) % 4 != 2:
            objects.put(store, one)
        if len(puts) % 4 in (2, 3):
            raise ArchiveUnavailable("killed before, or after it was written")

    monkeypatch.setattr(writing, "put", put)
    names = []
    for turn in range(3):
        some = [of(f"{turn}-{number}", f"u{number % 7}") for number in range(50)]
        names += [one.message_id for one in some]
        world.append(*some)
        for _ in range(9):
            with suppress(ArchiveUnavailable):
                archive.archivist(ForArchive(make())).work(everything=True)
                break
    found = list(archive.read())
    assert sorted(one.message_id for one in found) == sorted(names)
    assert [int(one.id) for one in found] == list(range(1, 151))
    assert len(puts) > 10
    for name, _ in archive.objects():
        archive.verify(name)
    last = make().arrivals.archived()
    assert (last.calls, last.behind, last.oldest) == (150, 0, None)

"""What the journal does for an archive: it keeps what is not there, says who writes, and forgets nothing half done."""

import os
import subprocess
import sys
import threading

import pytest

from translator.errors import DestinationUnknown, LeaseLost
from translator.journal.archiving import FORSAKEN_MS, WANTED_MS, new_identity
from translator.parcels import Archived, Done
from translator.sights import mark_of

DAY = 86_400_000


@pytest.fixture
def held(journal):
    journal.hold()
    return journal


def deliver_all(journal):
    while lease := journal.claim("amplitude", 100, 30):
        journal.settle(lease, {item.id: Done() for item in lease.items}, {})


def archive(journal, lease, horizon=None):
    """As if all up to there were written."""
    # asked in any case: in Kafka that is what gives calls their numbers
    last = journal.horizon()
    horizon = last if horizon is None else horizon
    found = journal.beyond(lease.position, horizon, 10_000)
    journal.writing(lease, [f"object-{horizon}"])
    return journal.written(lease, horizon, len(found), 10 * len(found))


def test_without_an_archive_there_is_nothing_to_lease_and_nothing_is_held(journal, call, clock):
    assert journal.lease_archive(30) is None
    assert journal.archived() is None
    journal.append([call("a")])
    deliver_all(journal)
    journal.purge("u9")
    assert journal.erasures() == []
    assert journal.prune(clock.ms + DAY) == 1


def test_prune_keeps_what_is_not_archived(held, call, clock):
    held.append([call("a"), call("b")])
    deliver_all(held)
    assert held.prune(clock.ms + DAY) == 0
    lease = held.lease_archive(30)
    lease = archive(held, lease, 1)
    assert held.prune(clock.ms + DAY) == 1
    assert [one.message_id for one in held.read()] == ["b"]
    archive(held, lease)
    assert held.prune(clock.ms + DAY) == 1


def test_what_is_held_is_free_a_day_after_the_last_process_that_had_an_archive(held, call, clock):
    held.append([call("a")])
    deliver_all(held)
    clock.ms += WANTED_MS
    assert held.prune(clock.ms + DAY) == 0
    held.hold()
    clock.ms += WANTED_MS
    assert held.prune(clock.ms + DAY) == 0
    clock.ms += 1
    assert held.prune(clock.ms + DAY) == 1


def test_calls_are_read_in_order_from_a_position_to_the_horizon(held, call, clock):
    held.append([call("a"), call("b"), call("a"), call("c", "u2")])
    horizon = held.horizon()
    held.append([call("later")])
    lease = held.lease_archive(30)
    found = held.beyond(lease.position, horizon, 100)
    again = [] if held.dedupes else [("a", "u1", clock.ms, "192.0.2.1")]
    assert [(one.message_id, one.subject, one.received_at, one.ip) for one in found] == [
        ("a", "u1", clock.ms, "192.0.2.1"), ("b", "u1", clock.ms, "192.0.2.1"), *again,
        ("c", "u2", clock.ms, "192.0.2.1"),
    ]  # fmt: skip
    assert [one.message_id for one in held.beyond(int(found[0].id), horizon, 1)] == ["b"]
    assert [int(one.id) for one in found] == sorted(int(one.id) for one in found)


def test_numbers_are_in_order_where_they_have_more_digits(held, call):
    held.append([call(f"m{number}") for number in range(120)])
    found = held.beyond(3, held.horizon(), 50) + held.beyond(53, held.horizon(), 100)
    assert [int(one.id) for one in found] == list(range(4, 121))


def test_what_is_not_archived_is_read_as_it_was_when_it_was_asked_for(held, call, clock):
    held.append([call("old"), call("a"), call("b", "u2")])
    lease = archive(held, held.lease_archive(30), held.horizon() - 1)
    rest = held.unarchived(0)
    late = held.unarchived(clock.ms + 1)
    archive(held, lease)
    held.append([call("c")])
    found = [one for one in rest if not (one.id.isdigit() and int(one.id) <= 2)]
    assert [(one.message_id, one.subject) for one in found] == [("b", "u2"), ("c", "u1")]
    assert list(late) == []


def test_one_process_writes_at_a_time_and_its_lease_ends(held, make, call, clock):
    lease = held.lease_archive(30)
    assert lease.position == 0
    assert make().lease_archive(30) is None
    clock.ms += 29_000
    lease = held.renew_archive(lease, 30)
    clock.ms += 29_000
    assert make().lease_archive(30) is None
    clock.ms += 1_001
    other = make()
    second = other.lease_archive(30)
    for late in (
        lambda: held.renew_archive(lease, 30),
        lambda: held.writing(lease, ["late"]),
        lambda: held.written(lease, 5),
        lambda: held.forsake(lease, ["good"]),
        lambda: held.let_go(lease, ["x"]),
        lambda: held.erased(lease, []),
        lambda: held.begin_anew(lease),
    ):
        with pytest.raises(LeaseLost):
            late()
    held.leave_archive(lease, "late")
    assert held.archived().said is None
    other.leave_archive(second)
    assert held.lease_archive(30) is not None


@pytest.mark.parametrize("instead", [[], ["old"]])
def test_what_a_process_was_writing_when_it_was_killed_is_forsaken(held, url, make, instead):
    """Its lease is free at once; the names are to be deleted, and were never said to be there. Of what replaces
    something that is decided by whether the old is still there: by who has the archive."""
    program = (
        "import os, signal, sys\nfrom translator.journal import open_journal\n"
        "from translator.settings.values import JournalSettings\n"
        "journal = open_journal(JournalSettings(url=sys.argv[1]))\nlease = journal.lease_archive(3600)\n"
        "journal.writing(lease, ['old'])\njournal.written(lease, 0)\n"
        f"journal.writing(lease, ['new-1', 'new-2'], {instead})\nos.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program, url], env={**os.environ}, timeout=30, check=False)
    assert done.returncode == -9
    lease = make().lease_archive(30)
    assert lease.position == 0
    if instead:
        assert held.forsaken() == []
        assert held.begun(lease) == (["new-1", "new-2"], ["old"])
        held.writing(lease, [])
    assert held.forsaken() == ["new-1", "new-2"]
    assert held.begun(lease) == ([], [])


def test_what_was_replaced_is_forsaken_only_when_the_new_is_there(held):
    lease = held.lease_archive(30)
    held.writing(lease, ["new"], ["old"])
    assert held.forsaken() == []
    held.written(lease)
    assert held.forsaken() == ["old"]


def test_a_plan_that_was_given_up_for_another_is_forsaken(held):
    lease = held.lease_archive(30)
    held.writing(lease, ["first"], ["old"])
    held.writing(lease, ["second"], ["old"])
    assert held.forsaken() == ["first"]
    held.written(lease)
    assert sorted(held.forsaken()) == ["first", "old"]


def test_a_forsaken_name_is_deleted_again_for_a_day(held, clock):
    lease = held.lease_archive(10**6)
    held.forsake(lease, ["a"])
    held.let_go(lease, ["a"])
    assert held.forsaken() == ["a"]
    clock.ms += FORSAKEN_MS + 1
    held.let_go(lease, ["b"])
    assert held.forsaken() == ["a"]
    held.let_go(lease, ["a"])
    assert held.forsaken() == []


def test_a_purge_is_noted_for_the_archive_with_how_far_it_goes(held, call):
    held.append([call("a"), call("b", "u2")])
    assert held.purge("u1") == 1
    (one,) = held.erasures()
    assert (one.mark, one.last) == (mark_of("u1"), held.horizon())
    held.append([call("c")])
    assert held.erasures() == [one]
    assert held.horizon() > one.last
    assert held.archived().erasures == 1
    lease = held.lease_archive(30)
    held.erased(lease, [one])
    assert held.erasures() == []


def test_the_state_says_how_far_behind_the_archive_is_and_why(held, call, clock):
    first = clock.ms
    held.append([call("a", received_at=first), call("b", received_at=first + 5)])
    assert held.archived() == Archived(behind=2, oldest=first)
    lease = held.lease_archive(30)
    held.leave_archive(lease, "the bucket is away")
    since = clock.ms
    clock.ms += 1000
    lease = held.lease_archive(30)
    held.leave_archive(lease, "the bucket is still away")
    found = held.archived()
    assert (found.failing_since, found.said) == (since, "the bucket is still away")
    lease = archive(held, held.lease_archive(30), 1)
    held.leave_archive(lease)
    assert held.archived() == Archived(1, 10, clock.ms, 1, first + 5)


def test_another_identity_sorts_after_the_one_before(held, clock):
    lease = held.lease_archive(30)
    clock.ms += 1
    other = held.begin_anew(lease)
    assert other.identity > lease.identity
    assert len(other.identity) == len(lease.identity) == 17
    assert held.renew_archive(other, 30).identity == other.identity


def test_states_are_remembered_for_a_replay(journal, call):
    journal.remember("amplitude", {"u1": {"groups": {"a": {"value": "x", "at": 1}}}, "ü\0": {"groups": {}}})
    journal.remember("amplitude", {"ü\0": {"sessions": {}}})
    assert journal.remembered("amplitude", ["u1", "ü\0", "u3"]) == {
        "u1": {"groups": {"a": {"value": "x", "at": 1}}}, "ü\0": {"sessions": {}},
    }  # fmt: skip
    journal.append([call("a")])
    assert journal.claim("amplitude", 10, 30).memory == {"u1": {"groups": {"a": {"value": "x", "at": 1}}}}
    assert journal.remembered("other", ["u1"]) == {}
    with pytest.raises(DestinationUnknown):
        journal.remember("other", {"u1": {}})


def test_no_call_can_come_behind_the_horizon_while_many_append(held, make, call):
    """Where numbers are given out in one order and commits come in another."""
    seen: list[str] = []
    stop = threading.Event()

    def append(part):
        journal = make()
        for number in range(150):
            journal.append([call(f"{part}-{number}-{one}", f"u{part}") for one in range(3)])

    def look():
        lease = held.lease_archive(600)
        while not stop.is_set() or lease.position < held.horizon():
            horizon, position = held.horizon(), lease.position
            while found := held.beyond(position, horizon, 100):
                seen.extend(one.message_id for one in found)
                position = int(found[-1].id)
            lease = held.written(lease, max(position, horizon))

    looking = threading.Thread(target=look)
    threads = [threading.Thread(target=append, args=(part,)) for part in range(4)]
    looking.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    looking.join()
    assert len(seen) == len(set(seen)) == 4 * 150 * 3


def test_an_identity_comes_after_the_one_before_whatever_the_clock_says():
    now = 1_790_000_000_000
    first = new_identity(now)
    ahead = new_identity(now + 10 * DAY, first)
    back = new_identity(now, ahead)
    assert sorted([back, ahead, first]) == [first, ahead, back]
    assert len({len(one) for one in (first, ahead, back)}) == 1

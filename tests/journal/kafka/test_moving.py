"""Several processes at one destination: partitions move when one joins, leaves or dies, and nothing is claimed twice, lost or out
of order."""

import json
import subprocess
import sys
import threading
import time

import pytest

from tests.conftest import own_cluster
from tests.journal.kafka.groups import QUICK, gathered, member, settings
from tests.journal.kafka.patient import make_topics
from tests.journal.kafka.topics import all_records, of
from tests.processes import ROOT, environment, until
from translator.errors import DestinationUnknown, JournalUnavailable, LeaseLost
from translator.journal.kafka import settling
from translator.journal.kafka.delivery import Delivery
from translator.journal.kafka.reading import Reader
from translator.parcels import Done, Later

USERS = [f"u{number}" for number in range(24)]
"""They are in all partitions."""


@pytest.fixture
def url(kafka_url):
    make_topics(kafka_url, settings())
    return kafka_url


@pytest.fixture
def join(request):
    """Makes members; they leave at the end."""
    made = []

    def make(*given, **more):
        url = more.pop("url", None) or request.getfixturevalue("url")
        made.append(member(url, *given, **more))
        return made[-1]

    yield make
    for one in reversed(made):
        one.close()


@pytest.fixture(scope="module")
def remote():
    """A broker with a network between."""
    with own_cluster(1, relays=1) as cluster:
        yield cluster


def names(*leases):
    return [item.message_id for lease in leases for item in lease.items]


def finish(journal, *leases):
    for lease in leases:
        journal.settle(lease, {item.id: Done() for item in lease.items}, {})


def delivered(journal):
    return journal.counts().destinations["amplitude"].delivered


def test_one_that_joins_gets_nothing_that_is_leased_and_then_its_share(join):
    first, second = join(), join()
    first.attach({"amplitude": "now"})
    first.append([of(f"{user}-1", user) for user in USERS])
    held = gathered(first, len(USERS))
    assert sorted(names(*held)) == sorted(f"{user}-1" for user in USERS)
    first.append([of(f"{user}-2", user) for user in USERS])
    end = time.monotonic() + 4
    while time.monotonic() < end:
        assert second.claim("amplitude", 1000, 60) is None
        time.sleep(0.1)
    assert delivered(first) == 0
    finish(first, *held)
    assert delivered(first) == len(USERS), "it had them until it was done"
    theirs = gathered(second, 1)
    rest = gathered(first, 1)
    until(lambda: _all_claimed(first, rest, second, theirs))
    assert sorted(names(*rest, *theirs)) == sorted(f"{user}-2" for user in USERS)
    finish(first, *rest)
    finish(second, *theirs)
    assert delivered(first) == 2 * len(USERS)


def test_what_stays_is_delivered_while_others_wait_for_leases_to_end(join):
    first, second = join(), join()
    first.attach({"amplitude": "now"})
    first.append([of(user, user) for user in USERS])
    held = gathered(first, len(USERS))
    assert second.claim("amplitude", 1000, 60) is None, "it joins"
    follower = first._deliveries["d1"].follower
    until(lambda: follower._leaving)
    first.append([of(f"other-{user}", f"other-{user}") for user in USERS])
    (lease,) = gathered(first, 1)
    places = {int(item.id.partition("-")[0]) for item in lease.items}
    assert not places & follower._leaving
    finish(first, *held)


def _all_claimed(first, rest, second, theirs):
    for journal, leases in ((first, rest), (second, theirs)):
        if lease := journal.claim("amplitude", 1000, 60):
            leases.append(lease)
    return len(names(*rest, *theirs)) >= len(USERS)


def test_a_member_that_is_killed_leaves_what_it_posted_as_tried_and_the_rest_as_it_was(url, join, tmp_path):
    journal = join(**QUICK)
    journal.attach({"amplitude": "now"})
    journal.append([of(user, user) for user in USERS])
    command = [sys.executable, "-m", "tests.journal.kafka.member", url, str(len(USERS)), "10"]
    with subprocess.Popen(command, env=environment(tmp_path), cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout
        posted, before, after = json.loads(process.stdout.readline())
        assert len(posted) == 10
        assert journal.claim("amplitude", 1000, 60) is None
        process.kill()
    leases = gathered(journal, len(USERS))
    found = {item.message_id: item for lease in leases for item in lease.items}
    assert sorted(names(*leases)) == sorted(USERS)
    tried = [found[name] for name in posted]
    assert {(one.attempts, one.why) for one in tried} == {(1, "lost")}
    assert all(before <= one.unknown_since <= after for one in tried)
    rest = [one for name, one in found.items() if name not in posted]
    assert {(one.attempts, one.unknown_since, one.why) for one in rest} == {(0, None, None)}
    finish(journal, *leases)
    assert delivered(journal) == len(USERS)


def test_a_member_that_closes_hands_over_at_once_with_what_it_remembered(join):
    # it is not missed, it says good-bye
    first, second = join(), join()
    first.attach({"amplitude": "now"})
    first.append([of(f"{user}-1", user) for user in USERS])
    for lease in gathered(first, len(USERS)):
        remembered = {item.subject: {"of": item.subject} for item in lease.items}
        first.settle(lease, {item.id: Done() for item in lease.items}, remembered)
    first.append([of(f"{user}-2", user) for user in USERS])
    (held, *more) = gathered(first, len(USERS))
    first.close()
    leases = gathered(second, len(USERS))
    assert sorted(names(*leases)) == sorted(names(held, *more))
    memory = {subject: state for lease in leases for subject, state in lease.memory.items()}
    assert memory == {user: {"of": user} for user in USERS}
    assert {item.attempts for lease in leases for item in lease.items} == {0}
    with pytest.raises(LeaseLost):
        finish(first, held)


def test_a_destination_that_was_given_up_elsewhere_is_let_go_of(join):
    first, second = join(), join()
    first.attach({"amplitude": "now", "test": "now"})
    first.append([of(f"{user}-1", user) for user in USERS])
    leases = gathered(first, len(USERS))
    assert second.forget("amplitude") == len(USERS)

    def is_told():
        try:
            assert first.claim("amplitude", 10, 30) is None
        except JournalUnavailable:  # its topics are gone, and this process has not heard why
            pass
        except DestinationUnknown:
            return True
        return False

    until(is_told)
    assert [one.name for one in threading.enumerate() if one.name.endswith("-d1")] == []
    with pytest.raises(LeaseLost):
        finish(first, *leases)
    first.attach({"amplitude": "now", "test": "now"})
    first.append([of(f"{user}-2", user) for user in USERS])
    assert sorted(names(*gathered(first, len(USERS)))) == sorted(f"{user}-2" for user in USERS)


def test_a_destination_that_another_thread_has_just_joined_is_not_let_go_of(join, monkeypatch):
    first, second = join(), join()
    first.attach({"amplitude": "now"})
    assert second._subjects.destinations.known()["amplitude"].id == "d1"
    first.forget("amplitude")
    first.attach({"amplitude": "now"})
    known_before = second._subjects.destinations.known_before
    other = threading.Thread(target=second.claim, args=("amplitude", 10, 30))
    closed: list[Delivery] = []
    close = Delivery.close

    def noted(one):
        closed.append(one)
        close(one)

    monkeypatch.setattr(Delivery, "close", noted)

    def late():
        found = known_before()
        monkeypatch.setattr(second._subjects.destinations, "known_before", known_before)
        other.start()
        other.join(3)
        return found

    monkeypatch.setattr(second._subjects.destinations, "known_before", late)
    second.claim("amplitude", 10, 30)
    other.join()
    assert closed == []


def test_a_board_that_cannot_be_read_anew_lets_go_of_no_destination(join):
    one = join()
    one.attach({"amplitude": "now"})
    one.append([of("m1")])
    (lease,) = gathered(one, 1)
    # as after hours of sleep, when no broker answers yet
    one._subjects.board("board")._begin_anew()
    assert one.claim("amplitude", 10, 30) is None
    finish(one, lease)


def test_what_was_set_aside_is_in_order_at_another_process(url, join, clock):
    first = join(clock)
    first.attach({"amplitude": "now"})
    first.append([of(f"{user}-1", user, clock.ms) for user in USERS])
    for lease in gathered(first, len(USERS)):
        first.settle(lease, {item.id: Later(clock.ms + 3_600_000, "throttled") for item in lease.items}, {})
    clock.ms += 400_000
    first.append([of(f"{user}-2", user, clock.ms) for user in USERS])
    reader = Reader(first._client)
    parked = [
        (first._client.address.parked("d1"), part) for part in range(reader.partitions(first._client.address.topic))
    ]
    until(lambda: _records(first._client, parked) == 2 * len(USERS), 60)
    first.append([of(f"{user}-3", user, clock.ms) for user in USERS])
    first.close()
    clock.ms += 3_600_000
    second = join(clock)
    # what is fetched after the others of its user were claimed would wait for these
    follower = second._delivery("amplitude").follower
    ends = Reader(second._client).ends([(second._client.address.topic, part) for _, part in parked] + parked)
    until(lambda: all(follower.frontiers().get(place, -1) >= end for place, end in ends.items()), 60)
    found = names(*gathered(second, 3 * len(USERS)))
    for user in USERS:
        assert [name for name in found if name.startswith(f"{user}-")] == [f"{user}-{turn}" for turn in (1, 2, 3)]


def test_an_answer_of_the_brokers_may_take_longer_than_a_transaction(join):
    journal = join(**{"socket.timeout.ms": "60000"})
    journal.attach({"amplitude": "now"})
    journal.append([of("m1")])
    finish(journal, *gathered(journal, 1))
    assert delivered(journal) == 1


def _records(client, places):
    return sum(1 for _ in all_records(client, places))


@pytest.mark.parametrize("way", ["cut", "mute"])
def test_a_commit_of_which_nobody_knows_loses_nothing(remote, join, monkeypatch, way):
    """The network ends before the brokers hear of it, or before they can answer."""
    topic = f"unsure-{way}"
    url = remote.url(topic, 0)
    make_topics(url, settings())
    journal = join(url=url, wait=3.0, **{"socket.timeout.ms": "2000"})
    journal.attach({"amplitude": "now"})
    journal.append([of(user, user) for user in USERS])
    leases = gathered(journal, len(USERS), 10)
    (relay,) = remote.relays
    finish_it = settling.Transactions._finish
    monkeypatch.setattr(settling, "STEP_SECONDS", 1.0)

    def broken(self, producer):
        getattr(relay, way)()
        finish_it(self, producer)

    with monkeypatch.context() as patched:
        patched.setattr(settling.Transactions, "_finish", broken)
        for lease in leases:
            with pytest.raises((JournalUnavailable, LeaseLost)):
                finish(journal, lease)
    relay.mend()
    monkeypatch.setattr(settling, "STEP_SECONDS", 10.0)
    until(lambda: _all_finished(journal), 60)
    tally = journal.counts().destinations["amplitude"]
    assert (tally.delivered, tally.dead, tally.waiting) == (len(USERS), 0, 0)


def _all_finished(journal):
    try:
        # what cannot be settled yet is claimed again
        if lease := journal.claim("amplitude", 1000, 5):
            finish(journal, lease)
        return delivered(journal) == len(USERS)
    except (JournalUnavailable, LeaseLost):
        import traceback

        traceback.print_exc()
        return False

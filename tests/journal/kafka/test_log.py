"""A partition of a real broker as a log, beside the log in memory that the board is tested on."""

import itertools
import os
import threading
import time

import pytest

from tests.journal.kafka.conftest import BoardJournal
from translator.errors import JournalUnavailable
from translator.journal.kafka.board import Board
from translator.journal.kafka.cells import Cells
from translator.journal.kafka.log import MemoryLog
from translator.journal.kafka.subjects import LOGS
from translator.parcels import JobLease

confluent_kafka = pytest.importorskip("confluent_kafka")
numbers = itertools.count()


@pytest.fixture
def brokers(request):
    """Skips where there are none yet: ``kafka`` is a fixture of the whole suite, with ``addresses``."""
    try:
        cluster = request.getfixturevalue("kafka")
    except pytest.FixtureLookupError:
        if address := os.environ.get("TEST_KAFKA"):
            return {"bootstrap.servers": address, "log_level": 0}
        pytest.skip("needs Kafka")
    return cluster.client() if hasattr(cluster, "client") else {"bootstrap.servers": cluster.addresses, "log_level": 0}


@pytest.fixture
def topics(brokers):
    from confluent_kafka.admin import AdminClient, NewTopic

    def make(*names):
        """Compacted topics, with a name of this test's own."""
        stem = f"log-{os.getpid()}-{time.time_ns()}-{next(numbers)}"
        admin = AdminClient(brokers)
        config = {"cleanup.policy": "compact", "segment.ms": "100", "min.cleanable.dirty.ratio": "0.01"}
        made = [NewTopic(f"{stem}.{name}", 1, config=config) for name in names]
        for future in admin.create_topics(made).values():
            future.result(30)
        return [one.topic for one in made]

    return make


@pytest.fixture(params=["memory", "kafka"])
def opened(request):
    """Makes a log anew, as another process would."""
    if request.param == "memory":
        log = MemoryLog()
        yield lambda: log
        return
    from translator.journal.kafka.topic import KafkaLog

    (topic,) = request.getfixturevalue("topics")("board")
    made = []

    def another():
        made.append(KafkaLog(request.getfixturevalue("brokers"), topic))
        return made[-1]

    yield another
    for one in made:
        one.close()


def told(log, after=-1):
    return [(one.offset, one.key, one.value) for one in log.read(after)]


def test_what_was_appended_is_read_in_order_by_anybody(opened):
    log, other = opened(), opened()
    assert told(log) == []
    assert log.append([("a", b"1"), ("b\0é", b"2"), ("a", None)]) == 2
    expected = [(0, "a", b"1"), (1, "b\0é", b"2"), (2, "a", None)]
    assert told(other) == expected
    assert told(log) == expected
    assert told(log, 2) == []
    assert log.append([("c", b"3")]) == 3
    assert (told(other, 2), told(log, 2), told(log, 1)) == (
        [(3, "c", b"3")],
        [(3, "c", b"3")],
        [(2, "a", None), (3, "c", b"3")],
    )


def test_a_read_that_was_broken_off_is_begun_again(opened):
    log = opened()
    log.append([(str(number), b"x") for number in range(2500)])
    reading = log.read(-1)
    assert [next(reading).offset for _ in range(3)] == [0, 1, 2]
    assert [one.offset for one in log.read(2)] == list(range(3, 2500))


def test_a_read_sees_all_that_was_appended_before(opened):
    writing, reading = opened(), opened()
    last = -1
    for number in range(50):
        offset = writing.append([(str(number), b"x")])
        assert [one.offset for one in reading.read(last)] == [offset]
        last = offset


def test_a_process_after_a_fork_has_clients_of_its_own(opened):
    log = opened()
    log.append([("a", b"1")])
    assert len(told(log)) == 1
    child = os.fork()
    if child == 0:
        os._exit(0 if log.append([("b", b"2")]) == 1 and len(told(log)) == 2 else 1)
    if isinstance(log, MemoryLog):
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        return
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert told(log, 0) == [(1, "b", b"2")]


def test_transactions_are_read_when_they_have_ended_and_hold_up_what_is_behind(brokers, topics):
    from translator.journal.kafka.topic import KafkaLog

    (topic,) = topics("board")
    log, impatient = KafkaLog(brokers, topic), KafkaLog(brokers, topic, 1.0)
    producer = confluent_kafka.Producer({**brokers, "transactional.id": topic})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(topic, b"1", b"kept", 0)
    producer.flush(10)
    assert log.append([("behind", b"2")]) == 1
    with pytest.raises(JournalUnavailable, match="transaction"):
        told(impatient)
    ending = threading.Timer(0.5, producer.commit_transaction)
    ending.start()
    assert told(log) == [(0, "kept", b"1"), (1, "behind", b"2")]
    ending.join()
    assert told(impatient) == told(log)
    assert told(log, 1) == [], "a control record is at the end"
    producer.begin_transaction()
    producer.produce(topic, b"3", b"given up", 0)
    producer.flush(10)
    producer.abort_transaction(10)
    assert told(log, 1) == []
    assert log.append([("c", b"4")]) == 5
    assert told(log, 1) == [(5, "c", b"4")]
    for one in (log, impatient):
        one.close()


def test_brokers_that_are_away_are_said_so():
    from translator.journal.kafka.topic import KafkaLog

    log = KafkaLog({"bootstrap.servers": "127.0.0.1:1", "log_level": 0}, "board", 1.0)
    with pytest.raises(JournalUnavailable) as written:
        log.append([("a", b"1")])
    with pytest.raises(JournalUnavailable) as read:
        told(log)
    assert (written.value.reason, read.value.reason) == ("connection", "connection")
    log.close()


def test_a_board_on_real_topics(brokers, topics, clock):
    """Processes that take a job from each other, and count; then one that reads it all, compacted by then or not."""
    from translator.journal.kafka.topic import KafkaLog

    named = dict(zip(LOGS, topics(*LOGS), strict=True))

    def process():
        return BoardJournal({name: KafkaLog(brokers, topic) for name, topic in named.items()}, clock)

    journals = [process() for _ in range(3)]
    journals[0].attach({"amplitude": "now"})
    leases: list[JobLease] = []

    def work(journal):
        for number in range(10):
            if lease := journal.lease_job("kpi", 1710046800000 + number, 30):
                leases.append(lease)
                journal.keep_states(lease, {"amplitude\nA": {"n": number}, "B": {"n": number}})
                journal.end_job(lease, "done")
            journal.counters.add({"received": 1})

    threads = [threading.Thread(target=work, args=(journal,)) for journal in journals]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    last = process()
    assert last.counters.total() == {"received": 30}
    assert len({lease.due for lease in leases}) == len(leases)
    assert (last.jobs()[0].said, last.jobs()[0].running) == ("done", False)
    assert (
        last.job_states("kpi", ["amplitude\nA", "B"])["B"]
        == last.job_states("kpi", ["amplitude\nA", "B"])["amplitude\nA"]
    )
    for journal in (*journals, last):
        journal.close()


def test_a_board_goes_on_while_its_leader_is_killed(request):
    """What was said to be done is there, once; of what was not, nobody knows."""
    try:
        cluster = request.getfixturevalue("kafka3")
    except pytest.FixtureLookupError:
        pytest.skip("needs Kafka, of three brokers")
    from translator.journal.kafka.topic import KafkaLog

    topic = f"log-{os.getpid()}-{time.time_ns()}.board"
    cluster.create(topic, cleanup_policy="compact", min_insync_replicas="2")
    boards = [Board(KafkaLog(cluster.client(), topic, 20.0)) for _ in range(3)]
    cells = [Cells(board, "number") for board in boards]
    done, unsure, stop = [], [], threading.Event()

    def add(one):
        while not stop.is_set():
            try:
                one.change(("x",), lambda held: ({"n": held["n"] + 1 if held else 1}, None))
                done.append(1)
            except JournalUnavailable as error:
                unsure.append(error)

    threads = [threading.Thread(target=add, args=(one,)) for one in cells]
    for thread in threads:
        thread.start()

    def more(count):
        wanted, until = len(done) + count, time.monotonic() + 60
        while len(done) < wanted and time.monotonic() < until:
            time.sleep(0.1)
        return len(done) >= wanted

    went_on = [more(20)]
    cluster.kill(cluster.leader_of(topic, 0))
    went_on.append(more(20))
    stop.set()
    for thread in threads:
        thread.join()
    assert went_on == [True, True], unsure
    last = Board(KafkaLog(cluster.client(), topic, 20.0))
    found = Cells(last, "number")
    with last.read():
        assert len(done) <= (found.get("x") or {"n": 0})["n"] <= len(done) + len(unsure)
    for board in (*boards, last):
        board.close()
    cluster.heal()

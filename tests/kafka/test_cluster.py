"""The tests' own Kafka: that it is one, that it keeps what it acknowledged, and that it ends with who started it."""

import os
import signal
import subprocess
import sys
import time

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from tests.conftest import missing, own_cluster
from tests.kafka.cluster import lacking
from tests.processes import ROOT, until


def topics(cluster):
    return {name for name in AdminClient(cluster.client()).list_topics(timeout=30).topics if not name.startswith("__")}


def produce(cluster, topic, *values, seconds=60):
    """With acks=all; raises where a value was not acknowledged in time."""
    refused: list[KafkaError] = []

    def hear(error, message):
        if error:
            refused.append(error)

    producer = Producer({**cluster.client(acks="all"), "message.timeout.ms": seconds * 1000})
    for value in values:
        producer.produce(topic, value, on_delivery=hear)
    assert producer.flush(seconds + 30) == 0
    if refused:
        raise KafkaException(refused[0])


def read(cluster, topic, count):
    """The first values of a topic's first partition."""
    consumer = Consumer({**cluster.client(), "group.id": "none", "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    try:
        return [message.value() for message in consumer.consume(count, timeout=30)]
    finally:
        consumer.close()


@pytest.fixture
def topic3(kafka3):
    name = f"test-{os.getpid()}-{time.monotonic_ns()}"
    kafka3.create(name)
    yield name
    kafka3.heal()
    kafka3.drop(name)


def test_what_was_acknowledged_is_read_back(kafka, kafka_url):
    topic = kafka_url.rpartition("/")[2]
    assert kafka_url == f"kafka://{kafka.addresses}/{topic}"
    kafka.create(topic)
    produce(kafka, topic, b"one", b"two")
    assert kafka.leader_of(topic, 0) == 1
    assert kafka.in_sync(topic, 0) == {1}
    assert read(kafka, topic, 2) == [b"one", b"two"]


def test_topics_are_not_made_by_asking(kafka):
    with pytest.raises(KafkaException):
        produce(kafka, "nobody-made-this", b"x", seconds=1)
    assert "nobody-made-this" not in topics(kafka)


def test_a_topic_is_dropped_with_those_that_are_named_after_it(kafka):
    for name in ("dropped", "dropped.parked.d1", "dropped-not"):
        kafka.create(name)
    kafka.drop("dropped")
    until(lambda: not topics(kafka) & {"dropped", "dropped.parked.d1"})
    assert "dropped-not" in topics(kafka)
    kafka.drop("dropped-not")
    kafka.drop("dropped-not")


def test_a_killed_leader_is_replaced_and_comes_back_in_sync(kafka3, topic3):
    produce(kafka3, topic3, b"before")
    leader = kafka3.leader_of(topic3, 0)
    assert kafka3.in_sync(topic3, 0) == {1, 2, 3}
    kafka3.kill(leader)
    produce(kafka3, topic3, b"without it")
    assert kafka3.leader_of(topic3, 0) in set(kafka3.running) == {1, 2, 3} - {leader}
    addresses = kafka3.addresses
    kafka3.start(leader)
    until(lambda: kafka3.in_sync(topic3, 0) == {1, 2, 3}, 60)
    assert kafka3.addresses == addresses
    produce(kafka3, topic3, b"with it again")
    assert read(kafka3, topic3, 3) == [b"before", b"without it", b"with it again"]


def test_a_stopped_leader_hands_over(kafka3, topic3):
    leader = kafka3.leader_of(topic3, 0)
    kafka3.stop(leader)
    produce(kafka3, topic3, b"x", seconds=10)
    assert kafka3.leader_of(topic3, 0) not in (leader, -1)


def test_one_of_three_acknowledges_nothing(kafka3, topic3):
    produce(kafka3, topic3, b"by all")
    for broker in {1, 2, 3} - {kafka3.leader_of(topic3, 0)}:
        kafka3.kill(broker)
    with pytest.raises(KafkaException):
        produce(kafka3, topic3, b"by one", seconds=5)
    kafka3.heal()
    produce(kafka3, topic3, b"by all again")
    assert read(kafka3, topic3, 1) == [b"by all"]


def test_a_folder_keeps_data_and_addresses(tmp_path):
    with own_cluster(1, folder=tmp_path) as cluster:
        addresses = cluster.addresses
        cluster.create("kept")
        produce(cluster, "kept", b"still there")
    with own_cluster(1, folder=tmp_path) as cluster:
        assert cluster.addresses == addresses
        assert read(cluster, "kept", 1) == [b"still there"]
    with pytest.raises(ValueError, match="is of 1 brokers"), own_cluster(3, folder=tmp_path):
        pass


def test_without_a_folder_nothing_stays():
    with own_cluster(1) as cluster:
        assert cluster.folder.exists()
        process = cluster.pid(1)
    assert not cluster.folder.exists()
    assert not runs(process)


def test_clients_of_a_secured_one_need_its_certificate_and_a_password(tmp_path):
    with own_cluster(1, folder=tmp_path, secured=True) as cluster:
        cluster.create("secret")
        produce(cluster, "secret", b"hush")
        assert read(cluster, "secret", 1) == [b"hush"]
        for wrong in (
            {"sasl.password": "guessed"},
            {"ssl.ca.location": "/etc/ssl/certs/ca-certificates.crt"},
            {"security.protocol": "PLAINTEXT"},
        ):
            with pytest.raises(KafkaException):
                AdminClient({**cluster.client(), **wrong}).list_topics(timeout=2)


def test_brokers_end_with_a_killed_parent(tmp_path):
    code = f"""
import signal, threading
from pathlib import Path
from tests.kafka.cluster import Cluster
made = []
# a thread that ends must not take a broker with it
starting = threading.Thread(target=lambda: made.append(Cluster(folder=Path({str(tmp_path)!r}))))
starting.start(), starting.join()
print(made[0].pid(1), flush=True)
signal.pause()
"""
    if lacks := lacking():
        missing(lacks)
    parent = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    broker = int(parent.stdout.readline())
    time.sleep(0.5)
    assert runs(broker)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    until(lambda: not runs(broker), 10)


def runs(process):
    """Whether a process is there, and no zombie."""
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

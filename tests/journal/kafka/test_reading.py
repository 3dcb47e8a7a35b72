"""Where partitions end, on real brokers, while leaders come and go."""

import os

from tests.journal.kafka.records import NOW
from tests.processes import until
from translator.journal.kafka.address import parsed
from translator.journal.kafka.client import Client
from translator.journal.kafka.reading import Reader
from translator.settings.values import KafkaSettings


def test_another_leader_is_asked_when_one_was_killed(kafka3):
    name = f"ends-{os.getpid()}"
    kafka3.create(name)
    try:
        reader = Reader(Client(parsed(kafka3.url(name)), KafkaSettings(1, 3, 2)))
        places = [(name, number) for number in range(reader.partitions(name))]
        assert reader.ends(places) == reader.settled_ends(places) == reader.at(places, NOW) == dict.fromkeys(places, 0)
        for _ in range(2):
            leader = kafka3.leader_of(name, 0)
            kafka3.kill(leader)
            assert reader.ends(places) == dict.fromkeys(places, 0)
            kafka3.start(leader)
            until(lambda: kafka3.in_sync(name, 0) == {1, 2, 3}, 60)
    finally:
        kafka3.heal()
        kafka3.drop(name)


def test_a_process_after_a_fork_asks_for_itself(kafka, kafka_url):
    address = parsed(kafka_url)
    kafka.create(address.topic)
    reader = Reader(Client(address, KafkaSettings(1, 1, 1)))
    place = address.topic, 0
    assert reader.ends([place]) == {place: 0}
    child = os.fork()
    if not child:
        os._exit(reader.ends([place]) != {place: 0})
    assert os.waitpid(child, 0)[1] == 0
    assert reader.ends([place]) == {place: 0}

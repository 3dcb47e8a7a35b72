"""The door on real brokers: what is receipted is in the topic, whatever happens to whoever took it."""

import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from confluent_kafka import KafkaError, KafkaException
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource

from tests.journal.kafka.records import NOW
from tests.journal.kafka.topics import World, all_records, of
from tests.journal.test_appending import CHILD
from tests.processes import ROOT, until
from translator import jsontext
from translator.errors import JournalUnavailable, JournalUnsafe, SettingsError
from translator.journal.kafka.address import parsed
from translator.journal.kafka.appending import Door
from translator.journal.kafka.client import Client
from translator.journal.kafka.lettering import record_of
from translator.journal.kafka.reading import Reader
from translator.journal.kafka.records import leased_of, parked_headers, said
from translator.journal.kafka.settled import Letter
from translator.journal.kafka.topics import Topics
from translator.journal.rows import ANSWER_CHARACTERS
from translator.parcels import Call, Facts, Refusal
from translator.settings.load import settings_from
from translator.settings.values import KafkaSettings, Segment
from translator.validate import check

FORKS = """
import os, sys, time
from translator.journal.kafka.address import parsed
from translator.journal.kafka.appending import Door
from translator.journal.kafka.client import Client
from translator.parcels import Call
from translator.settings.values import KafkaSettings
door = Door(Client(parsed(sys.argv[1]), KafkaSettings()), 10.0)
def append(name):
    (receipt,) = door.append([Call("", "webhook", name, "u1", 1, {"type": "track"})])
    sys.stdout.write(receipt.message_id + "\\n")
    sys.stdout.flush()
append("parent-1")
if child := os.fork():
    _, status = os.waitpid(child, 0)
    append("parent-2")
    door.close()
    sys.exit(os.waitstatus_to_exitcode(status))
append("child-1")
append("child-2")
door.close()
"""
"""Both end as processes do, with all that is done at an interpreter's end."""


@pytest.fixture
def world(kafka_url):
    world = World(kafka_url)
    yield world
    world.close()


def kept(world):
    return sorted(world.calls())


def bad(name="bad"):
    one = of(name)
    one.body["never"] = object()
    return one


def test_receipts_are_those_of_what_came_in_its_order(world):
    given = [of(f"m{number}", f"u{number % 3}", derived=number == 2) for number in range(20)]
    receipts = world.door.append(given)
    assert [(one.message_id, one.status, one.derived) for one in receipts] == [
        (one.message_id, "accepted", one.derived) for one in given
    ]
    found = world.calls()
    for one in given:
        there = found[one.message_id]
        assert (there.source, there.subject, there.ip, there.received_at, there.derived) == (
            one.source, one.subject, one.ip, one.received_at, one.derived,
        )  # fmt: skip
        assert jsontext.loads(there.text) == one.body
    assert len({there.id for there in found.values()}) == 20


def test_a_message_that_comes_twice_is_there_twice(world):
    assert [one.status for one in world.door.append([of("m1"), of("m1")])] == ["accepted", "accepted"]
    (some,) = [some for some in world.there(world.address.topic).values() if some]
    assert [said(one)["message_id"] for one in some] == ["m1", "m1"]


def test_texts_of_any_kind_come_back_as_they_were(world):
    odd = "{\"\\\", 'NULL', \x00, \u241b, \U0001f600}"
    call = Call("", odd, odd, odd, NOW, {"type": "track", odd: odd})
    world.append(call, refusals=[Refusal(odd, NOW, {odd: [odd]}, b"\x00\xff\xfe not JSON")])
    found = world.calls()[odd]
    assert (found.source, found.subject, found.ip) == (odd, odd, None)
    assert jsontext.loads(found.text) == call.body
    (refused,) = world.there(world.address.refused)[0]
    assert refused.value() == b"\x00\xff\xfe not JSON"
    assert (said(refused)["source"], jsontext.loads(said(refused)["faults"].encode())) == (odd, {odd: [odd]})


def test_of_an_append_that_cannot_be_written_nothing_is_there(world):
    refusal = Refusal("webhook", NOW, {"userId": ["required"]}, b"{}")
    with pytest.raises(TypeError):
        world.door.append([of("m1"), bad()], [refusal])
    world.append(of("m2"))
    assert kept(world) == ["m2"]
    assert world.there(world.address.refused) == {0: []}


def test_one_append_that_cannot_be_written_fails_alone(world):
    errors = []

    def work(one):
        try:
            world.door.append([one])
        except TypeError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(one,)) for one in [bad(), *(of(f"m{n}") for n in range(10))]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == 1
    assert kept(world) == sorted(f"m{n}" for n in range(10))


def test_threads_append_at_once_each_in_its_order_and_nothing_is_missing(world):
    receipts = []

    def work(number):
        for index in range(50):
            receipts.extend(world.door.append([of(f"{number}-{index}", f"u{number}")]))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    names = {f"{number}-{index}" for number in range(8) for index in range(50)}
    assert {one.message_id for one in receipts} == names
    theirs: dict[str | bytes | None, list[str]] = {}
    for some in world.there(world.address.topic).values():
        for one in some:
            theirs.setdefault(one.key(), []).append(said(one)["message_id"])
    assert theirs == {f"u{number}".encode(): [f"{number}-{index}" for index in range(50)] for number in range(8)}


def test_a_child_after_a_fork_appends_through_its_own_producer_and_both_end(world, kafka_url):
    done = subprocess.run(
        [sys.executable, "-c", FORKS, kafka_url], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split() == ["parent-1", "child-1", "child-2", "parent-2"]
    (some,) = [some for some in world.there(world.address.topic).values() if some]
    assert [said(one)["message_id"] for one in some] == ["parent-1", "child-1", "child-2", "parent-2"]


def test_every_receipt_of_a_killed_process_is_in_the_topic(world, kafka_url):
    child = subprocess.Popen([sys.executable, "-c", CHILD, kafka_url], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert child.stdout
    printed = [child.stdout.readline().strip() for _ in range(300)]
    child.send_signal(signal.SIGKILL)
    printed += [line.strip() for line in child.stdout if line.endswith("\n")]
    child.wait()
    child.stdout.close()
    there = [said(one)["message_id"] for some in world.there(world.address.topic).values() for one in some]
    assert set(printed) <= set(there)
    assert len(there) == len(set(there)), "an idempotent producer writes once what it sends"


def test_what_is_more_than_may_wait_goes_out_bit_by_bit(world, kafka_url):
    options = {"queue.buffering.max.messages": "10"}
    door = Door(Client(parsed(kafka_url), KafkaSettings(options=options)), 10.0)
    assert len(door.append([of(f"m{number}") for number in range(500)])) == 500
    door.close()
    (some,) = [some for some in world.there(world.address.topic).values() if some]
    assert [said(one)["message_id"] for one in some] == [f"m{number}" for number in range(500)]


def test_without_topics_it_says_who_makes_them(kafka_url):
    door = Door(Client(parsed(kafka_url), KafkaSettings()), 2.0)
    with pytest.raises((JournalUnsafe, JournalUnavailable), match=r"translator journal init|_MSG_TIMED_OUT"):
        door.append([of("m1")])
    door.close()


@pytest.fixture
def three(kafka3):
    """The three brokers, an address there whose topics have three copies, of which two must be in sync."""
    url = kafka3.url(f"door-{random.randrange(10**9)}")
    client = Client(parsed(url), KafkaSettings(3, 3, 2))
    Topics(client, 7).make()
    yield kafka3, url, client
    kafka3.heal()
    kafka3.drop(client.address.topic)


def test_nothing_is_receipted_while_too_few_brokers_are_in_sync_and_then_it_is_again(three):
    cluster, _, client = three
    door = Door(client, 4.0)
    door.append([of("before", f"u{number}") for number in range(9)])
    # the controllers want a majority too: so two of three stop
    for broker in (2, 3):
        cluster.kill(broker)
    began = time.monotonic()
    with pytest.raises(JournalUnavailable) as caught:
        door.append([of(f"during-{number}", f"u{number}") for number in range(9)])
    assert caught.value.reason == "connection"
    assert time.monotonic() - began < 4.0 + 2.0 + 2.0
    cluster.heal()

    def again():
        try:
            return door.append([of("after", f"u{number}") for number in range(9)])
        except JournalUnavailable:
            return None

    assert [one.message_id for one in until(again, 60)] == ["after"] * 9
    door.close()
    found = read_all(client)
    assert found.count("before") == 9
    assert found.count("after") >= 9


def read_all(client):
    """The messageIds that are in the topic of calls."""
    reader = Reader(client)
    places = [(client.address.topic, number) for number in range(reader.partitions(client.address.topic))]
    return [said(one)["message_id"] for one in all_records(client, places)]


def test_a_receipt_is_of_what_two_brokers_have_so_one_that_is_lost_takes_nothing_along(three):
    cluster, _, client = three
    door, told = Door(client, 10.0), []
    stopped = threading.Event()

    def work(number):
        index = 0
        while not stopped.is_set():
            index += 1
            try:
                told.extend(door.append([of(f"{number}-{index}", f"u{number}-{index}")]))
            except JournalUnavailable:
                continue

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    until(lambda: len(told) > 200)
    cluster.kill(cluster.leader_of(client.address.topic, 0))
    at_kill = len(told)
    until(lambda: len(told) > at_kill + 200, 60)
    stopped.set()
    for thread in threads:
        thread.join()
    door.close()
    cluster.heal()
    found = read_all(client)
    assert {one.message_id for one in told} <= set(found)
    assert len(found) == len(set(found)), "sent again by the producer, it is written once"


def largest():
    """A call that is as large as any may be: its own text, what its batch says for all, names that fill it. It cannot be
    compressed."""
    segment, chance = Segment(), random.Random(1)

    def text(size):
        return "".join(chance.choices("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", k=size))

    user = text(segment.max_call_bytes - 200)
    sent = {"type": "track", "event": "e", "userId": user, "messageId": text(100)}
    whole = {**sent, "context": {"said": text(segment.max_batch_bytes)}}
    call = check(whole, Facts("webhook", NOW, "192.0.2.1"), segment, sent)
    assert len(call.text) > segment.max_batch_bytes + segment.max_call_bytes - 200
    return call


def test_the_largest_call_passes_to_every_topic_that_it_may_come_to(world):
    call = largest()
    world.append(call)
    found = world.calls()[call.message_id]
    assert (found.text, found.subject) == (call.text, call.subject)
    partition = int(found.id.partition("-")[0])
    address = world.address
    key, text, headers = record_of(Letter(found, "x", "\U0001f600" * 20_000, 3, NOW), NOW)
    with world.transaction() as producer:
        producer.produce(
            address.parked("d1"), found.text, found.subject.encode(), partition, headers=parked_headers(found, NOW)
        )
        producer.produce(address.dead("d1"), text, key, partition, headers=headers)
    (parked,) = world.there(address.parked("d1"))[partition]
    assert leased_of(parked).text == call.text
    (letter,) = world.letters().dead()
    assert (letter.body, letter.answer) == (call.text, "\U0001f600" * ANSWER_CHARACTERS)


def test_the_largest_refused_message_passes(world):
    most = Segment().max_batch_bytes
    body = random.Random(2).randbytes(most)
    world.append(refusals=[Refusal("ios", NOW, {"": ["is no JSON"]}, body)])
    (refused,) = world.there(world.address.refused)[0]
    assert refused.value() == body


def of_limits(call, batch, options=None, url="kafka://h/t"):
    return settings_from(
        {
            "journal": {"url": url, "kafka": {"options": options or {}}},
            "segment": {"max_call_bytes": call, "max_batch_bytes": batch},
        }
    )


def test_limits_beyond_what_a_record_may_be_are_refused_at_the_start(kafka_url):
    with pytest.raises(
        SettingsError, match=r'up to 3128576 bytes, and may have 2000000: set "message\.max\.bytes"'
    ) as it:
        of_limits(1_000_000, 997_504)
    assert "translator journal init" in str(it.value)
    assert of_limits(1_000_000, 997_504, url="sqlite:///x.db").segment.max_call_bytes == 1_000_000
    larger = {"message.max.bytes": "3128576"}
    assert of_limits(1_000_000, 997_504, larger).journal.kafka.record_bytes == 3_128_576
    world = World(kafka_url)
    topics = Topics(Client(parsed(kafka_url), KafkaSettings(3, 1, 1, larger)), 7)
    with pytest.raises(JournalUnsafe, match=r"max\.message\.bytes is 2097152 and must be 3225728"):
        topics.make()
    world.close()


def test_with_larger_limits_the_largest_pass_too(kafka_url):
    client = Client(parsed(kafka_url), KafkaSettings(3, 1, 1, {"message.max.bytes": "3128576"}))
    Topics(client, 7).make()
    door = Door(client, 10.0)
    text = random.Random(3).randbytes(3_100_000)
    door.append([Call("", "s", "m", "u", NOW, {}, text=text)], [Refusal("s", NOW, {}, text)])
    door.close()
    assert read_all(client) == ["m"]


def limit(world, topic, size):
    """As an operator might, afterwards."""
    entry = ConfigEntry("max.message.bytes", str(size), incremental_operation=AlterConfigOpType.SET)
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
    admin = world.client.admin()
    for done in admin.incremental_alter_configs([resource]).values():
        done.result(10)


def test_what_a_broker_refuses_as_too_large_says_what_to_change_and_the_next_is_taken(world):
    world.append(of("m1"))
    limit(world, world.address.topic, 2000)
    large = of("large")
    large.body["x"] = random.Random(4).randbytes(4000).hex()

    def refused():
        try:
            world.append(large)
        except JournalUnavailable as error:
            return error
        return None

    error = until(refused)
    assert error.reason == "io"
    assert "MSG_SIZE_TOO_LARGE" in str(error)
    assert "max.message.bytes" in str(error)
    assert "message.max.bytes in journal.kafka.options" in str(error)
    world.append(of("m2"))
    assert {"m1", "m2"} <= set(kept(world))


def test_what_the_client_refuses_as_too_large_says_the_same_and_the_next_is_taken(world):
    with pytest.raises(JournalUnavailable, match=r"MSG_SIZE_TOO_LARGE.*journal\.kafka\.options") as caught:
        world.door.append([Call("", "s", "large", "u", NOW, {}, text=bytes(2_000_001))])
    assert caught.value.reason == "io"
    world.append(of("m2"))
    assert kept(world) == ["m2"]


def test_a_clock_that_is_far_ahead_is_named(world):
    now = int(time.time() * 1000)
    world.append(of("m1", at=now + 30 * 60_000))
    with pytest.raises(JournalUnavailable, match="this machine's clock is ahead of the brokers'") as caught:
        world.append(of("m2", at=now + 2 * 3600_000))
    assert caught.value.reason == "io"
    world.append(of("m3", at=now))
    assert sorted(world.calls()) == ["m1", "m3"]


def test_a_door_that_was_closed_opens_again(world):
    world.append(of("m1"))
    world.door.close()
    assert [one.name for one in threading.enumerate() if one.name == "journal-door"] == []
    world.append(of("m2"))
    assert kept(world) == ["m1", "m2"]


class Ill:
    """A producer that sends nothing any more, and says so to whoever asks it."""

    def produce(self, *_, **more):
        raise KafkaException(KafkaError(KafkaError._FATAL))

    def poll(self, seconds):
        time.sleep(0.01)

    def purge(self):
        pass

    def flush(self, seconds):
        pass


class Well(Ill):
    def produce(self, *_, on_delivery, **more):
        on_delivery(None, None)


def test_a_producer_that_sends_nothing_any_more_is_replaced(monkeypatch):
    client = Client(parsed("kafka://127.0.0.1:1/calls"), KafkaSettings())
    producers = [Ill(), Well()]
    monkeypatch.setattr(client, "producer", lambda **_: producers.pop(0))
    door = Door(client, 1.0)
    with pytest.raises(JournalUnavailable):
        door.append([of("m1")])
    assert [one.status for one in door.append([of("m1")])] == ["accepted"]
    door.close()
    assert producers == []

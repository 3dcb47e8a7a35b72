"""Topics of a real broker with what delivery would write there, for tests: by the pure parts, without a KafkaJournal."""

import json
from contextlib import contextmanager

from confluent_kafka import Message

from tests.journal.kafka.records import NOW
from translator.journal.kafka.address import parsed
from translator.journal.kafka.appending import Door
from translator.journal.kafka.board import Board
from translator.journal.kafka.client import Client
from translator.journal.kafka.lettering import record_of
from translator.journal.kafka.letters import Letters
from translator.journal.kafka.picking import Picking
from translator.journal.kafka.reading import Reader
from translator.journal.kafka.records import leased_of
from translator.journal.kafka.redriven import Redriven
from translator.journal.kafka.settled import Letter
from translator.journal.kafka.state import encoded
from translator.journal.kafka.subjects import Subjects
from translator.journal.kafka.topic import KafkaLog
from translator.journal.kafka.topics import Topics
from translator.parcels import Call
from translator.settings.values import KafkaSettings


def of(name, subject="u1", at=NOW, source="webhook", **more):
    """A call as the door takes it."""
    body = {"type": "track", "event": "e", "userId": subject, "messageId": name}
    return Call("", source, name, subject, at, body, "192.0.2.1", **more)


def all_records(client, places):
    """All records that these partitions have."""
    return Picking(client).between({place: (0, end) for place, end in Reader(client).settled_ends(places).items()})


class World:
    """A journal's topics, with two destinations."""

    def __init__(self, url, partitions=3):
        self.address = parsed(url)
        self.client = Client(self.address, KafkaSettings(partitions, 1, 1))
        self.known = {"amplitude": "d1", "test": "d2"}
        self.partitions = partitions
        Topics(self.client, 7).make(self.known.values())
        self.door = Door(self.client, 10.0)
        self.reader = Reader(self.client)
        self.made = []

    def redriven(self):
        log = KafkaLog({"bootstrap.servers": self.address.servers, "log_level": 0}, self.address.letters)
        self.made.append(log)
        return Redriven(Board(log))

    def subjects(self, now=lambda: NOW):
        """The boards, as another process has them."""
        servers = {"bootstrap.servers": self.address.servers, "log_level": 0}
        subjects = Subjects(lambda name: KafkaLog(servers, getattr(self.address, name)), now)
        self.made.append(subjects)
        return subjects

    def letters(self, keep_refused=10_000):
        """As another process has them."""
        letters = Letters(self.client, lambda: self.known, self.redriven(), keep_refused)
        self.made.append(letters)
        return letters

    def append(self, *calls, refusals=()):
        self.door.append(calls, refusals)

    def there(self, topic):
        """All records of a topic, by partition."""
        places = [(topic, number) for number in range(self.reader.partitions(topic))]
        found: dict[int, list[Message]] = {number: [] for _, number in places}
        for message in all_records(self.client, places):
            found[int(message.partition() or 0)].append(message)
        return found

    def calls(self):
        """The calls as they are leased, by messageId."""
        found = self.there(self.address.topic)
        return {one.message_id: one for some in found.values() for one in map(leased_of, some)}

    def park(self, *calls, number="d1"):
        """Set calls aside, as delivery does."""
        with self.transaction() as producer:
            for call in calls:
                headers = [("source", b"webhook"), ("message_id", call.message_id.encode()), ("call", call.id.encode()),
                           ("received_at", str(call.received_at).encode())]  # fmt: skip
                partition = int(call.id.partition("-")[0])
                producer.produce(
                    self.address.parked(number), call.text, call.subject.encode(), partition, headers=headers
                )

    @contextmanager
    def transaction(self, name="delivery"):
        producer = self.client.producer(transactional_id=f"{self.address.topic}.{name}")
        producer.init_transactions(15)
        producer.begin_transaction()
        yield producer
        producer.commit_transaction(15)

    def bury(self, *deaths, number="d1"):
        """Write letters: of a call, why, and when it died."""
        with self.transaction() as producer:
            for call, why, at in deaths:
                key, value, headers = record_of(Letter(call, why, "no", 3, NOW - 5), at)
                partition = int(call.id.partition("-")[0])
                producer.produce(self.address.dead(number), value, key, partition, headers=headers)

    def progress(self, states, number="d1"):
        """Write states, by partition."""
        with self.transaction() as producer:
            for partition, state in states.items():
                producer.produce(self.address.progress(number), encoded(state), b"state", partition)

    def request(self, partition, number="d1", **row):
        """Write a posting or an answer; its offset."""
        producer = self.client.producer()
        offsets = []
        producer.produce(
            self.address.requests(number), json.dumps(row).encode(), None, partition,
            on_delivery=lambda error, message: offsets.append(message.offset()),
        )  # fmt: skip
        producer.flush(10)
        return offsets[0]

    def close(self):
        self.door.close()
        for one in self.made:
            one.close()

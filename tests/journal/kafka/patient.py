"""A journal in Kafka as the contract's suite asks it: of one partition, so that all calls are in one order, and with claims that
wait until what was appended has been fetched. A lease belongs to the process that has the partition, so the journals of a test
claim through one of them."""

import time

from translator.journal.kafka import KafkaJournal
from translator.journal.kafka.address import parsed
from translator.journal.kafka.client import Client
from translator.journal.kafka.reading import Reader
from translator.journal.kafka.topics import Topics
from translator.settings.values import KafkaSettings

SECONDS = 30.0
ALONE = KafkaSettings(partitions=1, replication=1, min_insync=1)


def make_topics(url: str, settings: KafkaSettings = ALONE) -> None:
    Topics(Client(parsed(url), settings), 7).make()


class Patient(KafkaJournal):
    """``first``: the one that claims for this one too."""

    def __init__(self, url, settings, now, first=None):
        super().__init__(url, settings, now)
        self.first = first
        self.reader = Reader(self._client)

    def claim(self, destination, limit, seconds):
        if self.first:
            return self.first.claim(destination, limit, seconds)
        self.await_all(destination)
        return super().claim(destination, limit, seconds)

    def await_all(self, destination):
        """Until everything is fetched."""
        follower = self._delivery(destination).follower
        number = self._subjects.destinations.id_of(destination)
        topics = (self._client.address.topic, self._client.address.parked(number))
        places = [(topic, part) for topic in topics for part in range(self._calls.partitions())]
        ends = self.reader.written_ends(places)
        deadline = time.monotonic() + SECONDS
        while True:
            there = follower.frontiers()
            if all(there.get(place, -1) >= end for place, end in ends.items()):
                return
            assert time.monotonic() < deadline, (ends, there)
            time.sleep(0.01)

    def renew(self, lease, seconds):
        return self.first.renew(lease, seconds) if self.first else super().renew(lease, seconds)

    def posting(self, *given):
        return self.first.posting(*given) if self.first else super().posting(*given)

    def settle(self, *given, **more):
        return self.first.settle(*given, **more) if self.first else super().settle(*given, **more)

    def purge(self, subject, keep=""):
        """And who delivers gives up what they have."""
        found = super().purge(subject, keep)
        for name in self._subjects.destinations.known():
            self.await_all(name)
            self._delivery(name).tidy()
        return found

    def fade(self, before, limit=1000):
        return self.first.fade(before, limit) if self.first else super().fade(before, limit)

"""Records of the partitions that this process has, as they come: for one thread."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from confluent_kafka import KafkaError, Message, TopicPartition

from translator.journal.kafka.client import Client, taken, unavailable
from translator.journal.kafka.reading import Place, place_in

AT_ONCE = 1000


class Fetcher:
    """Reads what is committed. A place that is not there yet, or was read to its end, is waited on."""

    def __init__(self, client: Client) -> None:
        # a place before the first record that is kept has nothing: what is kept was never finished
        more = {"enable.partition.eof": "true", "auto.offset.reset": "earliest"}
        self._consumer = client.consumer("-", **more)
        self._places: dict[Place, bool] = {}
        """Those that are fetched, and whether they are paused."""

    def begin(self, begins: Mapping[Place, int]) -> None:
        """Fetch these too, from these offsets on."""
        self.end(begins.keys())
        if begins:
            self._consumer.incremental_assign([TopicPartition(*place, offset) for place, offset in begins.items()])
        self._places |= dict.fromkeys(begins, False)

    def end(self, places: Collection[Place]) -> None:
        """Fetch these no more, where they were fetched."""
        known = [place for place in places if place in self._places]
        if known:
            self._consumer.incremental_unassign([TopicPartition(*place) for place in known])
        for place in known:
            del self._places[place]

    def pause(self, places: Collection[Place]) -> None:
        """Fetch nothing of these for now, and of the others again."""
        full = set(places)
        for is_full, change in ((True, self._consumer.pause), (False, self._consumer.resume)):
            changed = [one for one, is_paused in self._places.items() if is_paused != is_full == (one in full)]
            if changed:
                change([TopicPartition(*one) for one in changed])
                self._places |= dict.fromkeys(changed, is_full)

    def fetch(self, seconds: float) -> tuple[dict[Place, list[Message]], dict[Place, int]]:
        """What has come, of each place in order, and where a place was read to its end: the next offset there. Waits up
        to ``seconds`` for something. Raises JournalUnavailable, JournalUnsafe."""
        found: dict[Place, list[Message]] = {}
        ends: dict[Place, int] = {}
        for message in taken(self._consumer, AT_ONCE, seconds):
            place, error = place_in(message), message.error()
            if error is None:
                found.setdefault(place, []).append(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                ends[place] = int(message.offset() or 0)
            elif not error.retriable() and error.code() not in PASSING:
                raise unavailable(error)
        return found, ends

    def close(self) -> None:
        """Let go of everything."""
        self._consumer.close()


PASSING = {KafkaError._TRANSPORT, KafkaError._ALL_BROKERS_DOWN, KafkaError._TIMED_OUT}
"""What goes by itself: the consumer goes on asking."""

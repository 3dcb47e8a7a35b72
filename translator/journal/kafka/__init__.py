"""The journal in Apache Kafka: as many web and delivery processes as partitions, on as many machines as brokers.

Comes in: an address. Goes out: a Journal. Never here: a promise that an index keeps, a process that answers before all
replicas that are in sync have what it took.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from importlib.metadata import version

import confluent_kafka

from translator.errors import JournalUnavailable, LeaseLost
from translator.journal.contract import NOTHING
from translator.journal.kafka.address import parsed
from translator.journal.kafka.apart import apart
from translator.journal.kafka.appending import Door
from translator.journal.kafka.arriving import Arrivals
from translator.journal.kafka.boards import Boards
from translator.journal.kafka.books import REFUSED_ANSWERED, REFUSED_KEPT, Books
from translator.journal.kafka.client import Client
from translator.journal.kafka.delivery import Delivery
from translator.journal.kafka.destinations import Known
from translator.journal.kafka.fates import Fates
from translator.journal.kafka.keeping import Keeping
from translator.journal.kafka.letters import Letters
from translator.journal.kafka.looking import Calls
from translator.journal.kafka.looks import Looks
from translator.journal.kafka.purging import Purging
from translator.journal.kafka.remembering import Remembering
from translator.journal.kafka.subjects import Subjects
from translator.journal.kafka.topic import KafkaLog
from translator.journal.kafka.topics import Topics
from translator.journal.rows import now_ms
from translator.parcels import Answered, Archived, Call, Counts, Json, Lease, Receipt, Refusal, Verdict
from translator.settings.values import JournalSettings
from translator.sights import Kept

CHECKED_SECONDS = 1.0
"""For so long a good answer holds."""

LOOK_SECONDS = 3.0
PLAIN = "plaintext"


class KafkaJournal(Boards, Looks):
    """See translator.journal.contract.Journal. ``now``: a clock, for tests (ms since the epoch). ``forks``: this
    process will fork: nothing here has a thread then."""

    dedupes = False

    def __init__(
        self, url: str, settings: JournalSettings, now: Callable[[], int] | None = None, *, forks: bool = False
    ) -> None:
        self._client = client = Client(parsed(url), settings.kafka)
        self._now = now or now_ms
        self._wait = settings.wait_seconds
        self._forks = forks
        self._topics = Topics(client, settings.keep_days)
        subjects = Subjects(self._log, self._now, settings.wait_seconds)
        letters = Letters(client, self._ids, subjects.redriven, settings.keep_refused)
        Boards.__init__(self, subjects)
        calls = Calls(client, subjects.gone.hides)
        fates = Fates(client, subjects.destinations.known, letters.index, subjects.gone.hides)
        Looks.__init__(self, calls, fates, letters)
        self._books = Books(client, subjects)
        self._arrivals = Arrivals(client, subjects.paths, subjects.archives, subjects.gone.hides)
        self._keeping = Keeping(client, subjects, self._topics, self._books, self._arrivals)
        self._remembering = Remembering(client, subjects)
        self._purging = Purging(client, subjects, letters, self._arrivals, self._remembering)
        self._door = Door(client, settings.wait_seconds)
        self._guard = threading.Lock()
        self._pid = os.getpid()
        self._deliveries: dict[str, Delivery] = {}
        self._numbers: dict[str, str] = {}
        self._checked_at = -CHECKED_SECONDS
        self._needed = 0

    def attach(self, destinations: Mapping[str, str], *, only_add: bool = False) -> tuple[str, ...]:
        """See Journal. Makes the topics of those that are new."""
        if self._forks:
            return apart(lambda: self._attach(destinations, only_add=only_add))
        return self._attach(destinations, only_add=only_add)

    def append(self, calls: Sequence[Call], refusals: Sequence[Refusal] = (), answered: int = 0) -> list[Receipt]:
        """See Journal; but where it raises JournalUnavailable, some of the calls may be there."""
        receipts = self._door.append(calls, refusals)
        if refusals or answered:
            self._subjects.counters.note({REFUSED_KEPT: len(refusals), REFUSED_ANSWERED: answered})
        return receipts

    def claim(self, destination: str, limit: int, seconds: float) -> Lease | None:
        """See Journal; of the partitions that this process has. It joins the destination's group at the first one."""
        return self._delivery(destination).claim(destination, limit, seconds)

    def renew(self, lease: Lease, seconds: float) -> Lease:
        """See Journal."""
        return self._holder(lease).renew(lease, seconds)

    def posting(self, lease: Lease, api: str, calls: Collection[str], configuration: str) -> int:
        """See Journal."""
        return self._holder(lease).posting(lease, api, calls, configuration)

    def settle(
        self,
        lease: Lease,
        verdicts: Mapping[str, Verdict],
        remember: Mapping[str, Json | None],
        share: Mapping[str, Json] = NOTHING,
        answers: Collection[Answered] = (),
    ) -> None:
        """See Journal."""
        self._holder(lease).settle(lease, verdicts, remember, share, answers)

    def counts(self) -> Counts:
        """See Journal."""
        self._subjects.counters.add({})
        return self._books.counts()

    def prune(self, before: int, limit: int = 1000) -> int:
        """See Journal. All of it at once: ``limit`` is not needed."""
        return self._keeping.prune(before)

    def forget(self, destination: str) -> int:
        """See Journal."""
        return self._keeping.forget(destination)

    def purge(self, subject: str, keep: str = "") -> int:
        """See Journal; records of calls are hidden, until they are pruned."""
        return self._purging.purge(subject, keep)

    def remembered(self, destination: str, subjects: Collection[str]) -> dict[str, Json]:
        """See Journal."""
        return self._remembering.remembered(destination, subjects)

    def remember(self, destination: str, states: Mapping[str, Json]) -> None:
        """See Journal."""
        self._remembering.remember(destination, states)

    def horizon(self) -> int:
        """See Archiving."""
        return self._arrivals.horizon()

    def beyond(self, position: int, horizon: int, limit: int) -> list[Kept]:
        """See Archiving."""
        return self._arrivals.beyond(position, horizon, limit)

    def unarchived(self, since: int) -> Iterator[Call]:
        """See Archiving: those alone, since nobody knows the numbers of the others any more."""
        return self._calls.read(since, begin=self._arrivals.point())

    def archived(self) -> Archived | None:
        """See Archiving."""
        return self._arrivals.archived()

    def check(self) -> None:
        """See Journal: every partition has a leader, and as many replicas in sync as a write asks for. A good answer
        holds for a second."""
        if time.monotonic() - self._checked_at < CHECKED_SECONDS:
            return
        topic = self._client.address.topic
        found = self._client.metadata(topic, LOOK_SECONDS).topics.get(topic)
        if found is None or found.error is not None or not found.partitions:
            self._topics.check()
            raise JournalUnavailable(f"Kafka: {topic} cannot be seen now", "connection")
        needed = self._min_insync()
        away = sorted(number for number, one in found.partitions.items() if one.leader < 0 or len(one.isrs) < needed)
        if away:
            raise JournalUnavailable(
                f"Kafka: {topic} has too few brokers in sync (min.insync.replicas is {needed}) for partitions "
                f"{', '.join(map(str, away))}",
                "connection",
            )
        self._checked_at = time.monotonic()

    def free_bytes(self) -> None:
        """Nobody but the brokers' own tools can tell."""
        return

    def fade(self, before: int, limit: int = 1000) -> int:
        """See Journal; of subjects whose partitions this process has."""
        with self._guard:
            mine = list(self._deliveries.values())
        faded = sum(one.fade(before, limit) for one in mine)
        self._subjects.sweep()
        return faded + self._subjects.shares.fade(before, limit)

    def versions(self) -> dict[str, str]:
        """See Journal."""
        found = self._client.metadata()
        address, topics = self._client.address, found.topics
        partitions = len(topics[address.topic].partitions) if address.topic in topics else 0
        protocol = self._client.settings.options.get("security.protocol", PLAIN).lower()
        return {
            "engine": "kafka",
            "brokers": str(len(found.brokers)),
            "partitions": str(partitions),
            "confluent-kafka": version("confluent-kafka"),
            "librdkafka": confluent_kafka.libversion()[0],
            "encrypted": "yes" if protocol.endswith("ssl") else "no",
            "place": f"{address.servers}/{address.topic}",
        }

    def close(self) -> None:
        """See Journal."""
        self._door.close()
        with self._guard:
            mine = self._deliveries if self._pid == os.getpid() else {}
            self._deliveries = {}
        for one in mine.values():
            one.close()
        self._letters.close()
        self._arrivals.close()
        self._remembering.close()
        self._subjects.close()

    def _min_insync(self) -> int:
        """As the topic of calls has it; asked once."""
        self._needed = self._needed or self._topics.shape(self._topics.seen()).min_insync
        return self._needed

    def _attach(self, destinations: Mapping[str, str], *, only_add: bool) -> tuple[str, ...]:
        self._topics.check()
        staying = self._subjects.destinations.attach(destinations, only_add, self._books.waiting, self._books.ends)
        known = self._subjects.destinations.known()
        self._topics.make([known[name].id for name in destinations if name in known])
        return staying

    def _delivery(self, destination: str) -> Delivery:
        over = self._given_up(destination)
        if over is not None:
            over.close()
        with self._guard:
            if self._pid != os.getpid():
                self._pid, self._deliveries, self._numbers = os.getpid(), {}, {}
            number = self._numbers.get(destination)
            if number is None or number not in self._deliveries:
                number = self._numbers[destination] = self._subjects.destinations.id_of(destination)
            if number not in self._deliveries:
                self._deliveries[number] = Delivery(
                    self._client, number, lambda: self._known(number), self._subjects, self._now, self._wait
                )
            return self._deliveries[number]

    def _given_up(self, destination: str) -> Delivery | None:
        """What this process had of a destination that was given up since, or has another name."""
        with self._guard:
            # only now: another thread may have heard more, and joined
            known = self._subjects.destinations.known_before()
            number = self._numbers.get(destination)
            if self._pid != os.getpid() or number is None or known is None:
                return None
            now = known.get(destination)
            return None if now is not None and now.id == number else self._deliveries.pop(number, None)

    def _holder(self, lease: Lease) -> Delivery:
        number = self._numbers.get(lease.destination)
        found = self._deliveries.get(number or "") if self._pid == os.getpid() else None
        if found is None:
            raise LeaseLost("the lease on calls is another process's")
        return found

    def _known(self, number: str) -> Known | None:
        return next((one for one in self._subjects.destinations.known().values() if one.id == number), None)

    def _ids(self) -> dict[str, str]:
        return {name: one.id for name, one in self._subjects.destinations.known().items()}

    def _log(self, name: str) -> KafkaLog:
        return KafkaLog(self._client.options(), getattr(self._client.address, name), self._wait)

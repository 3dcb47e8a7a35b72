"""What a delivery process does with its partitions of a destination: claim, post, settle. See
translator.journal.contract.

A lease is this process's alone, as its partitions are: no other process can settle it, and it ends with the process.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress

import msgspec
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from translator.errors import JournalError, JournalUnavailable
from translator.journal.kafka.appending import FULL, SLACK_SECONDS, Sending
from translator.journal.kafka.client import Client, is_fatal, unavailable
from translator.journal.kafka.destinations import Known
from translator.journal.kafka.following import Follower
from translator.journal.kafka.forgetting import Forgetting
from translator.journal.kafka.lines import Item
from translator.journal.kafka.memory import records_of
from translator.journal.kafka.partitioner import partition_of
from translator.journal.kafka.postings import answer_record, posting_record
from translator.journal.kafka.progress import Progress
from translator.journal.kafka.reading import Reader
from translator.journal.kafka.records import key_of, place_of
from translator.journal.kafka.settled import Settled
from translator.journal.kafka.subjects import Subjects
from translator.journal.kafka.writing import Writer
from translator.parcels import Answered, Dead, Done, Json, Lease, Verdict

_log = logging.getLogger("translator.journal")

SET_ASIDE_MS = 5 * 60_000
"""A subject whose first call has had to wait for so long is set aside, with all that comes behind it."""

SET_ASIDE_AT_ONCE = 500
FORGOTTEN = "forgotten"
TIDY_SECONDS = 1.0
POLL_SECONDS = 0.01


class Delivery:
    """One destination (its id) in this process. ``known``: what the board says of it. ``now``: ms since the epoch.
    ``wait_seconds``: how long brokers may take."""

    def __init__(
        self,
        client: Client,
        number: str,
        known: Callable[[], Known | None],
        subjects: Subjects,
        now: Callable[[], int],
        wait_seconds: float,
    ) -> None:
        self._client = client
        self._requests = client.address.requests(number)
        self._now = now
        self._wait = wait_seconds
        self.follower = Follower(client, number, known, now)
        self._writer = Writer(client, number, self.follower, subjects.shares, now, wait_seconds)
        self._gone = subjects.gone
        self._forgetting = Forgetting(self.follower, self._writer, subjects.gone, now)
        self._producer = self._producing()
        self._guard = threading.Lock()
        self._last_number = 0
        self._ending = threading.Event()
        self._tidier = threading.Thread(target=self._tidy, name=f"journal-tidy-{number}", daemon=True)
        self.follower.start()
        self._tidier.start()

    def claim(self, destination: str, limit: int, seconds: float) -> Lease | None:
        """See Journal.claim; of this process's partitions. None too while these are being read."""
        self._forgetting.give_up()
        # before a call of somebody who is back tells what is to stay
        self._forgetting.forget()
        token, until = str(uuid.uuid4()), self._now() + int(seconds * 1000)
        items, subjects = self.follower.claim(limit, token, until)
        if not items:
            return None
        try:
            memory = None if self._forgetting.is_before(items) else self._remembered(subjects)
        except JournalError:
            self.follower.give_back(token)
            raise
        if memory is None:
            # heard, fetched, or taken back, since it was looked through: the next one does what is due
            self.follower.give_back(token)
            return None
        return Lease(token, destination, until, tuple(items), memory)

    def renew(self, lease: Lease, seconds: float) -> Lease:
        """See Journal.renew."""
        now = self._now()
        until = now + int(seconds * 1000)
        with self.follower.held(lease.token) as parts:
            for part in parts.values():
                part.renew(lease.token, until, now)
        return msgspec.structs.replace(lease, until=until)

    def posting(self, lease: Lease, api: str, calls: Collection[str], configuration: str) -> int:
        """See Journal.posting. Durable when it returns. Raises JournalUnavailable too."""
        number, now = self._number(), self._now()
        with self.follower.held(lease.token) as parts:
            told = {one: part.posting(lease.token, calls, now) for one, part in parts.items()}
        postings = {one: posting for one, posting in told.items() if posting.calls or posting.parked}
        records = {
            one: posting_record(number, some, _offsets_of(one, calls) - {*some.calls}, api, configuration)
            for one, some in postings.items()
        }
        offsets = self._written(records)
        with self.follower.held(lease.token) as parts:
            for one, posting in postings.items():
                parts[one].posted(lease.token, posting, offsets[one])
        return number

    def settle(
        self,
        lease: Lease,
        verdicts: Mapping[str, Verdict],
        remember: Mapping[str, Json | None],
        share: Mapping[str, Json],
        answers: Collection[Answered],
    ) -> None:
        """See Journal.settle. Raises JournalUnavailable too, and then nobody knows whether it was written: what was not
        is delivered again."""
        by_part: defaultdict[int, dict[str, Verdict]] = defaultdict(dict)
        for name, verdict in self._without_letters_of_gone(lease, verdicts).items():
            by_part[_partition_of(name)][name] = verdict
        homes = {item.subject: _partition_of(item.id) for item in lease.items}
        memory: defaultdict[int, dict[str, Json | None]] = defaultdict(dict)
        for subject, state in remember.items():
            memory[self._home(subject) if subject not in homes else homes[subject]][subject] = state

        def begin(number: int, part: Progress) -> Settled:
            return part.settle(lease.token, by_part[number], self._now())

        records = {one: records_of(states) for one, states in memory.items()}
        self._writer.write(lambda: self.follower.held(lease.token), begin, records, share)
        self.follower.over(lease.token)
        self._answer(answers)

    def fade(self, before: int, limit: int) -> int:
        """See Journal.fade: of this process's subjects."""
        return self._forgetting.fade(before, limit)

    def close(self) -> None:
        """Leave the group: what is leased ends here."""
        self._ending.set()
        self._tidier.join()
        self.follower.close()
        self._writer.close()
        self._producer.flush(self._wait)

    def tidy(self) -> None:
        """Set aside what has waited for too long, and give up what is of people who were forgotten. Raises
        JournalUnavailable, LeaseLost."""
        self._writer.resolve()
        self._forgetting.give_up()
        self._forgetting.forget()
        now = self._now()
        with self.follower.all() as parts:
            found = {one: part.moving(now, SET_ASIDE_MS, SET_ASIDE_AT_ONCE) for one, part in parts.items()}
        late: dict[int, list[Item]] = {one: items for one, items in found.items() if items}

        def begin(number: int, part: Progress) -> Settled | None:
            return part.settle_all([], self._now(), moved=late[number]) if number in late else None

        if late:
            self._writer.write(self.follower.all, begin)

    def _remembered(self, subjects: Mapping[int, Collection[str]]) -> dict[str, Json]:
        """The states of subjects, which are said by partition. Raises JournalUnavailable."""
        found: dict[str, Json] = {}
        for number, some in subjects.items():
            found |= self.follower.memory.get(number, some)
        return found

    def _without_letters_of_gone(self, lease: Lease, verdicts: Mapping[str, Verdict]) -> Mapping[str, Verdict]:
        """No letter is left of people who were forgotten while their calls were out: those count as ignored."""
        dead = [one for one in lease.items if isinstance(verdicts.get(one.id), Dead)]
        return {**verdicts, **{one.id: Done(FORGOTTEN) for one in dead if self._gone.hides(one)}}

    def _tidy(self) -> None:
        while not self._ending.wait(TIDY_SECONDS):
            try:
                self.tidy()
            except JournalError as error:
                _log.warning("what waits long is not set aside yet: %s", error)
            except Exception:  # delivery goes on without it
                _log.exception("setting aside: unexpected")

    def _home(self, subject: str) -> int:
        return partition_of(key_of(subject), Reader(self._client).count())

    def _producing(self) -> Producer:
        return self._client.producer(linger_ms="0", delivery_timeout_ms=str(int(self._wait * 1000)))

    def _number(self) -> int:
        """Of a request: larger than all before it in these partitions, since clocks go on."""
        with self._guard:
            self._last_number = max(self._last_number + 1, self._now())
            return self._last_number

    def _answer(self, answers: Collection[Answered]) -> None:
        """Write how requests ended, for people; once the settle is there nothing depends on it."""
        now = self._now()
        with suppress(KafkaException, BufferError):
            for one in answers:
                for partition in sorted({_partition_of(call) for call in one.calls}):
                    record = answer_record(one.request, now, one.answer)
                    self._producer.produce(self._requests, record, None, partition)
            self._producer.poll(0)

    def _written(self, records: Mapping[int, bytes]) -> dict[int, int]:
        """The offset of each record, by its partition, once all replicas have it. Raises JournalUnavailable."""
        sending = Sending(len(records))
        offsets: dict[int, int] = {}

        def told(error: KafkaError | None, message: Message) -> None:
            offsets[int(message.partition() or 0)] = int(message.offset() or 0)
            sending.told(error, message)

        producer = self._producer
        try:
            for partition, record in records.items():
                producer.produce(self._requests, record, None, partition, told)
        except KafkaException as error:
            if is_fatal(error.args[0]) and self._producer is producer:
                self._producer = self._producing()
            raise unavailable(error.args[0]) from None
        except BufferError:
            raise JournalUnavailable(FULL, "locked") from None
        sending.wait(self._wait + SLACK_SECONDS, lambda: producer.poll(POLL_SECONDS))
        return offsets


def _offsets_of(partition: int, calls: Iterable[str]) -> set[int]:
    places = [place for one in calls if (place := place_of(one)) is not None]
    return {offset for number, offset in places if number == partition}


def _partition_of(call: str) -> int:
    return int(call.partition("-")[0])

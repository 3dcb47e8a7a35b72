"""Dead letters, and refused messages beside them: what there is, and what people do with them. See
translator.journal.contract.

Whoever redrives, drops or purges letters does so in transactions of one name, ``T.letters``, and looks at what there is
only once it has that name for itself. Kafka gives a name to who asked last, and ends or gives up the transactions of
those before (KIP-98, "fencing"), so two never change the same letter: the earlier comes to nothing, and looks anew.
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TypeVar

from confluent_kafka import KafkaError, KafkaException, Message, Producer

from translator.errors import JournalUnavailable
from translator.journal.kafka import index
from translator.journal.kafka.client import Client, unavailable
from translator.journal.kafka.index import Found, Index
from translator.journal.kafka.lettering import Name, letter_of, name_of, redriven_record, refused_of, refused_place
from translator.journal.kafka.log import Record
from translator.journal.kafka.picking import Picking
from translator.journal.kafka.reading import SILENT_SECONDS
from translator.journal.kafka.redriven import Redriven
from translator.journal.rows import is_of
from translator.journal.rows import newest as newest_of
from translator.parcels import DeadLetter
from translator.sights import Reason

T = TypeVar("T")
AT_ONCE = 100
"""Letters whose bodies are held at a time, or that are changed in one transaction."""

TRANSACTION_MS = 15_000
"""A transaction of somebody who was killed holds up readers for so long, unless somebody else comes before."""

TRIES = 8
FENCED = {
    KafkaError._FENCED, KafkaError.INVALID_PRODUCER_EPOCH, KafkaError.PRODUCER_FENCED, KafkaError._FATAL,
    KafkaError.UNKNOWN,
}  # fmt: skip
"""Somebody else has the name now. What a producer is asked after it has been told of that is "fatal" only; and a commit
that meets another's beginning is answered "unknown server error" now and then (Kafka 4.3.1, seen 2026-11-29)."""


class Letters:
    """``known``: destinations, name to id, those that are away too. ``keep_refused``: how many refused messages of each
    source are shown. For any thread."""

    def __init__(
        self, client: Client, known: Callable[[], Mapping[str, str]], redriven: Redriven, keep_refused: int
    ) -> None:
        self._client = client
        self._known = known
        self._redriven = redriven
        self._picking = Picking(client)
        self.index = Index(client, known, keep_refused)

    def dead(
        self,
        destination: str | None = None,
        why: str | None = None,
        limit: int = 100,
        ids: Sequence[str] | None = None,
        below: str | None = None,
    ) -> list[DeadLetter]:
        """See Journal.dead. Letters are named ``d1:3-1021:1710090245678`` (see ``lettering``), refused messages r1, r2,
        …; ``below`` may be a letter that is there no more."""
        if ids is not None:
            return self._by_name(ids)
        letters: list[DeadLetter] = []
        if (number := self._number(destination)) is not None:
            last = index.LAST if below is None else name_of(below) or index.FIRST
            with self.index.read() as db:
                found = index.newest(db, number or None, why, limit, last)
            letters += self._letters(found)
        if destination in (None, "") and why in (None, "invalid"):
            place = 2**62 if below is None else refused_place(below) or 0
            with self.index.read() as db:
                places = index.refused(db, limit, place)
            letters += self._refused(places)
        return newest_of(letters, limit)

    def letters(self, destination: str | None = None, why: str | None = None) -> Iterator[DeadLetter]:
        """See Journal.letters."""
        with self.index.read() as db:
            last, last_refused = index.last_places(db), max(index.refused(db, 1), default=-1)
        if (number := self._number(destination)) is not None:
            after = index.FIRST
            while True:
                with self.index.read() as db:
                    found = index.oldest(db, number or None, why, AT_ONCE, after)
                yield from self._letters([one for one in found if one.place <= last.get(one.name[:2], -1)])
                if len(found) < AT_ONCE:
                    break
                after = found[-1].name
        if destination in (None, "") and why in (None, "invalid"):
            yield from self._all_refused(last_refused)

    def reasons(self) -> list[Reason]:
        """See Looking.reasons."""
        known = self._known()
        with self.index.read() as db:
            rows, (count, oldest, newest) = index.reasons(db), index.refused_in_all(db)
        found = [Reason(name, *row[1:]) for name, number in known.items() for row in rows if row[0] == number]
        return [*found, Reason("", "invalid", count, oldest, newest)] if count else found

    def redrive(self, ids: Sequence[str], *, afresh: bool = False) -> int:
        """See Journal.redrive. Up to AT_ONCE letters in one transaction: the record in T.parked.D, the letter's end in
        T.dead.D, and the count in the log of Redriven, so that the books add up at any crash.

        Raises JournalUnavailable, and then some may have been redriven: asked again, none of them is so twice.
        """
        count = self._change(ids, lambda producer, found: self._write_redriven(producer, found, afresh=afresh))
        with suppress(JournalUnavailable):
            # only now: before, it might have waited for the transaction of somebody who was killed
            self._redriven.tidy()
        return count

    def drop(self, ids: Sequence[str]) -> int:
        """See Journal.drop. Raises as ``redrive``."""
        dropped = self._drop_refused(ids)
        return dropped + self._change(ids, self._write_dropped)

    def purge(self, subject: str, keep: str = "") -> int:
        """Delete a person's dead letters, which stay counted, but for those of one call (``keep``, its id), and
        whatever they have among refused messages; how many refused messages that were. Reads all refused messages that
        are shown. Raises as ``redrive``."""
        with self.index.read() as db:
            names = [one.name for one in index.of_subject(db, subject)]
        letters = [str(one) for one in names if f"{one.partition}-{one.offset}" != keep]
        theirs = [one.id for one in self._all_refused() if is_of(one.body, subject)]
        self._change(letters, self._write_dropped)
        return self._drop_refused(theirs)

    def index_of(self, ids: Iterable[str]) -> list[Found]:
        """Those of these letters that there are."""
        with self.index.read() as db:
            return index.named(db, {name for one in ids if (name := name_of(one)) is not None})

    def close(self) -> None:
        """Let go of everything."""
        self.index.close()

    def _number(self, destination: str | None) -> str | None:
        """A destination's id; "" for all; None where no letters are asked for."""
        return "" if destination is None else self._known().get(destination)

    def _by_name(self, ids: Sequence[str]) -> list[DeadLetter]:
        names = [name for one in ids if (name := name_of(one)) is not None]
        places = [place for one in ids if (place := refused_place(one)) is not None]
        with self.index.read() as db:
            found = index.named(db, names)
            shown = [place for place, _ in index.refused_keys(db, places)]
        letters = {one.id: one for one in (*self._letters(found), *self._refused(shown))}
        return [letters[one] for one in ids if one in letters]

    def _letters(self, found: Sequence[Found]) -> list[DeadLetter]:
        """Whole letters, but for those that have gone meanwhile."""
        names = {number: name for name, number in self._known().items()}
        there = self._messages(found)
        return [
            letter_of(there[one.name], names[one.name.destination], one.name.destination)
            for one in found
            if one.name in there and one.name.destination in names
        ]

    def _messages(self, found: Iterable[Found]) -> dict[Name, Message]:
        wanted: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
        places = {}
        for name, offset in found:
            place = self._client.address.dead(name.destination), name.partition
            wanted[place].append(offset)
            places[place, offset] = name
        return {places[at]: message for at, message in self._picking.these(wanted).items()}

    def _refused(self, places: Sequence[int]) -> list[DeadLetter]:
        place = self._client.address.refused, 0
        there = self._picking.these({place: places})
        return [refused_of(there[place, offset]) for offset in places if (place, offset) in there]

    def _all_refused(self, end: int = 2**62) -> Iterator[DeadLetter]:
        """Those up to and with the place ``end``."""
        last = -1
        while True:
            with self.index.read() as db:
                places = index.refused_after(db, AT_ONCE, last)
            yield from self._refused([one for one in places if one <= end])
            if len(places) < AT_ONCE:
                return
            last = places[-1]

    def _drop_refused(self, ids: Iterable[str]) -> int:
        places = {place for one in ids if (place := refused_place(one)) is not None}
        if not places:
            return 0
        return self._alone(lambda producer: self._drop_refused_alone(producer, places))

    def _drop_refused_alone(self, producer: Producer, places: Iterable[int]) -> int:
        with self.index.read() as db:
            keys = index.refused_keys(db, places)
        for some in _portions(keys):
            producer.begin_transaction()
            for _, key in some:
                producer.produce(self._client.address.refused, None, key, 0)
            producer.commit_transaction(SILENT_SECONDS)
        return len(keys)

    def _change(self, ids: Iterable[str], write: Callable[[Producer, Sequence[Found]], int]) -> int:
        """Write about those of these letters that there are, in portions; for how many."""
        names = {name for one in ids if (name := name_of(one)) is not None}
        if not names:
            return 0
        done = Counter[str]()

        def change(producer: Producer) -> None:
            with self.index.read() as db:
                # of a subject the earlier call first
                found = sorted(index.named(db, names), key=lambda one: (one.name.partition, one.name.offset))
            for some in _portions(found):
                producer.begin_transaction()
                count = write(producer, some)
                producer.commit_transaction(SILENT_SECONDS)
                done["letters"] += count

        self._alone(change)
        return done["letters"]

    def _write_redriven(self, producer: Producer, found: Sequence[Found], *, afresh: bool) -> int:
        there = self._messages(found)
        counts: Counter[tuple[str, int]] = Counter()
        for name, _ in found:
            if name in there:
                key, value, headers = redriven_record(there[name], afresh=afresh)
                topic = self._client.address.parked(name.destination)
                producer.produce(topic, value, key, name.partition, headers=headers)
                self._end(producer, name)
                counts[name.destination, name.partition] += 1
        for (number, partition), count in counts.items():
            self._log(producer, self._redriven.record(number, partition, count))
        return counts.total()

    def _write_dropped(self, producer: Producer, found: Sequence[Found]) -> int:
        for name, _ in found:
            self._end(producer, name)
        return len(found)

    def _end(self, producer: Producer, name: Name) -> None:
        producer.produce(self._client.address.dead(name.destination), None, name.key.encode(), name.partition)

    def _log(self, producer: Producer, record: Record) -> None:
        producer.produce(self._client.address.letters, record[1], record[0].encode("utf-8"), 0)

    def _alone(self, change: Callable[[Producer], T]) -> T:
        """Change letters while nobody else does; begun anew where somebody has come in between."""
        for left in reversed(range(TRIES)):
            producer = self._client.producer(
                transactional_id=self._client.address.letters, transaction_timeout_ms=str(TRANSACTION_MS)
            )
            try:
                producer.init_transactions(SILENT_SECONDS)
                return change(producer)
            except KafkaException as error:
                if error.args[0].code() not in FENCED or not left:
                    raise unavailable(error.args[0]) from None
                time.sleep(random.uniform(0.05, 0.5))  # noqa: S311  # so that two do not meet again
            finally:
                _give_up(producer)
        raise AssertionError("unreachable: the last try returns or raises")


def _give_up(producer: Producer) -> None:
    """End what was begun, and let nothing go out later."""
    for step in (lambda: producer.abort_transaction(SILENT_SECONDS), producer.purge, lambda: producer.flush(0)):
        with suppress(KafkaException):
            step()


def _portions(some: Sequence[T]) -> Iterator[Sequence[T]]:
    return (some[at : at + AT_ONCE] for at in range(0, len(some), AT_ONCE))

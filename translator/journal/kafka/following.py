"""A destination's partitions in this process: who has what, what was fetched, what may be claimed.

Three threads: one takes part in the group, and waits for leases where a partition is to go elsewhere; one fetches; one
reads what a partition needs that was just assigned, which may take as long as its memory is large. Whoever claims or
settles only looks at what is here.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy

from confluent_kafka import KafkaException, Message

from translator.errors import JournalError, JournalUnavailable, JournalUnsafe, LeaseLost
from translator.journal.kafka.client import Client, unavailable
from translator.journal.kafka.destinations import Known
from translator.journal.kafka.fetching import Fetcher
from translator.journal.kafka.lines import Item
from translator.journal.kafka.loading import Loader, item_of
from translator.journal.kafka.membership import Membership
from translator.journal.kafka.memory import Memory
from translator.journal.kafka.progress import Progress
from translator.journal.kafka.reading import Place
from translator.journal.kafka.state import STREAMS, Stream
from translator.parcels import Leased

_log = logging.getLogger("translator.journal")

POLL_SECONDS = 0.05
PAUSE_SECONDS = 1.0
LEAVING_SECONDS = 300.0
"""For so long at most a partition is held back from others, should its leases be renewed on and on."""

CLOSE_SECONDS = 15.0
"""What is being read for a partition that was just assigned is not waited for longer."""

Clock = Callable[[], int]


class Follower:
    """``number``: the destination's id; ``known``: what the board says of it, or None where it was forgotten. ``now``:
    ms since the epoch. Its threads begin with ``start``."""

    def __init__(self, client: Client, number: str, known: Callable[[], Known | None], now: Clock) -> None:
        address = client.address
        self._topics: Mapping[Stream, str] = {"calls": address.topic, "parked": address.parked(number)}
        self._streams: Mapping[str, Stream] = {topic: stream for stream, topic in self._topics.items()}
        self._known = known
        self._now = now
        self.memory = Memory()
        self._loader = Loader(client, number, self.memory)
        self._fetcher = Fetcher(client)
        self._membership = Membership(client, address.group(number), self)
        self._changed = threading.Condition()
        self._parts: dict[int, Progress] = {}
        self._wanted: dict[int, int] = {}
        """Assigned, and not loaded yet; with how often a partition was assigned by then."""
        self._times: dict[int, int] = {}
        self._fresh: set[int] = set()
        """Loaded, and not fetched yet."""
        self._over: set[Place] = set()
        self._leaving: set[int] = set()
        self._held: dict[str, tuple[int, ...]] = {}
        self._next = 0
        self._ending = threading.Event()
        self._errors: dict[str, JournalError] = {}
        """What goes wrong in each thread at this moment."""
        self._threads = [
            threading.Thread(target=target, name=f"{name}-{number}", daemon=True)
            for name, target in (
                ("journal-follow", self._follow),
                ("journal-fetch", self._fetch),
                ("journal-load", self._load),
            )
        ]
        self.metadata = self._membership.metadata

    def start(self) -> None:
        """Join the group."""
        for one in self._threads:
            one.start()

    def close(self) -> None:
        """Leave the group: what is leased ends here, and goes to others."""
        self._ending.set()
        with self._changed:
            self._changed.notify_all()
        for one in self._threads:
            one.join(CLOSE_SECONDS)
        self._membership.close()
        self._fetcher.close()

    def claim(self, limit: int, token: str, until: int) -> tuple[list[Leased], dict[int, list[str]]]:
        """Up to ``limit`` calls, and their subjects by partition. Raises what went wrong in the threads."""
        items: list[Leased] = []
        subjects: dict[int, list[str]] = {}
        with self._changed:
            for error in list(self._errors.values()):
                # its own for whoever is told: a raised one holds on to where it was raised
                raise copy(error)
            now = self._now()
            for number in self._in_turn():
                found = self._parts[number].claim(limit - len(items), now, token, until)
                if found:
                    items += found
                    subjects[number] = list(dict.fromkeys([one.subject for one in found]))
                if len(items) >= limit:
                    break
            if items:
                self._tidy(now)
                self._held[token] = tuple(subjects)
        return items, subjects

    def give_back(self, token: str) -> None:
        """End a lease of which nothing was posted."""
        with self._changed:
            now = self._now()
            for number in self._held.pop(token, ()):
                part = self._parts.get(number)
                if part is not None and part.is_held(token, now):
                    part.renew(token, 0, now)
                    part.expire(now)
            self._changed.notify_all()

    @contextmanager
    def held(self, token: str) -> Iterator[Mapping[int, Progress]]:
        """The partitions of a lease; nothing changes meanwhile. Raises LeaseLost."""
        with self._changed:
            numbers = self._held.get(token)
            now = self._now()
            if numbers is None or not all(
                one in self._parts and self._parts[one].is_held(token, now) for one in numbers
            ):
                raise LeaseLost("the lease on calls has ended, or a partition of it went to another process")
            try:
                yield {one: self._parts[one] for one in numbers}
            finally:
                self._changed.notify_all()

    @contextmanager
    def all(self) -> Iterator[Mapping[int, Progress]]:
        """All partitions that are here and stay; nothing changes meanwhile."""
        with self._changed:
            try:
                yield {one: part for one, part in self._parts.items() if one not in self._leaving}
            finally:
                self._changed.notify_all()

    def over(self, token: str) -> None:
        """A lease was settled."""
        with self._changed:
            self._held.pop(token, None)
            self._changed.notify_all()

    def has(self, parts: Mapping[int, Progress]) -> bool:
        """Whether these are still here as they were."""
        with self._changed:
            return all(self._parts.get(number) is part for number, part in parts.items())

    def reload(self) -> None:
        """Whether Kafka took a transaction is not known: what is here is read anew, and all leases are over."""
        with self._changed:
            for number in list(self._parts):
                self._drop(number)
                self._want(number)

    def frontiers(self) -> dict[Place, int]:
        """How far the partitions that are here were fetched."""
        with self._changed:
            return {
                (self._topics[stream], number): part.frontier(stream)
                for number, part in self._parts.items()
                if number not in self._fresh
                for stream in STREAMS
            }

    def assigned(self, partitions: Collection[int]) -> None:
        """See Holder."""
        with self._changed:
            for number in partitions:
                self._want(number)

    def revoked(self, partitions: Collection[int]) -> None:
        """See Holder. Waits until their leases are settled or have ended."""
        deadline = time.monotonic() + LEAVING_SECONDS
        with self._changed:
            self._leaving.update(partitions)
            # at the end of this process nobody is left to settle them
            while self._is_busy(partitions) and time.monotonic() < deadline and not self._ending.is_set():
                self._changed.wait(POLL_SECONDS)
        self.lost(partitions)

    def lost(self, partitions: Collection[int]) -> None:
        """See Holder."""
        with self._changed:
            for number in partitions:
                self._drop(number)
                self._wanted.pop(number, None)
                self._leaving.discard(number)

    def _is_busy(self, partitions: Collection[int]) -> bool:
        now = self._now()
        return any(one in self._parts and self._parts[one].is_busy(now) for one in partitions)

    def _drop(self, number: int) -> None:
        if self._parts.pop(number, None) is not None:
            self._over.update((topic, number) for topic in self._topics.values())
        self._fresh.discard(number)

    def _want(self, number: int) -> None:
        self._times[number] = self._wanted[number] = self._times.get(number, 0) + 1
        self._changed.notify_all()

    def _in_turn(self) -> Sequence[int]:
        """Those that may be claimed from, each the first in its turn."""
        numbers = sorted(self._parts.keys() - self._leaving)
        self._next = (self._next + 1) % max(1, len(numbers))
        return [*numbers[self._next :], *numbers[: self._next]]

    def _tidy(self, now: int) -> None:
        for token, numbers in list(self._held.items()):
            if not any(one in self._parts and self._parts[one].is_held(token, now) for one in numbers):
                del self._held[token]

    def _follow(self) -> None:
        self._again_and_again("follow", lambda: self._membership.poll(POLL_SECONDS), lambda: None)

    def _fetch(self) -> None:
        self._again_and_again("fetch", self._step, self._anew)

    def _again_and_again(self, thread: str, step: Callable[[], None], failed: Callable[[], None]) -> None:
        """To the end of the process. ``failed``: what is to be done at once where a step raised."""
        while not self._ending.is_set():
            try:
                step()
                self._errors.pop(thread, None)
            except (KafkaException, JournalError) as error:
                failed()
                self._failed(thread, error)
            except Exception:  # nothing would be delivered any more
                failed()
                self._is_odd(thread)

    def _anew(self) -> None:
        """Fetch from where the windows are: what was fetched and not put would be missing, and what is missing between
        two records counts as finished."""
        with self._changed:
            self._fresh.update(self._parts)

    def _step(self) -> None:
        with self._changed:
            over, self._over = self._over, set()
            fresh = {
                (self._topics[stream], number): self._parts[number].frontier(stream)
                for number in self._fresh
                for stream in STREAMS
            }
            self._fresh.clear()
        self._fetcher.end(over)
        if fresh:
            self._fetcher.begin(fresh)
        found, ends = self._fetcher.fetch(POLL_SECONDS)
        items = {place: [_item(message) for message in messages] for place, messages in found.items()}
        with self._changed:
            for (topic, number), some in items.items():
                if (part := self._parts.get(number)) is not None and number not in self._fresh:
                    part.put(self._streams[topic], some)
            for (topic, number), end in ends.items():
                if (part := self._parts.get(number)) is not None and number not in self._fresh:
                    part.pass_over(self._streams[topic], end)
            full = [
                (topic, number)
                for number, part in self._parts.items()
                for stream, topic in self._topics.items()
                if part.is_full(stream)
            ]
        self._fetcher.pause(full)

    def _load(self) -> None:
        while not self._ending.is_set():
            with self._changed:
                if not self._wanted:
                    self._changed.wait(PAUSE_SECONDS)
                wanted = dict(self._wanted)
                if not wanted:
                    # what could not be read went elsewhere: it holds up nothing here
                    self._errors.pop("load", None)
            if wanted or self.memory.is_broken:
                try:
                    if self.memory.is_broken:
                        self.reload()
                        self.memory.renew()
                        continue
                    self._load_these(wanted)
                    self._errors.pop("load", None)
                except (KafkaException, JournalError) as error:
                    self._failed("load", error)
                except Exception:  # nothing would be delivered any more
                    self._is_odd("load")

    def _load_these(self, wanted: Mapping[int, int]) -> None:
        known = self._known()
        if known is None:
            self._ending.wait(PAUSE_SECONDS)
            return
        self._membership.settled(wanted)
        loaded = self._loader.load(wanted, known)
        with self._changed:
            for number, part in loaded.items():
                if self._wanted.get(number) == wanted[number]:
                    del self._wanted[number]
                    self._parts[number] = part
                    self._fresh.add(number)
        _log.debug("%s: partitions %s", self._topics["parked"], sorted(loaded))

    def _is_odd(self, thread: str) -> None:
        """Log what nobody thought of, and let whoever claims know of it."""
        _log.exception("%s: unexpected", thread)
        self._errors[thread] = JournalUnavailable(f"Kafka: {thread}: unexpected; its log says what", "connection")
        self._ending.wait(PAUSE_SECONDS)

    def _failed(self, thread: str, error: KafkaException | JournalError) -> None:
        said = unavailable(error.args[0]) if isinstance(error, KafkaException) else error
        self._errors[thread] = said
        _log.warning("%s: %s", thread, said)
        self._ending.wait(PAUSE_SECONDS)


def _item(message: Message) -> Item:
    """Raises JournalUnsafe for what this service did not write."""
    try:
        return item_of(message)
    except (KeyError, ValueError) as error:
        place = f"{message.topic()}, partition {message.partition()}, offset {message.offset()}"
        raise JournalUnsafe(f"Kafka: {place} is no call of this service ({error!r}): delivery waits there") from None

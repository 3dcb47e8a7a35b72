"""Happenings as Prometheus counters: ``emit`` takes them in, ``exposition`` gives the text of /metrics."""

from __future__ import annotations

import logging
import time
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector
from prometheus_client.values import ValueClass

from translator.observe.happenings import HAPPENINGS
from translator.observe.timeline import SEPARATOR, Recorder, Timeline, bucket
from translator.parcels import Archived, Counts
from translator.sights import Span

_OWN = CollectorRegistry()
_COUNTERS = {
    name: Counter(f"translator_{name}", meaning, labels, registry=_OWN)
    for name, (meaning, labels) in HAPPENINGS.items()
}
_DWELL = Histogram(
    "translator_dwell_seconds",
    "from the receipt of a call to its delivery",
    ("destination",),
    buckets=(0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400, 604_800),
    registry=_OWN,
)
_TIMELINE = Timeline()
_log = logging.getLogger("translator")


def emit(happening: str, count: int = 1, **labels: str) -> None:
    """Count a happening of the closed list. Raises KeyError for one that is not on it, ValueError for other labels."""
    with _counting():
        _counter(happening, tuple(labels.items())).inc(count)
    _TIMELINE.add(SEPARATOR.join((happening, *(labels[name] for name in HAPPENINGS[happening][1]))), count)


@lru_cache(maxsize=1024)
def _counter(happening: str, labels: tuple[tuple[str, str], ...]) -> Counter:
    """Looked up once: prometheus_client checks and orders the labels each time."""
    counter = _COUNTERS[happening]
    return counter.labels(**dict(labels)) if labels else counter


@contextmanager
def _counting() -> Iterator[None]:
    """A process counts in a file, which it makes when it first counts: a full disk stops that, but nothing else."""
    try:
        yield
    except OSError as error:
        _log.warning("not counted: %s", error)


def took(destination: str, durations: Iterable[int]) -> None:
    """Calls were delivered, so many ms after they were received."""
    all_ms = tuple(durations)
    with _counting():
        histogram = _DWELL.labels(destination=destination)
        for ms in all_ms:
            histogram.observe(ms / 1000)
    for number, count in Tally(map(bucket, all_ms)).items():
        _TIMELINE.add(SEPARATOR.join(("dwell", destination, str(number))), count)


def measured(name: str, value: float, destination: str) -> None:
    """How much something is now; ``name``: one of timeline.LEVELS."""
    _TIMELINE.level(SEPARATOR.join((name, destination)), value)


def record(owner: str, note: Callable[[list[Span]], None]) -> Recorder:
    """Begin to write down what this process counts. ``owner``: its name; ``note``: takes it."""
    return Recorder(_TIMELINE, owner, note, lambda: int(time.time() * 1000))


DOOR = (
    "messages at the door, by outcome; refused_kept: kept at first, of which the newest journal.keep_refused of each "
    "source stay"
)


class _Books(Collector):
    """The journal's own counters, which survive restarts, under the names that the README explains."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts

    def collect(self):  # type: ignore[no-untyped-def]  # prometheus_client wants a generator of its own loosely typed families
        """Yield each counter."""
        books = CounterMetricFamily("translator_journal_calls", DOOR, labels=["outcome"])
        for outcome in ("received", "accepted", "duplicates", "refused_answered", "refused_kept"):
            books.add_metric([outcome], getattr(self._counts, outcome))
        yield books
        tallies = GaugeMetricFamily(
            "translator_destination_calls",
            "accepted = delivered + ignored + dead + waiting",
            labels=["destination", "state"],
        )
        oldest = GaugeMetricFamily(
            "translator_oldest_waiting_timestamp_seconds",
            "when the oldest waiting call was received",
            labels=["destination"],
        )
        circuits = GaugeMetricFamily(
            "translator_circuit_open", "1: the destination has stopped, a person is needed", labels=["destination"]
        )
        for name, tally in self._counts.destinations.items():
            for state in ("accepted", "delivered", "ignored", "dead", "waiting"):
                tallies.add_metric([name, state], getattr(tally, state))
            circuits.add_metric([name], int(tally.circuit is not None))
            if tally.oldest_waiting is not None:
                oldest.add_metric([name], tally.oldest_waiting / 1000)
        yield tallies
        yield circuits
        yield oldest


class _Archive(Collector):
    """How far the archive is."""

    def __init__(self, archived: Archived) -> None:
        self._archived = archived

    def collect(self):  # type: ignore[no-untyped-def]  # as above
        """Yield each gauge."""
        found = self._archived
        yield GaugeMetricFamily("translator_archive_behind_calls", "calls not archived, up to 100,000", found.behind)
        erasures = "people whose calls still have to go from the archive"
        yield GaugeMetricFamily("translator_archive_erasures", erasures, found.erasures)
        failing = "1: the archive cannot be written, or not read"
        yield GaugeMetricFamily("translator_archive_failing", failing, int(found.failing_since is not None))
        if found.oldest is not None:
            oldest = "when the oldest call was received that is not archived"
            yield GaugeMetricFamily("translator_archive_oldest_timestamp_seconds", oldest, found.oldest / 1000)


def exposition(counts: Counts | None, archived: Archived | None = None) -> bytes:
    """The text of /metrics: every process's happenings and, where the journal could be read, its books, and how far the
    archive is, where there is one."""
    registry = CollectorRegistry()
    if getattr(ValueClass, "__name__", "") == "MmapedValue":
        # the types of prometheus_client 0.26 leave this constructor without annotations
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
        text = generate_latest(registry)
    else:
        text = generate_latest(_OWN)
    if counts is None:
        return text
    books = CollectorRegistry()
    books.register(_Books(counts))
    if archived is not None:
        books.register(_Archive(archived))
    return text + generate_latest(books)

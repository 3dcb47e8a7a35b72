"""Happenings by time: what this process has counted in the present minute and the present ten minutes.

Kept in the memory of the process until somebody writes it down; what a process that is killed had not written is lost,
which no count of calls depends on (see the journal's books for these).
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from translator.sights import Span

LENGTHS = (60, 600)
"""Seconds of a span."""

SEPARATOR = "\x1f"
"""Between a happening and its labels: in no name."""

LEVELS = ("waiting",)
"""Names that are not counted but measured: the last value of a span stands."""

END_SECONDS = 1.0
LINGER_MS = 120_000
"""For so long a span that has ended stays in memory, in case the clock is set back."""

MOST_KEPT = 500
"""Spans that wait to be written, where the journal cannot be; the oldest are given up."""

BOUNDS = tuple(round(10 * 1.25**step) for step in range(92))
"""Upper bounds of the buckets of a duration in ms, from 10 ms to 76 days, each a quarter wider than the one before."""


class Timeline:
    """Counts by name. Safe to share among threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._fresh: Counter[str] = Counter()
        self._levels: dict[str, float] = {}
        self._spans: dict[tuple[int, int], dict[str, float]] = {}
        self._changed: set[tuple[int, int]] = set()

    def add(self, name: str, count: float) -> None:
        """Something happened so often."""
        with self._lock:
            self._fresh[name] += count  # type: ignore[assignment]  # Counter knows ints, and adds floats

    def level(self, name: str, value: float) -> None:
        """Something is so much now."""
        with self._lock:
            self._levels[name] = value

    def collect(self, now: int, owner: str) -> list[Span]:
        """What has to be written: every span that changed since it was. ``now``: ms since the epoch."""
        with self._lock:
            if self._fresh or self._levels:
                for seconds in LENGTHS:
                    self._put((seconds, now - now % (seconds * 1000)))
            self._fresh.clear()
            self._levels.clear()
            return [
                Span(seconds, began, owner, dict(self._spans[seconds, began]))
                for seconds, began in sorted(self._changed, key=lambda one: one[1])
            ]

    def written(self, spans: Iterable[Span], now: int) -> None:
        """These were written; those that have ended are let go of."""
        with self._lock:
            for one in spans:
                key = (one.seconds, one.began)
                if self._spans.get(key) == one.counts:
                    self._changed.discard(key)
            over = [key for key in self._spans if key[1] + key[0] * 1000 + LINGER_MS <= now]
            ended = [key for key in over if key not in self._changed]
            surplus = sorted(self._spans, key=lambda one: one[1])[: max(0, len(self._spans) - MOST_KEPT)]
            for key in {*ended, *surplus}:
                del self._spans[key]
                self._changed.discard(key)

    def _put(self, key: tuple[int, int]) -> None:
        counts = self._spans.setdefault(key, {})
        for name, count in self._fresh.items():
            counts[name] = counts.get(name, 0) + count
        counts.update(self._levels)
        self._changed.add(key)


def bucket(ms: float) -> int:
    """The number of the bucket of a duration."""
    return min(bisect_left(BOUNDS, ms), len(BOUNDS) - 1)


def quantile(buckets: Mapping[int, float], part: float) -> float | None:
    """The duration in ms that this part of all (0 to 1) did not exceed, at most a quarter too long; None of none."""
    total = sum(buckets.values())
    if not total:
        return None
    seen = 0.0
    for number in sorted(buckets):
        seen += buckets[number]
        if seen >= part * total:
            return float(BOUNDS[number])
    return float(BOUNDS[-1])


class Recorder:
    """Writes the timeline down every ``seconds``, from a thread of its own. ``note``: takes spans, and may raise
    whatever it likes: they are written later. ``now``: ms since the epoch."""

    def __init__(
        self,
        timeline: Timeline,
        owner: str,
        note: Callable[[list[Span]], None],
        now: Callable[[], int],
        seconds: float = 5.0,
    ) -> None:
        self._timeline = timeline
        self._owner = owner
        self._note = note
        self._now = now
        self._seconds = seconds
        self._failed = False
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="recorder", daemon=True)
        self._thread.start()

    def write(self) -> None:
        """Write what there is."""
        now = self._now()
        spans = self._timeline.collect(now, self._owner)
        try:
            if spans:
                self._note(spans)
        except Exception:  # the figures can wait, and whoever counts must not fail for them
            self._failed = True
            self._timeline.written((), now)
        else:
            self._failed = False
            self._timeline.written(spans, now)

    def stop(self) -> None:
        """Write for the last time; not where nothing could be written just now, so that an end does not wait for it."""
        self._stop.set()
        self._thread.join(END_SECONDS)
        if not self._failed and not self._thread.is_alive():
            self.write()

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            self.write()

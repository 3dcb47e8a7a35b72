"""What a destination has asked for: ids to leave alone for a while, smaller requests, fewer events a second.

All of it is in the memory of one delivery process, shared by its lanes, and bounded; what another process has learned
it learns by itself.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import replace

from translator.deliver.batches import Batch, Part
from translator.settings.values import Delivery

MOST_PARKED = 10_000
SMALLEST_BYTES = 10_000


class Parked:
    """Users and devices that Amplitude throttles, until when (monotonic seconds). ``now``: the clock."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._until: dict[str, float] = {}
        self._last = 0.0
        self._now = now
        self._lock = threading.Lock()

    def park(self, ids: Iterable[str], seconds: float) -> None:
        """Leave ids alone for so long. Beyond MOST_PARKED those that end first are forgotten."""
        with self._lock:
            end = self._now() + seconds
            self._until.update(dict.fromkeys(ids, end))
            self._last = max(self._last, end)
            if len(self._until) > MOST_PARKED:
                longest = sorted(self._until.items(), key=lambda one: one[1], reverse=True)
                self._until = dict(longest[:MOST_PARKED])

    def seconds(self, part: Part) -> float:
        """How long a part must still wait; 0 when it may go."""
        if not self._until:
            return 0.0
        with self._lock:
            if self._now() >= self._last:  # of those that never came again too: a part's ids are read from its text
                self._until.clear()
                return 0.0
            ids = part.ids
            left = max((self._until.get(one, 0.0) for one in ids), default=0.0) - self._now()
            if left <= 0:
                for one in ids:
                    self._until.pop(one, None)
        return max(0.0, left)


class Sizes:
    """How large requests are: as configured, and smaller after each 413 (content too large)."""

    def __init__(self, limits: Delivery) -> None:
        self.limits = limits

    def too_large(self, batch: Batch) -> None:
        """Remember that a request was too large: from now on half of it at the most."""
        if len(batch.parts) < 2:
            return
        size = sum(len(part.data) + 1 for part in batch.parts)
        self.limits = replace(
            self.limits,
            batch_events=min(self.limits.batch_events, max(1, len(batch.parts) // 2)),
            batch_bytes=min(self.limits.batch_bytes, max(SMALLEST_BYTES, size // 2)),
        )


class Rate:
    """At most so many events a second, a second's worth at once; 0: as many as there are."""

    def __init__(self, per_second: float, now: Callable[[], float] = time.monotonic) -> None:
        self._per_second = per_second
        self._now = now
        self._free_at = 0.0
        self._lock = threading.Lock()

    def seconds(self, events: int) -> float:
        """How long to wait before a request with so many events goes; its place is taken."""
        if not self._per_second:
            return 0.0
        with self._lock:
            start = max(self._free_at, self._now() - 1.0)
            self._free_at = start + events / self._per_second
            return max(0.0, start - self._now())

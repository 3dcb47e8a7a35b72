"""One destination: its health, its restraints, and the lanes in which what a lease became is posted."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from hashlib import blake2b

from translator.deliver.batches import Part
from translator.deliver.deletions import Pace
from translator.deliver.health import Health
from translator.deliver.lane import Door, Lane, Shared
from translator.deliver.outcomes import Outcomes
from translator.deliver.restraint import Parked, Rate, Sizes
from translator.hooks import translator
from translator.settings.values import Delivery, Destination

SLOW_SECONDS = 5.0


class Sender:
    """Posts to one destination; for one thread, which it lets others help. ``configuration``: a hash of the settings
    that what it sends is made under. ``stop``: once it is set, no further request begins."""

    def __init__(
        self,
        destination: Destination,
        limits: Delivery,
        chance: Callable[[], float] = random.random,
        stop: threading.Event | None = None,
    ) -> None:
        self.stop = stop or threading.Event()
        self.destination = destination
        self.limits = limits
        self.health = Health(destination.name, chance)
        self.translate = translator(destination.translation)
        self.configuration = blake2b(repr(destination).encode("utf-8"), digest_size=8).hexdigest()
        rate = Rate(destination.events_per_second)
        sizes = Sizes(_slow(destination, limits))
        self._shared = Shared(destination, self.health, Parked(), sizes, rate, Pace(), chance, self.stop)
        self._lanes = [Lane(self._shared, limits.timeout_seconds) for _ in range(limits.in_flight)]
        self._pool: ThreadPoolExecutor | None = None

    def room(self) -> int:
        """How many calls to claim: with a limit of events a second no more than leave soon, so that a stop is short."""
        most, slow = self.limits.claim_calls, self.destination.events_per_second
        return self.health.room(min(most, max(1, int(slow * SLOW_SECONDS))) if slow else most)

    def send(self, parts: list[Part], now: int, door: Door) -> Outcomes:
        """Post the parts of a lease. ``now``: ms since the epoch. Raises LeaseLost.

        A lease with more than a request's worth goes through several lanes at once, each subject through one of them.
        """
        outcomes = Outcomes()
        outcomes.expect(parts)
        loads = lanes(parts, min(len(self._lanes), -(-len(parts) // self._shared.sizes.limits.batch_events)))
        if len(loads) < 2:
            for load in loads:
                self._lanes[0].send(load, outcomes, now, door)
            return outcomes
        self._pool = self._pool or ThreadPoolExecutor(len(self._lanes), f"lane-{self.destination.name}")
        work = zip(self._lanes, loads, strict=False)
        running = [self._pool.submit(lane.send, load, outcomes, now, door) for lane, load in work]
        failures = [failure for one in running if (failure := one.exception())]
        if failures:
            raise failures[0]
        return outcomes

    def close(self) -> None:
        """Close the connections, and end the hook's process."""
        if self._pool is not None:
            self._pool.shutdown()
        for lane in self._lanes:
            lane.close()
        self.translate.close()


def _slow(destination: Destination, limits: Delivery) -> Delivery:
    """Requests of at most a second's events, where there is a limit of them."""
    if not destination.events_per_second:
        return limits
    return replace(limits, batch_events=min(limits.batch_events, max(1, int(destination.events_per_second))))


def lanes(parts: list[Part], most: int) -> list[list[Part]]:
    """Parts shared out among ``most`` lanes: those of a subject in order, in the lane that had least when it came."""
    loads: list[list[Part]] = [[] for _ in range(max(1, most))]
    chosen: dict[str, list[Part]] = {}
    for part in parts:
        subject = part.item.subject
        if subject not in chosen:
            chosen[subject] = min(loads, key=len)
        chosen[subject].append(part)
    return [load for load in loads if load]


def pause(stop: threading.Event, seconds: float) -> None:
    """Wait, but not beyond a stop."""
    stop.wait(max(0.0, seconds))

"""One lane of a destination: requests one after another, each judged before the next. For one thread."""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Protocol

from translator.deliver import deletions
from translator.deliver.answers import Answer
from translator.deliver.backoff import delay
from translator.deliver.batches import Batch, Part, cut, request, to_group_api
from translator.deliver.health import Health
from translator.deliver.outcomes import Outcomes
from translator.deliver.restraint import Parked, Rate, Sizes
from translator.deliver.verdicts import Judgement, Wait, judge
from translator.observe import emit
from translator.parcels import Later
from translator.settings.values import Destination

MOST_REQUESTS = 200
"""Requests after which a lane takes up no further call, so that nothing but refused records cannot keep a destination
busy. Calls that were begun are finished: each round ends with a verdict for some."""

WITHOUT_TRACE = ("unavailable", "hold", "circuit")
"""Why the destination rests while the call is as if it had not been tried: nothing of it was taken."""

SAID_CHARACTERS = 200

_log = logging.getLogger("translator.deliver")


class Door(Protocol):
    """What stands between a request and the journal. Its functions may be called by several lanes at once."""

    def before(self, api: str, calls: Collection[str]) -> int:
        """Keep the lease and write down that a request with these calls goes out; its number. Raises LeaseLost."""

    def keep(self) -> None:
        """Keep the lease while a lane waits. Raises LeaseLost."""

    def after(self, number: int, answer: str) -> None:
        """How it ended."""


@dataclass(frozen=True)
class Shared:
    """What all lanes of a destination have in common."""

    destination: Destination
    health: Health
    parked: Parked
    sizes: Sizes
    rate: Rate
    pace: deletions.Pace
    chance: Callable[[], float]
    stop: threading.Event


class Lane:
    """Posts over a connection of its own."""

    def __init__(self, shared: Shared, timeout: float) -> None:
        from translator.deliver.client import Client  # here: who only asks what would be sent needs no network

        self._shared = shared
        self._client = Client(shared.destination, timeout)

    def close(self) -> None:
        """Close the connection."""
        self._client.close()

    def send(self, parts: Collection[Part], outcomes: Outcomes, now: int, door: Door) -> None:
        """Post parts, in order for each subject. ``now``: ms since the epoch. Raises LeaseLost.

        Stops early, leaving calls without a verdict, when the destination as a whole fails or ``Shared.stop`` is set.
        """
        queue = deque(cut(parts, self._shared.sizes.limits))
        requests = 0
        while queue and self._shared.health.ready() and not self._shared.stop.is_set():
            batch = queue.popleft()
            wanted = tuple(part for part in batch.parts if outcomes.wanted(part) and self._may_go(part, outcomes, now))
            if requests >= MOST_REQUESTS:
                wanted = tuple(part for part in wanted if part.item.id in outcomes.begun)
            if not wanted:
                continue
            requests += 1
            if not self._send_one(Batch(batch.api, wanted), outcomes, queue, now, door):
                break

    def _may_go(self, part: Part, outcomes: Outcomes, now: int) -> bool:
        """Whether none of a part's ids is parked; it, and its subject behind it, waits if one is."""
        seconds = self._shared.parked.seconds(part)
        if seconds:
            outcomes.later(part, Later(now + int(seconds * 1000), "parked"))
            return False
        return outcomes.wanted(part)

    def _send_one(self, batch: Batch, outcomes: Outcomes, queue: deque[Batch], now: int, door: Door) -> bool:
        """One request and what follows from its answer; whether to go on."""
        if batch.api == "deletions":
            batch, judgement = self._without_scheduled(batch, outcomes)
            if judgement is not None:
                return self._shared.health.take(judgement)
            if not batch.parts:
                return True
            self._shared.pace.wait()
        answer = self._post(batch, door)
        judgement = judge(answer, batch)
        self._observe(batch, answer, judgement)
        self._learn(batch, answer, judgement)
        for index in judgement.done:
            outcomes.done(batch.parts[index])
        for index, (why, said) in judgement.dead.items():
            outcomes.dead(batch.parts[index], why, said)
        for index in sorted(judgement.later):
            self._later(batch.parts[index], judgement.later[index], outcomes, now)
        again = [Batch(batch.api, tuple(batch.parts[index] for index in group)) for group in judgement.again]
        if judgement.elsewhere:
            moved = tuple(to_group_api(batch.parts[index]) for index in judgement.elsewhere)
            again.insert(0, Batch("groupidentify", moved))
        queue.extendleft(reversed(again))
        return self._shared.health.take(judgement)

    def _post(self, batch: Batch, door: Door) -> Answer:
        self._wait(self._shared.rate.seconds(len(batch.parts)), door)
        number = door.before(batch.api, {part.item.id for part in batch.parts})
        answer = self._client.send(request(batch, self._shared.destination))
        door.after(number, _said(answer))
        return answer

    def _wait(self, seconds: float, door: Door) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            door.keep()
            time.sleep(min(1.0, left))

    def _learn(self, batch: Batch, answer: Answer, judgement: Judgement) -> None:
        """What an answer says about later requests."""
        if answer.status == 413:
            self._shared.sizes.too_large(batch)
        for wait in judgement.later.values():
            if wait.why in ("throttled", "daily_quota") and wait.seconds:
                self._shared.parked.park(wait.ids, wait.seconds)

    def _without_scheduled(self, batch: Batch, outcomes: Outcomes) -> tuple[Batch, Judgement | None]:
        """A batch of deletions without those that an earlier try has scheduled; or why the list cannot be had."""
        since = deletions.first_try(batch.parts)
        if since is None:
            return batch, None
        self._shared.pace.wait()
        answer = self._client.send(deletions.listing(self._shared.destination, since))
        if answer.status != 200:
            for part in batch.parts:
                outcomes.later(part, None)
            refused = answer.status in (401, 403)
            waits = {index: Wait("unavailable", answer.retry_after) for index in range(len(batch.parts))}
            return batch, Judgement(later=waits, circuit=answer.text[:500] if refused else None, whole=True)
        known = deletions.scheduled(answer.json, since)
        left = [part for part in batch.parts if known.isdisjoint(part.ids)]
        for part in batch.parts:
            if part not in left:
                outcomes.done(part)
        return Batch(batch.api, tuple(left)), None

    def _later(self, part: Part, wait: Wait, outcomes: Outcomes, now: int) -> None:
        if not wait.unknown and wait.why in WITHOUT_TRACE:
            outcomes.later(part, None)
            return
        seconds = wait.seconds
        if seconds is None or wait.unknown:
            seconds = delay(part.item.attempts, wait.seconds, self._shared.chance)
        outcomes.later(part, Later(now + int(seconds * 1000), wait.why, wait.unknown))

    def _observe(self, batch: Batch, answer: Answer, judgement: Judgement) -> None:
        name = self._shared.destination.name
        emit("posted", destination=name, api=batch.api, answer=answer.failure or str(answer.status))
        for kind, count in Counter(batch.parts[index].kind for index in judgement.done).items():
            emit("records", count, destination=name, kind=kind)
        if judgement.elsewhere:
            emit("without_ids", len(judgement.elsewhere), destination=name)
        if judgement.mismatched:
            emit("mismatched", destination=name)
            _log.warning("destination %s: events_ingested is not what was sent: %s", name, answer.text[:200])


def _said(answer: Answer) -> str:
    """An answer for the books: its status and error, but no ids, which other keys of it may name."""
    said = answer.failure or str(answer.status)
    if answer.status is not None and 200 <= answer.status < 300:
        return said
    error = answer.json.get("error") if isinstance(answer.json, dict) else answer.text
    return f"{said}: {str(error)[:SAID_CHARACTERS]}" if error else said

"""One destination: its client, its circuit, and the posting of what a lease became."""

from __future__ import annotations

import logging
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from translator.deliver import deletions
from translator.deliver.backoff import delay
from translator.deliver.batches import Batch, Part, cut, request, through
from translator.deliver.client import Answer, Client
from translator.deliver.verdicts import Judgement, Wait, judge
from translator.hooks import translator
from translator.observe import emit
from translator.parcels import Dead, Done, Later, Verdict
from translator.settings.values import Delivery, Destination

MOST_REQUESTS = 200
"""Requests after which a lease takes up no further call, so that nothing but refused records cannot keep a destination
busy. Calls that were begun are finished: each round ends with a verdict for some."""

CIRCUIT_SECONDS = 60.0
"""How long an open circuit is left alone before one request tries whether a person has mended it."""

_log = logging.getLogger("translator.deliver")


@dataclass
class Outcomes:
    """What has become of a lease's calls so far, by id, and which subjects wait for the rest of it."""

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    open: dict[str, int] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)

    def expect(self, parts: Iterable[Part]) -> None:
        """Count the parts that each call waits for."""
        for part in parts:
            self.open[part.item.call.id] = self.open.get(part.item.call.id, 0) + 1

    def wanted(self, part: Part) -> bool:
        """Whether a part may still be sent: neither its call nor an earlier one of its subject has failed."""
        return part.item.call.subject not in self.held and part.item.call.id not in self.verdicts

    def done(self, part: Part) -> None:
        """A part was taken; with the last one its call is done."""
        self.begun.add(part.item.call.id)
        left = self.open[part.item.call.id] = self.open[part.item.call.id] - 1
        if left == 0:
            self.verdicts.setdefault(part.item.call.id, Done())

    def later(self, part: Part, verdict: Later | None) -> None:
        """A part has to wait, and all of its subject behind it; None: as if it had never been tried."""
        self.held.add(part.item.call.subject)
        if verdict is not None:
            self.verdicts[part.item.call.id] = verdict

    def dead(self, part: Part, why: str, answer: str) -> None:
        """A part was refused for good, and its call with it; the rest of the subject goes on."""
        self.verdicts[part.item.call.id] = Dead(why, answer)


class Sender:
    """Posts to one destination; for one thread. ``hold_until``: until then (monotonic seconds) it is left alone."""

    def __init__(self, destination: Destination, limits: Delivery, chance: Callable[[], float] = random.random) -> None:
        self.destination = destination
        self.limits = limits
        self.circuit: str | None = None
        self.hold_until = 0.0
        self.failures = 0
        self._chance = chance
        self._client = Client(destination, limits.timeout_seconds)
        self._pace = deletions.Pace()
        self.translate = translator(destination.translation)

    def ready(self) -> bool:
        """Whether the destination may be tried now."""
        return time.monotonic() >= self.hold_until

    def room(self) -> int:
        """How many calls to claim: fewer after each failure, so that one call that fails every request is found."""
        return 1 if self.circuit else max(1, self.limits.claim_calls >> min(self.failures, 20))

    def send(self, parts: list[Part], now: int, keep: Callable[[], None]) -> Outcomes:
        """Post the parts of a lease. ``now``: ms since the epoch. ``keep``: keeps the lease, before each request.

        Stops early, leaving calls without a verdict, when the destination as a whole fails.
        """
        outcomes = Outcomes()
        outcomes.expect(parts)
        queue = deque(cut(parts, self.limits))
        requests = 0
        while queue:
            batch = queue.popleft()
            wanted = tuple(part for part in batch.parts if outcomes.wanted(part))
            if requests >= MOST_REQUESTS:
                wanted = tuple(part for part in wanted if part.item.call.id in outcomes.begun)
            if not wanted:
                continue
            requests += 1
            keep()
            if not self._send_one(Batch(batch.api, wanted), outcomes, queue, now):
                break
        return outcomes

    def close(self) -> None:
        """Close the connections, and end the hook's process."""
        self._client.close()
        self.translate.close()

    def _send_one(self, batch: Batch, outcomes: Outcomes, queue: deque[Batch], now: int) -> bool:
        """One request and what follows from its answer; whether to go on."""
        if batch.api == "deletions":
            batch, judgement = self._without_scheduled(batch, outcomes)
            if judgement is not None:
                return self._judge_whole(judgement)
            if not batch.parts:
                return True
            self._pace.wait()
        answer = self._client.send(request(batch, self.destination))
        judgement = judge(answer, batch)
        self._observe(batch, answer, judgement)
        for index in judgement.done:
            outcomes.done(batch.parts[index])
        for index, (why, said) in judgement.dead.items():
            outcomes.dead(batch.parts[index], why, said)
        for index in sorted(judgement.later):
            self._later(batch.parts[index], judgement.later[index], outcomes, now)
        again = [Batch(batch.api, tuple(batch.parts[index] for index in group)) for group in judgement.again]
        if judgement.elsewhere:
            moved = tuple(through(batch.parts[index], "groupidentify") for index in judgement.elsewhere)
            again.insert(0, Batch("groupidentify", moved))
        queue.extendleft(reversed(again))
        return self._judge_whole(judgement)

    def _without_scheduled(self, batch: Batch, outcomes: Outcomes) -> tuple[Batch, Judgement | None]:
        """A batch of deletions without those that an earlier try has scheduled; or why the list cannot be had."""
        since = deletions.first_try(batch.parts)
        if since is None:
            return batch, None
        self._pace.wait()
        answer = self._client.send(deletions.listing(self.destination, since))
        if answer.status != 200:
            for part in batch.parts:
                outcomes.later(part, None)
            refused = answer.status in (401, 403)
            waits = {index: Wait("unavailable", answer.retry_after) for index in range(len(batch.parts))}
            return batch, Judgement(later=waits, circuit=answer.text[:500] if refused else None, whole=True)
        known = deletions.scheduled(answer.json, since)
        left = [part for part in batch.parts if part.record.body["user_id"] not in known]
        for part in batch.parts:
            if part not in left:
                outcomes.done(part)
        return Batch(batch.api, tuple(left)), None

    def _later(self, part: Part, wait: Wait, outcomes: Outcomes, now: int) -> None:
        if not wait.unknown and wait.why in ("unavailable", "hold", "circuit"):
            # nothing of it was taken: the destination rests, the call is as if it had not been tried
            outcomes.later(part, None)
            return
        seconds = wait.seconds
        if seconds is None or wait.unknown:
            seconds = delay(part.item.attempts, wait.seconds, self._chance)
        outcomes.later(part, Later(now + int(seconds * 1000), wait.why, wait.unknown))

    def _judge_whole(self, judgement: Judgement) -> bool:
        """Circuit, hold and the count of failures; whether the destination itself works."""
        if not judgement.whole:
            self.failures = 0
            self._close_circuit()
            return True
        if judgement.circuit is not None:
            self._open_circuit(judgement.circuit)
        elif judgement.hold is not None:
            self.hold_until = time.monotonic() + judgement.hold
        else:
            asked = max((wait.seconds or 0.0 for wait in judgement.later.values()), default=0.0)
            self.hold_until = time.monotonic() + delay(self.failures, asked, self._chance)
        self.failures += 1
        return False

    def _open_circuit(self, said: str) -> None:
        if self.circuit is None:
            _log.error("destination %s: stopped, a person is needed: %s", self.destination.name, said)
        self.circuit = said
        self.hold_until = time.monotonic() + CIRCUIT_SECONDS

    def _close_circuit(self) -> None:
        if self.circuit is not None:
            _log.warning("destination %s: goes on", self.destination.name)
            self.circuit = None

    def _observe(self, batch: Batch, answer: Answer, judgement: Judgement) -> None:
        name = self.destination.name
        said = answer.failure or str(answer.status)
        emit("posted", destination=name, api=batch.api, answer=said)
        for kind, count in Counter(batch.parts[index].record.kind for index in judgement.done).items():
            emit("records", count, destination=name, kind=kind)
        if judgement.elsewhere:
            emit("without_ids", len(judgement.elsewhere), destination=name)
        if judgement.mismatched:
            emit("mismatched", destination=name)
            _log.warning("destination %s: events_ingested is not what was sent: %s", name, answer.text[:200])


def pause(stop: threading.Event, seconds: float) -> None:
    """Wait, but not beyond a stop."""
    stop.wait(max(0.0, seconds))

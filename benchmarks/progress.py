"""What a journal in Kafka does of its own with each call at a destination, without Kafka: put, claim, settle, write its state."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator

from benchmarks.measure import ROUNDS, Row
from benchmarks.targets import PROGRESS_US
from translator.journal.kafka.lines import Item
from translator.journal.kafka.progress import Progress
from translator.journal.kafka.state import State, encoded
from translator.parcels import Done, Leased, Verdict

COUNT, SUBJECTS, FETCHED, CLAIMED = 50_000, 5000, 500, 200
LEASE_MS = 1000


def rows() -> Iterator[Row]:
    """Processor time of a call, the best of a few rounds."""
    best = min(_microseconds(turn) for turn in range(ROUNDS))
    what = f"Kafka's progress of a partition, a call of {SUBJECTS:,} users (put, claim, settle, state)"
    yield Row(what, best, "what is allowed", PROGRESS_US, "progress", "µs")


def _microseconds(seed: int) -> float:
    items = list(_items(seed))
    part = Progress(State())
    began, put, now, done = time.process_time(), 0, 0, Done()
    while put < COUNT or part.waiting():
        while put < COUNT and not part.is_full("calls"):
            part.put("calls", items[put : put + FETCHED])
            put += FETCHED
        now += 1
        token = str(now)
        verdicts: dict[str, Verdict] = {one.id: done for one in part.claim(CLAIMED, now, token, now + LEASE_MS)}
        settled = part.settle(token, verdicts, now)
        encoded(settled.state)
        part.commit(settled)
    return 1e6 * (time.process_time() - began) / COUNT


def _items(seed: int) -> Iterator[Item]:
    chance = random.Random(seed)
    for offset in range(COUNT):
        subject = f"user-{chance.randrange(SUBJECTS)}"
        call = Leased(f"3-{offset}", "webhook", f"m{offset}", subject, 1000 + offset, b"x" * 600)
        yield Item(offset, call)

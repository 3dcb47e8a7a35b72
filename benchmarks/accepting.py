"""Durable accepts over HTTP: one call a request, arrays of 100, and batches of Segment's SDKs, by 16 connections."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.engines import journals
from benchmarks.hammer import Hammered, Load, measure
from benchmarks.measure import Row
from tests.processes import Service

PARSER = ("gunicorn", "benchmarks.parsing:app")
NOTHING = Load("empty POST")
NOTHING_CLOSED = Load("empty POST, connection closed", close=True)
ONE = Load("durable accept, one call a request", calls=1)
ONE_CLOSED = Load("the same, connection closed each time", calls=1, close=True)
ARRAY = Load("durable accept, arrays of 100 (calls)", calls=100, before="[", after="]")
BATCH = Load("the SDKs' batches of 100 (calls)", calls=100, path="/v1/batch", before='{"batch":[', after="]}")
LARGEST = Load(
    "Segment's largest array, 4,000 calls, one by one (calls)", calls=4000, before="[", after="]", connections=1
)
PARSED = replace(ARRAY, name="the same parsed only")
BATCH_PARSED = replace(BATCH, name="the same parsed only")


KEYS = {
    ONE.name: "accept-one",
    ONE_CLOSED.name: "accept-one-closed",
    ARRAY.name: "accept-arrays",
    BATCH.name: "accept-batches",
    LARGEST.name: "accept-largest",
}
SLOW_ANSWER = 2000
"""Calls a second of the largest array, were each answered within 2 s."""


@dataclass(frozen=True)
class Accepted:
    """A load, what came of it, and of its limit."""

    load: Load
    done: Hammered
    limit: str
    limit_rate: float

    def row(self, engine: str) -> Row:
        """In calls a second."""
        assert set(self.done.statuses) == {"200"}, self.done
        calls = max(1, self.load.calls)
        key = f"{KEYS[self.load.name]}/{engine}"
        also = {"p50_ms": self.done.p50, "p99_ms": self.done.p99}
        return Row(self.load.name, calls * self.done.rate, self.limit, calls * self.limit_rate, key, also=also)


def rows(engines: Iterable[tuple[str, str]] | None = None) -> Iterator[Row]:
    """Each figure beside its limit, measured in turns. ``engines``: name and URL of each journal; else all there are."""
    for engine, url in journals() if engines is None else engines:
        for one in accepted(url):
            yield one.row(engine)


def accepted(url: str) -> Iterator[Accepted]:
    """What a service with a journal accepts. The limit of requests is its own empty POST, which it answers 400 without
    the journal; of many calls in one, the same application where it only parses them, in a service of its own."""
    with tempfile.TemporaryDirectory() as folder, _running(folder, JOURNAL_URL=url) as service:
        for load, limit in ((ONE, NOTHING), (ONE_CLOSED, NOTHING_CLOSED)):
            yield _beside(load, service, limit, service)
        with _running(folder, *PARSER, TRANSLATOR__SERVER__DELIVERY="false") as parser:
            for load, limit in ((ARRAY, PARSED), (BATCH, BATCH_PARSED)):
                yield _beside(load, service, limit, parser)
        alone = measure([replace(LARGEST, port=service.port)])[LARGEST.name]
        yield Accepted(LARGEST, alone, "what 2 s each would be", SLOW_ANSWER / LARGEST.calls)


def _beside(load: Load, service: Service, limit: Load, its_service: Service) -> Accepted:
    found = measure([replace(limit, port=its_service.port), replace(load, port=service.port)])
    return Accepted(load, found[load.name], limit.name, found[limit.name].rate)


@contextmanager
def _running(folder: str, *command: str, **env: str) -> Iterator[Service]:
    service = Service(Path(folder), *command, TRANSLATOR__SEGMENT__CALLS_PER_SECOND="0", **env)
    try:
        yield service
    finally:
        service.kill_all()

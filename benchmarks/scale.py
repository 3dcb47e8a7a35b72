"""``make scale``: what each journal takes and gives with 1, 2 and 4 processes, in ten minutes, into scale.json.

Accepts: web processes and nothing else. Deliveries: delivery processes, which have all begun and are held (SIGSTOP) while
the journal is filled, and then go; measured between the first and the last tenth of what comes to the receiver. On few processors the
rates say little, since the load generator, the receiver and the brokers share them: what one plans with is the **processor time per call**
of each part (from /proc), which stands beside them. Kafka's includes what its brokers copy to one another.
"""

from __future__ import annotations

import argparse
import itertools
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks import record
from benchmarks.accepting import ARRAY, ONE
from benchmarks.filling import fill
from benchmarks.hammer import Load, measure
from benchmarks.measure import Row
from benchmarks.places import ENGINES, Place, place
from benchmarks.processors import spent
from benchmarks.receiver import Receiver, receiving
from tests.processes import Service, Worker

PROCESSES = (1, 2, 4)
COUNT = 30_000
"""Calls that are delivered in each cell."""

SECONDS, ROUNDS = 1.5, 2
"""Of each accept."""

JOINED_SECONDS = 8.0
"""Until all members of a group have their partitions, and a process that has just begun is idle."""

DELIVERED_SECONDS = 120.0
LOOK_SECONDS = 0.1
DESTINATION = "bench"
FIRST = itertools.count(1, COUNT)
ACCEPTS = {"accept-one": ONE, "accept-arrays": ARRAY}


@dataclass(frozen=True)
class Sight:
    """At a moment (seconds): what had come to the receiver, and processor time of delivery and of servers."""

    at: float
    count: int
    ours: float
    servers: float


def rows(engines: Sequence[str], processes: Sequence[int], count: int) -> Iterator[Row]:
    """Deliveries first: after them a broker has compiled what it does most."""
    for engine in engines:
        with place(engine) as found, tempfile.TemporaryDirectory() as folder:
            if found is None:
                sys.stderr.write(f"{engine}: this machine cannot run it\n")
                continue
            yield from _compared(partial(_deliveries, found, Path(folder), count), processes)
            for name, load in ACCEPTS.items():
                yield from _compared(partial(_accepts, found, Path(folder), name, load), processes)


def _compared(cell: Callable[[int], list[Row]], processes: Sequence[int]) -> Iterator[Row]:
    """Each beside the first, which is of one process."""
    first: Row | None = None
    for number in processes:
        row, *more = cell(number)
        first = first or row
        yield replace(row, limit=first.value)
        yield from more


def _accepts(where: Place, folder: Path, name: str, load: Load, processes: int) -> list[Row]:
    """By so many web processes, which deliver nothing."""
    alone = {"WEB_CONCURRENCY": str(processes), "TRANSLATOR__SERVER__DELIVERY": "false"}
    service = Service(folder, TRANSLATOR__SEGMENT__CALLS_PER_SECOND="0", **alone, **where.variables)
    try:
        once = replace(load, port=service.port)
        measure([once], seconds=SECONDS, rounds=1)
        ours, servers = spent([service.process.pid]), spent(where.servers)
        done = measure([once], seconds=SECONDS, rounds=ROUNDS)[load.name]
        calls = load.calls * sum(done.statuses.values())
        also = {"web_us": 1e6 * (spent([service.process.pid]) - ours) / calls, "p50_ms": done.p50, "p99_ms": done.p99}
        if where.servers:
            also["server_us"] = 1e6 * (spent(where.servers) - servers) / calls
    finally:
        service.kill_all()
    assert set(done.statuses) == {"200"}, done
    return [_row(f"scale-{name}", load.name, where, processes, load.calls * done.rate, also)]


def _deliveries(where: Place, folder: Path, count: int, processes: int) -> list[Row]:
    """From a filled journal to the receiver, by so many processes; with one, what a call takes on a broker's disk, too."""
    more: list[Row] = []
    with receiving() as receiver, _held(where, folder, receiver, processes) as workers:
        before = where.log_bytes("scale")
        _filled(where, count)
        if processes == 1 and where.folders:
            more.append(_bytes("scale-bytes", "the calls themselves", where, where.log_bytes("scale") - before, count))
        others = where.log_bytes("scale.*")
        for one in workers:
            one.process.send_signal(signal.SIGCONT)
        sights = _watched(where, receiver, workers, count)
        if processes == 1 and where.folders:
            what = "progress, requests and what is remembered, not compacted"
            more.append(_bytes("scale-bytes-more", what, where, where.log_bytes("scale.*") - others, count))
    first, last = _tenths(sights)
    calls = last.count - first.count
    also = {"delivery_us": 1e6 * (last.ours - first.ours) / calls}
    if where.servers:
        also["server_us"] = 1e6 * (last.servers - first.servers) / calls
    what = "journal → local receiver"
    return [_row("scale-delivery", what, where, processes, calls / (last.at - first.at), also), *more]


@contextmanager
def _held(where: Place, folder: Path, receiver: Receiver, processes: int) -> Iterator[list[Worker]]:
    """Delivery processes that have nothing to do yet, and are stopped; they end by SIGTERM, so that a group knows."""
    known = {"API_KEY": "k", "URL": receiver.url, "FROM": "earliest"}
    settings = {f"TRANSLATOR__DESTINATIONS__{DESTINATION.upper()}__{key}": value for key, value in known.items()}
    workers = [Worker(folder, "translator", "deliver", **settings, **where.variables) for _ in range(processes)]
    try:
        time.sleep(JOINED_SECONDS)
        assert all(one.process.poll() is None for one in workers), workers[0].log.read_text()
        for one in workers:
            one.process.send_signal(signal.SIGSTOP)
        yield workers
        for one in workers:
            one.process.terminate()
        for one in workers:
            one.process.wait(60)
    finally:
        for one in workers:
            one.kill_all()


def _filled(where: Place, count: int) -> None:
    journal = where.opened()
    fill(journal.append, next(FIRST), count)
    journal.close()


def _watched(where: Place, receiver: Receiver, workers: Sequence[Worker], count: int) -> list[Sight]:
    """Until all has come; each call of ``lines`` is one event with an insert id."""
    pids = [one.process.pid for one in workers]
    sights: list[Sight] = []
    deadline = time.monotonic() + DELIVERED_SECONDS
    while not sights or sights[-1].count < count:
        assert time.monotonic() < deadline, (
            f"{where.engine}: {sights[-1].count} of {count}: {workers[0].log.read_text()}"
        )
        sights.append(Sight(time.monotonic(), receiver.count(), spent(pids), spent(where.servers)))
        time.sleep(LOOK_SECONDS)
    return sights


def _tenths(sights: Sequence[Sight]) -> tuple[Sight, Sight]:
    """The first sight with a tenth, the last with nine."""
    total = sights[-1].count
    first = next(one for one in sights if one.count >= total / 10)
    last = next(one for one in reversed(sights) if one.count <= 0.9 * total or one is first)
    return first, last


def _bytes(key: str, what: str, where: Place, size: int, count: int) -> Row:
    """Of a call, in one copy."""
    value = size / len(where.folders) / count
    return Row(f"on a broker's disk, one copy: {what}", value, "a call's text", 994, f"{key}/{where.engine}", "bytes")


def _row(key: str, what: str, where: Place, processes: int, value: float, also: dict[str, float]) -> Row:
    said = f"{what}, {processes} process{'es' if processes > 1 else ''}"
    return Row(said, value, "one process", value, f"{key}/{processes}/{where.engine}", also=also)


def main() -> None:
    """By the arguments."""
    parser = argparse.ArgumentParser(description="What each journal takes and gives with more processes.")
    parser.add_argument("--engine", choices=ENGINES, action="append", help="by default all")
    parser.add_argument("--processes", type=int, action="append", help="by default 1, 2 and 4")
    parser.add_argument("--count", type=int, default=COUNT, help="calls that are delivered in each cell")
    given = parser.parse_args()
    record.show(rows(given.engine or ENGINES, given.processes or PROCESSES, given.count), record.SCALE)


if __name__ == "__main__":
    main()

"""What accepts and claims cost as the journal grows: ``make growth``, into grown.json.

A journal is grown to 10,000, 100,000, 1,000,000 … calls. At each size appends and claims take turns with those of a fresh
journal of 10,000 calls, which is the limit: so both have the same weather, on a machine that is never the same twice.
Once while those wait that came since the size before (nine tenths and more), and once when all are delivered. A
PostgreSQL server is first let finish what it does by itself after so many calls at once (autovacuum, up to 15 minutes,
and a checkpoint): calls that come in days leave it the time that a benchmark does not.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from statistics import mean, median

import psycopg

from benchmarks import record
from benchmarks.engines import journals
from benchmarks.filling import calls, deliver, deliver_all, grow, opened
from benchmarks.measure import Row
from tests import postgres
from translator.journal import Journal
from translator.parcels import Call

SMALL = 10_000
SIZES = (SMALL, 100_000, 1_000_000, 5_000_000)
ENGINES = ("sqlite", "postgresql")
DESTINATION = "bench"
REST_SECONDS = 900
UNCLEAN = """
SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'autovacuum worker'),
    (SELECT count(*) FROM pg_stat_user_tables
     WHERE n_dead_tup > 50 + 0.2 * n_live_tup OR n_mod_since_analyze > 50 + 0.1 * n_live_tup
        OR n_ins_since_vacuum > 1000 + 0.2 * n_live_tup)
"""
"""What runs, and tables for which one is due by the server's defaults (docs "Automatic Vacuuming")."""

FURTHER = itertools.count(10**9, 10**6)
"""Where the calls begin that are appended only to be measured."""


@dataclass(frozen=True)
class Cost:
    """Something that is done with so many calls, ``rounds`` times: an append, or a claim and what ends it."""

    key: str
    what: str
    calls: int
    rounds: int
    is_claim: bool = False


@dataclass(frozen=True)
class Spent:
    """By the clock, and of this process's own time (of a database server's nothing)."""

    ms: float
    cpu_ms: float


COSTS = (
    Cost("append-one", "an append of one call", 1, 200),
    Cost("append-hundred", "an append of 100", 100, 60),
    Cost("claim", "claim and settle of 500", 500, 20, is_claim=True),
)


def rows(sizes: Sequence[int], engines: Sequence[str]) -> Iterator[Row]:
    """Of each engine, at each size, while most calls wait, and after all were delivered."""
    for engine, url in journals():
        have = 0
        for size in sizes if engine in engines else ():
            with _another(engine, url) as small:
                for one, first, count in ((url, have, size - have), (small, 0, SMALL)):
                    grow(one, first, count, DESTINATION)
                _let_rest(url)
                yield from _measured(engine, f"waiting-{size}", url, small)
                for one in (url, small):
                    deliver_all(one, DESTINATION)
                _let_rest(url)
                yield from _measured(engine, f"delivered-{size}", url, small)
            have = size


def _measured(engine: str, where: str, large_url: str, small_url: str) -> Iterator[Row]:
    large, small = opened(large_url, DESTINATION), opened(small_url, DESTINATION)
    for cost in COSTS:
        yield _row(cost, where, engine, *_by_turns(cost, large, small))
    small.close()
    large.close()


@contextmanager
def _another(engine: str, url: str) -> Iterator[str]:
    """The URL of an empty journal of the same engine, on the same server where it has one."""
    if engine == "postgresql":
        with postgres.database(url, "small") as small:
            yield small
        return
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{folder}/journal.db"


def _let_rest(url: str) -> None:
    """Wait until a server has cleaned up after what was done."""
    if url.startswith("sqlite:"):
        return
    deadline = time.monotonic() + REST_SECONDS
    while time.monotonic() < deadline:
        with psycopg.connect(url) as connection:
            found = connection.execute(UNCLEAN).fetchone()
        if found == (0, 0):
            break
        time.sleep(2)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")


def _by_turns(cost: Cost, large: Journal, small: Journal) -> tuple[list[Spent], list[Spent]]:
    """What each time took; of both journals."""
    more = calls(next(FURTHER), cost.rounds * cost.calls * 2, int(time.time() * 1000))
    spent: tuple[list[Spent], list[Spent]] = ([], [])
    for _ in range(cost.rounds):
        for journal, its in zip((large, small), spent, strict=True):
            its.append(_once(cost, journal, list(islice(more, cost.calls))))
    return spent


def _once(cost: Cost, journal: Journal, given: list[Call]) -> Spent:
    """What is claimed may be others than those given, which see that there are enough."""
    if cost.is_claim:
        journal.append(given)
    began, cpu = time.perf_counter(), time.process_time()
    if cost.is_claim:
        deliver(journal, DESTINATION, cost.calls)
    else:
        journal.append(given)
    return Spent(1000 * (time.perf_counter() - began), 1000 * (time.process_time() - cpu))


def _row(cost: Cost, where: str, engine: str, large: list[Spent], small: list[Spent]) -> Row:
    ours, its = [one.ms for one in large], [one.ms for one in small]
    also = {
        "mean_ms": mean(ours),
        "mean_of_limit_ms": mean(its),
        "longest_ms": max(ours),
        "cpu_ms": mean(one.cpu_ms for one in large),
        "cpu_of_limit_ms": mean(one.cpu_ms for one in small),
    }
    state, _, size = where.rpartition("-")
    what = f"{int(size):,} calls {state}: {cost.what} (median)"
    key = f"growth-{cost.key}/{where}/{engine}"
    return Row(what, median(ours), f"{SMALL:,} calls", median(its), key, "ms", also)


def main() -> None:
    """By the arguments."""
    parser = argparse.ArgumentParser(description="What accepts and claims cost as the journal grows.")
    parser.add_argument("--size", type=int, default=SIZES[-1], help="calls at the end")
    parser.add_argument("--engine", choices=ENGINES, action="append", help="by default both")
    given = parser.parse_args()
    sizes = sorted({*(size for size in SIZES if size < given.size), given.size})
    record.show(rows(sizes, given.engine or ENGINES), record.GROWN)


if __name__ == "__main__":
    main()

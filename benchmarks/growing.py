"""What accepts and claims cost as the journal grows: ``make growth``, into grown.json.

A journal is grown to 10,000, 100,000, 1,000,000 … calls. At each size appends and claims take turns with those of a fresh
journal of 10,000 calls, which is the limit: so both have the same weather, on a machine that is never the same twice.
Once with every call delivered, and once with all of them waiting. ``--engine`` and ``--state`` choose one.
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from statistics import mean, median

from benchmarks import record
from benchmarks.engines import journals
from benchmarks.filling import calls, deliver, grow, opened
from benchmarks.measure import Row
from tests import postgres
from translator.journal import Journal
from translator.parcels import Call

SMALL = 10_000
SIZES = (SMALL, 100_000, 1_000_000, 5_000_000)
ENGINES = ("sqlite", "postgresql")
STATES = ("delivered", "waiting")
DESTINATION = "bench"
FURTHER = itertools.count(10**9, 10**6)
"""Where the calls begin that are appended only to be measured."""


@dataclass(frozen=True)
class Cost:
    """Something that is done with some calls, ``rounds`` times. ``ms``: does it once, and says how long it took."""

    key: str
    what: str
    calls: int
    rounds: int
    ms: Callable[[Journal, list[Call]], float]


def rows(sizes: Sequence[int], engines: Sequence[str], states: Sequence[str]) -> Iterator[Row]:
    """Of each engine and state, at each size."""
    for state in states:
        for engine, url in journals():
            if engine in engines:
                yield from _rows(engine, state, url, sizes)


def _rows(engine: str, state: str, url: str, sizes: Sequence[int]) -> Iterator[Row]:
    have, is_delivered = 0, state == "delivered"
    for size in sizes:
        grow(url, have, size - have, DESTINATION, is_delivered=is_delivered)
        have = size
        with _another(engine, url) as small_url:
            grow(small_url, 0, SMALL, DESTINATION, is_delivered=is_delivered)
            large, small = opened(url, DESTINATION), opened(small_url, DESTINATION)
            for cost in COSTS:
                spent = _by_turns(cost, large, small)
                yield _row(cost, f"{state}-{size}/{engine}", f"{size:,} calls {state}", *spent)
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


def _by_turns(cost: Cost, large: Journal, small: Journal) -> tuple[list[float], list[float]]:
    """What each time took, in ms; of both journals."""
    more = calls(next(FURTHER), cost.rounds * cost.calls * 2, int(time.time() * 1000))
    spent: tuple[list[float], list[float]] = ([], [])
    for _ in range(cost.rounds):
        for journal, its in zip((large, small), spent, strict=True):
            its.append(cost.ms(journal, list(islice(more, cost.calls))))
    return spent


def _row(cost: Cost, key: str, where: str, large: list[float], small: list[float]) -> Row:
    also = {"mean_ms": mean(large), "mean_of_limit_ms": mean(small), "longest_ms": max(large)}
    what = f"{where}: {cost.what} (median)"
    return Row(what, median(large), f"{SMALL:,} calls", median(small), f"growth-{cost.key}/{key}", "ms", also)


def _appending(journal: Journal, given: list[Call]) -> float:
    began = time.perf_counter()
    journal.append(given)
    return 1000 * (time.perf_counter() - began)


def _claiming(journal: Journal, given: list[Call]) -> float:
    """What is claimed may be others than those given, which see that there are enough."""
    journal.append(given)
    began = time.perf_counter()
    deliver(journal, DESTINATION, len(given))
    return 1000 * (time.perf_counter() - began)


COSTS = (
    Cost("append-one", "an append of one call", 1, 200, _appending),
    Cost("append-hundred", "an append of 100", 100, 60, _appending),
    Cost("claim", "claim and settle of 500", 500, 20, _claiming),
)


def main() -> None:
    """By the arguments."""
    parser = argparse.ArgumentParser(description="What accepts and claims cost as the journal grows.")
    parser.add_argument("--size", type=int, default=SIZES[-1], help="calls at the end")
    parser.add_argument("--engine", choices=ENGINES, action="append", help="by default both")
    parser.add_argument("--state", choices=STATES, action="append", help="by default both")
    given = parser.parse_args()
    sizes = sorted({*(size for size in SIZES if size < given.size), given.size})
    record.show(rows(sizes, given.engine or ENGINES, given.state or STATES), record.GROWN)


if __name__ == "__main__":
    main()

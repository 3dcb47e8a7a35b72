"""Measuring: what is done a second, the best of a few rounds, so that a neighbour's noise counts least."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

ROUNDS = 3


@dataclass(frozen=True)
class Row:
    """One figure beside its limit: ``rate`` and ``limit`` a second."""

    what: str
    rate: float
    limit_name: str
    limit: float

    def __str__(self) -> str:
        share = self.rate / self.limit
        return f"{self.what:70} {self.rate:10,.0f} /s   {share:6.2f} of {self.limit_name} ({self.limit:,.0f} /s)"


def rate(work: Callable[[], int], rounds: int = ROUNDS) -> float:
    """The best rate of a few rounds; ``work`` does it once and says how many it did."""
    best = 0.0
    for _ in range(rounds):
        began = time.perf_counter()
        done = work()
        best = max(best, done / (time.perf_counter() - began))
    return best

"""Measuring: what is done a second, the best of a few rounds, so that a neighbour's noise counts least."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import orjson

ROUNDS = 3


@dataclass(frozen=True)
class Row:
    """One figure beside its limit, both in ``unit``, from the same run.

    ``key``: its name in the record, for good: what is measured, then the engine, if any (``accept-one/sqlite``). ``limit``: what
    the machine could do, or what is allowed. ``also``: further figures by name, such as ``p99_ms``.
    """

    what: str
    value: float
    limit_name: str
    limit: float
    key: str
    unit: str = "/s"
    also: Mapping[str, float] = field(default_factory=dict)

    @property
    def engine(self) -> str:
        """sqlite, postgresql, or none."""
        return self.key.rpartition("/")[2] if "/" in self.key else ""

    @property
    def ratio(self) -> float:
        """The figure as a part of its limit."""
        return self.value / self.limit

    def __str__(self) -> str:
        more = "".join(f", {name.replace('_', ' ')} {said(value)}" for name, value in self.also.items())
        limit = f"{self.limit_name} ({said(self.limit)} {self.unit})"
        return f"{said(self.value)} {self.unit}, {self.ratio:.2f} of {limit}{more}"


def said(value: float) -> str:
    """A figure with as many digits as mean something: 17,234.5 as 17,234; 0.1234 as 0.123."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.3g}"


def rate(work: Callable[[], int], rounds: int = ROUNDS) -> float:
    """The best rate of a few rounds; ``work`` does it once and says how many it did."""
    return best((work,), rounds)[0]


def best(works: tuple[Callable[[], int], ...], rounds: int = ROUNDS) -> list[float]:
    """The best rate of each, of a second of this process's own time; in rounds that take turns, so that all have the same
    weather. By the clock, what takes long would share the processor with others more often than what is quick."""
    found = [0.0] * len(works)
    for _ in range(rounds):
        for number, work in enumerate(works):
            began = time.process_time()
            done = work()
            found[number] = max(found[number], done / (time.process_time() - began))
    return found


def json_only(texts: list[bytes]) -> int:
    """What no way through Python can do without: each text read and written. As many as there are."""
    for text in texts:
        orjson.dumps(orjson.loads(text))
    return len(texts)


def at(values: list[float], share: float) -> float:
    """A quantile: 0.5 is the median. ``values``: at least one, in any order."""
    return sorted(values)[int((len(values) - 1) * share)]

"""What processes counted over time, put together: sums, and columns for charts. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from translator.observe import LEVELS, SEPARATOR, quantile
from translator.sights import Span

Range = Literal["hour", "day"]
RANGES: Mapping[Range, tuple[int, int]] = {"hour": (60, 60), "day": (600, 144)}
"""A range: seconds of its spans, and how many of them."""

SHORTEST_MS = 60_000

Key = tuple[str, ...]
"""A happening and its labels."""


@dataclass
class Counted:
    """What was counted in a span of time, by all processes. ``levels``: the highest that any measured."""

    counts: dict[Key, float] = field(default_factory=lambda: defaultdict(float))
    levels: dict[Key, float] = field(default_factory=dict)

    def add(self, counts: Mapping[str, float]) -> None:
        """Add what one process counted."""
        for name, value in counts.items():
            key = tuple(name.split(SEPARATOR))
            if key[0] in LEVELS:
                self.levels[key] = max(value, self.levels.get(key, 0))
            else:
                self.counts[key] += value

    def total(self, *start: str) -> float:
        """How often, of everything whose happening and labels begin so."""
        return sum(value for key, value in self.counts.items() if key[: len(start)] == start)

    def by(self, happening: str, place: int, **where: str) -> dict[str, int]:
        """A happening's counts by the label at ``place``, the most frequent first. ``where``: ``label0="production"``
        and so on leaves out others."""
        found: dict[str, float] = defaultdict(float)
        wanted = {int(name.removeprefix("label")) + 1: value for name, value in where.items()}
        for key, value in self.counts.items():
            if key[0] == happening and len(key) > place + 1 and all(key[at] == one for at, one in wanted.items()):
                found[key[place + 1]] += value
        return {name: int(count) for name, count in sorted(found.items(), key=lambda one: -one[1]) if count}

    def dwell(self, part: float, destination: str | None = None) -> float | None:
        """From receipt to delivery, ms: what this part of the calls did not exceed; None where none was delivered."""
        buckets: dict[int, float] = defaultdict(float)
        for key, value in self.counts.items():
            if key[0] == "dwell" and destination in (None, key[1]):
                buckets[int(key[2])] += value
        return quantile(buckets, part)


def summed(spans: Iterable[Span]) -> Counted:
    """Everything in these spans."""
    found = Counted()
    for one in spans:
        found.add(one.counts)
    return found


def charts(spans: Collection[Span], span: Range, now: int, destinations: Collection[str]) -> dict[str, Any]:
    """Columns for the charts: ``x`` in seconds since the epoch, and by chart ``names`` and ``values``. ``now``: ms.

    The present span is among them when a minute of it is over, its rates by what is over; else each line would fall at
    its end.
    """
    seconds, count = RANGES[span]
    length = seconds * 1000
    last = now - now % length
    lately = now - last
    if lately < SHORTEST_MS:
        last, lately = last - length, length
    moments = [last - length * step for step in reversed(range(count))]
    at: dict[int, Counted] = defaultdict(Counted)
    for one in spans:
        at[one.began].add(one.counts)
    found = [at[moment] for moment in moments]
    a_minute = [60_000 / length] * (count - 1) + [60_000 / lately]
    return {
        "x": [moment / 1000 for moment in moments],
        "charts": {
            "calls": _calls(found, destinations, a_minute),
            "waiting": _waiting(found, destinations),
            "dwell": _dwell(found),
        },
    }


def _calls(found: list[Counted], destinations: Collection[str], a_minute: list[float]) -> dict[str, Any]:
    """``a_minute``: what makes each span's count one of a minute."""

    def rates(counts: Iterable[float]) -> list[float]:
        return [count * each for count, each in zip(counts, a_minute, strict=True)]

    columns = {"accepted": rates(sum(_outcome(one, "accepted")) for one in found)}
    for name in destinations:
        said = "delivered" if len(destinations) == 1 else f"delivered to {name}"
        columns[said] = rates(one.total("delivered", name) for one in found)
    columns["dead"] = rates(one.total("dead") for one in found)
    return _chart(columns)


def _outcome(one: Counted, outcome: str) -> Iterable[float]:
    return (value for key, value in one.counts.items() if key[0] == "calls" and key[2] == outcome)


def _waiting(found: list[Counted], destinations: Collection[str]) -> dict[str, Any]:
    return _chart({name: [one.levels.get(("waiting", name)) for one in found] for name in destinations})


def _dwell(found: list[Counted]) -> dict[str, Any]:
    parts = {"half of them within (p50)": 0.5, "99 of 100 within (p99)": 0.99}
    columns = {}
    for name, part in parts.items():
        times = [one.dwell(part) for one in found]
        columns[name] = [None if ms is None else ms / 1000 for ms in times]
    return {**_chart(columns), "unit": "seconds"}


def _chart(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {"names": list(columns), "values": list(columns.values())}

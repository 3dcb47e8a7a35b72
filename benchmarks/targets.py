"""What each figure is to be at least (or at most), by the first part of its row's key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.measure import Row

FLAT = 1.5
"""As often as much as with 10,000 calls something may cost with more: what is beyond is no noise."""

LAG_MS, WEB_MB, DELIVERY_MB = 1500.0, 80.0, 120.0
PROGRESS_US = 6.0
"""What is allowed: the limits of their rows, too."""


@dataclass(frozen=True)
class Target:
    """In words, and as a question."""

    said: str
    met: Callable[[Row], bool]


def _ratio(least: float) -> Target:
    return Target(f"{least:g} of the limit", lambda row: row.ratio >= least)


def _accept(least: float, p99_ms: float) -> Target:
    said = f"{least:g} of the limit, p99 under {p99_ms:g} ms"
    return Target(said, lambda row: row.ratio >= least and row.also["p99_ms"] < p99_ms)


def _value(least: float) -> Target:
    return Target(f"{least:,g} /s", lambda row: row.value >= least)


def _either(value: float, ratio: float) -> Target:
    return Target(f"{value:,g} /s, or {ratio:g} of the limit", lambda row: row.value >= value or row.ratio >= ratio)


def _under(most: float, unit: str) -> Target:
    return Target(f"under {most:,g} {unit}", lambda row: row.value < most)


def _flat() -> Target:
    return Target(f"under {FLAT:g} of the limit", lambda row: row.ratio < FLAT)


TARGETS: Mapping[str, Target] = {
    "translation": _ratio(0.15),
    "accept-one": _accept(0.5, 50),
    "accept-one-closed": _accept(0.5, 50),
    "accept-arrays": _either(15_000, 0.5),
    "delivery": _value(10_000),
    "progress": _under(PROGRESS_US, "µs"),
    "lag": _under(LAG_MS, "ms"),
    "memory-web": _under(WEB_MB, "MB"),
    "memory-delivery": _under(DELIVERY_MB, "MB"),
    "start-translate": _under(0.35, "s"),
    "start-help": _under(0.2, "s"),
    "growth-append-one": _flat(),
    "growth-append-hundred": _flat(),
    "growth-claim": _flat(),
}


def target(key: str) -> Target | None:
    """Of a row's key; None: it is only shown."""
    return TARGETS.get(key.split("/")[0])

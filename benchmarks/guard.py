"""Has anything become much slower? ``python -m benchmarks.guard``, in about a minute: ratios beside the recorded ones.

Rates mean nothing across machines: only a row's part of its limit is compared, with measured.json. A ratio under half of
the recorded one fails; it is measured twice more before that, since machines are noisy.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from benchmarks import accepting, delivery, translation
from benchmarks.engines import journals
from benchmarks.measure import Row
from benchmarks.record import MEASURED, read

LEAST = 0.5
"""Of the recorded ratio."""

TRIES = 3
"""Of a part of which something is slow."""

ENOUGH = {"accept-one": 0.5}
"""Beyond what is to be reached a ratio guards nothing: an accept waits for the disk, its limit does not, and the disk of
another machine may be slower."""

PARTS: Mapping[str, Callable[[], Iterator[Row]]] = {
    "translation": lambda: translation.rows(rounds=3),
    "accepting": lambda: accepting.rows(_sqlite()),
    "delivery": lambda: delivery.rows(_sqlite(), rounds=2),
}
GUARDED = ("translation", "accept-one", "accept-arrays", "delivery")
"""First parts of keys."""


class NoRecord(Exception):
    """There is nothing to compare with."""


def is_slow(key: str, ratio: float, record: Mapping[str, Any]) -> bool:
    """Whether a ratio is under half of the recorded one. Raises NoRecord."""
    return ratio < LEAST * min(recorded(key, record), ENOUGH.get(key.split("/")[0], float("inf")))


def recorded(key: str, record: Mapping[str, Any]) -> float:
    """The ratio of a record's row. Raises NoRecord."""
    row = record["rows"].get(key)
    if row is None:
        raise NoRecord(f"{MEASURED.name} has no row {key}: run make bench, and commit what it writes")
    return float(row["ratio"])


def compare(rows: Iterable[Row], record: Mapping[str, Any]) -> list[str]:
    """Print each row that is guarded beside the record; the keys of those that are slow. Raises NoRecord."""
    slow = []
    for row in rows:
        if row.key.split("/")[0] not in GUARDED:
            continue
        verdict = "slow" if is_slow(row.key, row.ratio, record) else "ok"
        print(
            f"{row.key:24} recorded {recorded(row.key, record):6.3g}   measured {row.ratio:6.3g}   {verdict}",
            flush=True,
        )
        slow += [row.key] if verdict == "slow" else []
    return slow


def guard(parts: Mapping[str, Callable[[], Iterator[Row]]], record: Mapping[str, Any]) -> list[str]:
    """The keys that are slow each time. A part with one that is slow is measured again. Raises NoRecord."""
    slow: list[str] = []
    for part in parts.values():
        left = set(compare(part(), record))
        for _ in range(TRIES - 1):
            if left:
                print("once more:", ", ".join(sorted(left)), flush=True)
                left &= set(compare(part(), record))
        slow += sorted(left)
    return slow


def _sqlite() -> Iterator[tuple[str, str]]:
    yield from islice(journals(), 1)


def main() -> None:
    """Exit code 1 where something is slow, or there is no record."""
    try:
        slow = guard(PARTS, read(MEASURED))
    except (NoRecord, FileNotFoundError) as error:
        sys.exit(str(error))
    if slow:
        sys.exit(f"under half of what was recorded: {', '.join(slow)}")


if __name__ == "__main__":
    main()

"""scale.json as tables of docs/kafka-scale.md: what was measured, and what 100,000 calls a second need by it. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from benchmarks.measure import said

ENGINES = {
    "sqlite": "SQLite",
    "postgresql": "PostgreSQL",
    "kafka-1": "Kafka, one broker",
    "kafka-3": "Kafka, three brokers",
}
WHATS = {
    "scale-accept-one": ("accepted, one call a request", "web_us"),
    "scale-accept-arrays": ("accepted, arrays of 100", "web_us"),
    "scale-delivery": ("delivered", "delivery_us"),
}
RATE, COPIES, KEEP_DAYS, BROKERS = 100_000, 3, 7, (6, 9, 12)
BUSY = 0.5
"""What of a processor, a disk, a network is used at the planned rate: the rest is for peaks and backlogs."""

DAY_SECONDS = 86_400
BODY = 1000

Rows = Mapping[str, Mapping[str, Any]]


def scale(record: Mapping[str, Any]) -> str:
    """Calls a second by processes, and processor time of a call with one."""
    rows: Rows = record["rows"]
    counts = sorted({int(key.split("/")[1]) for key in rows if key.count("/") == 2})
    head = f"Python {record['python']}, {record['processors']} processors ({record['cpu']}), {record['date']}:\n\n"
    ours = "µs of a processor a call: web or delivery"
    columns = [*(f"{one} process{'es' if one > 1 else ''}, /s" for one in counts), ours, "server, all brokers"]
    lines = [f"| journal | what | {' | '.join(columns)} |", "|---|---|" + "---|" * len(columns)]
    for engine, journal in ENGINES.items():
        for name, (what, cost) in WHATS.items():
            found = [rows.get(f"{name}/{one}/{engine}") for one in counts]
            rates = ["" if one is None else said(one["value"]) for one in found]
            costs = [_span([one["also"].get(part) for one in found if one]) for part in (cost, "server_us")]
            lines.append(f"| {journal} | {what} | {' | '.join([*rates, *costs])} |")
    return head + "\n".join(lines)


def processors(record: Mapping[str, Any]) -> str:
    """What is busy at the planned rate, with three copies."""
    rows: Rows = record["rows"]
    lines = [
        f"| part | µs a call | busy at {RATE:,}/s: processors | to have |",
        "|---|---|---|---|",
    ]
    for name, (what, cost) in WHATS.items():
        mine = "delivery processes" if name == "scale-delivery" else "web processes"
        for part, key in ((f"{mine}: {what}", cost), (f"brokers: {what}", "server_us")):
            spent = dearest(rows, name, key)
            busy = RATE * spent / 1e6
            lines.append(f"| {part} | {said(spent)} | {said(busy)} | {math.ceil(busy / BUSY):,} |")
    return "\n".join(lines)


def partitions(record: Mapping[str, Any]) -> str:
    """How many delivery processes, and so partitions."""
    spent = dearest(record["rows"], "scale-delivery", "delivery_us")
    at_most = 1e6 / spent
    processes = math.ceil(RATE / (at_most * BUSY))
    rows = (
        ("a delivery process, when all of one processor is its own: calls/s", said(at_most)),
        ("the same, half busy", said(at_most * BUSY)),
        (f"delivery processes for {RATE:,} calls/s", f"{processes:,}"),
        ("partitions, so that as many again can be added", f"{_round(2 * processes):,}"),
        ("calls/s in each of these partitions", said(RATE / _round(2 * processes))),
    )
    return "\n".join(["| what | figure |", "|---|---|", *(f"| {what} | {figure} |" for what, figure in rows)])


def volumes(record: Mapping[str, Any]) -> str:
    """Bytes: as the measured calls are compressed, and as if they were not."""
    rows: Rows = record["rows"]
    packed = float(rows["scale-bytes/kafka-3"]["value"])
    more = float(rows["scale-bytes-more/kafka-3"]["value"])
    sizes = (packed, BODY)
    lines = ["| what | compressed as measured | not at all |", "|---|---|---|"]

    def line(what: str, per_call: tuple[float, ...], times: float, unit: float, name: str) -> None:
        lines.append(f"| {what} | {' | '.join(f'{said(one * times / unit)} {name}' for one in per_call)} |")

    line("a call in one copy", sizes, 1, 1, "bytes")
    line(
        "of a destination, beside each call: requests, progress, memory, before compaction", (more, more), 1, 1, "bytes"
    )
    line("into the brokers from web processes, a second", sizes, RATE, 1e6, "MB")
    line(f"between brokers, a second ({COPIES} copies)", sizes, RATE * (COPIES - 1), 1e6, "MB")
    line("out of the brokers, a second, for each destination, and for the archive", sizes, RATE, 1e6, "MB")
    line("written to disks, a second, all brokers", tuple(one + more for one in sizes), RATE * COPIES, 1e6, "MB")
    kept = RATE * COPIES * KEEP_DAYS * DAY_SECONDS
    line(f"calls kept {KEEP_DAYS} days, all brokers", sizes, kept, 1e12, "TB")
    for brokers in BROKERS:
        line(f"a broker's disk, {brokers} of them, half full", sizes, kept / brokers / BUSY, 1e12, "TB")
    for brokers in BROKERS:
        into = tuple(one * COPIES + more * COPIES for one in sizes)
        line(f"a broker's network in, {brokers} of them, a second", into, RATE / brokers, 1e6, "MB")
    return "\n".join(lines)


def dearest(rows: Rows, name: str, part: str) -> float:
    """The most that a call cost in µs, by whatever number of processes, with three brokers."""
    found = [row["also"][part] for key, row in rows.items() if key.startswith(f"{name}/") and key.endswith("/kafka-3")]
    return float(max(found))


def _span(values: list[float | None]) -> str:
    found = [one for one in values if one is not None]
    if not found:
        return ""
    low, high = said(min(found)), said(max(found))
    return low if low == high else f"{low} to {high}"


def _round(count: int) -> int:
    """Up to a number that many counts of brokers and processes divide."""
    return 12 * math.ceil(count / 12)

"""The records as tables in README.md and docs/, between two marks: ``python -m benchmarks.tables`` writes them there.

tests/test_readme.py holds pages and records together.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from benchmarks import planning
from benchmarks.measure import said
from benchmarks.record import GROWN, MEASURED, SCALE, read
from tests.processes import ROOT

ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
GB = 1e9
DAY_SECONDS = 86_400
RATES = (10, 100, 1000)
HOLDS = {
    "accept-one-closed": "accepted, one call a request, a connection each",
    "accept-arrays": "accepted, arrays of 100",
    "delivery": "delivered, one delivery process",
}
PEERS = {
    "Segment's own Actions code": 4_400,
    "RudderStack's transformer, user agents parsed": 7_200,
    "RudderStack's transformer, user agents not parsed": 21_300,
    "Jitsu's function, which does far less": 69_000,
}
PEERS_ORJSON = 300_000
"""Calls a second of the same lines on one core, and what orjson alone did on that machine."""

Rows = Mapping[str, Mapping[str, Any]]


def speed(record: Mapping[str, Any]) -> str:
    """What was to be reached, and what was measured, by engine."""
    rows: Rows = record["rows"]
    head = f"Python {record['python']}, {record['processors']} processors ({record['cpu']}), {record['date']}:\n\n"
    lines = ["| what | at least | SQLite, or neither | PostgreSQL |", "|---|---|---|---|"]
    for name, engines in _by_name(rows).items():
        if name.startswith("disk-"):
            continue
        first = next(iter(engines.values()))
        cells = [_cell(engines.get(one) or engines.get("" if one == "sqlite" else one)) for one in ENGINES]
        lines.append(f"| {first['what']} | {first['target'] or ''} | {cells[0]} | {cells[1]} |")
    return head + "\n".join(lines)


def holds(record: Mapping[str, Any]) -> str:
    """Calls a second and a day, by engine; and what may come all day long."""
    rows: Rows = record["rows"]
    lines = ["| what | SQLite: a second | a day | PostgreSQL: a second | a day |", "|---|---|---|---|---|"]
    for name, what in HOLDS.items():
        cells = (f"{said(rate)} | {_million(rate)}" for rate in (rows[f"{name}/{one}"]["value"] for one in ENGINES))
        lines.append(f"| {what} | {' | '.join(cells)} |")
    cells = (f"{said(rate)} | {_million(rate)}" for rate in (sustained(rows, one) for one in ENGINES))
    lines.append(f"| **to plan with, single calls: half of the lesser** | {' | '.join(cells)} |")
    return "\n".join(lines)


def sustained(rows: Rows, engine: str) -> float:
    """Single calls a second that may come all day: half of what is accepted and of what is delivered, so that peaks fit in,
    and a backlog is gone as soon again as it took to grow."""
    return min(float(rows[f"{name}/{engine}"]["value"]) for name in ("accept-one-closed", "delivery")) / 2


def peers(record: Mapping[str, Any]) -> str:
    """Bytes in, request out, on one core: others and this service, each beside orjson on its own machine."""
    row = record["rows"]["translation"]
    lines = ["| what | calls/s, one core | of orjson loads+dumps |", "|---|---|---|"]
    for what, rate in PEERS.items():
        lines.append(f"| {what} | {rate:,} | {rate / PEERS_ORJSON:.3f} |")
    lines.append(f"| **this service, user agents parsed** | {said(row['value'])} | {row['ratio']:.3f} |")
    return "\n".join(lines)


def growth(record: Mapping[str, Any]) -> str:
    """What an append or a claim costs, beside the same with 10,000 calls, as the journal grows."""
    rows: Rows = record["rows"]
    found: dict[tuple[str, str, str], dict[int, Mapping[str, Any]]] = {}
    for key, row in rows.items():
        _, where, engine = key.split("/")
        state, _, size = where.rpartition("-")
        found.setdefault((ENGINES[engine], state, row["what"].partition(": ")[2]), {})[int(size)] = row
    sizes = sorted({size for costs in found.values() for size in costs})
    lines = [
        f"| journal, calls in it | what | {' | '.join(f'{size:,}' for size in sizes)} |",
        "|---|---|" + "---|" * len(sizes),
    ]
    for (engine, state, what), costs in found.items():
        cells = [f"{costs[size]['ratio']:.2f}" if size in costs else "" for size in sizes]
        lines.append(f"| {engine}, {state} | {what} | {' | '.join(cells)} |")
    return "\n".join(lines)


def disk(record: Mapping[str, Any]) -> str:
    """How long an outage of Amplitude a disk holds, and what calls take that are kept for a week."""
    rows: Rows = record["rows"]
    lines = [
        "| calls a second | journal | an outage: GB a day | days of it a GB | delivered, kept 7 days: GB |",
        "|---|---|---|---|---|",
    ]
    for rate in RATES:
        for engine, name in ENGINES.items():
            waiting, kept = (float(rows[f"disk-{state}/{engine}"]["value"]) for state in ("waiting", "kept"))
            day = rate * DAY_SECONDS / GB
            cells = (said(waiting * day), said(1 / (waiting * day)), said(7 * kept * day))
            lines.append(f"| {rate:,} | {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def sizes(record: Mapping[str, Any]) -> str:
    """Bytes of a call."""
    rows: Rows = record["rows"]
    lines = ["| a call of | SQLite | PostgreSQL |", "|---|---|---|"]
    for state, what in (("waiting", "that waits"), ("kept", "that is delivered and kept")):
        cells = [f"{rows[f'disk-{state}/{engine}']['value']:,.0f} bytes" for engine in ENGINES]
        body = f"{rows[f'disk-{state}/sqlite']['limit']:,.0f}"
        lines.append(f"| {body} bytes as JSON {what} | {' | '.join(cells)} |")
    return "\n".join(lines)


TABLES: Mapping[str, tuple[Path, Callable[[Mapping[str, Any]], str]]] = {
    "speed": (MEASURED, speed),
    "holds": (MEASURED, holds),
    "peers": (MEASURED, peers),
    "sizes": (MEASURED, sizes),
    "disk": (MEASURED, disk),
    "growth": (GROWN, growth),
    "scale": (SCALE, planning.scale),
    "processors": (SCALE, planning.processors),
    "partitions": (SCALE, planning.partitions),
    "volumes": (SCALE, planning.volumes),
}
MARKED = re.compile(r"<!-- (\w+): written by make bench -->\n(.*?)<!-- /\1 -->", re.S)


def filled(page: str) -> str:
    """A page with its tables as the records have them."""

    def fresh(found: re.Match[str]) -> str:
        path, table = TABLES[found[1]]
        text = table(read(path))
        return f"<!-- {found[1]}: written by make bench -->\n\n{text}\n\n<!-- /{found[1]} -->"

    return MARKED.sub(fresh, page)


def pages() -> Iterator[Path]:
    """Those that have a table."""
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        if MARKED.search(path.read_text(encoding="utf-8")):
            yield path


def _million(rate: float) -> str:
    return f"{said(rate * DAY_SECONDS / 1e6)} million"


def _by_name(rows: Rows) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Rows by the first part of their key, then by engine."""
    found: dict[str, dict[str, Mapping[str, Any]]] = {}
    for key, row in rows.items():
        name, _, engine = key.partition("/")
        found.setdefault(name, {})[engine] = row
    return found


def _cell(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return ""
    text = f"{said(row['value'])} {row['unit']}"
    if not row["limit_name"].startswith("what is allowed"):
        text += f", {row['ratio']:.2f} of {row['limit_name']}"
    if "p99_ms" in row["also"]:
        text += f", p99 {said(row['also']['p99_ms'])} ms"
    return text if row["met"] is not False else f"{text}: **not met**"


def main() -> None:
    """Write them."""
    for path in pages():
        path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    main()

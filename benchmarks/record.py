"""What was measured, written down: ``measured.json``, ``grown.json`` and ``scale.json`` beside this file, rows by their keys."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks.measure import Row
from benchmarks.targets import target

MEASURED = Path(__file__).with_name("measured.json")
GROWN = Path(__file__).with_name("grown.json")
SCALE = Path(__file__).with_name("scale.json")


def show(rows: Iterable[Row], path: Path = MEASURED) -> None:
    """Print rows as they come, and write each down as it is there: one that fails does not take along the others."""
    print(f"{'what':72} {'at least':34} {'measured':90} met", flush=True)
    for row in rows:
        found = target(row.key)
        met = "" if found is None else "yes" if found.met(row) else "no"
        what = f"{row.engine}: {row.what}" if row.engine else row.what
        print(f"{what:72} {found.said if found else '':34} {row!s:90} {met}", flush=True)
        write([row], path)


def write(rows: Iterable[Row], path: Path = MEASURED) -> None:
    """Put rows into a record, in the place of those with the same keys; the others stay as they were."""
    known = read(path)["rows"] if path.exists() else {}
    record = {**_machine(), "rows": {**known, **{row.key: _written(row) for row in rows}}}
    path.write_text(json.dumps(record, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path = MEASURED) -> dict[str, Any]:
    """A record: the machine of the last run, and rows by key."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def _machine() -> dict[str, object]:
    return {
        "date": _today(),
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "cpu": _cpu(Path("/proc/cpuinfo")),
    }


def _today() -> str:
    return datetime.now(UTC).date().isoformat()


def _cpu(path: Path) -> str:
    """The name that the processors have, where the system tells."""
    if not path.exists():
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in path.read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _written(row: Row) -> dict[str, object]:
    found = target(row.key)
    return {
        "what": row.what,
        "value": _short(row.value),
        "unit": row.unit,
        "limit_name": row.limit_name,
        "limit": _short(row.limit),
        "ratio": _short(row.ratio),
        "also": {name: _short(value) for name, value in row.also.items()},
        "target": found.said if found else None,
        "met": found.met(row) if found else None,
        "date": _today(),
    }


def _short(value: float) -> float:
    """Four digits: what follows is noise, and would be a change in each line of each run."""
    return float(f"{value:.4g}")

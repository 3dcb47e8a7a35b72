"""Processor time of processes that run, from /proc (proc(5): stat), with all that they started."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
PROC = Path("/proc")


def spent(roots: Collection[int]) -> float:
    """Seconds, in user and system mode, of these processes and their children, also of those that have ended and were
    waited for; in steps of 1/100 s."""
    known = {pid: fields for pid in _pids() if (fields := _stat(pid))}
    children: defaultdict[int, list[int]] = defaultdict(list)
    for pid, fields in known.items():
        children[int(fields[1])].append(pid)
    left, found, total = list(roots), set[int](), 0
    while left:
        pid = left.pop()
        if pid in known and pid not in found:
            found.add(pid)
            total += sum(int(ticks) for ticks in known[pid][11:15])
            left += children[pid]
    return total / TICKS


def _pids() -> Iterator[int]:
    return (int(entry.name) for entry in PROC.iterdir() if entry.name.isdecimal())


def _stat(pid: int) -> list[str]:
    """From the state on (the name before it may have spaces); empty where it has ended."""
    try:
        return PROC.joinpath(str(pid), "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return []

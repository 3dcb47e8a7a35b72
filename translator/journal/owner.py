"""Which process is which: a pid alone may be used again by another, and a host's name by another machine."""

from __future__ import annotations

import os
import socket
import sys
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@cache
def this_host() -> str:
    """This machine and, in it, this space of pids: containers may share a name, and each has a process 1.

    Where Linux does not say which boot it is (sandboxes that all have one name), each process is on a host of its own:
    then leases end by their time alone.
    """
    boot = _line("/proc/sys/kernel/random/boot_id")
    if not boot and sys.platform == "linux":
        boot = uuid.uuid4().hex
    return " ".join([socket.gethostname(), boot, _link("/proc/self/ns/pid")]).strip()


@dataclass(frozen=True, slots=True)
class Owner:
    """A process: its host (see ``this_host``), pid, and when it started.

    ``started``: the kernel's ticks since boot, as text; "" where unknown.
    """

    host: str
    pid: int
    started: str


@dataclass(frozen=True, slots=True)
class Heard:
    """A process that was heard of lately. ``destinations``: what it delivers to, or, without ``delivers``, will when it
    has started."""

    owner: Owner
    destinations: list[str]
    delivers: bool


def delivering(heard: Iterable[Heard]) -> int:
    """How many of these deliver and live."""
    return sum(one.delivers and lives(one.owner) for one in heard)


def served_by(heard: Iterable[Heard]) -> frozenset[str]:
    """What these deliver to; of those that deliver, also what one that has just died did: it may be on its way back."""
    return frozenset(name for one in heard if one.delivers or lives(one.owner) for name in one.destinations)


def myself() -> Owner:
    """This process."""
    return Owner(this_host(), os.getpid(), start_of(os.getpid()))


def start_of(pid: int) -> str:
    """When a process started, or "" where that cannot be told (proc(5), /proc/pid/stat, field 22)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return ""
    # the name of the program, in brackets, may hold blanks and brackets itself
    fields = stat.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]


def lives(owner: Owner) -> bool:
    """Whether a process still runs; one of another host is believed to."""
    if owner.host != this_host():
        return True
    try:
        os.kill(owner.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # somebody else's process, which may be hidden (proc(5), hidepid)
        return start_of(owner.pid) in ("", owner.started)
    return start_of(owner.pid) == owner.started


def _line(path: str) -> str:
    try:
        return Path(path).read_text(encoding="ascii").strip()
    except OSError:
        return ""


def _link(path: str) -> str:
    try:
        return str(Path(path).readlink())
    except OSError:
        return ""

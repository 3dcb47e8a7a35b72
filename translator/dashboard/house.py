"""What the pages are about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Literal

from translator.journal import Journal
from translator.parcels import Counts
from translator.settings.values import Settings

Trouble = Literal[
    "journal", "delivery", "no_destination", "unknown_destination", "circuit", "unserved", "disk", "archive"
]


@dataclass(frozen=True)
class Problem:
    """Something that a person should see to. ``said``: in a line; ``destination``: whose, or "". ``is_grave``: the
    service cannot do its work, rather than that it soon may not."""

    kind: Trouble
    said: str
    is_grave: bool
    destination: str = ""


@dataclass(frozen=True)
class State:
    """How the service does. ``journal``: "ok", or what its engine says. ``alive``: delivery processes."""

    problems: tuple[Problem, ...] = ()
    journal: str = "ok"
    alive: int = 0
    counts: Counts = field(default_factory=Counts)


@dataclass(frozen=True)
class House:
    """``is_loopback``: whether the request at hand comes from this machine. ``state``: how the service does, as told to
    this machine. ``address``: whose request it is, as far as can be told. ``shared_key``: the same in all workers,
    where there is one. ``busy``: held while the newest calls are looked at, which one does at a time in a process."""

    settings: Settings
    journal: Journal
    is_loopback: Callable[[], bool]
    state: Callable[[], State]
    address: Callable[[], str]
    shared_key: str | None = None
    busy: Lock = field(default_factory=Lock, compare=False)

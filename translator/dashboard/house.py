"""What the pages are about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from translator.journal import Journal
from translator.settings.values import Settings


@dataclass(frozen=True)
class House:
    """``is_loopback``: whether the request at hand comes from this machine. ``readiness``: what /readyz says to this
    machine. ``address``: whose request it is, as far as can be told. ``shared_key``: the same in all workers, where
    there is one."""

    settings: Settings
    journal: Journal
    is_loopback: Callable[[], bool]
    readiness: Callable[[], dict[str, Any]]
    address: Callable[[], str]
    shared_key: str | None = None

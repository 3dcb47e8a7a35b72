"""An answer of the local Amplitude, before it is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Said:
    """An answer, and the records that were taken with it. ``by_switch``: Amplitude itself would not have refused.
    ``held``: the records that the request brought, where it was refused. ``act``: does what is asked for, where that is
    no record, and gives the answer in place of this; not called where a switch keeps what is asked for from being done.
    """

    status: int
    body: Any
    api: str = ""
    api_key: str = ""
    records: tuple[Any, ...] = ()
    by_switch: bool = False
    held: tuple[Any, ...] = ()
    act: Callable[[], Said] | None = None


def refused(status: int, error: str, **more: Any) -> Said:
    """A refusal in JSON, as Amplitude's event doors write it."""
    return Said(status, {"code": status, "error": error, **more})

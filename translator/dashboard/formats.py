"""How values are shown: numbers, durations, times, JSON. Pure."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint
from markupsafe import Markup

from translator.settings.effective import clock

UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"))
NEVER = "\u2013"


def number(value: float | None) -> str:
    """1234567 as 1,234,567."""
    return NEVER if value is None else f"{value:,.0f}"


def figure(value: float) -> str:
    """1234567.5 as 1,234,567.5."""
    return f"{value:,}"


def counted(count: float, one: str, many: str) -> str:
    """How many of what."""
    return f"{number(count)} {one if count == 1 else many}"


def duration(ms: float | None) -> str:
    """So many ms in the largest unit that fits."""
    if ms is None:
        return NEVER
    if ms < 1000:
        return f"{ms:.0f} ms"
    seconds = ms / 1000
    for size, unit in UNITS:
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def age(at: int | None) -> str:
    """How long ago a moment (ms since the epoch) is."""
    return NEVER if at is None else duration(max(0.0, time.time() * 1000 - at))


def moment(at: int | None) -> str | Markup:
    """A moment (ms since the epoch), in UTC; in a browser in the viewer's own zone."""
    if at is None:
        return NEVER
    try:
        said = datetime.fromtimestamp(at / 1000, UTC)
    except (OverflowError, ValueError, OSError):
        return str(at)
    plain = said.isoformat(" ", "seconds").removesuffix("+00:00")
    exact = said.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Markup('<time datetime="{}" title="{} UTC">{}Z</time>').format(exact, exact[:-1].replace("T", " "), plain)


def pretty(value: Any) -> str:
    """Indented JSON text."""
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def add_formats(pages: Blueprint) -> None:
    """The filters of the templates."""
    for function in (number, figure, duration, age, moment, pretty, clock):
        pages.add_app_template_filter(function)

"""Times as people and machines write them → milliseconds since the epoch, and back. Pure, and never the present day.

Source: segment-actions.md section 4, "time formatting"; numeric text and seconds by size (differences 7).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_SIZES = ((1e11, 1000.0), (1e14, 1.0), (1e17, 1e-3), (1e20, 1e-6))
"""Below 1e11 it is seconds (until the year 5138), below 1e14 milliseconds, then micro- and nanoseconds."""
_ZONES = {"UTC": 0, "GMT": 0, "Z": 0, "UT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6}
_ZONES |= {"PST": -8, "PDT": -7}
"""Hours east of UTC of the names that RFC 2822 (section 4.3) knows."""
_MONTH = re.compile(r"\d{4}-\d{2}")
_YEAR = re.compile(r"\d{4}")
_DEFAULTS = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2001, 2, 2, tzinfo=UTC))


def millis(value: Any) -> int | None:
    """Milliseconds since the epoch, or None for what is no time. A text without a zone is UTC; 0 and "" are no time."""
    if isinstance(value, bool) or not value:
        return None
    if isinstance(value, (int, float)):
        return _by_size(value)
    if not isinstance(value, str) or len(value) > 100:
        return None
    value = value.strip()
    if value.isdecimal() and value.isascii() and len(value) > 8:
        return _by_size(int(value))
    return _of_text(value)


def iso(moment: int) -> str:
    """Milliseconds since the epoch as ISO 8601 in UTC; "" for a year that calendars do not have."""
    try:
        return f"{(EPOCH + timedelta(milliseconds=moment)).isoformat(timespec='milliseconds')[:-6]}Z"
    except OverflowError:
        return ""


def _by_size(number: float) -> int | None:
    for limit, factor in _SIZES:
        if abs(number) < limit:
            return int(number * factor) if factor != 1 else int(number)
    return None


def _of_text(value: str) -> int | None:
    moment = _of_iso(value) or _of_other_text(value)
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    try:
        return (moment - EPOCH) // _MILLISECOND
    except OverflowError:
        return None


def _of_iso(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _of_other_text(value: str) -> datetime | None:
    """RFC 2822, JavaScript's toString, slashes, a year. A text without a whole date would borrow from the default."""
    if _MONTH.fullmatch(value):
        return _of_iso(f"{value}-01")
    if _YEAR.fullmatch(value):
        return _of_iso(f"{value}-01-01")
    if not any(sign.isdigit() for sign in value):
        return None
    from dateutil import parser  # here, since nearly every time that comes is ISO

    # JavaScript writes GMT+0100 for one hour east; dateutil reads that as POSIX does, west (dateutil 2.9, 2026-11-24)
    value = value.partition(" (")[0].replace("GMT+", "+").replace("GMT-", "-")
    try:
        one, other = (parser.parse(value, default=default, tzinfos=_zone) for default in _DEFAULTS)
    except (ValueError, OverflowError, TypeError, AttributeError, RecursionError, ArithmeticError):
        # dateutil lets more than ParserError out for odd texts
        return None
    return one if one == other else None


def _zone(name: str | None, offset: int | None) -> int:
    """Seconds east of UTC. Raises ValueError for a name that could be anywhere."""
    if offset is not None:
        return offset
    hours = _ZONES.get((name or "UTC").upper())
    if hours is None:
        raise ValueError(f"unknown zone {name}")
    return hours * 3600

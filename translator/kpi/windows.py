"""Which time a window is. Pure, but for the tz database.

All windows are of whole days in a time zone, and end where the day of the run begins: no day is counted in part.

- ``N days``: the last N of them.
- ``this week``, ``this month``: the week (from Monday) or month in which the last of these days lies, as far as it
  has come. So on the first of a month it is the whole month before, once.
- ``last week``, ``last month``: the whole one before that of the run's day.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from translator.settings.values import Window

DAY = timedelta(days=1)


def bounds(window: Window, run: int, timezone: str) -> tuple[int, int]:
    """From when until when (not included) a window is, for a run at ``run``; all in ms since the epoch."""
    zone = ZoneInfo(timezone)
    today = datetime.fromtimestamp(run / 1000, UTC).astimezone(zone).date()
    first, end = _days(window, today)
    return midnight(first, zone), midnight(end, zone)


def midnight(day: date, zone: ZoneInfo) -> int:
    """When a day begins: at its first moment, where clocks are turned over midnight."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


def _days(window: Window, today: date) -> tuple[date, date]:
    word, _, unit = window.partition(" ")
    if word.isdecimal():
        return today - int(word) * DAY, today
    if word == "this":
        return _begin(unit, today - DAY), today
    end = _begin(unit, today)
    return _begin(unit, end - DAY), end


def _begin(unit: str, day: date) -> date:
    return day.replace(day=1) if unit == "month" else day - day.weekday() * DAY

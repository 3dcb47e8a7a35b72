"""When an account's properties are picked up. Pure: days are given.

As Amplitude's accounts guide says ("Salesforce integration", amplitude-docs 6e7e48e, 2026-03-13): each day those
whose pick-up date has come; the next is the day of the last plus the interval (2017-09-01 and 7 days: 2017-09-08);
what is new is picked up for the first time on the morning after.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

DAYS = {"day": 1, "week": 7}


def day_of(moment: int) -> date:
    """The day, UTC, of a time in ms since the epoch."""
    return datetime.fromtimestamp(moment / 1000, UTC).date()


def following(last: date, every: str | int) -> date:
    """The pick-up date after one on the day ``last``: day, week, month or so many days later. A month later is the same
    day of the next month, or its last one."""
    if every != "month":
        return last + timedelta(days=every if isinstance(every, int) else DAYS[every])
    year, month = (last.year + 1, 1) if last.month == 12 else (last.year, last.month + 1)
    return date(year, month, min(last.day, monthrange(year, month)[1]))


def is_due(last: str | None, every: str | int, today: date) -> bool:
    """Whether an account is to be picked up: ``last``: the day (ISO) that it was so, None for never. Counted by today's
    interval, so that a changed one holds at once. A day that is to come is of a clock that was wrong: it counts as
    none, or the account would wait until then."""
    if last is None:
        return True
    day = date.fromisoformat(last)
    return day > today or following(day, every) <= today

"""Windows: whole days in a time zone, however clocks are turned."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.kpi import bounds
from translator.kpi.windows import midnight
from translator.settings.values import WINDOWS

ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Beirut",
    "Africa/Cairo", "Pacific/Kiritimati", "America/Havana", "Pacific/Apia",
)  # fmt: skip
"""Some of them turn their clocks at midnight, or by half an hour."""

HOUR = 60 * 60 * 1000
RUNS = st.datetimes(datetime(2012, 3, 1), datetime(2037, 12, 31)).map(
    lambda one: int(one.replace(tzinfo=UTC).timestamp() * 1000)
)


def at(text, zone="UTC"):
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


@pytest.mark.parametrize(
    ("window", "run", "zone", "first", "end"),
    [
        ("1 day", "2026-11-28T04:00", "UTC", "2026-11-27", "2026-11-28"),
        ("7 days", "2026-11-28T04:00", "UTC", "2026-11-21", "2026-11-28"),
        ("30 days", "2026-11-28T00:00", "UTC", "2026-10-29", "2026-11-28"),
        ("90 days", "2026-03-01T23:59", "UTC", "2025-12-01", "2026-03-01"),
        ("this week", "2026-11-28T04:00", "UTC", "2026-11-23", "2026-11-28"),
        ("this week", "2026-11-23T04:00", "UTC", "2026-11-16", "2026-11-23"),
        ("last week", "2026-11-23T04:00", "UTC", "2026-11-16", "2026-11-23"),
        ("last week", "2026-11-29T04:00", "UTC", "2026-11-16", "2026-11-23"),
        ("this month", "2026-11-28T04:00", "UTC", "2026-11-01", "2026-11-28"),
        ("this month", "2026-12-01T04:00", "UTC", "2026-11-01", "2026-12-01"),
        ("this month", "2026-12-02T04:00", "UTC", "2026-12-01", "2026-12-02"),
        ("last month", "2026-12-01T04:00", "UTC", "2026-11-01", "2026-12-01"),
        ("last month", "2026-01-31T04:00", "UTC", "2025-12-01", "2026-01-01"),
        ("last month", "2024-03-31T04:00", "UTC", "2024-02-01", "2024-03-01"),
        ("1 day", "2026-11-28T04:00", "America/New_York", "2026-11-26", "2026-11-27"),
        ("7 days", "2026-10-27T04:00", "Europe/Berlin", "2026-10-20", "2026-10-27"),
    ],
)
def test_what_a_window_is(window, run, zone, first, end):
    assert bounds(window, at(run), zone) == (at(first, zone), at(end, zone))


def test_a_day_on_which_clocks_are_turned_is_longer_or_shorter():
    first, end = bounds("1 day", at("2026-10-26T04:00"), "Europe/Berlin")
    assert end - first == 25 * HOUR
    first, end = bounds("1 day", at("2026-03-30T04:00"), "Europe/Berlin")
    assert end - first == 23 * HOUR


@given(st.sampled_from(WINDOWS), RUNS, st.sampled_from(ZONES))
def test_a_window_is_of_whole_days_before_the_runs_own(window, run, zone):
    first, end = bounds(window, run, zone)
    assert first < end <= run
    assert run - end < 26 * HOUR or window.startswith("last")
    days = (first, end)
    local = [datetime.fromtimestamp(one / 1000, ZoneInfo(zone)) for one in days]
    before = [datetime.fromtimestamp(one / 1000 - 0.001, ZoneInfo(zone)) for one in days]
    # each bound is the first moment of its day
    assert all(one.date() < other.date() for one, other in zip(before, local, strict=True))
    assert [midnight(one.date(), ZoneInfo(zone)) for one in local] == list(days)
    number = (local[1].date() - local[0].date()).days
    word = window.split()[0]
    assert number == int(word) if word.isdecimal() else 1 <= number <= 31


@given(RUNS, st.sampled_from(ZONES), st.sampled_from(["1 day", "7 days", "28 days"]))
def test_the_windows_of_later_days_go_on_where_one_ended(run, zone, window):
    days = int(window.split()[0])
    end = bounds(window, run, zone)[1]
    later = datetime.fromtimestamp(end / 1000, ZoneInfo(zone)).date() + timedelta(days=days)
    assert bounds(window, midnight(later, ZoneInfo(zone)), zone)[0] == end


@given(RUNS, st.sampled_from(ZONES))
def test_a_last_week_begins_on_monday_and_a_last_month_on_its_first(run, zone):
    local = [datetime.fromtimestamp(one / 1000, ZoneInfo(zone)) for one in bounds("last week", run, zone)]
    assert [one.weekday() for one in local] == [0, 0]
    assert (local[1].date() - local[0].date()).days == 7
    local = [datetime.fromtimestamp(one / 1000, ZoneInfo(zone)) for one in bounds("last month", run, zone)]
    assert [one.day for one in local] == [1, 1]
    assert local[0].date() == date(local[0].year, local[0].month, 1)

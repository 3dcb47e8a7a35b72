"""When an account is picked up: the guide's own example, and each interval."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.salesforce.dates import day_of, following, is_due


@pytest.mark.parametrize(
    ("last", "every", "expected"),
    [
        ("2017-09-01", 7, "2017-09-08"),  # the guide's
        ("2017-09-01", "week", "2017-09-08"),
        ("2026-11-30", "day", "2026-12-01"),
        ("2026-11-28", 30, "2026-12-28"),
        ("2026-11-28", "month", "2026-12-28"),
        ("2026-12-31", "month", "2027-01-31"),
        ("2027-01-31", "month", "2027-02-28"),
        ("2028-01-31", "month", "2028-02-29"),
        ("2028-02-29", 366, "2029-03-01"),
    ],
)
def test_the_next_pick_up_date(last, every, expected):
    assert following(date.fromisoformat(last), every) == date.fromisoformat(expected)
    assert is_due(last, every, date.fromisoformat(expected))
    assert not is_due(last, every, date.fromordinal(date.fromisoformat(expected).toordinal() - 1))


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from(["day", "week", "month"]) | st.integers(1, 3650))
def test_an_account_is_due_on_its_date_and_after_it_and_not_on_the_same_day(last, every):
    due = following(last, every)
    assert due > last
    assert not is_due(last.isoformat(), every, last)
    assert is_due(last.isoformat(), every, date(2200, 1, 1))


def test_what_was_never_picked_up_is_due():
    assert is_due(None, "month", date(2026, 11, 28))


def test_a_clock_that_was_ahead_once_does_not_hold_up_an_account_for_years():
    assert is_due("2036-01-01", "day", date(2026, 11, 29))
    assert is_due("9999-12-31", "month", date(2026, 11, 29))


def test_a_changed_interval_holds_at_once():
    today = date(2026, 11, 28)
    assert not is_due("2026-11-20", "month", today)
    assert is_due("2026-11-20", "week", today)


def test_days_are_in_utc():
    assert day_of(1710046800000 - 1) == date(2024, 3, 10)
    assert day_of(1710028800000 - 1) == date(2024, 3, 9)

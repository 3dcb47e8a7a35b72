"""When work by the clock is due."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.clock import DAY_MS, last_due, next_due, wanted
from translator.parcels import RETRY_MS, JobSeen
from translator.settings.values import Job

MIDNIGHT = 1710028800000  # 2024-03-10 00:00 UTC
HOUR = 3_600_000
FIVE = MIDNIGHT + 5 * HOUR
NOW = FIVE + 2 * HOUR
JOB = Job("kpi", 300, ("kpi",))


@pytest.mark.parametrize(
    ("now", "last"),
    [(FIVE, FIVE), (FIVE - 1, FIVE - DAY_MS), (FIVE + 1, FIVE), (FIVE + DAY_MS - 1, FIVE)],
    ids=["at the time", "just before", "just after", "a day later but for a moment"],
)
def test_the_last_time_and_the_next(now, last):
    assert (last_due(300, now), next_due(300, now)) == (last, last + DAY_MS)


@given(st.integers(0, 1439), st.integers(0, 4_000_000_000_000))
def test_the_last_time_is_at_its_minute_and_within_a_day(minute, now):
    due = last_due(minute, now)
    assert due % DAY_MS == minute * 60_000
    assert now - DAY_MS < due <= now


def seen(due, *, ended=True, failed=False, running=False, began=None, tries=1):
    began = due if began is None else began
    return JobSeen("kpi", due, began, began + 1 if ended else None, "", failed, tries, running)


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (seen(FIVE), None),
        (seen(FIVE - DAY_MS), FIVE),
        (seen(FIVE - 9 * DAY_MS), FIVE),
        (seen(FIVE - DAY_MS, failed=True), FIVE),
        (seen(FIVE, failed=True), FIVE),
        (seen(FIVE, ended=False), FIVE),
        (seen(FIVE, ended=False, running=True), None),
        (seen(FIVE - DAY_MS, ended=False, running=True), None),
        (seen(FIVE + HOUR), None),
        (seen(FIVE + HOUR, failed=True), FIVE + HOUR),
        (seen(FIVE, failed=True, began=NOW - RETRY_MS), None),
        (seen(FIVE, failed=True, began=NOW - RETRY_MS - 1), FIVE),
        (seen(NOW + DAY_MS), None),
        (seen(NOW + 400 * DAY_MS), FIVE),
        (seen(FIVE, ended=False, began=NOW - 1, tries=2), FIVE),
        (seen(FIVE, ended=False, began=NOW - 1, tries=3), None),
        (seen(FIVE, ended=False, began=NOW - RETRY_MS, tries=3), FIVE),
    ],
    ids=["done", "due", "nine were missed: once", "failed yesterday", "failed", "cut", "runs", "runs since yesterday",
         "done by hand later", "failed by hand later", "failed a moment ago", "failed a while ago",
         "by a clock ahead", "by a clock far ahead", "cut twice",
         "cut three times", "cut three times a while ago"],
)  # fmt: skip
def test_which_run_is_wanted(state, expected):
    assert wanted(JOB, state, NOW) == expected

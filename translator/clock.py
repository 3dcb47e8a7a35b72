"""When work by the clock is due: once a day, at a minute of the day in UTC. Pure. Times are ms since the epoch."""

from __future__ import annotations

from translator.parcels import AHEAD_MS, RETRY_MS, JobSeen
from translator.settings.values import Job

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS
TRIES_AT_ONCE = 3
"""What was cut so often, for want of memory perhaps, waits as what failed does."""


def last_due(minute: int, now: int) -> int:
    """The newest time, up to now, at which a job of that minute of the day was due."""
    return now - (now - minute * MINUTE_MS) % DAY_MS


def next_due(minute: int, now: int) -> int:
    """The next one after now."""
    return last_due(minute, now) + DAY_MS


def wanted(job: Job, seen: JobSeen, now: int) -> int | None:
    """The time of the run that is to be begun now, or None. However many were missed, one makes up for them; one that
    failed is begun again after RETRY_MS, one that was cut at once, but for TRIES_AT_ONCE."""
    due = last_due(job.minute, now)
    if seen.running:
        return None
    if due > seen.due or seen.due > now + AHEAD_MS:
        return due
    at = again(seen)
    return seen.due if at is not None and at <= now else None


def again(seen: JobSeen) -> int | None:
    """When a run that does not run is begun again, or None where it ended well."""
    if seen.ended_at is None:
        return seen.began_at + (RETRY_MS if seen.tries >= TRIES_AT_ONCE else 0)
    return seen.ended_at + RETRY_MS if seen.failed else None

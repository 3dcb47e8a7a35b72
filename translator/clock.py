"""When work by the clock is due: once a day, at a minute of the day in UTC. Pure. Times are ms since the epoch."""

from __future__ import annotations

from translator.parcels import JobSeen
from translator.settings.values import Job

MINUTE_MS = 60_000
DAY_MS = 24 * 60 * MINUTE_MS


def last_due(minute: int, now: int) -> int:
    """The newest time, up to now, at which a job of that minute of the day was due."""
    return now - (now - minute * MINUTE_MS) % DAY_MS


def next_due(minute: int, now: int) -> int:
    """The next one after now."""
    return last_due(minute, now) + DAY_MS


def wanted(job: Job, seen: JobSeen, now: int) -> int | None:
    """The time of the run that is to be begun now, or None. However many were missed, one makes up for them; one that
    failed or was cut is begun again (when: see Jobs.lease_job)."""
    due = last_due(job.minute, now)
    if seen.running:
        return None
    if due > seen.due:
        return due
    return seen.due if seen.failed or seen.ended_at is None else None

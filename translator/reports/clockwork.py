"""Work by the clock, for people: when each job ran last, what came of it, and when it runs next."""

from __future__ import annotations

import time
from dataclasses import dataclass

from translator.clock import again, next_due, wanted
from translator.journal import Journal
from translator.parcels import JobSeen
from translator.settings.values import Job, Settings, jobs_of


@dataclass(frozen=True, slots=True)
class View:
    """A job. ``state``: ``not yet``, ``runs``, ``done``, ``failed`` or ``cut``; ``last``: when the last run began, and
    ``next``: when the next one does (now where it is due), ms since the epoch, or None."""

    name: str
    state: str
    last: int | None
    said: str
    next: int | None


def views(journal: Journal, settings: Settings) -> list[View]:
    """The configured jobs, and those that were and are no longer. Raises JournalError."""
    seen = {one.name: one for one in journal.jobs()}
    jobs = {one.name: one for one in jobs_of(settings)}
    now = int(time.time() * 1000)
    return [_view(name, jobs.get(name), seen.get(name), now) for name in sorted({*seen, *jobs})]


def said(one: View) -> str:
    """One in a line."""
    last = "not run yet" if one.last is None else f"{one.state}, {_moment(one.last)}"
    last += f": {one.said}" if one.said else ""
    return f"{one.name}: {last}; {'no longer configured' if one.next is None else f'next {_moment(one.next)}'}"


def _view(name: str, job: Job | None, seen: JobSeen | None, now: int) -> View:
    following = None if job is None else next_due(job.minute, now)
    if seen is None or not seen.tries:
        return View(name, "not yet", None, "", following)
    if job is not None and following is not None:
        at = None if seen.running else again(seen)
        following = now if wanted(job, seen, now) is not None else min(following, at or following)
    return View(name, _state(seen), seen.began_at, seen.said, following)


def _state(seen: JobSeen) -> str:
    if seen.running:
        return "runs"
    if seen.ended_at is None:
        return "cut"
    return "failed" if seen.failed else "done"


def _moment(at: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(at / 1000))

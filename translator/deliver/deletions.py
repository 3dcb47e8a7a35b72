"""User Privacy deletions: at most one request a second, and none for what is scheduled already.

Source: amplitude-api.md section 2.6 (amplitude-docs 6e7e48e, 2026-03-13). Every request e-mails all admins of the
project, so that before a resend the job list is read.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from translator.deliver.batches import Part, Request
from translator.deliver.hosts import address
from translator.settings.values import Destination

SECONDS = 1.0
LONGEST_JOB = timedelta(days=40)
"""A job is done within 30 days of its request."""


class Pace:
    """Keeps requests a second apart."""

    def __init__(self) -> None:
        self._next = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Wait until the next request may go."""
        with self._lock:
            time.sleep(max(0.0, self._next - time.monotonic()))
            self._next = time.monotonic() + SECONDS


def first_try(parts: Iterable[Part]) -> int | None:
    """When the oldest of the parts was first tried with an unknown outcome, ms since the epoch; None for none."""
    tried = (part.item.unknown_since for part in parts)
    return min((since for since in tried if since is not None), default=None)


def listing(destination: Destination, since: int) -> Request:
    """The request for the jobs that a deletion asked for since then (ms since the epoch) can be in."""
    day = datetime.fromtimestamp(since / 1000, UTC)
    # the list is by the day on which a job runs; a day more on either side, since its time zone is not said
    span = {"start_day": _day(day - timedelta(days=1)), "end_day": _day(day + LONGEST_JOB)}
    auth = (destination.api_key, destination.secret_key or "")
    return Request(f"{address(destination, 'deletions')}?{urlencode(span)}", b"", auth=auth, method="GET")


def scheduled(jobs: Any, since: int) -> set[str]:
    """The user ids whose deletion was asked for since then, of a list of jobs; odd entries are passed over."""
    first = _day(datetime.fromtimestamp(since / 1000, UTC) - timedelta(days=1))
    entries = (entry for job in _objects(jobs) for entry in _objects(job.get("amplitude_ids")))
    return {str(entry["user_id"]) for entry in entries if entry.get("user_id") and _asked(entry) >= first}


def _asked(entry: dict[str, Any]) -> str:
    return str(entry.get("requested_on_day") or "9999")


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _day(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d")

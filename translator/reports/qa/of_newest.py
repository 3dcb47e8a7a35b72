"""A plan held against a journal's newest calls, for a page: in bounded time, and without hooks."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice

from msgspec.structs import replace

from translator.journal import Journal
from translator.parcels import Call, DeadLetter
from translator.reports.newest import Newest, Timed, reservations, said_of, without_hooks
from translator.reports.plan.planned import Planned
from translator.reports.qa.comparing import compared
from translator.reports.qa.findings import Report
from translator.reports.qa.of_calls import of_calls
from translator.reports.qa.text import printable
from translator.reports.reading import Source, Summary
from translator.settings.values import Settings


def of_newest(
    plan: Planned,
    name: str,
    settings: Settings,
    journal: Journal,
    count: int,
    destination: str | None,
    seconds: float,
) -> Report:
    """What differs between a plan (``name``: its file's) and the ``count`` newest calls with the messages that were
    refused since the first of these; after ``seconds`` reading ends, and a remark says so. Raises JournalError."""
    ends = time.monotonic() + seconds
    plain, newest = without_hooks(settings), Newest(journal, count)
    calls = Timed(iter(newest), ends)
    refused = Timed(_refused(journal, newest), ends)
    source = Source(iter(calls), said_of(count))
    seen = of_calls(plan, source, Summary(), plain, destination, refused=iter(refused))
    read = calls.count + refused.count if calls.is_cut or refused.is_cut else None
    report = compared(plan, seen, printable(name))
    return replace(report, remarks=(*reservations(plain != settings, read), *report.remarks))


def _refused(journal: Journal, newest: Newest) -> Iterator[DeadLetter]:
    first: Call | None = next(islice(newest, 1), None)
    since = 0 if newest.has_all or first is None else first.received_at
    return (one for one in journal.letters("") if one.received_at >= since)

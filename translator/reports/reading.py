"""Many calls, of files, of the journal or of the archive, read one after another for a person who waits."""

from __future__ import annotations

import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from translator import jsontext
from translator.archive import Archive
from translator.errors import Invalid, NotJson
from translator.journal import Journal
from translator.parcels import Call, Facts
from translator.reports.files import listed, messages
from translator.settings.values import WEBHOOK_SOURCE, Settings
from translator.sights import Kept
from translator.validate import check

SOURCE = WEBHOOK_SOURCE
"""Calls of files count as the webhook's, so that a derived messageId is the same as at the first time."""

DAY_MS = 24 * 60 * 60 * 1000
LEAVE_GROUPS = ("group", "identify")
"""Calls that may leave a group for later ones (translate/groups.py)."""

Summary = Counter[str]
Advance = Callable[[str, int], None]


@dataclass(frozen=True)
class Source:
    """What is replayed: messages, or calls of a journal or an archive, in order; ``said`` names it for people.

    ``before``: earlier calls that leave groups for these, to be remembered and not to be sent.
    """

    items: Iterator[Any]
    said: str
    before: Iterator[Call] = field(default_factory=lambda: iter(()))


def of_files(paths: Iterable[Path], summary: Summary, aloud: bool = True) -> Source:
    """The messages of files; what cannot be read is counted and, ``aloud``, said."""
    files = listed(paths)
    return Source(_all_messages(files, summary, aloud), f"{len(files)} files")


def of_journal(journal: Journal, since: datetime | None, until: datetime | None, days: int = 0) -> Source:
    """The kept calls of a journal, received from ``since`` up to but not including ``until``; ``before`` them those of
    so many ``days``."""
    return _kept(journal.read, since, until, days, "the journal")


def of_archive(archive: Archive, since: datetime | None, until: datetime | None, days: int = 0) -> Source:
    """As ``of_journal``, of an archive."""

    def read(first: int | None, last: int | None) -> Iterator[Call]:
        return map(_call, archive.read(first, last))

    return _kept(read, since, until, days, "the archive")


def memory_days(settings: Settings) -> int:
    """How long before its time a call's group may have been named, under any of the settings."""
    own = (one.translation.groups for one in settings.destinations.values())
    return max(one.memory_days for one in (settings.groups, *own))


Read = Callable[[int | None, int | None], Iterator[Call]]


def _kept(read: Read, since: datetime | None, until: datetime | None, days: int, said: str) -> Source:
    first, last = (None if one is None else int(one.replace(tzinfo=UTC).timestamp() * 1000) for one in (since, until))
    if first is None:
        return Source(read(None, last), said)
    earlier = read(max(0, first - days * DAY_MS), first)
    return Source(read(first, last), said, (one for one in earlier if one.type in LEAVE_GROUPS))


def _call(one: Kept) -> Call:
    return Call(
        one.id, one.source, one.message_id, one.subject, one.received_at, jsontext.loads(one.body), one.ip, one.derived
    )


def calls(source: Source, settings: Settings, summary: Summary) -> Iterator[Call]:
    """The good calls of a source; what is none is said and counted (``read``, ``refused``, ``not readable``)."""
    for one in source.items:
        summary["read"] += 1
        call = checked(one, settings, summary)
        if call is not None:
            yield call


def message(one: Any) -> Any:
    """The raw message of a call, or of what is one already."""
    return one.body if isinstance(one, Call) else one


def checked(message: Any, settings: Settings, summary: Summary) -> Call | None:
    """The call of a message, None for one that is refused, which is said and counted."""
    if isinstance(message, Call):
        return message
    try:
        return check(message, Facts(SOURCE, int(time.time() * 1000)), settings.segment)
    except Invalid as error:
        summary["refused"] += 1
        click.echo(f"translator: {error}", err=True)
        return None


@contextmanager
def progress() -> Iterator[Advance]:
    """Progress bars on a terminal, nothing elsewhere; gives the function that advances them.

    ``read``: by so many. ``done``: to so many of those that were read.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        reading = bar.add_task("read", total=None)
        done = bar.add_task("done", total=None, visible=False)

        def advance(task: str, count: int) -> None:
            if task == "read":
                bar.advance(reading, count)
            else:
                bar.update(done, completed=count, total=bar.tasks[0].completed, visible=True)

        yield advance


def _all_messages(files: Iterable[Path], summary: Summary, aloud: bool) -> Iterator[Any]:
    for file in files:
        try:
            yield from (one for one in messages(file) if not _unreadable(one, summary, aloud))
        except (OSError, EOFError, zlib.error) as error:
            _unreadable(NotJson(f"{file}: cannot be read: {error}"), summary, aloud)


def _unreadable(one: Any, summary: Summary, aloud: bool) -> bool:
    if isinstance(one, NotJson):
        if aloud:
            click.echo(f"translator: {one}", err=True)
        summary["not readable"] += 1
    return isinstance(one, NotJson)

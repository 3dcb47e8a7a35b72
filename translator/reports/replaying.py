"""``translator replay``: files of calls to a webhook, straight to a destination, or only translated."""

from __future__ import annotations

import itertools
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from translator import jsontext
from translator.deliver import run_once
from translator.errors import Invalid, NotJson
from translator.journal import open_journal
from translator.parcels import Facts
from translator.reports.files import listed, messages
from translator.reports.posting import post_calls
from translator.reports.rows import Translator
from translator.settings.values import JournalSettings, Settings, translation_settings
from translator.validate import check

SOURCE = "webhook"
"""Replayed calls count as the webhook's, so that a derived messageId is the same as at the first time."""

Summary = Counter[str]
Advance = Callable[[int], None]


def replay(settings: Settings, paths: Iterable[Path], *, url: str | None, destination: str | None, batch: int) -> int:
    """Replay the calls of files; prints a summary; returns the exit code: 0 when all went, else 1.

    ``url``: a webhook of this service. ``destination``: a configured one. Neither: translate only. Raises NotAccepted.
    """
    files = listed(paths)
    summary: Summary = Counter()
    calls = _counted(_all_messages(files, summary), summary)
    with _progress() as advance:
        if url is not None:
            _to_webhook(settings, calls, url, batch, summary, advance)
        elif destination is not None:
            _to_destination(settings, calls, destination, summary, advance)
        else:
            _dry_run(settings, calls, summary, advance)
    return _report(summary, len(files))


def _all_messages(files: Iterable[Path], summary: Summary) -> Iterator[Any]:
    for file in files:
        try:
            yield from (one for one in messages(file) if not _unreadable(one, summary))
        except (OSError, EOFError) as error:
            _unreadable(NotJson(f"{file}: cannot be read: {error}"), summary)


def _unreadable(one: Any, summary: Summary) -> bool:
    if isinstance(one, NotJson):
        click.echo(f"translator: {one}", err=True)
        summary["not readable"] += 1
    return isinstance(one, NotJson)


def _counted(calls: Iterable[Any], summary: Summary) -> Iterator[Any]:
    for call in calls:
        summary["read"] += 1
        yield call


def _to_webhook(
    settings: Settings, calls: Iterator[Any], url: str, batch: int, summary: Summary, advance: Advance
) -> None:
    while part := list(itertools.islice(calls, batch)):
        answer = post_calls(url, part, settings.segment)
        summary["accepted"] += int(answer.body.get("accepted", 0))
        summary["duplicates"] += int(answer.body.get("duplicates", 0))
        summary["refused"] += len(answer.body.get("rejected", ())) if answer.status == 200 else len(part)
        advance(len(part))


def _dry_run(settings: Settings, calls: Iterator[Any], summary: Summary, advance: Advance) -> None:
    work = Translator(settings.segment, translation_settings(settings), SOURCE)
    for call in calls:
        row = work.row(jsontext.dumps(call), _now())
        summary["refused"] += row.error is not None
        summary[f"ignored: {row.ignored}"] += row.ignored is not None
        summary.update(f"would send {record.kind}" for record in row.records)
        summary.update(f"noted {note.rule}" for note in row.notes)
        advance(1)


def _to_destination(settings: Settings, calls: Iterator[Any], name: str, summary: Summary, advance: Advance) -> None:
    """Through a journal of its own, so that order, batches, retries and dead letters are delivery's."""
    with tempfile.TemporaryDirectory(prefix="translator-replay-") as folder:
        journal = open_journal(JournalSettings(url=f"sqlite:///{folder}/journal.db"))
        journal.attach({name: "earliest"})
        while part := list(itertools.islice(calls, 1000)):
            checked = [call for call in (_checked(one, settings, summary) for one in part) if call]
            summary["duplicates"] += sum(one.status == "duplicate" for one in journal.append(checked))
            advance(len(part))
        _drain(replace(settings, destinations={name: settings.destinations[name]}), journal, name)
        tally = journal.counts().destinations[name]
        summary.update(delivered=tally.delivered, ignored=tally.ignored, dead=tally.dead)
        for letter in journal.dead(name, limit=20):
            click.echo(f"translator: {letter.message_id}: {letter.why}: {letter.answer[:200]}", err=True)
        journal.close()


def _checked(message: Any, settings: Settings, summary: Summary) -> Any:
    try:
        return check(message, Facts(SOURCE, _now()), settings.segment)
    except Invalid as error:
        summary["refused"] += 1
        click.echo(f"translator: {error}", err=True)
        return None


def _drain(settings: Settings, journal: Any, name: str) -> None:
    from translator.deliver import Sender

    sender = Sender(settings.destinations[name], settings.delivery)
    pause = threading.Event()
    while journal.counts().destinations[name].waiting:
        if not run_once(journal, sender):
            pause.wait(0.2)


def _report(summary: Summary, files: int) -> int:
    read = summary.pop("read", 0)
    said = ", ".join(f"{word} {count}" for word, count in summary.items() if count)
    click.echo(f"{read} calls of {files} files: {said or 'nothing to do'}")
    return 1 if summary["refused"] or summary["dead"] or summary["not readable"] else 0


@contextmanager
def _progress() -> Iterator[Advance]:
    """A progress bar on a terminal, nothing elsewhere; gives the function that advances it."""
    console = Console(stderr=True)
    columns = (SpinnerColumn(), TextColumn("{task.completed} calls"), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task("calls", total=None)
        yield lambda count: bar.advance(task, count)


def _now() -> int:
    return int(time.time() * 1000)

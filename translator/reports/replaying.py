"""``translator replay``: calls of files, journal or archive to a webhook, to a destination, or only translated."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from hashlib import blake2b
from pathlib import Path
from typing import Any

import click

from translator import jsontext
from translator.journal import Journal, open_journal
from translator.reports.reading import Advance, Source, Summary, checked, message, progress
from translator.reports.rows import Translator
from translator.reports.warming import warm
from translator.settings.values import JournalSettings, Settings, translation_settings


def state_file(settings: Settings, destination: str | None, what: Sequence[str]) -> Path:
    """Where a replay keeps what is under way: beside the journal, the same for the same command."""
    said = "\0".join([*what, repr(settings.destinations.get(destination or ""))])
    name = f"replay-{destination}-{blake2b(said.encode('utf-8'), digest_size=6).hexdigest()}.db"
    url = settings.journal.url
    return Path(url.removeprefix("sqlite:///")).parent / name if url.startswith("sqlite:///") else Path(name)


def replay(
    settings: Settings,
    source: Source,
    summary: Summary,
    *,
    url: str | None,
    destination: str | None,
    batch: int,
    state: Path,
) -> int:
    """Replay calls; prints a summary; returns the exit code: 0 when all went, else 1, and 130 when interrupted.

    ``url``: a webhook of this service. ``destination``: a configured one, through a journal of its own at ``state``.
    Neither: translate only. Raises NotAccepted.
    """
    calls = _counted(source.items, summary)
    try:
        with progress() as advance:
            if url is not None:
                _to_webhook(settings, calls, url, batch, summary, advance)
            elif destination is not None:
                _to_destination(settings, replace(source, items=calls), destination, summary, advance, state)
            else:
                _dry_run(settings, replace(source, items=calls), summary, advance)
    except KeyboardInterrupt:
        click.echo("translator: interrupted; the same command goes on where it was", err=True)
        return 130
    return _report(summary, source.said)


def _counted(calls: Iterable[Any], summary: Summary) -> Iterator[Any]:
    for call in calls:
        summary["read"] += 1
        yield call


def _to_webhook(
    settings: Settings, calls: Iterator[Any], url: str, batch: int, summary: Summary, advance: Advance
) -> None:
    from translator.reports.posting import post_calls

    while part := list(itertools.islice(calls, batch)):
        answer = post_calls(url, [message(one) for one in part], settings.segment)
        summary["accepted"] += int(answer.body.get("accepted", 0))
        summary["duplicates"] += int(answer.body.get("duplicates", 0))
        summary["refused"] += len(answer.body.get("rejected", ())) if answer.status == 200 else len(part)
        advance("read", len(part))


def _dry_run(settings: Settings, source: Source, summary: Summary, advance: Advance) -> None:
    work = Translator(settings.segment, translation_settings(settings))
    for earlier in source.before:
        work.warm(earlier)
    for call in source.items:
        row = work.row(jsontext.dumps(message(call)), _now())
        summary["refused"] += row.error is not None
        summary[f"ignored: {row.ignored}"] += row.ignored is not None
        summary.update(f"would send {record.kind}" for record in row.records)
        summary.update(f"noted {note.rule}" for note in row.notes)
        advance("read", 1)


def _to_destination(
    settings: Settings, source: Source, name: str, summary: Summary, advance: Advance, state: Path
) -> None:
    """Through a journal of its own, so that order, batches, retries and dead letters are delivery's.

    It stays until all went, so that an interrupted replay sends nothing again that it has sent.
    """
    if state.exists():
        click.echo("translator: an interrupted replay goes on", err=True)
    # what was delivered must be known for as long as the replay may be interrupted
    journal = open_journal(JournalSettings(url=f"sqlite:///{state}", keep_days=3650))
    journal.attach({name: "earliest"})
    # where it goes on, too: what is remembered of later calls stays
    warm(source.before, settings.destinations[name].translation, journal, name)
    while part := list(itertools.islice(source.items, 1000)):
        good = [call for call in (checked(one, settings, summary) for one in part) if call]
        summary["duplicates"] += sum(one.status == "duplicate" for one in journal.append(good))
        advance("read", len(part))
    _drain(replace(settings, destinations={name: settings.destinations[name]}), journal, name, advance)
    tally = journal.counts().destinations[name]
    summary.update(delivered=tally.delivered, ignored=tally.ignored, dead=tally.dead)
    for letter in journal.dead(name, limit=20):
        click.echo(f"translator: {letter.message_id}: {letter.why}: {letter.answer[:200]}", err=True)
    journal.close()
    for suffix in ("", "-wal", "-shm", "-writer"):
        state.with_name(state.name + suffix).unlink(missing_ok=True)


def _drain(settings: Settings, journal: Journal, name: str, advance: Advance) -> None:
    from translator.deliver import Sender, run_once

    sender = Sender(settings.destinations[name], settings.delivery)
    pause = threading.Event()
    while tally := journal.counts().destinations[name]:
        advance("done", tally.delivered + tally.ignored + tally.dead)
        if not tally.waiting:
            break
        if not sender.health.ready() or not run_once(journal, sender):
            pause.wait(0.2)
    sender.close()


def _report(summary: Summary, source: str) -> int:
    read = summary.pop("read", 0)
    said = ", ".join(f"{word} {count}" for word, count in summary.items() if count)
    click.echo(f"{read} calls of {source}: {said or 'nothing to do'}")
    return 1 if summary["refused"] or summary["dead"] or summary["not readable"] else 0


def _now() -> int:
    return int(time.time() * 1000)

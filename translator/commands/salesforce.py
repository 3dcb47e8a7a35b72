"""``translator salesforce``: group values held against Salesforce's keys, and its columns as group properties."""

from __future__ import annotations

import signal
import sys
import threading
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from translator.commands.common import CONFIG, ended, known, opened
from translator.commands.sources import FROM, Chosen, from_calls

if TYPE_CHECKING:
    from translator.salesforce import Source
    from translator.settings.values import SalesforceObject, Settings

CSV = click.option(
    "--csv", "export", type=click.Path(exists=True, dir_okay=False), help="An export (CSV) instead of the live org."
)
OBJECT = click.option("--object", "name", metavar="NAME", help="Only this one of salesforce.objects.")


@click.group()
def salesforce() -> None:
    """Salesforce's accounts: are group values their keys, are their columns group properties (docs/salesforce.md)."""


@salesforce.command("check")
@CONFIG
@CSV
@click.option("--key", metavar="COLUMN", help="The column that is the group value (default: as configured, Id).")
@OBJECT
@click.option("--group-type", "group_type", metavar="TYPE", help="Of which group type (default: as configured).")
@click.option("--destination", metavar="NAME", help="Translate as for this destination.")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--examples", type=click.IntRange(0, 10_000), default=10, show_default=True, help="Of each kind.")
@FROM
def salesforce_check(
    config: str | None,
    export: str | None,
    key: str | None,
    name: str | None,
    group_type: str | None,
    destination: str | None,
    shape: str,
    examples: int,
    paths: tuple[str, ...],
    store: str | None,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """Hold the group values that calls make against Salesforce's keys: which exist, which nearly do, which do not.

    Sends and writes nothing. Exits 0 when all exist, 1 when some do not, 2 when something cannot be read.
    """
    from translator.reports import reading
    from translator.reports.salesforce import as_json, as_text, held
    from translator.settings.load import load_settings

    if (since or until) and not store:
        raise click.UsageError("--since and --until need --from-journal or --from-archive")
    settings = load_settings(config)
    known(settings, destination)
    objects = _to_check(settings, name, key, group_type, export)
    summary = reading.Summary()
    calls = from_calls(Chosen(paths, store, since, until), settings, summary)
    source = _source(settings, export)
    try:
        with reading.progress() as advance:
            found = held(calls, settings, destination, objects, source, summary, examples, advance)
    except KeyboardInterrupt:
        click.echo("translator: interrupted", err=True)
        sys.exit(130)
    click.echo(as_json(found) if shape == "json" else as_text(found), nl=False)
    sys.exit(2 if found.unreadable else 0 if found.is_good else 1)


@salesforce.command("sync")
@CONFIG
@CSV
@OBJECT
@click.option("--dry-run", is_flag=True, help="Only say what would be set; sends and writes nothing.")
@click.option("--now", is_flag=True, help="All accounts, whether or not their pick-up date has come.")
@click.option("--due", type=int, hidden=True, help="The time that the run is for, ms since the epoch.")
def salesforce_sync(
    config: str | None, export: str | None, name: str | None, dry_run: bool, now: bool, due: int | None
) -> None:
    """Set accounts' columns as group properties: of those whose pick-up date has come, what has changed.

    The service does so each day at salesforce.at. Exits 0 when all is done, 1 when Amplitude did not take some groups,
    2 when something is left.
    """
    from translator import jobs
    from translator.salesforce.dates import day_of
    from translator.salesforce.syncing import NAME, Sync

    settings, journal = opened(config)
    objects = _objects(settings, name)
    if export is not None and len(objects) > 1:
        raise click.UsageError("--csv has the records of one object: --object says of which")
    if not settings.destinations:
        raise click.UsageError("no destination is configured")
    stop = threading.Event()
    source = _source(settings, export, stop)
    by_hand = due is None
    due = int(time.time() * 1000) if due is None else due
    if dry_run:
        from translator.reports.salesforce import dry_text
        from translator.salesforce.trying import tried

        today = None if now else day_of(due)
        for one in objects:
            click.echo(dry_text(tried(settings, journal, source, one, today)), nl=False)
        return
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    is_part = export is not None or len(objects) < len(settings.salesforce.objects)
    work = Sync(settings, source, objects, everything=now).work
    ended(jobs.run(journal, NAME, due, work, stop, is_part=is_part), by_hand=by_hand)


def _objects(settings: Settings, name: str | None) -> list[SalesforceObject]:
    found = [one for one in settings.salesforce.objects if name is None or one.object.lower() == name.lower()]
    if not found:
        there = ", ".join(one.object for one in settings.salesforce.objects) or "none"
        raise click.UsageError(f"salesforce.objects does not name what to read; there are: {there}")
    return found


def _to_check(
    settings: Settings, name: str | None, key: str | None, group_type: str | None, export: str | None
) -> list[SalesforceObject]:
    """The objects whose keys are looked at: as configured; or, with an export and a group type, without any."""
    from translator.settings.values import SalesforceObject

    if export is not None and group_type is not None and not settings.salesforce.objects:
        return [SalesforceObject("", group_type, {}, key or "Id")]
    objects = _objects(settings, name)
    if group_type is not None:
        named = [one for one in objects if one.group_type == group_type]
        if not named and len(objects) > 1:
            raise click.UsageError(f"no object has the group type {group_type!r}: --object says against which")
        objects = named or [replace(one, group_type=group_type) for one in objects]
    if len(objects) > 1 and (export is not None or key is not None):
        raise click.UsageError("--csv and --key are of one object: --object or --group-type says of which")
    return [replace(one, key=key) if key is not None else one for one in objects]


def _source(settings: Settings, export: str | None, stop: threading.Event | None = None) -> Source:
    from translator.salesforce import Exported, Live

    if export is not None:
        return Exported(Path(export))
    from translator.salesforce.org import Org

    return Live(Org(settings.salesforce, stop))

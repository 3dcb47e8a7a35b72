"""Where a command that looks at many calls has them from: files, the journal, or the archive. The same options for each
of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from translator.commands.common import MOMENT, opened_archive, opened_journal

if TYPE_CHECKING:
    from translator.reports.reading import Source, Summary
    from translator.settings.values import Settings

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Chosen:
    """What was chosen by FROM: some ``paths``, or the calls received from ``since`` until ``until`` (UTC) that are kept
    in a ``store``: "journal" or "archive"."""

    paths: tuple[str, ...]
    store: str | None
    since: datetime | None
    until: datetime | None


def FROM(command: Command) -> Command:
    """The options of a command that reads calls; it gets ``paths``, ``store`` (see Chosen), ``since`` and ``until``."""
    for option in (
        click.argument("paths", nargs=-1, type=click.Path(exists=True), metavar="FILE|DIR..."),
        click.option("--until", type=MOMENT, help="Of the journal or the archive: received before then (UTC)."),
        click.option("--since", type=MOMENT, help="Of the journal or the archive: received from then on (UTC)."),
        click.option("--from-archive", "store", flag_value="archive", help="The calls that the archive has."),
        click.option(
            "--from-journal",
            "store",
            flag_value="journal",
            default=None,
            help="The calls that the journal still has, instead of files.",
        ),
    ):
        command = option(command)
    return command


def from_calls(chosen: Chosen, settings: Settings, summary: Summary, aloud: bool = True) -> Source:
    """The calls that were chosen, in order. ``aloud``: say what cannot be read. Raises UsageError where nothing was
    chosen, or both."""
    from translator.reports import reading

    if bool(chosen.paths) == bool(chosen.store):
        raise click.UsageError("say what: some files, --from-journal or --from-archive")
    if chosen.paths:
        return reading.of_files([Path(one) for one in chosen.paths], summary, aloud)
    days = reading.memory_days(settings)
    if chosen.store == "archive":
        return reading.of_archive(opened_archive(settings), chosen.since, chosen.until, days)
    return reading.of_journal(opened_journal(settings), chosen.since, chosen.until, days)

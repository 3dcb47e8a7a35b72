"""Options and first steps that many commands share."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from translator.archive import Archive
    from translator.jobs import Ended
    from translator.journal.contract import Journal
    from translator.settings.values import Settings

CONFIG = click.option(
    "--config", metavar="FILE", help="The configuration (default: TRANSLATOR_CONFIG, translator.toml)."
)
MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%SZ"])


def opened(config: str | None) -> tuple[Settings, Journal]:
    """The configuration (``config``: its file, or None) and its journal (see ``opened_journal``). Raises SettingsError,
    JournalError."""
    from translator.settings.load import load_settings

    settings = load_settings(config)
    return settings, opened_journal(settings)


def opened_journal(settings: Settings) -> Journal:
    """The journal, which is closed when the command ends: what is left open to the end of the process may be let go of
    by one of its own threads, which says so with a traceback (psycopg_pool 3.3, seen 2026-11-29). Raises SettingsError,
    JournalError."""
    from translator.journal import open_journal

    journal = open_journal(settings.journal)
    click.get_current_context().call_on_close(journal.close)
    return journal


def opened_archive(settings: Settings) -> Archive:
    """The archive. Raises UsageError where none is configured, SettingsError where a package is missing."""
    from translator.archive import open_archive

    archive = open_archive(settings.archive)
    if archive is None:
        raise click.UsageError("no archive is configured: archive.url says where it is")
    return archive


def known(settings: Settings, name: str | None) -> None:
    """Raises BadParameter for a destination that is not configured; None is no destination."""
    if name is not None and name not in settings.destinations:
        there = ", ".join(settings.destinations) or "none"
        raise click.BadParameter(f"{name!r} is not configured; there are: {there}", param_hint="--destination")


def ended(done: Ended | None, *, by_hand: bool) -> None:
    """Say how a run of a job ended. By hand exits 1 where Amplitude did not take all groups."""
    click.echo("nothing to do now: another process does it, or it was done" if done is None else done.said)
    if done is not None and done.refused and by_hand:
        sys.exit(1)

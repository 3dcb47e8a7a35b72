"""``translator archive``: what is there, whether it is whole, and writing it by hand."""

from __future__ import annotations

import sys

import click

from translator.commands.common import CONFIG, opened, opened_archive


@click.group()
def archive() -> None:
    """The archive: every call by day, for longer than the journal keeps it (docs/archive.md)."""


@archive.command("list")
@CONFIG
@click.option("--json", "as_json", is_flag=True, help="One JSON text a line.")
def archive_list(config: str | None, as_json: bool) -> None:
    """Days: objects, calls, bytes."""
    from translator.reports import archiving
    from translator.settings.load import load_settings

    archiving.show_list(opened_archive(load_settings(config)), as_json)


@archive.command("run")
@CONFIG
@click.option("--new-place", is_flag=True, help="What was archived before is elsewhere (archive.url changed).")
def archive_run(config: str | None, new_place: bool) -> None:
    """Archive all that the journal has, and take out who is to be forgotten, now. Delivery does so by itself."""
    from translator.reports import archiving

    settings, journal = opened(config)
    sys.exit(archiving.run(opened_archive(settings), journal, new_place=new_place))


@archive.command("verify")
@CONFIG
@click.option("--since", "first", metavar="DAY", default="", help="Only from this day on, such as 2026-11-28.")
def archive_verify(config: str | None, first: str) -> None:
    """Read every object, and hold counts and checksums against its name. Exits 1 where one is damaged."""
    from translator.reports import archiving
    from translator.settings.load import load_settings

    sys.exit(archiving.verify(opened_archive(load_settings(config)), first))

"""``translator diff``."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING

import click

from translator.commands.common import known
from translator.commands.sources import FROM, Chosen, from_calls

if TYPE_CHECKING:
    from translator.reports.diff import Difference


@click.command()
@click.argument("old", type=click.Path(exists=True, dir_okay=False), metavar="OLD.toml")
@click.argument("new", type=click.Path(exists=True, dir_okay=False), metavar="NEW.toml")
@FROM
@click.option("--destination", metavar="NAME", help="Translate as for this destination, which both have.")
@click.option(
    "--format", "shape", type=click.Choice(["text", "json", "html"]), default="text", show_default=True,
    help="json: for machines; html: one page, for people.",
)  # fmt: skip
@click.option("--out", metavar="FILE", help="Write into this file, readable by its owner only, instead of the output.")
def diff(
    old: str,
    new: str,
    paths: tuple[str, ...],
    store: str | None,
    since: datetime | None,
    until: datetime | None,
    destination: str | None,
    shape: str,
    out: str | None,
) -> None:
    """What a new configuration would change of calls (files, or the journal of OLD.toml), before it is deployed.

    Environment variables count over both files, as they do when the service starts: unset those that the change is
    about. Sends and keeps nothing. Exits 0 when no call would change, 1 when some would, 2 when something could not
    be read.
    """
    from dataclasses import replace

    from translator.reports import reading
    from translator.reports.diff import compared
    from translator.settings.load import load_settings

    before, after = load_settings(old), load_settings(new)
    for one in (before, after):
        known(one, destination)
    summary = reading.Summary()
    source = from_calls(Chosen(paths, store, since, until), before, summary)
    try:
        with reading.progress() as advance:
            found = compared(source, before, after, destination, advance)
    except KeyboardInterrupt:
        click.echo("translator: interrupted", err=True)
        sys.exit(130)
    found = replace(found, unreadable=summary["not readable"])
    _write(_shaped(found, shape), out)
    sys.exit(2 if found.unreadable else 1 if found.changed else 0)


def _shaped(found: Difference, shape: str) -> str:
    if shape == "json":
        import json

        from translator.reports.diff import plain

        return json.dumps(plain(found), indent=2, ensure_ascii=False) + "\n"
    if shape == "html":
        from translator.reports.diff.page import page

        return page(found)
    from translator.reports.diff.telling import told

    return told(found)


def _write(text: str, out: str | None) -> None:
    if out is None:
        sys.stdout.buffer.write(text.encode("utf-8", "replace"))
        return
    from translator.reports.private import write_private

    try:
        write_private(out, text.encode("utf-8", "replace"))
    except OSError as error:
        click.echo(f"translator: {out}: cannot be written: {error.strerror}", err=True)
        sys.exit(2)

"""``translator import-segment``: Segment's own subscriptions as a configuration of this service."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import click

from translator.errors import TranslatorError


@click.command("import-segment")
@click.argument("mappings", type=click.Path(exists=True, dir_okay=False), metavar="MAPPINGS.json")
@click.option("--out", type=click.Path(dir_okay=False), help="The file to write (default: the output). Must be new.")
@click.option("--name", default="amplitude", show_default=True, help="What the destination is called here.")
def import_segment(mappings: str, out: str | None, name: str) -> None:
    """Segment's Amplitude (Actions) subscriptions, as its Public API gives them, as a translator.toml.

    What cannot be turned is named, in the file and beside it. Exits 0 when all was turned, 1 when something is named,
    2 when the file cannot be read.
    """
    from translator import jsontext
    from translator.mappings import listing
    from translator.reports import importing

    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,31}", name):
        raise click.BadParameter("must be at most 32 small letters, digits, - and _", param_hint="--name")
    try:
        found = listing(jsontext.loads(Path(mappings).read_bytes()))
    except (TranslatorError, OSError) as error:
        raise click.UsageError(f"{mappings}: {error}") from None
    done = importing.turn(found, name)
    text = importing.toml(done, Path(mappings).name, name)
    if out is None:
        click.echo(text, nl=False)
    else:
        _write(out, text)
    click.echo(importing.report(done, len(found.subscriptions)), err=True)
    sys.exit(1 if done.named else 0)


def _write(out: str, text: str) -> None:
    try:
        with Path(out).open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise click.UsageError(f"{out} is there already; name a new file") from None
    except OSError as error:
        raise click.UsageError(f"{out}: cannot be written: {error.strerror}") from None

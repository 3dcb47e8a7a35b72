"""``translator taxonomy``: a plan's group properties in a project's taxonomy at Amplitude."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from translator.commands.common import CONFIG, known, opened

if TYPE_CHECKING:
    from translator.settings.values import Destination, Settings

PLAN = click.argument("plan", type=click.Path(), metavar="PLAN")
DESTINATION = click.option("--destination", metavar="NAME", help="Whose project (default: the only one that there is).")


@click.group()
def taxonomy() -> None:
    """The plan's group properties in a project's taxonomy at Amplitude: push, read back for QA (docs/workbench.md)."""


@taxonomy.command()
@CONFIG
@DESTINATION
@click.option("--yes", is_flag=True, help="Do it. Without this it is a dry run.")
@PLAN
def push(config: str | None, destination: str | None, yes: bool, plan: str) -> None:
    """Create and change a plan's group properties (type, values, regex, description). Without --yes only says what
    would be done.

    Deletes nothing, and leaves alone what the plan does not name. Interrupted, the same command does the rest. Exits 1
    where something cannot be done, 2 where the plan or the project cannot be read.
    """
    from translator.reports.qa.reading_plan import read_plan
    from translator.reports.qa.text import printable
    from translator.reports.taxonomy import running
    from translator.settings.load import load_settings

    chosen = _chosen(load_settings(config), destination)
    planned = read_plan(Path(plan))
    try:
        sys.exit(running.push(planned, printable(Path(plan).name), chosen, is_real=yes))
    except KeyboardInterrupt:
        click.echo("translator: interrupted", err=True)
        sys.exit(130)


@taxonomy.command()
@CONFIG
@DESTINATION
@click.option("--pulled", type=click.Path(), metavar="FILE", help="What pull has written, instead of a project.")
@click.option(
    "--format", "shape", type=click.Choice(["text", "json", "junit", "html"]), default="text", show_default=True
)
@click.option("--out", metavar="FILE", help="Write the report there, and only a line of totals to standard error.")
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too.")
@PLAN
def qa(
    config: str | None,
    destination: str | None,
    pulled: str | None,
    shape: str,
    out: str | None,
    strict: bool,
    plan: str,
) -> None:
    """A plan's group properties held against a project's taxonomy. Changes nothing.

    Exits 1 where something is not as planned, 2 where something cannot be read.
    """
    from translator.reports.qa.reading_plan import read_plan
    from translator.reports.qa.running import finish, may_write
    from translator.reports.qa.text import printable
    from translator.reports.taxonomy import running
    from translator.settings.load import load_settings

    if pulled is not None and destination:
        raise click.UsageError("--pulled is instead of --destination")
    may_write(out)
    planned, name = read_plan(Path(plan)), printable(Path(plan).name)
    if pulled is not None:
        report = running.qa_of_file(planned, name, Path(pulled))
    else:
        report = running.qa(planned, name, _chosen(load_settings(config), destination))
    sys.exit(finish(report, shape, out, strict))


@taxonomy.command()
@CONFIG
@DESTINATION
@click.option("--plan", type=click.Path(), metavar="PLAN", help="The group types of this plan.")
@click.option("--group-type", "group_types", multiple=True, metavar="NAME", help="A group type; may be repeated.")
@click.option("--out", metavar="FILE", help="Write it there.")
def pull(
    config: str | None, destination: str | None, plan: str | None, group_types: tuple[str, ...], out: str | None
) -> None:
    """A project's group properties as JSON, which qa reads too. Exits 1 where a group type is not there.

    Amplitude lists no group types, so that they are named, or those that the journal has sent to the destination.
    """
    from translator.reports.qa.reading_plan import read_plan
    from translator.reports.qa.running import may_write
    from translator.reports.taxonomy import running
    from translator.settings.load import load_settings

    may_write(out)
    chosen = _chosen(load_settings(config), destination)
    names = [*group_types, *(one.name for one in (read_plan(Path(plan)).types if plan else ()))]
    sys.exit(running.pull_into(chosen, names or _sent(config, chosen.name), out))


def _chosen(settings: Settings, name: str | None) -> Destination:
    known(settings, name)
    if name is None and len(settings.destinations) != 1:
        there = ", ".join(settings.destinations) or "none"
        raise click.UsageError(f"say which project: --destination NAME; there are: {there}")
    return settings.destinations[name or next(iter(settings.destinations))]


def _sent(config: str | None, name: str) -> list[str]:
    """The group types that a destination has had, by its journal."""
    from translator.translate import TYPES

    _, journal = opened(config)
    return list(journal.recall(name, [TYPES]).get(TYPES, {}))

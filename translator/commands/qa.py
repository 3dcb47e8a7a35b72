"""``translator qa``."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from translator.commands.common import CONFIG, known, opened_journal
from translator.commands.sources import FROM, Chosen, from_calls

if TYPE_CHECKING:
    from translator.reports.plan.planned import Planned
    from translator.reports.qa.seen import Seen


@click.command()
@CONFIG
@click.option("--destination", metavar="NAME", help="Translate as for this destination.")
@click.option("--sandbox", "sandbox_url", metavar="URL", help="What a running sandbox has, instead of calls.")
@click.option(
    "--format", "shape", type=click.Choice(["text", "json", "junit", "html"]), default="text", show_default=True
)
@click.option("--out", metavar="FILE", help="Write the report there, and only a line of totals to standard error.")
@click.option("--strict", is_flag=True, help="Exit 1 for warnings too.")
@click.argument("plan", type=click.Path(), metavar="PLAN")
@FROM
def qa(
    config: str | None,
    destination: str | None,
    sandbox_url: str | None,
    shape: str,
    out: str | None,
    strict: bool,
    plan: str,
    paths: tuple[str, ...],
    store: str | None,
    since: datetime | None,
    until: datetime | None,
) -> None:
    """A plan (workbook or JSON) held against calls, or against a sandbox. Exits 1 where something is not as planned.

    Sends nothing. Exits 2 where something cannot be read.
    """
    from translator.reports.qa.comparing import compared
    from translator.reports.qa.reading_plan import read_plan
    from translator.reports.qa.running import finish, may_write
    from translator.reports.qa.text import printable

    if sandbox_url is not None and (paths or store or destination):
        raise click.UsageError("--sandbox is instead of files, --from-journal, --from-archive and --destination")
    if (since or until) and not store:
        raise click.UsageError("--since and --until need --from-journal or --from-archive")
    may_write(out)
    planned = read_plan(Path(plan))
    if sandbox_url is None:
        seen = _of_calls(planned, config, destination, Chosen(paths, store, since, until))
    else:
        from translator.reports.qa.of_sandbox import of_sandbox

        seen = of_sandbox(planned, sandbox_url)
    sys.exit(finish(compared(planned, seen, printable(Path(plan).name)), shape, out, strict))


def _of_calls(planned: Planned, config: str | None, destination: str | None, chosen: Chosen) -> Seen:
    from translator.reports import reading
    from translator.reports.qa.findings import few
    from translator.reports.qa.of_calls import of_calls, refused_of
    from translator.reports.qa.text import printable
    from translator.settings.load import load_settings

    settings = load_settings(config)
    known(settings, destination)
    summary = reading.Summary()
    source = from_calls(chosen, settings, summary)
    name = printable(few(Path(one).name for one in chosen.paths))
    journal = opened_journal(settings) if chosen.store == "journal" else None
    refused = refused_of(journal, chosen.since, chosen.until) if journal else ()
    with reading.progress() as advance:
        return of_calls(planned, source, summary, settings, destination, name, refused, advance)

"""``translator plan``: options; the work is done in reports/plan."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from translator.commands.common import CONFIG, known
from translator.commands.sources import FROM, Chosen, from_calls

if TYPE_CHECKING:
    from translator.reports.plan.made import Plan
    from translator.reports.reading import Source

ENDINGS = (".xlsx", ".html", ".md", ".json")


def _files(_: click.Context, __: click.Parameter, given: tuple[str, ...]) -> tuple[Path, ...]:
    files = tuple(map(Path, given))
    for file in files:
        if file.suffix.lower() not in ENDINGS:
            raise click.BadParameter(f"{file}: must end with one of {', '.join(ENDINGS)}")
        if not file.absolute().parent.is_dir():
            raise click.BadParameter(f"{file}: there is no folder {file.parent}")
    return files


@click.command()
@CONFIG
@click.option("--destination", metavar="NAME", help="As for this destination's configuration.")
@click.option(
    "--out", multiple=True, metavar="FILE", callback=_files,
    help="Where to: .xlsx, .html, .md or .json; may be repeated (default: Markdown to the terminal).",
)  # fmt: skip
@FROM
def plan(
    config: str | None,
    destination: str | None,
    out: tuple[Path, ...],
    store: str | None,
    since: datetime | None,
    until: datetime | None,
    paths: tuple[str, ...],
) -> None:
    """Plan groups before history is written: which traits serve, at which level, what is used of limits, a [groups].

    Reads the calls twice. Sends nothing, writes nothing but --out.
    """
    from translator.reports import reading
    from translator.reports.plan.planning import planned
    from translator.settings.load import load_settings

    settings = load_settings(config)
    known(settings, destination)
    for path in map(Path, paths):
        if not path.is_file() and not path.is_dir():
            raise click.BadParameter(f"{path}: is read twice, so it must be a file", param_hint="FILE|DIR")
    if (since or until) and not store:
        raise click.UsageError("--since and --until need --from-journal or --from-archive")
    moment = datetime.now(UTC)
    # until now, so that both times the same calls are read
    chosen = Chosen(paths, store, since, until or moment.replace(tzinfo=None))
    first, second = reading.Summary(), reading.Summary()

    def sources(aloud: bool) -> Source:
        found = from_calls(chosen, settings, first if aloud else second, aloud=aloud)
        return replace(found, said=_said(chosen, until))

    with reading.progress() as advance:
        made = planned(settings, destination, sources, int(moment.timestamp() * 1000), advance)
    _give(replace(made, unreadable=first["not readable"]), out)


def _said(chosen: Chosen, until: datetime | None) -> str:
    """Where calls are from: files by name, without where on this machine they are; or the store."""
    if chosen.store:
        spans = [f"{word} {one:%Y-%m-%d %H:%M}" for word, one in (("from", chosen.since), ("until", until)) if one]
        return f"the {chosen.store}{', received ' if spans else ''}{' '.join(spans)}"
    names = [Path(path).name for path in chosen.paths]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _give(made: Plan, out: tuple[Path, ...]) -> None:
    from translator.reports.plan import writing

    for file in out:
        try:
            writing.write(made, file)
        except OSError as error:
            raise click.ClickException(f"{file}: {error.strerror}") from None
        click.echo(f"{file} written", err=True)
    if not out:
        click.echo(writing.contents(made, ".md").decode("utf-8"), nl=False)

"""``translator kpi``."""

from __future__ import annotations

import signal
import time

import click

from translator.commands.common import CONFIG, ended, known, opened


@click.command()
@CONFIG
@click.option("--dry-run", is_flag=True, help="Print what would be set, and what was before; send and write nothing.")
@click.option("--destination", metavar="NAME", help="Of this destination only.")
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option(
    "--due", type=click.IntRange(0, 2**53), metavar="MS", hidden=True, help="The time of the run, ms since the epoch."
)
def kpi(config: str | None, dry_run: bool, destination: str | None, shape: str, due: int | None) -> None:
    """Compute [[kpis.properties]] of each group from journal and archive, and set them (docs/kpis.md).

    Delivery does so by itself, each day. --format is for --dry-run. Exits 0 when all is done, 1 when Amplitude did not
    take some groups, 2 when something is left.
    """
    from translator import kpi as room
    from translator.kpi import telling

    settings, journal = opened(config)
    known(settings, destination)
    if not settings.kpis.properties:
        raise click.UsageError("none is configured: [[kpis.properties]] says which (docs/kpis.md)")
    asked = room.Asked(settings, journal, due or int(time.time() * 1000), destination)
    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, lambda *_: asked.stop.set())
    if not dry_run:
        done = room.run(asked)
        ended(done, by_hand=due is None)
        return
    counted = telling.Counted()
    for line in telling.lines(room.preview(asked), shape, counted):
        click.echo(line)
    for warning in asked.warnings:
        click.echo(f"translator: {warning}", err=True)
    click.echo(counted.said(), err=shape == "json")

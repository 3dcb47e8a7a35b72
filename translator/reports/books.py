"""``translator status``: the books of the journal."""

from __future__ import annotations

import json
from dataclasses import asdict

import click
from rich.console import Console
from rich.table import Table

from translator.journal.contract import Journal
from translator.parcels import Counts
from translator.reports.letters import age
from translator.settings.values import Settings


def show(journal: Journal, settings: Settings, as_json: bool) -> None:
    """Print the books: as a table, or as one JSON text."""
    counts, alive = journal.counts(), journal.deliveries()
    if as_json:
        click.echo(json.dumps({**asdict(counts), "deliveries_alive": alive}))
        return
    console = Console()
    console.print(_door(counts))
    console.print(_table(counts, settings))
    console.print(f"delivery processes alive: {alive}")


def _door(counts: Counts) -> str:
    return (
        f"received {counts.received} = accepted {counts.accepted} + duplicates {counts.duplicates} "
        f"+ refused {counts.refused} ({counts.refused_kept} kept)"
    )


def _table(counts: Counts, settings: Settings) -> Table:
    table = Table("destination", "accepted", "delivered", "ignored", "dead", "waiting", "oldest", box=None)
    for name, tally in counts.destinations.items():
        known = "" if name in settings.destinations else " (not configured)"
        row = (tally.accepted, tally.delivered, tally.ignored, tally.dead, tally.waiting)
        table.add_row(name + known, *map(str, row), age(tally.oldest_waiting))
    return table

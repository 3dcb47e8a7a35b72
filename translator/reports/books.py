"""``translator status``: the books of the journal."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from translator.journal.contract import Journal
from translator.parcels import Counts, Json
from translator.reports import archiving, clockwork
from translator.reports.letters import age
from translator.settings.values import MAX_GROUP_TYPES, Settings
from translator.translate import TYPES

if TYPE_CHECKING:
    from rich.table import Table


def show(journal: Journal, settings: Settings, as_json: bool) -> None:
    """Print the books: as a table, or as one JSON text."""
    counts, alive = journal.counts(), journal.deliveries()
    if as_json:
        archived = journal.archived()
        found = {**asdict(counts), "deliveries_alive": alive, "group_types": _types(journal, counts)}
        found["archive"] = None if archived is None else asdict(archived)
        found["jobs"] = [asdict(one) for one in clockwork.views(journal, settings)]
        click.echo(json.dumps(found))
        return
    from rich.console import Console

    console = Console()
    console.print(_door(counts, settings.journal.keep_refused))
    console.print(_table(counts, settings))
    for name, tally in counts.destinations.items():
        if tally.circuit:
            said = f"{name}: stopped for {age(tally.circuit_since)}, a person is needed: {tally.circuit}"
            console.print(said, markup=False)
    for name, types in _types(journal, counts).items():
        console.print(_said_types(name, types), markup=False)
    if archived := journal.archived():
        console.print(archiving.said(archived), markup=False)
    for one in clockwork.views(journal, settings):
        console.print(clockwork.said(one), markup=False, soft_wrap=True)
    console.print(f"delivery processes alive: {alive}")


def _types(journal: Journal, counts: Counts) -> dict[str, Json]:
    """The group types that each destination has had, the first five and those beyond."""
    return {name: journal.recall(name, [TYPES]).get(TYPES, {}) for name in counts.destinations}


def _said_types(name: str, types: Json) -> str:
    fitting = [one for one, entry in types.items() if "over" not in entry]
    beyond = [one for one, entry in types.items() if "over" in entry]
    said = f"{name}: {len(fitting)} of {MAX_GROUP_TYPES} group types: {', '.join(fitting) or 'none yet'}"
    return f"{said}; beyond the limit, not tracked by Amplitude: {', '.join(beyond)}" if beyond else said


def _door(counts: Counts, keep: int) -> str:
    kept = f"{counts.refused_kept} kept at first; the newest {keep} of each source stay"
    return (
        f"received {counts.received} = accepted {counts.accepted} + duplicates {counts.duplicates} "
        f"+ refused {counts.refused} ({kept})"
    )


def _table(counts: Counts, settings: Settings) -> Table:
    from rich.table import Table

    table = Table("destination", "accepted", "delivered", "ignored", "dead", "waiting", "oldest", box=None)
    for name, tally in counts.destinations.items():
        known = "" if name in settings.destinations else " (not configured)"
        row = (tally.accepted, tally.delivered, tally.ignored, tally.dead, tally.waiting)
        table.add_row(name + known, *map(str, row), age(tally.oldest_waiting))
    return table

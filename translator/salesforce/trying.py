"""What a sync would set, for people: reads what the job remembers, writes and sends nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from translator.jobs import changes, fitting
from translator.journal import Journal
from translator.parcels import Json
from translator.salesforce.dates import is_due
from translator.salesforce.doubles import Doubles
from translator.salesforce.records import Account
from translator.salesforce.sources import Source
from translator.salesforce.syncing import Tally, destinations, last_of, states_of
from translator.settings.values import Destination, SalesforceObject, Settings


@dataclass(frozen=True, slots=True)
class Example:
    """A group, and of each property that would be set what it was (None: not known) and what it is to be."""

    group: str
    properties: dict[str, tuple[Any, Any]]


@dataclass
class Tried:
    """An object at a destination: accounts that would be set for the first time (``new``) or anew (``changed``), and
    those that would not."""

    object: SalesforceObject
    destination: str
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    examples: list[Example] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


def tried(
    settings: Settings, journal: Journal, source: Source, one: SalesforceObject, today: date | None, most: int = 5
) -> list[Tried]:
    """What a run would set of an object, for each destination. ``today``: the day of the run; None: whatever is due.
    ``most``: examples of each. Raises SalesforceError, JournalError."""
    found = [Tried(one, each.name) for each in destinations(settings)]
    doubles = Doubles()
    try:
        for page in source.pages(one):
            fresh = doubles.first(page)
            for each, kept in zip(destinations(settings), found, strict=True):
                kept.tally.see(page, fresh)
                for account, state in _states(journal, one, each, fresh):
                    _try(kept, account, state, today, most)
    finally:
        doubles.close()
    return found


def _states(
    journal: Journal, one: SalesforceObject, destination: Destination, accounts: list[Account]
) -> Iterator[tuple[Account, Json | None]]:
    return zip(accounts, states_of(journal.job_states, one, destination, accounts), strict=True)


def _try(kept: Tried, account: Account, state: Json | None, today: date | None, most: int) -> None:
    if today is not None and not is_due(last_of(kept.object, state), kept.object.every, today):
        kept.tally.waiting += 1
        return
    kept.tally.take(account)
    new = changes(fitting(account.properties), state)
    if not new:
        kept.unchanged += 1
        return
    was = (state or {}).get("set", {})
    kept.new += not was
    kept.changed += bool(was)
    if len(kept.examples) < most:
        kept.examples.append(Example(account.key or "", {name: (was.get(name), value) for name, value in new.items()}))

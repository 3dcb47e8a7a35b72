"""Makes a project's taxonomy as planned, a request after another. What is done stays: a second run does the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from translator.errors import TaxonomyRefused
from translator.taxonomy.comparing import NO_TYPE, Change, Comparison
from translator.taxonomy.wanted import Wanted, differences

if TYPE_CHECKING:
    from translator.taxonomy.client import Client


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change. ``why``: why it was refused, or ""."""

    change: Change
    why: str = ""


def push(client: Client, comparison: Comparison, told: Callable[[Outcome], None]) -> tuple[Outcome, ...]:
    """Create and update. ``told``: of each, when it is done or refused. What is refused is passed over, and the rest of
    a group type that turns out not to be there too. Raises TaxonomyAbsent, TaxonomyUnavailable."""
    outcomes: list[Outcome] = []
    gone: set[str] = set()
    for change in comparison.changes:
        if change.action not in ("create", "update"):
            continue
        group_type = change.wanted.group_type
        outcome = Outcome(change, NO_TYPE) if group_type in gone else _pushed(client, change)
        gone |= {group_type} if outcome.why == NO_TYPE else set()
        outcomes.append(outcome)
        told(outcome)
    return tuple(outcomes)


def _pushed(client: Client, change: Change) -> Outcome:
    one = change.wanted
    try:
        if change.action == "create":
            client.create(one.creating())
        else:
            client.update(one.full_name, one.updating())
    except TaxonomyRefused as error:
        if error.status == 404:
            return Outcome(change, NO_TYPE)
        if error.status == 409 and change.action == "create" and _is_so(client, one):
            # the answer to an earlier try was lost, or somebody else made just the same
            return Outcome(change)
        return Outcome(change, f"refused ({error.status}): {error}")
    return Outcome(change)


def _is_so(client: Client, one: Wanted) -> bool:
    found = (found for found in client.listed(one.group_type) if found.is_custom and found.name == one.name)
    return any(not any(differences(one, definition)) for definition in found)

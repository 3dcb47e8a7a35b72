"""A plan beside what a project has: what is to be created, what to be changed, what is so, and what cannot be. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from translator.reports.plan.planned import Planned
from translator.taxonomy.definitions import Definition, Present
from translator.taxonomy.wanted import Difference, Wanted, differences, wanted
from translator.translate import MAX_GROUP_PROPERTIES

Action = Literal["create", "update", "same", "cannot"]

NO_TYPE = (
    "the project has no such group type, and the Taxonomy API cannot make one: send one call with it (it counts as one "
    "of five), or add it at Amplitude under Data > Groups"
)
AMPLITUDE_MADE = "Amplitude made a property of this name itself, and does not let it be edited"
OVER_LIMIT = f"a project has at most {MAX_GROUP_PROPERTIES:,} group properties"


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of a planned property. ``differs``: what an update changes. ``why``: why it cannot be."""

    action: Action
    wanted: Wanted
    differs: tuple[Difference, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Comparison:
    """``types``: the planned group types in their order. ``missing``: those that the project does not have. ``extra``:
    what planned group types have and the plan does not name; it is left alone. ``read``: how many definitions there
    are."""

    types: tuple[str, ...]
    changes: tuple[Change, ...] = ()
    missing: tuple[str, ...] = ()
    extra: tuple[Definition, ...] = ()
    read: int = 0

    def of(self, group_type: str, *actions: Action) -> tuple[Change, ...]:
        """The changes of a group type, of some kinds."""
        return tuple(
            one for one in self.changes if one.wanted.group_type == group_type and one.action in (actions or ACTIONS)
        )

    def count(self, action: Action) -> int:
        """How many changes there are of a kind."""
        return sum(one.action == action for one in self.changes)


ACTIONS: tuple[Action, ...] = ("create", "update", "cannot", "same")


def compare(plan: Planned, present: Present) -> Comparison:
    """What is to become of each planned property, in the order of the plan."""
    names = present.names()
    changes = []
    for one in map(wanted, plan.properties):
        change = _change(one, present, names)
        changes.append(change)
        if change.action == "create":
            names.add(one.name)
    planned = {(one.group_type, one.name) for one in plan.properties}
    extra = tuple(
        found
        for kind in plan.types
        for found in present.types.get(kind.name, ())
        if (kind.name, found.name) not in planned
    )
    return Comparison(
        tuple(one.name for one in plan.types),
        tuple(changes),
        tuple(one.name for one in plan.types if one.name not in present.types),
        extra,
        sum(map(len, present.types.values())),
    )


def _change(one: Wanted, present: Present, names: Collection[str]) -> Change:
    if one.group_type not in present.types:
        return Change("cannot", one, why=NO_TYPE)
    named = [found for found in present.types[one.group_type] if found.name == one.name]
    found = next((found for found in named if found.is_custom), named[0] if named else None)
    if found is None:
        is_over = len(names) >= MAX_GROUP_PROPERTIES and one.name not in names
        return Change("cannot", one, why=OVER_LIMIT) if is_over else Change("create", one)
    differs = tuple(differences(one, found))
    if not differs:
        return Change("same", one)
    return Change("update", one, differs) if found.is_custom else Change("cannot", one, differs, AMPLITUDE_MADE)

"""A plan as plain JSON → the frozen plan, or every fault of it, each at its path. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from marshmallow import ValidationError
from msgspec import Struct

from translator.reports.plan.planned import Planned, PlannedEvent, PlannedProperty, PlannedType
from translator.reports.qa.schema import PlanTable
from translator.settings.values import MAX_GROUP_TYPES
from translator.translate import MAX_GROUP_PROPERTIES

Path = tuple[str | int, ...]
MADE = {"types": PlannedType, "properties": PlannedProperty, "events": PlannedEvent}


class Fault(Struct, frozen=True):
    """What is wrong at a path (``("types", 0, "level")``; empty: the whole plan)."""

    path: Path
    said: str


class Faulty(Exception):
    """A plan that cannot be used. ``faults``: every one of them."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("; ".join(one.said for one in faults))
        self.faults = tuple(faults)


def planned_of(given: Any) -> Planned:
    """The plan of what ``Planned.plain`` writes. Raises Faulty."""
    try:
        loaded = PlanTable().load(given)
    except ValidationError as error:
        raise Faulty(list(_flat(error.messages, ()))) from None
    plan = Planned(**{part: _made(part, loaded.get(part, ())) for part in MADE})
    faults = [*_of_types(plan), *_of_properties(plan), *_of_events(plan)]
    if faults:
        raise Faulty(faults)
    return plan


def _made(part: str, entries: Sequence[Mapping[str, Any]]) -> tuple[Any, ...]:
    return tuple(MADE[part](**{key: _frozen(value) for key, value in one.items()}) for one in entries)


def _frozen(value: Any) -> Any:
    return tuple(dict.fromkeys(value)) if isinstance(value, list) else value


def _flat(messages: Any, path: Path) -> Iterator[Fault]:
    """Marshmallow's faults, which are as deep as what they are about."""
    if not isinstance(messages, Mapping):
        yield from (Fault(path, str(one)) for one in messages)
        return
    for key, inner in messages.items():
        yield from _flat(inner, path if key == "_schema" else (*path, key))


def _of_types(plan: Planned) -> Iterator[Fault]:
    yield from _twice("types", "name", [(one.name,) for one in plan.types])
    names = list(dict.fromkeys(one.name for one in plan.types))
    if len(names) > MAX_GROUP_TYPES:
        over = ", ".join(names[MAX_GROUP_TYPES : MAX_GROUP_TYPES + 10])
        yield Fault(("types",), f"a project has at most {MAX_GROUP_TYPES} group types; these are over: {over}")


def _of_properties(plan: Planned) -> Iterator[Fault]:
    types = {one.name for one in plan.types}
    for number, one in enumerate(plan.properties):
        if one.group_type not in types:
            yield Fault(("properties", number, "group_type"), _not_planned(types))
    yield from _twice("properties", "name", [(one.group_type, one.name) for one in plan.properties])
    count = len({one.name for one in plan.properties})
    if count > MAX_GROUP_PROPERTIES:
        said = f"a project has at most {MAX_GROUP_PROPERTIES:,} group properties; these are {count:,}"
        yield Fault(("properties",), said)


def _of_events(plan: Planned) -> Iterator[Fault]:
    types = {one.name for one in plan.types}
    for number, one in enumerate(plan.events):
        for place, name in enumerate(one.groups):
            if name not in types:
                yield Fault(("events", number, "groups", place), _not_planned(types))
    yield from _twice("events", "name", [(one.name,) for one in plan.events])


def _not_planned(types: set[str]) -> str:
    return f"is not a group type of this plan; there are: {', '.join(sorted(types)) or 'none'}"


def _twice(part: str, key: str, names: Sequence[tuple[str, ...]]) -> Iterator[Fault]:
    seen: set[tuple[str, ...]] = set()
    for number, name in enumerate(names):
        if name in seen:
            yield Fault((part, number, key), "is there twice")
        seen.add(name)

"""A plan: the groups, their properties and the events that a project is meant to have. People edit it; QA reads it.

The parts and words are those of Amplitude's guide to Accounts instrumentation (2026-03-13): plan, taxonomy, QA. A plan
travels as JSON (``plain``) or as a workbook whose sheets and columns are named in ``SHEETS``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Literal

from translator.parcels import Json

Kind = Literal["text", "number", "boolean", "list", "object", "any"]
"""What the values of a property are; ``any``: they are not looked at."""

KINDS: tuple[Kind, ...] = ("text", "number", "boolean", "list", "object", "any")
VERSION = 1


@dataclass(frozen=True, slots=True)
class PlannedType:
    """A group type, as Amplitude will show it. ``level``: event, user or both, the guide's "Define event level or user
    level groups". ``from_``: where type and value come from, for people. ``values``: all that there may be; empty: any.
    """

    name: str
    level: Literal["user", "event", "both"] = "user"
    from_: str = ""
    values: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class PlannedProperty:
    """A group property of a group type. ``required``: each group is expected to have it. ``values``: all that there
    may be; empty: any. ``regex``: what texts look like, for Amplitude's taxonomy; QA of calls does not look at it."""

    group_type: str
    name: str
    kind: Kind = "any"
    required: bool = False
    values: tuple[str, ...] = ()
    description: str = ""
    regex: str = ""


@dataclass(frozen=True, slots=True)
class PlannedEvent:
    """An event type, as Amplitude will show it. ``groups``: the group types that each of its events is to have."""

    name: str
    groups: tuple[str, ...] = ()
    description: str = ""


@dataclass(frozen=True, slots=True)
class Planned:
    """The whole plan. ``events`` empty: events are not looked at one by one."""

    types: tuple[PlannedType, ...] = ()
    properties: tuple[PlannedProperty, ...] = ()
    events: tuple[PlannedEvent, ...] = ()

    def plain(self) -> Json:
        """The plan as JSON, ``{"version", "types", "properties", "events"}``."""
        return {
            "version": VERSION,
            "types": [_plain(one) for one in self.types],
            "properties": [_plain(one) for one in self.properties],
            "events": [_plain(one) for one in self.events],
        }


@dataclass(frozen=True, slots=True)
class Sheet:
    """A sheet of the workbook: its name, and the columns that QA reads, each with the key of ``plain`` it stands for.

    Other columns may stand beside them, for people. Lists have an entry a line in their cell, since values may have
    commas (``ExampleCorp, LLC``); an empty cell is an empty list.
    """

    name: str
    part: str
    columns: Mapping[str, str] = field(default_factory=dict)


SHEETS = (
    Sheet(
        "Plan",
        "types",
        {
            "Group type": "name",
            "Level": "level",
            "From": "from",
            "Allowed values": "values",
            "Description": "description",
        },
    ),
    Sheet(
        "Taxonomy",
        "properties",
        {
            "Group type": "group_type",
            "Group property": "name",
            "Type": "kind",
            "Required": "required",
            "Allowed values": "values",
            "Regex": "regex",
            "Description": "description",
        },
    ),
    Sheet(
        "Events",
        "events",
        {"Event": "name", "Group types": "groups", "Description": "description"},
    ),
)


def _plain(one: PlannedType | PlannedProperty | PlannedEvent) -> Json:
    return {key.rstrip("_"): list(value) if isinstance(value, tuple) else value for key, value in asdict(one).items()}

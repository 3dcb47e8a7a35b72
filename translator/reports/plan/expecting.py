"""What was seen → the plan that calls are expected to keep to, under a proposal. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from translator.reports.plan.made import Level, Proposal
from translator.reports.plan.planned import Kind, Planned, PlannedEvent, PlannedProperty, PlannedType
from translator.reports.plan.seen import Became, EventSeen, PropertySeen, TypeSeen
from translator.translate.groups import SEGMENT_GROUP

PlannedLevel = Literal["user", "event", "both"]

FEW_VALUES = 12
"""Different texts up to which they are taken for all that there may be."""

OFTEN = 5
"""Times that a property must have come for each of its values, on average, before these are taken for all."""

SHARED = 2 / 3
"""Different texts to groups, at most: what nearly each group has of its own is more to come."""

NEARLY = 0.9
"""Of the values of a property, that must be of a kind for it to be the one that is meant."""

_KINDS: Mapping[str, Kind] = {
    "text": "text",
    "number": "number",
    "boolean": "boolean",
    "list": "list",
    "object": "object",
}


def expected(became: Became, proposal: Proposal) -> Planned:
    """Types, properties and events. ``[Segment] Group`` is no part of it: what falls back is to be seen; and so is what
    has no name but blanks, which no plan may have."""
    types = [one for one in became.types if one.name != SEGMENT_GROUP and one.name.strip()]
    levels = {one.name: _level(one, proposal.level) for one in types}
    return Planned(
        tuple(PlannedType(one.name, levels[one.name], one.source) for one in types),
        tuple(_property(one) for one in became.properties if one.type in levels and one.name.strip()),
        tuple(_event(one, levels, proposal.level) for one in became.events if one.name.strip()),
    )


def _level(one: TypeSeen, level: Level) -> PlannedLevel:
    """Groups that events alone name are event-level; others as it is advised, and both where events name them too."""
    if (not one.joins and one.events) or level == "event":
        return "event"
    return "both" if one.on_events else "user"


def _property(one: PropertySeen) -> PlannedProperty:
    kind = _kind(one.kinds)
    is_whole = one.groups == one.of_groups and one.calls == one.of_calls
    return PlannedProperty(one.type, one.name, kind, is_whole, _values(one, kind))


def _kind(kinds: Mapping[str, int]) -> Kind:
    """The kind of nearly all values: the few others are to be seen."""
    word, count = max(kinds.items(), key=lambda item: (item[1], item[0]))
    return _KINDS.get(word, "any") if count >= NEARLY * sum(kinds.values()) else "any"


def _values(one: PropertySeen, kind: Kind) -> tuple[str, ...]:
    different = len(one.values)
    if kind != "text" or not 1 < different <= FEW_VALUES or one.distinct.number != different:
        return ()
    if different > SHARED * one.of_groups:
        return ()
    if one.calls < OFTEN * different or any(text.endswith("…") for text, _ in one.values):
        return ()
    return tuple(sorted(text for text, _ in one.values))


def _event(one: EventSeen, levels: Mapping[str, PlannedLevel], level: Level) -> PlannedEvent:
    types = one.joined_types if level == "user" else one.carried_types
    return PlannedEvent(one.name, tuple(kind for kind in types if kind in levels))

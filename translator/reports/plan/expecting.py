"""What was seen → the plan that calls are expected to keep to, under a proposal. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from translator.reports.plan.made import Level, Proposal
from translator.reports.plan.planned import Kind, Planned, PlannedEvent, PlannedProperty, PlannedType
from translator.reports.plan.seen import Became, EventSeen, PropertySeen, TypeSeen
from translator.translate.groups import SEGMENT_GROUP

FEW_VALUES = 12
"""Different texts up to which they are taken for all that there may be."""

OFTEN = 5
"""Times that a property must have come for each of its values, on average, before these are taken for all."""

SHARED = 2 / 3
"""Different texts to groups, at most: what nearly each group has of its own is more to come."""


def expected(became: Became, proposal: Proposal) -> Planned:
    """Types, properties and events. ``[Segment] Group`` is no part of it: what falls back is to be seen."""
    types = [one for one in became.types if one.name != SEGMENT_GROUP]
    levels = {one.name: _level(one, proposal.level) for one in types}
    return Planned(
        tuple(PlannedType(one.name, levels[one.name], one.source) for one in types),
        tuple(map(_property, (one for one in became.properties if one.type != SEGMENT_GROUP))),
        tuple(_event(one, levels, proposal.level) for one in became.events),
    )


def _level(one: TypeSeen, level: Level) -> Level:
    """Groups that events alone name are event-level; others as it is advised."""
    return level if one.joins else "event"


def _property(one: PropertySeen) -> PlannedProperty:
    kind = _kind(one.kinds)
    is_whole = one.groups == one.of_groups and one.calls == one.of_calls
    return PlannedProperty(one.type, one.name, kind, is_whole, _values(one, kind))


def _kind(kinds: Mapping[str, int]) -> Kind:
    found: dict[str, Kind] = {
        "text": "text",
        "number": "number",
        "boolean": "boolean",
        "list": "list",
        "object": "object",
    }
    return found.get(next(iter(kinds)), "any") if len(kinds) == 1 else "any"


def _values(one: PropertySeen, kind: Kind) -> tuple[str, ...]:
    different = len(one.values)
    if kind != "text" or not 1 < different <= FEW_VALUES or one.distinct.number != different:
        return ()
    if different > SHARED * one.of_groups:
        return ()
    if one.calls < OFTEN * different or any(text.endswith("…") for text, _ in one.values):
        return ()
    return tuple(sorted(text for text, _ in one.values))


def _event(one: EventSeen, levels: Mapping[str, Level], level: Level) -> PlannedEvent:
    types = one.joined_types if level == "user" else one.carried_types
    return PlannedEvent(one.name, tuple(kind for kind in types if kind in levels))

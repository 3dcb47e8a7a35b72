"""How much of each of Amplitude's limits the calls would use, and who is over. Pure.

Sources: accounts guide, "Limits" (amplitude-docs 6e7e48e, 2026-03-13); amplitude-api.md sections 2.1.3, 2.3 and 4.2.
"""

from __future__ import annotations

from collections.abc import Sequence

from translator.reports.plan.made import Level, Limit
from translator.reports.plan.seen import Became, Observed
from translator.reports.plan.sketch import Count, few
from translator.settings.values import MAX_GROUP_TYPES
from translator.translate import MAX_GROUP_PROPERTIES
from translator.translate.limits import MAX_GROUP_VALUES, MAX_TEXT

UPDATES_AN_HOUR = 1800
TYPES = "Group types of a project"
UPDATES = "Property updates of a user in an hour"
TEXTS = "Characters of a text"


def limits(observed: Observed, became: Became, level: Level) -> tuple[Limit, ...]:
    """Each limit, in the guide's order, under a level."""
    updates = became.updates if level == "user" else became.updates_event
    types = sorted(became.types, key=lambda one: -(one.joins + one.events))
    over = [one.name for one in types[MAX_GROUP_TYPES:]]
    return (
        Limit(TYPES, Count(len(types)), MAX_GROUP_TYPES, f"Amplitude would not track {few(over)}" if over else ""),
        Limit("Group properties of a project", became.property_names, MAX_GROUP_PROPERTIES),
        Limit("Group values of an event", Count(became.most_values), MAX_GROUP_VALUES, _late(became)),
        Limit(UPDATES, Count(updates[0][1] if updates else 0, became.updates_cut), UPDATES_AN_HOUR, _busy(updates)),
        Limit(TEXTS, Count(observed.longest), MAX_TEXT, _clipped(became)),
    )


def _clipped(became: Became) -> str:
    ordered = sorted(became.clipped.items(), key=lambda item: (-item[1], item[0]))
    shown = few(f"{path} ({count:,})" for path, count in ordered)
    return f"{sum(became.clipped.values()):,} would be clipped: {shown}" if shown else ""


def _late(became: Became) -> str:
    shown = few(became.tally.samples.get("notes: group_values_limit", ()))
    return f"{became.late:,} have more, which is cut: {shown}" if became.late else ""


def _busy(updates: Sequence[tuple[str, int]]) -> str:
    over = [f"{who} ({count:,})" for who, count in updates if count > UPDATES_AN_HOUR]
    if over:
        return f"over it: {few(over)}"
    return f"most: {updates[0][0]}" if updates else ""

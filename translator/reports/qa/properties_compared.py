"""Planned group properties beside those that came. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from translator.reports.plan.planned import Planned, PlannedProperty
from translator.reports.qa.findings import Check, Finding, Severity, finding, said_count
from translator.reports.qa.seen import Extras, Seen, SeenProperty
from translator.reports.qa.types_compared import NEVER, extras


def checks(plan: Planned, seen: Seen) -> Iterator[Check]:
    """What is expected of each property, and that no type has others, where any are planned."""
    came = {name for name, one in seen.types.items() if one.named.count}
    for one in plan.properties:
        found = seen.properties.get((one.group_type, one.name), SeenProperty())
        groups = seen.types[one.group_type].groups if one.group_type in came else 0
        why = "" if one.group_type in came else f"{one.group_type} {NEVER}"
        yield from _of_property(one, found, groups, seen.unit, why)
    for kind in plan.types if plan.properties else ():
        name = f"{kind.name} has no other properties"
        if kind.name not in came:
            yield Check("Group properties", name, skipped=NEVER)
        else:
            others = seen.extra_properties.get(kind.name, Extras())
            found_others = extras("group_property_extra", "warning", others, seen.unit, prefix=f"{kind.name}: ")
            yield Check("Group properties", name, tuple(found_others))


def _of_property(one: PlannedProperty, seen: SeenProperty, groups: int, unit: str, why: str) -> Iterator[Check]:
    subject = f"{one.group_type}: {one.name}"
    there = f"{subject} is on every group" if one.required else f"{subject} comes"
    if why:
        yield Check("Group properties", there, skipped=why)
    else:
        yield Check("Group properties", there, tuple(_filled(one, subject, seen, groups)))
    why = why or ("" if seen.count else NEVER)
    if one.kind != "any":
        name = f"{subject} is {_article(one.kind)}"
        yield Check("Group properties", name, () if why else tuple(_kinds(one, subject, seen, unit)), why)
    if one.values:
        name = f"{subject} has planned values only"
        yield Check("Group properties", name, () if why else tuple(_values(subject, seen, unit)), why)


def _filled(one: PlannedProperty, subject: str, seen: SeenProperty, groups: int) -> Iterator[Finding]:
    if not seen.count:
        severity: Severity = "error" if one.required else "warning"
        said = f"planned{', required' if one.required else ''}; none of {said_count(groups, 'groups')} has it"
        yield Finding(
            "group_property_missing", severity, subject, said, groups, "groups", groups, seen.lacking.examples
        )
    elif seen.lacking.count:
        filled = 100 * (groups - seen.lacking.count) / groups
        lacking = f"{seen.lacking.count:,} of {said_count(groups, 'groups')}"
        said = f"required; {lacking} without it ({_percent(filled)} have it)"
        yield finding("group_property_incomplete", "error", subject, said, seen.lacking, "groups", groups)


def _kinds(one: PlannedProperty, subject: str, seen: SeenProperty, unit: str) -> Iterator[Finding]:
    for kind, tally in seen.kinds.items():
        said = f"planned {one.kind}, came as {kind} in {said_count(tally.count, unit)}"
        yield finding("group_property_kind", "error", subject, said, tally, unit, seen.count)


def _values(subject: str, seen: SeenProperty, unit: str) -> Iterator[Finding]:
    if seen.values.count:
        said = f"a value that is not in the plan, in {said_count(seen.values.count, unit)}"
        yield finding("group_property_value", "error", subject, said, seen.values, unit, seen.count)


def _article(kind: str) -> str:
    return {"text": "text", "object": "an object"}.get(kind, f"a {kind}")


def _percent(share: float) -> str:
    """A share below all, never said to be all."""
    return f"{min(share, 99.9):.3g} %"

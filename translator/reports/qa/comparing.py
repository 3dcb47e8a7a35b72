"""A plan and what was seen → the report. Pure.

Every expectation of the plan is a check, whether it is met or not. What follows from a finding is skipped, not found
again: of a group type that never came, no property is missing.
"""

from __future__ import annotations

from collections.abc import Iterator

from translator.reports.plan.planned import Planned
from translator.reports.qa import events_compared, properties_compared, types_compared
from translator.reports.qa.findings import Check, Finding, Report, Severity, few, finding, said_count
from translator.reports.qa.seen import Seen, Tally
from translator.settings.values import MAX_GROUP_TYPES
from translator.translate import MAX_GROUP_PROPERTIES

NOTHING = "nothing was read"
LIMITS: dict[str, tuple[Severity, str]] = {
    "group_types_limit": ("error", "groups of a sixth type were dropped"),
    "group_properties_limit": ("error", "group properties beyond the 1,000 of a project came"),
    "group_values_limit": ("error", "group values beyond the 10 of a record were cut"),
    "string_limit": ("warning", "a text was cut to 1,024 characters"),
    "depth_limit": ("warning", "a value deeper than 40 layers was dropped"),
    "products_limit": ("warning", "only the first 500 products of an order got an event"),
}
"""Rules of translation (and, by these names, of a sandbox) that a limit of Amplitude's stands behind."""

UNUSABLE: dict[str, tuple[Severity, str]] = {
    "group_type_unusable": ("error", "a group type was not text or a number"),
    "group_value_unusable": ("error", "a group value, or a part of it, was not text, a number or a boolean"),
    "group_value_blank": ("error", "a group value was nothing but blanks"),
    "group_properties_withheld": ("warning", "one set of traits cannot describe several groups, so none was sent"),
    "group_name_missing": ("warning", "the group's readable name was not in the call"),
}


def compared(plan: Planned, seen: Seen, name: str = "the plan") -> Report:
    """The report. ``name``: which plan, for people."""
    checks = tuple(_checks(plan, seen))
    if not seen.read:
        first = Finding("nothing_read", "error", seen.source, f"no {seen.read_unit} were read")
        rest = (Check(one.part, one.name, skipped=NOTHING) for one in checks)
        checks = (Check("Calls", f"{seen.read_unit} were read", (first,)), *rest)
    else:
        checks = (Check("Calls", f"{seen.read_unit} were read"), *checks)
    ignored = tuple((reason, tally.count) for reason, tally in seen.ignored.items())
    return Report(name, seen.source, seen.read, seen.read_unit, checks, ignored, seen.remarks)


def _checks(plan: Planned, seen: Seen) -> Iterator[Check]:
    yield _translated(seen)
    yield from types_compared.checks(plan, seen)
    yield from properties_compared.checks(plan, seen)
    yield from events_compared.checks(plan, seen)
    yield _few_types(seen)
    yield _few_properties(seen)
    yield Check("Limits", "nothing is cut", tuple(_noted(seen, "limit", LIMITS)))
    yield Check("Limits", "groups are usable as they come", tuple(_noted(seen, "unusable", UNUSABLE)))


def _translated(seen: Seen) -> Check:
    found = [
        finding("not_translated", "error", reason, _lost(tally), tally, "messages", seen.read)
        for reason, tally in seen.refused.items()
    ]
    return Check("Calls", "every call can be read and translated", tuple(found))


def _lost(tally: Tally) -> str:
    return f"{said_count(tally.count, 'messages')} became nothing"


def _few_types(seen: Seen) -> Check:
    name = f"at most {MAX_GROUP_TYPES} group types"
    if len(seen.type_names) <= MAX_GROUP_TYPES:
        return Check("Limits", name)
    count = len(seen.type_names)
    said = f"a project has {MAX_GROUP_TYPES} group types; these came: {few(seen.type_names, MAX_GROUP_TYPES + 1)}"
    return Check("Limits", name, (Finding("limit", "error", "group types", said, count, "types", MAX_GROUP_TYPES),))


def _few_properties(seen: Seen) -> Check:
    name = f"at most {MAX_GROUP_PROPERTIES:,} group properties"
    if seen.property_names <= MAX_GROUP_PROPERTIES:
        return Check("Limits", name)
    said = f"more than the {MAX_GROUP_PROPERTIES:,} group properties of a project came"
    about = Finding(
        "limit", "error", "group properties", said, seen.property_names, "properties", MAX_GROUP_PROPERTIES
    )  # fmt: skip
    return Check("Limits", name, (about,))


def _noted(seen: Seen, kind: str, rules: dict[str, tuple[Severity, str]]) -> Iterator[Finding]:
    for rule, (severity, said) in rules.items():
        if rule in seen.noted:
            yield finding(kind, severity, rule, said, seen.noted[rule], seen.read_unit, seen.read)

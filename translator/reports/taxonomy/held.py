"""A comparison of a plan with a taxonomy → the report that QA writes. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from translator.reports.qa.findings import Check, Finding, Report
from translator.reports.taxonomy.telling import differences
from translator.taxonomy.comparing import NO_TYPE, OVER_LIMIT, Change, Comparison

UNIT = "definitions"


def held(comparison: Comparison, plan: str, source: str) -> Report:
    """The report. ``plan``: which; ``source``: whose taxonomy, for people."""
    remarks = tuple(
        f"{one.wanted.group_type}: {one.wanted.name}: {note}" for one in comparison.changes for note in one.wanted.notes
    )
    return Report(plan, source, comparison.read, UNIT, tuple(_checks(comparison)), remarks=remarks)


def _checks(comparison: Comparison) -> Iterator[Check]:
    for group_type in comparison.types:
        is_missing = group_type in comparison.missing
        found = (_finding("taxonomy_type_missing", group_type, NO_TYPE),) if is_missing else ()
        yield Check("Taxonomy", f"{group_type} is a group type of the project", found)
        why = f"{group_type} is not there" if is_missing else ""
        for one in comparison.of(group_type):
            yield from _of_property(one, why)
        if comparison.of(group_type):
            yield _others(comparison, group_type, why)


def _of_property(one: Change, why: str) -> Iterator[Check]:
    subject = f"{one.wanted.group_type}: {one.wanted.name}"
    is_lacking = one.action == "create" or one.why == OVER_LIMIT
    missing = (_finding("taxonomy_missing", subject, f"planned, and not there{_because(one)}"),) if is_lacking else ()
    yield Check("Taxonomy", f"{subject} is in the taxonomy", () if why else missing, why)
    otherwise = (
        (_finding("taxonomy_differs", subject, f"{differences(one.differs)}{_because(one)}"),) if one.differs else ()
    )
    yield Check("Taxonomy", f"{subject} is there as planned", otherwise, why or ("not there" if is_lacking else ""))


def _others(comparison: Comparison, group_type: str, why: str) -> Check:
    found = tuple(
        Finding("taxonomy_extra", "warning", f"{group_type}: {one.name}", "there, and not in the plan", 1, UNIT)
        for one in comparison.extra
        if one.group_type == group_type and one.is_custom
    )
    return Check("Taxonomy", f"{group_type} has no others in the taxonomy", found, why)


def _because(one: Change) -> str:
    return f" ({one.why})" if one.why else ""


def _finding(kind: str, subject: str, said: str) -> Finding:
    return Finding(kind, "error", subject, said, 1, UNIT)

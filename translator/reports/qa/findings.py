"""What QA says: expectations, each as planned or with findings of a closed list of kinds. Frozen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from translator.reports.qa.seen import Example, Tally

Severity = Literal["error", "warning"]
Outcome = Literal["passed", "warning", "failed", "skipped"]
Part = Literal["Calls", "Group types", "Group properties", "Events", "Limits", "Taxonomy"]
PARTS: tuple[Part, ...] = ("Calls", "Group types", "Group properties", "Events", "Limits", "Taxonomy")

KINDS: dict[str, str] = {
    "nothing_read": "Nothing was read",
    "not_translated": "Calls that could not be read or translated",
    "group_fallback": "Group calls without the mapped traits",
    "group_type_missing": "Group types that never came",
    "group_type_extra": "Group types that are not planned",
    "level": "Group types at another level",
    "group_value": "Group values that are not planned",
    "group_property_missing": "Group properties that never came",
    "group_property_incomplete": "Group properties that some groups lack",
    "group_property_extra": "Group properties that are not planned",
    "group_property_kind": "Group properties of another kind",
    "group_property_value": "Values of group properties that are not planned",
    "event_missing": "Events that never came",
    "event_extra": "Events that are not planned",
    "event_without_group": "Events without their groups",
    "limit": "Beyond Amplitude's limits",
    "unusable": "Groups that could not be used as they came",
    "taxonomy_type_missing": "Group types that the project does not have",
    "taxonomy_missing": "Group properties that are not in the taxonomy",
    "taxonomy_differs": "Group properties that the taxonomy has otherwise",
    "taxonomy_extra": "Group properties of the taxonomy that are not planned",
}
"""Each kind of finding with its heading, in the order in which they are shown."""


class Finding(Struct, frozen=True):
    """``subject``: what it is about. ``said``: for people. ``count``: how many ``unit`` (calls, groups, …), ``of`` how
    many, None where that says nothing."""

    kind: str
    severity: Severity
    subject: str
    said: str
    count: int = 0
    unit: str = "calls"
    of: int | None = None
    examples: tuple[Example, ...] = ()


class Check(Struct, frozen=True):
    """An expectation. ``skipped``: why it could not be looked at, or ""."""

    part: Part
    name: str
    findings: tuple[Finding, ...] = ()
    skipped: str = ""

    @property
    def outcome(self) -> Outcome:
        """How it ended; the worst finding counts."""
        if self.skipped:
            return "skipped"
        if not self.findings:
            return "passed"
        return "failed" if any(one.severity == "error" for one in self.findings) else "warning"


class Report(Struct, frozen=True):
    """All of it. ``plan`` and ``source``: which, for people. ``read``: how many ``unit`` (calls or records) of it.
    ``ignored``: reason to calls that became nothing, which is no finding. ``remarks``: what could not be told."""

    plan: str
    source: str
    read: int
    unit: str
    checks: tuple[Check, ...]
    ignored: tuple[tuple[str, int], ...] = ()
    remarks: tuple[str, ...] = ()

    def findings(self) -> Iterator[Finding]:
        """Every finding, by kind, errors first."""
        order = list(KINDS)
        every = [one for check in self.checks for one in check.findings]
        yield from sorted(every, key=lambda one: (order.index(one.kind), one.severity == "warning"))

    def count(self, outcome: Outcome) -> int:
        """How many expectations ended so."""
        return sum(check.outcome == outcome for check in self.checks)

    def severities(self, severity: Severity) -> int:
        """How many findings are errors, or warnings."""
        return sum(one.severity == severity for check in self.checks for one in check.findings)


def finding(
    kind: str, severity: Severity, subject: str, said: str, tally: Tally, unit: str = "calls", of: int | None = None
) -> Finding:
    """A finding of what was counted."""
    return Finding(kind, severity, subject, said, tally.count, unit, of, tally.examples)


def few(names: Iterable[str], most: int = 5) -> str:
    """Some names with commas."""
    listed = list(names)
    return ", ".join(listed[:most]) + (f" and {len(listed) - most} more" if len(listed) > most else "")


def said_count(count: int, unit: str) -> str:
    """``1 call``, ``2 calls``."""
    return f"{count:,} {unit[:-1] if count == 1 else unit}"

"""A comparison as QA reports it."""

from hypothesis import given, settings

from tests.reports.qa.plans import plans
from tests.taxonomy.projects import PLAN
from tests.taxonomy.test_comparing import pushed
from translator.reports.plan.planned import Planned, PlannedProperty, PlannedType
from translator.reports.qa.findings import KINDS
from translator.reports.taxonomy.held import held
from translator.taxonomy.comparing import AMPLITUDE_MADE, NO_TYPE, OVER_LIMIT, compare
from translator.taxonomy.definitions import Definition, Present

THERE = (
    Definition("seats", "Company", "theirs", "string", is_custom=False),
    Definition("tier", "Company", type="enum", values=("gold",)),
    Definition("zip", "Company", type="string", regex="[0-9]{5}"),
    Definition("old", "Company"),
    Definition("first_seen", "Company", is_custom=False),
)


def report(plan, present):
    return held(compare(plan, present), "plan.json", "the taxonomy of test")


def test_every_kind_of_finding_is_found():
    found = report(PLAN, Present({"Company": THERE}, ("Team",)))
    assert [(one.kind, one.severity, one.subject, one.said) for one in found.findings()] == [
        ("taxonomy_type_missing", "error", "Team", NO_TYPE),
        ("taxonomy_missing", "error", "Company: tags", "planned, and not there"),
        ("taxonomy_missing", "error", "Company: name", "planned, and not there"),
        (
            "taxonomy_differs", "error", "Company: seats",
            f"type string, planned number; description theirs, planned how many ({AMPLITUDE_MADE})",
        ),
        ("taxonomy_differs", "error", "Company: tier", "values gold, planned gold, silver"),
        ("taxonomy_extra", "warning", "Company: old", "there, and not in the plan"),
    ]  # fmt: skip
    assert {one.kind for one in found.findings()} == {kind for kind in KINDS if kind.startswith("taxonomy_")}
    assert [(one.name, one.skipped) for one in found.checks if one.skipped] == [
        ("Company: tags is there as planned", "not there"),
        ("Company: name is there as planned", "not there"),
        ("Team: name is in the taxonomy", "Team is not there"),
        ("Team: name is there as planned", "Team is not there"),
        ("Team has no others in the taxonomy", "Team is not there"),
    ]
    assert (found.read, found.unit, found.count("passed")) == (5, "definitions", 5)


def test_what_is_over_the_limit_is_missing_and_says_why():
    shared = tuple(Definition(f"p{number}") for number in range(1000))
    plan = Planned((PlannedType("Company"),), (PlannedProperty("Company", "one more"),))
    (found,) = report(plan, Present({"Company": ()}, (), shared)).findings()
    assert (found.kind, found.said) == ("taxonomy_missing", f"planned, and not there ({OVER_LIMIT})")


def test_what_cannot_be_said_to_amplitude_is_a_remark_and_no_finding():
    plan = Planned((PlannedType("Company"),), (PlannedProperty("Company", "legal", "text", values=("Ex, LLC",)),))
    found = report(plan, Present(pushed(plan)))
    assert list(found.findings()) == []
    assert [one.partition(" not said")[0] for one in found.remarks] == ["Company: legal: its allowed values are"]


@settings(max_examples=60, deadline=None)
@given(plans())
def test_a_plan_that_was_pushed_has_no_findings_and_an_empty_project_has_one_for_each(plan):
    assert list(report(plan, Present(pushed(plan))).findings()) == []
    empty = report(plan, Present({one.name: () for one in plan.types}))
    assert [one.kind for one in empty.findings()] == ["taxonomy_missing"] * len(plan.properties)
    nothing = report(plan, Present())
    assert [one.kind for one in nothing.findings()] == ["taxonomy_type_missing"] * len(plan.types)

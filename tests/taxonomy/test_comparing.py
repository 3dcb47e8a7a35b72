"""A plan beside what a project has."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports.qa.plans import plans
from tests.taxonomy.projects import PLAN
from translator.reports.plan.planned import Planned, PlannedProperty, PlannedType
from translator.taxonomy.comparing import ACTIONS, AMPLITUDE_MADE, NO_TYPE, OVER_LIMIT, compare
from translator.taxonomy.definitions import Definition, Present
from translator.taxonomy.wanted import wanted

COMPANY = PlannedType("Company")


def outcome(comparison):
    """Group type and name to what is to become of it."""
    return {(one.wanted.group_type, one.wanted.name): (one.action, one.why) for one in comparison.changes}


def test_the_known_answer():
    there = (
        Definition("seats", "Company", "how many", "number"),
        Definition("tier", "Company", "theirs", "enum", ("gold",)),
        Definition("zip", "Company", type="string", regex="[0-9]{5}", is_custom=False),
        Definition("name", "Company", type="number", is_custom=False),
        Definition("name", "Company", type="boolean"),
        Definition("old", "Company"),
    )
    found = compare(PLAN, Present({"Company": there}, ("Team",)))
    assert outcome(found) == {
        ("Company", "seats"): ("same", ""),
        ("Company", "tier"): ("update", ""),
        ("Company", "zip"): ("same", ""),
        ("Company", "tags"): ("create", ""),
        ("Company", "name"): ("same", ""),
        ("Team", "name"): ("cannot", NO_TYPE),
    }
    assert (found.types, found.missing, [one.name for one in found.extra], found.read) == (
        ("Company", "Team"), ("Team",), ["old"], 6
    )  # fmt: skip
    (update,) = found.of("Company", "update")
    assert [(one.what, one.present, one.planned) for one in update.differs] == [("values", "gold", "gold, silver")]
    assert [found.count(action) for action in ACTIONS] == [1, 1, 1, 3]


def test_what_amplitude_made_itself_cannot_be_changed():
    own = Definition("p", "Company", type="string", is_custom=False)
    found = compare(Planned((COMPANY,), (PlannedProperty("Company", "p", "number"),)), Present({"Company": (own,)}))
    (change,) = found.changes
    assert (change.action, change.why) == ("cannot", AMPLITUDE_MADE)
    assert [one.what for one in change.differs] == ["type"]


def test_a_property_of_several_types_is_each_ones_own():
    both = Planned(
        (COMPANY, PlannedType("Team")),
        (PlannedProperty("Company", "p", "number"), PlannedProperty("Team", "p", "text")),
    )
    there = Present({"Company": (Definition("p", "Company", type="number"),), "Team": ()}, (), (Definition("p"),))
    assert {key: action for key, (action, _) in outcome(compare(both, there)).items()} == {
        ("Company", "p"): "same",
        ("Team", "p"): "create",
    }


def test_a_project_has_a_thousand_group_properties():
    shared = tuple(Definition(f"p{number}") for number in range(998))
    planned = tuple(PlannedProperty("Company", name) for name in ("p1", "new-1", "new-2", "new-3", "p997"))
    found = compare(Planned((COMPANY,), planned), Present({"Company": ()}, (), shared))
    assert [(one.wanted.name, one.action, one.why) for one in found.changes] == [
        ("p1", "create", ""), ("new-1", "create", ""), ("new-2", "create", ""), ("new-3", "cannot", OVER_LIMIT),
        ("p997", "create", ""),
    ]  # fmt: skip


def test_a_name_that_several_types_have_counts_once():
    shared = tuple(Definition(f"p{number}") for number in range(999))
    planned = tuple(PlannedProperty(kind, name) for name in ("new", "other") for kind in ("Company", "Team"))
    types = (COMPANY, PlannedType("Team"))
    found = compare(Planned(types, planned), Present({"Company": (), "Team": ()}, (), shared))
    assert [one.action for one in found.changes] == ["create", "create", "cannot", "cannot"]


def pushed(plan):
    """What a project has after a push of a plan, of which Amplitude makes no fault."""
    found: dict[str, list[Definition]] = {one.name: [] for one in plan.types}
    for one in map(wanted, plan.properties):
        kind = one.type or ("string" if one.is_list else "any")
        found[one.group_type].append(
            Definition(one.name, one.group_type, one.description, kind, one.values, one.regex, one.is_list)
        )
    return {name: tuple(ones) for name, ones in found.items()}


@settings(max_examples=100, deadline=None)
@given(plans())
def test_a_plan_that_was_pushed_is_as_planned(plan):
    found = compare(plan, Present(pushed(plan)))
    assert {one.action for one in found.changes} <= {"same"}
    assert (found.extra, found.missing) == ((), ())


@settings(max_examples=100, deadline=None)
@given(plans(), plans(), st.data())
def test_every_planned_property_becomes_one_thing_and_nothing_else_is_touched(plan, other, data):
    """Of a project that has the types of the plan, or not, with what another plan has made, or Amplitude itself."""
    there = pushed(other)
    types = {one.name: there.get(one.name, ()) for one in plan.types if data.draw(st.booleans())}
    if data.draw(st.booleans()):
        types = {name: tuple(replace(one, is_custom=False) for one in ones) for name, ones in types.items()}
    found = compare(plan, Present(types, (), ()))
    assert [(one.wanted.group_type, one.wanted.name) for one in found.changes] == [
        (one.group_type, one.name) for one in plan.properties
    ]
    names = {name: {one.name for one in ones} for name, ones in types.items()}
    for one in found.changes:
        is_there = one.wanted.name in names.get(one.wanted.group_type, ())
        assert (one.action in ("create", "cannot")) or is_there
        assert one.action != "create" or not is_there
        assert (one.action == "cannot") == bool(one.why)
        assert one.action != "update" or one.differs
        assert one.wanted.group_type not in found.missing or one.action == "cannot"
    planned = {(one.group_type, one.name) for one in plan.properties}
    assert {(one.group_type, one.name) for one in found.extra} == {
        (kind, name) for kind, ones in names.items() for name in ones if (kind, name) not in planned
    }

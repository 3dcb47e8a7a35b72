"""Plans and calls → exactly these findings."""

from typing import Any

import pytest

from tests.reports.qa.calls import EVENT_LEVEL, PAIR, found, group, numbered, qa, track
from translator.reports.plan.planned import Planned, PlannedEvent, PlannedProperty, PlannedType
from translator.reports.qa.findings import KINDS

ORGANIZATION = PlannedType("Organization")
TRAITS = (PlannedProperty("Organization", "group_type"), PlannedProperty("Organization", "name"))


def planned(*properties, types=(ORGANIZATION,), events=()):
    return Planned(types, properties, events)


def required(name, **more):
    return PlannedProperty("Organization", name, required=True, **more)


RULE = {"type": "Team", "value": "properties.team", "calls": ["track"]}
CASES: dict[str, tuple[Planned, dict[str, Any], list[Any], list[Any]]] = {
    "all as planned": (
        planned(*TRAITS, required("employees", kind="number"), events=[PlannedEvent("Clicked", ("Organization",))]),
        PAIR, [group(employees=20), track()], [],
    ),
    "nothing was read": (planned(*TRAITS), PAIR, [], [("nothing_read", "error", "some calls", 0, None, [])]),
    "a type that never came": (
        planned(required("employees", kind="number")), PAIR, [track()],
        [("group_type_missing", "error", "Organization", 0, 1, [])],
    ),
    "a type that is not planned": (
        Planned((ORGANIZATION,)), PAIR, [group(), group("Blue", kind="Team"), group("Red", kind="Team"), group("Red", kind="Team")],
        [("group_type_extra", "error", "Team", 3, 4, ["m2", "m3"])],
    ),
    "fallback, by lacking trait": (
        Planned((ORGANIZATION,)), PAIR, [group(), group(None), group(kind=None), group(None), group(None, kind=None)],
        [("group_fallback", "error", "traits.name", 2, None, ["m2", "m4"]),
         ("group_fallback", "error", "traits.group_type", 1, None, ["m3"]),
         ("group_fallback", "error", "traits.group_type, traits.name", 1, None, ["m5"])],
    ),
    "fallback that is planned": (
        Planned((ORGANIZATION, PlannedType("[Segment] Group"))), PAIR, [group(), group(None)], [],
    ),
    "fallback none": (
        Planned((ORGANIZATION,)), {"groups": {**PAIR["groups"], "fallback": "none"}}, [group(), group(None)],
        [("group_fallback", "warning", "groups.fallback = none", 1, None, ["m2"])],
    ),
    "fallback reject": (
        Planned((ORGANIZATION,)), {"groups": {**PAIR["groups"], "fallback": "reject"}}, [group(), group(None)],
        [("not_translated", "error", "not translatable", 1, 2, ["m2"])],
    ),
    "calls that are none": (
        Planned((ORGANIZATION,)), PAIR, [group(), {"type": "track", "messageId": "m9"}, 7],
        [("not_translated", "error", "refused as invalid", 2, 3, ["m9", None])],
    ),
    "group values": (
        Planned((PlannedType("Organization", values=("Acme", "20")),)), PAIR, [group(), group(20), group("Acne"), group(["Acme", "Bcme"])],
        [("group_value", "error", "Organization", 2, 4, ["m3", "m4"]), ("unusable", "warning", "group_properties_withheld", 1, 4, ["m4"])],
    ),
    "a required property never came": (
        planned(*TRAITS, required("employees")), PAIR, [group(), group("B")],
        [("group_property_missing", "error", "Organization: employees", 2, 2, ["m1", "m2"])],
    ),
    "a property that is not required never came": (
        planned(*TRAITS, PlannedProperty("Organization", "employees", "number", values=("1",))), PAIR, [group()],
        [("group_property_missing", "warning", "Organization: employees", 1, 1, [])],
    ),
    "some groups lack a property": (
        planned(*TRAITS, required("employees")), PAIR,
        [group("A"), group("B", employees=1), group("A", employees=2), group("C"), group("D"), group("C")],
        [("group_property_incomplete", "error", "Organization: employees", 2, 4, ["m4", "m5"])],
    ),
    "a property that is unset is lacking": (
        planned(*TRAITS, required("employees")), PAIR, [group("A", employees=1), group("B", employees=1), group("A", **{"$unset": {"employees": "-"}})],
        [("group_property_incomplete", "error", "Organization: employees", 1, 2, ["m1"])],
    ),
    "properties that are not planned": (
        planned(*TRAITS), PAIR, [group(color="red"), group(color="blue", size=3)],
        [("group_property_extra", "warning", "Organization: color", 2, None, ["m1", "m2"]),
         ("group_property_extra", "warning", "Organization: size", 1, None, ["m2"])],
    ),
    "no properties planned: none is looked at": (planned(), PAIR, [group(color="red")], []),
    "kinds": (
        planned(*TRAITS, required("a", kind="number"), required("b", kind="text"), required("c", kind="boolean"),
                required("d", kind="list"), required("e", kind="object"), required("f")), PAIR,
        [group(a=1, b="x", c=True, d=[1], e={"x": 1}, f=1), group(a="1", b=2, c=0, d="x", e=[1], f="x"),
         group(a=True, b="x", c=False, d={"x": 1}, e="x", f=None), group(a=1.5, f=[1]), group("Acme", a="7")],
        [("group_property_kind", "error", "Organization: a", 2, 5, ["m2", "m5"]),
         ("group_property_kind", "error", "Organization: a", 1, 5, ["m3"]),
         ("group_property_kind", "error", "Organization: b", 1, 3, ["m2"]),
         ("group_property_kind", "error", "Organization: c", 1, 3, ["m2"]),
         ("group_property_kind", "error", "Organization: d", 1, 3, ["m2"]),
         ("group_property_kind", "error", "Organization: d", 1, 3, ["m3"]),
         ("group_property_kind", "error", "Organization: e", 1, 3, ["m2"]),
         ("group_property_kind", "error", "Organization: e", 1, 3, ["m3"])],
    ),
    "values of properties": (
        planned(*TRAITS, required("tier", values=("gold", "20", "true"))), PAIR,
        [group(tier="gold"), group(tier=20.0), group(tier=True), group(tier="gild"), group(tier=["gold", "lead"])],
        [("group_property_value", "error", "Organization: tier", 2, 5, ["m4", "m5"])],
    ),
    "operations": (
        planned(*TRAITS, required("logins", kind="number"), required("tags", kind="list", values=("x",))), PAIR,
        [group(**{"$add": {"logins": 1}, "$append": {"tags": "x"}}), group(**{"$append": {"tags": "y"}})],
        [("group_property_value", "error", "Organization: tags", 1, 2, ["m2"])],
    ),
    "events": (
        Planned((ORGANIZATION,), (), (PlannedEvent("Clicked"), PlannedEvent("Bought"))), PAIR,
        [group(), track(), track("Sold"), track("Sold")],
        [("event_missing", "warning", "Bought", 0, None, []), ("event_extra", "warning", "Sold", 2, 3, ["m3", "m4"])],
    ),
    "events without their groups": (
        Planned((ORGANIZATION,), (), (PlannedEvent("Clicked", ("Organization",)),)), PAIR,
        [track(), group(), track(), track(user="user-2"), group(user="user-2"), track(user="user-2"), track(user="user-3"), track(user="user-3")],
        [("event_without_group", "error", "Clicked: Organization", 4, 6, ["m1", "m4", "m7"])],
    ),
    "events of a device whose user joined": (
        Planned((ORGANIZATION,), (), (PlannedEvent("Clicked", ("Organization",)),)), PAIR,
        [{**group(), "anonymousId": "device-1"}, {**track(), "userId": None, "anonymousId": "device-1"},
         {**track(), "userId": None, "anonymousId": "device-2"}],
        [("event_without_group", "error", "Clicked: Organization", 1, 2, ["m3"])],
    ),
    "event level, as planned": (
        Planned((PlannedType("Organization", "event"),), (), (PlannedEvent("Clicked", ("Organization",)),)), EVENT_LEVEL,
        [group(), track()], [],
    ),
    "event level, and users joined": (
        Planned((PlannedType("Organization", "event"),)), PAIR, [group(), group("B"), track()],
        [("level", "error", "Organization", 2, None, ["m1", "m2"]), ("level", "error", "Organization", 0, 1, [])],
    ),
    "event level, and no events": (
        Planned((PlannedType("Organization", "event"),)), EVENT_LEVEL, [group()], [],
    ),
    "user level, and events had it": (
        planned(), EVENT_LEVEL, [group(), track(), track()],
        [("level", "error", "Organization", 2, None, ["m2"])],
    ),
    "user level, and events had it too": (
        planned(), PAIR, [group(), track(groups={"Organization": "Acme"})],
        [("level", "warning", "Organization", 1, None, ["m2"])],
    ),
    "user level, and only properties came": (
        planned(), EVENT_LEVEL, [group()], [("level", "error", "Organization", 0, None, [])],
    ),
    "an event in several groups of a type": (
        planned(), PAIR, [group(), track(groups={"Organization": ["A", "B"]}), track(groups={"Organization": "A"})],
        [("level", "warning", "Organization", 2, None, ["m2", "m3"])],
    ),
    "both levels": (
        Planned((PlannedType("Organization", "both"),)), {"groups": {**PAIR["groups"], "level": "both"}}, [group(), track()], [],
    ),
    "both levels, and users only": (
        Planned((PlannedType("Organization", "both"),)), PAIR, [group(), track()],
        [("level", "error", "Organization", 0, 1, [])],
    ),
    "both levels, and events only": (
        Planned((PlannedType("Organization", "both"),)), EVENT_LEVEL, [group(), track()],
        [("level", "error", "Organization", 1, None, ["m2"])],
    ),
    "six types": (
        Planned(tuple(PlannedType(name) for name in "ABCDE")), PAIR, [group(kind=name) for name in "ABCDEF"],
        [("group_type_extra", "error", "F", 1, 6, ["m6"]), ("limit", "error", "group types", 6, 5, [])],
    ),
    "over a thousand properties": (
        planned(), PAIR, [group(**{f"p{number}": 1 for number in range(999)})],
        [("limit", "error", "group properties", 1001, 1000, [])],
    ),
    "cut values": (
        planned(), PAIR, [group("x" * 1025), group(list("abcdefghijk")), group()],
        [("limit", "error", "group_values_limit", 1, 3, ["m2"]), ("limit", "warning", "string_limit", 1, 3, ["m1"]),
         ("unusable", "warning", "group_properties_withheld", 1, 3, ["m2"])],
    ),
    "unusable groups": (
        planned(), PAIR, [group(["a", {"x": 1}]), group(" ")],
        [("unusable", "error", "group_value_unusable", 1, 2, ["m1"]), ("unusable", "error", "group_value_blank", 1, 2, ["m2"])],
    ),
    "calls that are meant to become nothing": (
        planned(), PAIR, [group(), {**track(), "integrations": {"Amplitude": False}}], [],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_plan_and_calls_give_these_findings_and_no_others(name):
    plan, tables, calls, expected = CASES[name]
    calls = [
        {"messageId": f"m{number}", **one} if isinstance(one, dict) else one for number, one in enumerate(calls, 1)
    ]
    assert found(qa(plan, calls, **tables)) == expected


def test_every_kind_of_finding_has_a_case():
    """Those of a taxonomy have theirs in tests/taxonomy/test_held.py."""
    of_calls = {kind for kind in KINDS if not kind.startswith("taxonomy_")}
    assert {one[0] for *_, expected in CASES.values() for one in expected} == of_calls


def test_what_follows_from_a_finding_is_skipped():
    plan = planned(required("a", kind="number", values=("1",)), events=(PlannedEvent("Clicked", ("Organization",)),))
    checks = {check.name: check.outcome for check in qa(plan, [group("x", kind="Team", name="m1")]).checks}
    assert checks == {
        "calls were read": "passed",
        "every call can be read and translated": "passed",
        "Organization comes": "failed",
        "Organization is at level user": "skipped",
        "no group call falls back to [Segment] Group": "passed",
        "no other group types": "failed",
        "Organization: a is on every group": "skipped",
        "Organization: a is a number": "skipped",
        "Organization: a has planned values only": "skipped",
        "Organization has no other properties": "skipped",
        "Clicked comes": "warning",
        "Clicked is in Organization": "skipped",
        "no other events": "passed",
        "at most 5 group types": "passed",
        "at most 1,000 group properties": "passed",
        "nothing is cut": "passed",
        "groups are usable as they come": "passed",
    }


def test_rules_are_looked_at_like_pairs():
    plan = Planned((PlannedType("Team", "event"),), (), (PlannedEvent("Clicked", ("Team",)),))
    calls = numbered({**track(), "properties": {"team": "Blue"}}, track())
    assert found(qa(plan, calls, groups={"rules": [RULE]})) == [
        ("event_without_group", "error", "Clicked: Team", 1, 2, ["m2"])
    ]


def test_names_that_are_not_planned_are_counted_beyond_those_that_are_kept():
    report = qa(planned(*TRAITS), [group(**{f"p{number}": 1 for number in range(60)})])
    extras = [one for one in report.findings() if one.kind == "group_property_extra"]
    assert [one.subject for one in extras[:2]] == ["Organization: p0", "Organization: p1"]
    assert (len(extras), extras[-1].subject, extras[-1].count) == (51, "Organization: …", 10)

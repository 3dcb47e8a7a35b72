"""Traffic whose answers are known beforehand: the plan says exactly these."""

from collections import Counter

import pytest

from tests.reports.plan import traffic
from tests.reports.plan.making import group, identify, plan_of, track
from tests.reports.plan.traffic import Shape

SHAPES = [
    traffic.WORKBENCH,
    Shape(
        accounts=30, users=200, moving=17, swinging=5, untyped=9, unnamed=11, misspelt=2, strangers=40, events=3, seed=1
    ),
    Shape(accounts=5, users=60, moving=0, swinging=0, untyped=0, unnamed=0, misspelt=0, strangers=0, events=4, seed=2),
]


@pytest.fixture(params=SHAPES, ids=["workbench", "larger", "steady"])
def shape(request):
    return request.param


@pytest.fixture
def plan(shape):
    return plan_of(traffic.calls(shape))


def company(plan):
    return next(one for one in plan.became.types if one.name == "Company")


def test_how_many_calls_and_users(plan, shape):
    kinds = Counter(call["type"] for call in traffic.calls(shape))
    assert plan.observed.calls == kinds
    assert plan.observed.users.number == shape.users + shape.untyped
    assert (plan.observed.devices.number, plan.observed.anonymous) == (shape.strangers, shape.strangers)


def test_how_many_users_change_groups(plan, shape):
    (moves,) = [one for one in plan.became.movements if one.type == "Company"]
    assert (moves.looked, moves.moved, moves.at_once) == (shape.users, shape.moving, shape.swinging)
    assert not moves.is_cut


def test_the_level_follows_from_that(plan, shape):
    assert plan.advice.level == ("event" if shape.moving else "user")
    assert f'level = "{plan.advice.level}"' in plan.configuration
    assert [one.level for one in plan.planned.types] == [plan.advice.level]


def test_groups_and_their_members(plan, shape):
    assert (company(plan).values.number, company(plan).members) == (shape.accounts, shape.users)
    homes = Counter(traffic.group_id(number % shape.accounts) for number in range(shape.users))
    homes.update(traffic.group_id((number + 1) % shape.accounts) for number in range(shape.moving + shape.swinging))
    seen = {one.value: one.members for one in plan.became.values if one.type == "Company"}
    assert seen == homes


def test_group_calls_that_fall_back(plan, shape):
    assert sum(plan.became.tally.fallbacks.values()) == shape.untyped
    assert sum(one.name == "[Segment] Group" for one in plan.became.types) == bool(shape.untyped)
    assert "[Segment] Group" not in {one.name for one in plan.planned.types}


def test_fill_rates_and_kinds(plan, shape):
    found = {one.name: one for one in plan.became.properties}
    assert set(found) == {"group_type", "name", "industry", "plan", "employees", "trial"} | (
        {"website"} if shape.unnamed < shape.accounts else set()
    )
    assert (found["website"].groups, found["website"].of_groups) == (shape.accounts - shape.unnamed, shape.accounts)
    assert found["industry"].groups == shape.accounts
    of_first = sum(call["type"] == "group" and call["traits"].get("employees") == "12" for call in traffic.calls(shape))
    assert found["employees"].kinds["text"] == of_first
    planned = {one.name: one for one in plan.planned.properties}
    assert (planned["industry"].required, planned["website"].required) == (True, shape.unnamed == 0)
    assert planned["plan"].values == traffic.PLANS
    assert (planned["name"].values, planned["trial"].kind) == ((), "boolean")
    is_mostly = found["employees"].kinds["number"] >= 0.9 * sum(found["employees"].kinds.values())
    assert planned["employees"].kind == ("number" if is_mostly else "any")


def test_events_with_a_group(plan, shape):
    events = {one.name: one for one in plan.became.events}
    asked = Counter(call["event"] for call in traffic.calls(shape) if call["type"] == "track")
    assert {name: one.count for name, one in events.items() if name != "Viewed Pricing"} == asked
    assert all(
        one.grouped == one.count and one.carried_types == ("Company",) for name, one in events.items() if name in asked
    )
    if shape.strangers:
        alone = events["Viewed Pricing"]
        assert (alone.count, alone.grouped, alone.joined, alone.anonymous) == (shape.strangers, 0, 0, shape.strangers)
    planned = {one.name: one.groups for one in plan.planned.events}
    assert planned == {name: ("Company",) if name in asked else () for name in events}


def test_the_name_is_proposed_beside_the_id(plan, shape):
    proposal = plan.proposal
    assert (proposal.type_trait, proposal.value_trait, proposal.name_trait) == ("group_type", "id", "name")
    assert {one.label for one in plan.became.values if one.type == "Company"} != {""}


def test_spellings_of_a_name_are_told(plan, shape):
    told = [one for one in plan.warnings if "spellings" in one]
    assert len(told) == shape.misspelt
    if shape.misspelt:
        assert told[-1] == "“Northwind Traders”, “northwind traders” are spellings of one name."
        (name,) = [one.place for one in plan.candidates if (one.role, one.place.path) == ("value", "traits.name")]
        assert (name.by_group.changing, name.by_group.looked) == (shape.misspelt, shape.accounts)


def test_limits_are_told_as_used_of_limit():
    texts = {f"trait_{number}": "x" for number in range(1001)}
    calls = [group("u", "1", 0, group_type="A", **texts), group("u", "1", 1, group_type="A", note="y" * 1030)]
    calls += [group("u", str(number), 2 + number, group_type=f"T{number}") for number in range(6)]
    calls += [identify("w", 9, number=number) for number in range(1801)]
    calls += [group("v", None, 9, group_type="A") | {"groupId": "1", "integrations": {}}]
    calls += [
        track("x", "Many", 3) | {"integrations": {"Amplitude": {"groups": {"T1": [str(one) for one in range(12)]}}}}
    ]
    plan = plan_of(calls, {"segment": {"max_call_bytes": 200_000}})
    used = {one.name: (str(one.used), one.most) for one in plan.limits}
    assert used["Group properties of a project"] == ("1,003", 1000)
    assert used["Property updates of a user in an hour"] == ("1,801", 1800)
    assert used["Group values of an event"] == ("10", 10)
    assert used["Characters of a text"] == ("1,030", 1024)
    said = {one.name: one.who for one in plan.limits}
    assert said["Property updates of a user in an hour"] == "over it: w (1,801)"
    assert said["Group values of an event"] == "1 have more, which is cut: t-x-Many-3"
    assert said["Characters of a text"].startswith("1 would be clipped: traits.note (1)")
    over = [one for one in plan.warnings if " of 1,0" in one or " of 1,8" in one]
    assert len(over) == 3


def test_a_sixth_group_type_is_told():
    calls = [
        group(f"u{kind}{number}", f"{kind}{number}", 0, group_type=f"T{kind}", name="n")
        for kind in range(5)
        for number in range(3)
    ]
    calls += [track("u00", "E", 5, integrations=None) | {"integrations": {"Amplitude": {"groups": {"Sixth": "s"}}}}]
    plan = plan_of(calls)
    assert (str(plan.limits[0].used), plan.limits[0].who) == ("6", "Amplitude would not track Sixth")
    assert any("Sixth" in one for one in plan.warnings)


def test_several_groups_at_once_are_told_from_a_move():
    calls = [group("a", "1", 0, group_type="T"), group("a", "2", 5, group_type="T")]
    calls += [
        group("b", "1", 0, group_type="T"),
        group("b", "2", 5, group_type="T"),
        group("b", "1", 9, group_type="T"),
    ]
    calls += [{**group("c", "1", 0, group_type="T"), "groupId": "3"}]
    plan = plan_of([*calls, track("c", at=99, email="e")])
    (moves,) = plan.became.movements
    assert (moves.looked, moves.moved, moves.at_once) == (3, 1, 1)
    assert (moves.who_moved, moves.who_at_once) == (("a",), ("b",))


def test_the_order_of_times_counts_and_not_that_of_calls():
    calls = [
        group("a", "2", 50, group_type="T"),
        group("a", "1", 0, group_type="T"),
        group("a", "1", 9, group_type="T"),
    ]
    (moves,) = plan_of(calls).became.movements
    assert (moves.moved, moves.at_once) == (1, 0)


def test_what_is_no_call_or_becomes_nothing_is_counted_with_its_reason():
    calls = [
        {"type": "track"},
        {"type": "track"},
        "text",
        {**track("u"), "integrations": {"All": False}},
        track("null"),
    ]
    plan = plan_of(calls)
    assert plan.observed.refused == {"event: required": 2, "must be an object, not text": 1}
    assert plan.became.tally.ignored == {"integrations": 1}
    assert sum(plan.became.tally.failed.values()) == 1


def test_today_is_told_beside_the_proposal():
    calls = list(traffic.calls())
    today = plan_of(calls, {"groups": {"type_trait": "group_type", "value_trait": "website"}}).today
    assert today is not None
    lacking = sum(call["type"] == "group" and not {"website", "group_type"} <= set(call["traits"]) for call in calls)
    assert sum(today.fallbacks.values()) == lacking
    assert plan_of(calls).today is None


def test_spellings_are_found_among_many_groups_too():
    calls = [group(f"u{number}", str(number), number, group_type="T", name=f"Corp {number}") for number in range(1500)]
    calls += [group("u1400", "1400", 2000, group_type="T", name="CORP  1400")]
    assert "“CORP  1400”, “Corp 1400” are spellings of one name." in plan_of(calls).warnings


def test_a_group_that_only_an_identify_call_names_is_carried_where_users_change():
    calls = [identify(f"u{number}", number, company_id=f"c{number % 3}") for number in range(6)]
    calls += [track(f"u{number}", at=10 + number) for number in range(6)]
    calls += [identify(f"u{number}", 20 + number, company_id=f"c{number % 3 + 1}") for number in range(6)]
    plan = plan_of(calls)
    assert plan.advice.level == "event"
    assert [one.level for one in plan.proposal.rules] == ["event"]
    assert [(one.name, one.grouped, one.count) for one in plan.became.events] == [("Opened", 6, 6)]
    assert [(one.name, one.groups) for one in plan.planned.events] == [("Opened", ("company",))]


def test_a_group_that_only_events_name_has_no_properties():
    calls = [
        group(f"u{number}", f"g{number % 3}", number, group_type="Org", name=f"N{number % 3}") for number in range(6)
    ]
    calls += [track(f"u{number}", at=10 + number, company_id=f"g{number % 4}") for number in range(8)]
    plan = plan_of(calls)
    (name,) = [one for one in plan.became.properties if one.name == "name"]
    assert (name.groups, name.of_groups) == (3, 4)
    assert [one.required for one in plan.planned.properties] == [False, False]


def test_groups_that_nobody_is_in_are_part_of_the_plan():
    calls = [{"type": "group", "groupId": f"g{number}", "traits": {"group_type": "Org"}} for number in range(3)]
    plan = plan_of(calls)
    assert [(one.name, one.level) for one in plan.planned.types] == [("Org", "user")]
    assert [(one.values.number, one.members, one.joins, one.events) for one in plan.became.types] == [(3, 0, 0, 0)]
    assert [(one.group_type, one.name) for one in plan.planned.properties] == [("Org", "group_type")]


def test_a_few_events_that_name_groups_themselves_are_not_overlooked():
    calls = [group(f"u{number}", "g", number, group_type="Org") for number in range(3)]
    calls += [track(f"u{number % 3}", at=10 + number) for number in range(300)]
    calls[250] |= {"integrations": {"Amplitude": {"groups": {"Org": "g"}}}}
    assert [(one.name, one.level) for one in plan_of(calls).planned.types] == [("Org", "both")]

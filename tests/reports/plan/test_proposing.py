"""Which ``[groups]`` is proposed for which calls; ``translator check`` accepts each."""

import subprocess
import sys
import tomllib

import pytest

from tests.processes import environment
from tests.reports.plan import traffic
from tests.reports.plan.making import group, identify, plan_of, track

USERS = [f"user-{number}" for number in range(12)]


def guide(user, number):
    """The guide's own call."""
    name = ("ExampleCorp, LLC", "Other Corp", "Third Corp")[number % 3]
    return group(user, f"id of {number % 3}", number, group_type="Organization", name=name, employees="20")


CASES = {
    "the guide's": [guide(user, number) for number, user in enumerate(USERS)],
    "no type": [group(user, str(1000 + number % 3), number, name=f"Corp {number % 3}") for number, user in enumerate(USERS)],
    "a nested name": [
        group(user, str(1000 + number % 3), number, kind="team", company={"name": f"Corp {number % 3}"})
        for number, user in enumerate(USERS)
    ],
    "a trait id that is the user's": [
        group(user, str(1000 + number % 3), number, group_type="team", id=user, name=f"Corp {number % 3}")
        for number, user in enumerate(USERS)
    ],
    "no group calls": [
        one
        for number, user in enumerate(USERS)
        for one in (
            identify(user, number, company={"id": str(1000 + number % 3), "name": f"Corp {number % 3}"}),
            track(user, at=50 + number, company_id=str(1000 + number % 3), company_name=f"Corp {number % 3}"),
        )
    ],
    "context.groupId alone": [track(user, at=number, context={"groupId": f"g-{number % 3}"}) for number, user in enumerate(USERS)],
    "nothing": [],
    "nothing to go by": [track(user, at=number, colour="blue") for number, user in enumerate(USERS)],
    "odd names": [
        group(user, f"a\"b\\{number % 3}", number, **{'group_type': "T\x7f\u2028\U0001f600", "na.me\n": "x", "": "y", "name": f"=N{number % 3}"})
        for number, user in enumerate(USERS)
    ],
    "workbench": list(traffic.calls()),
}  # fmt: skip


@pytest.fixture(params=CASES)
def plan(request):
    return plan_of(CASES[request.param])


def groups(name, **settings):
    return tomllib.loads(plan_of(CASES[name], settings).configuration)["groups"]


def test_check_accepts_what_is_proposed(plan, tmp_path):
    (tmp_path / "translator.toml").write_text(plan.configuration, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "translator", "check", "--config", "translator.toml"],
        cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


def test_of_good_traits_the_pair_is_proposed():
    found = groups("the guide's")
    assert (found["type_trait"], found["value_trait"], found["name_trait"]) == ("group_type", "id", "name")
    assert (found["fallback"], found["level"]) == ("segment-group", "user")


def test_a_name_that_is_as_good_is_proposed_where_there_is_no_id():
    calls = [{**guide(user, number), "groupId": user} for number, user in enumerate(USERS)]
    assert plan_of(calls).proposal.value_trait == "id", "the groupId always is"
    calls = [group(user, None, number, group_type="T", name=f"Corp {number % 3}") for number, user in enumerate(USERS)]
    assert plan_of(calls).became.tally.failed == {}


def test_without_a_type_a_rule_names_it():
    found = groups("no type")
    assert found["fallback"] == "none"
    (rule,) = found["rules"]
    assert rule == {"type": "account", "value": ["groupId"], "calls": ["group"], "name": ["traits.name"]}
    (kind,) = plan_of(CASES["no type"]).planned.types
    assert kind.name == "account"


def test_what_the_pair_cannot_say_a_rule_can():
    (rule,) = groups("a nested name")["rules"]
    assert rule == {"type": "$.traits.kind", "value": ["groupId"], "calls": ["group"], "name": ["traits.company.name"]}


def test_a_trait_id_that_hides_the_group_id_is_not_taken_for_it():
    assert groups("a trait id that is the user's")["value_trait"] == "name"


def test_where_a_trait_id_hides_it_and_nothing_else_is_good_a_rule_takes_the_group_id():
    calls = [
        group(user, str(1000 + number % 3), number, group_type="team", id=user) for number, user in enumerate(USERS)
    ]
    (rule,) = plan_of(calls).proposal.rules
    assert (rule.type, rule.value) == ("$.traits.group_type", ("groupId",))


def test_a_trait_id_does_not_hide_the_group_id_from_a_rule():
    calls = [*CASES["no type"], group(USERS[0], "1000", 50, id="stray", name="Corp 0")]
    (rule,) = plan_of(calls).proposal.rules
    assert (rule.value, rule.name) == (("groupId",), ("traits.name",))


@pytest.mark.parametrize("name", ["type", "account_type"])
def test_a_state_that_groups_change_is_no_group_type(name):
    calls = [
        group(user, str(number % 3), 50 * turn + number, **{name: state, "name": f"Corp {number % 3}"})
        for turn, state in enumerate(("trial", "paid"))
        for number, user in enumerate(USERS)
    ]
    plan = plan_of(calls)
    assert [(one.name, one.values.number) for one in plan.became.types] == [("account", 3)]
    (kind,) = [one for one in plan.candidates if one.role == "type" and one.place.path == f"traits.{name}"]
    assert "3 of 3 groups had more than one: not what a group is" in kind.why


@pytest.mark.parametrize("value", ["team", "it does not say"])
def test_ids_that_several_types_share_make_no_state_of_a_group_type(value):
    calls = [
        group(user, str(number % 3), number, group_type=("Organization", value)[number // 3 % 2])
        for number, user in enumerate(USERS)
    ]
    assert plan_of(calls).proposal.type_trait == "group_type"


def test_without_group_calls_rules_look_at_the_others():
    (rule,) = groups("no group calls")["rules"]
    assert (rule["type"], set(rule["value"])) == ("company", {"traits.company.id", "properties.company_id"})
    assert set(rule["calls"]) == {"identify", "track"}
    assert set(rule["name"]) == {"traits.company.name", "properties.company_name"}
    plan = plan_of(CASES["no group calls"])
    assert [(one.name, one.level) for one in plan.planned.types] == [("company", "both")], "events name it themselves"
    assert [(one.name, one.values.number, one.members) for one in plan.became.types] == [("company", 3, 12)]
    assert {one.label for one in plan.became.values} == {"Corp 0", "Corp 1", "Corp 2"}


def test_a_group_id_in_the_context_is_enough_for_a_rule():
    (rule,) = groups("context.groupId alone")["rules"]
    assert rule == {"type": "account", "value": ["context.groupId"], "calls": ["track"]}
    plan = plan_of(CASES["context.groupId alone"])
    assert plan.advice.level == "event"
    assert [one.level for one in plan.planned.types] == ["event"]


def test_groups_of_the_options_of_events_alone_are_event_level():
    calls = [
        {**track(user, at=number), "integrations": {"Amplitude": {"groups": {"cohort": f"S{number % 3}"}}}}
        for number, user in enumerate(USERS)
    ]
    plan = plan_of(calls)
    assert (plan.advice.level, plan.proposal.level) == ("event", "event")
    assert plan.advice.reasons[0] == "event-level: groups stand in events alone"


def test_events_that_name_the_groups_of_group_calls_get_a_rule_of_the_same_type():
    calls = CASES["the guide's"] + [
        track(user, at=90, context={"groupId": f"id of {number % 3}"}) for number, user in enumerate(USERS)
    ]
    (rule,) = plan_of(calls).proposal.rules
    assert (rule.type, rule.value, rule.calls) == ("Organization", ("context.groupId",), ("track",))
    other = CASES["the guide's"] + [
        track(user, at=90, context={"groupId": f"else {number % 3}"}) for number, user in enumerate(USERS)
    ]
    assert plan_of(other).proposal.rules == ()


def test_a_value_of_each_user_makes_no_groups():
    calls = [track(user, at=number, company_id=f"c-{user}") for number, user in enumerate(USERS)]
    plan = plan_of(calls)
    assert plan.proposal.rules == ()
    (candidate,) = [one for one in plan.candidates if one.role == "rule"]
    assert "no two users share one" in candidate.why


def test_what_must_not_be_sent_is_not_looked_at():
    plan = plan_of(CASES["the guide's"], {"translate": {"properties_deny": ["name"], "properties_hash": ["employees"]}})
    paths = {one.path: one for one in plan.observed.places}
    assert "traits.name" not in paths
    assert "20" not in paths["traits.employees"].known


def test_there_is_advice_even_for_nothing(plan):
    assert plan.advice.reasons
    assert plan.warnings

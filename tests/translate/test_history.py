"""What was delivered before: stale groups, limits of a project, properties that did not change."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.parcels import Call, Facts, Record, Translation
from translator.settings.load import settings_from
from translator.settings.values import translation_settings
from translator.translate import TYPES, applied, changed, goes_as_it_is, keys, translate, unsettled, weighed
from translator.translate.unchanged import MOST
from translator.validate import check

PAIR = {"type_trait": "kind", "value_trait": "id"}
HOUR = 3_600_000
NOW = 1712000000000
TIME = 1710090245000


class Destination:
    """Translates messages as delivery does, and remembers as if each were delivered at once."""

    def __init__(self, **tables):
        self.settings = settings_from(tables)
        self.subjects = {}
        self.shared = {}
        self.now = NOW

    def send(self, message, delivered=True):
        call = check(
            {"messageId": "m", "userId": "user-1", **message}, Facts("webhook", self.now), self.settings.segment
        )
        settings, memory = translation_settings(self.settings), self.subjects.get(call.subject)
        done = translate(call, settings, memory)
        done = weighed(done, call, settings, memory, {key: self.shared[key] for key in keys(done) & self.shared.keys()})
        if delivered:
            self.subjects[call.subject] = applied(memory, done.remember)
            self.shared = applied(self.shared, dict(done.shared))
        return done


def group(time=TIME, **traits):
    return {"type": "group", "groupId": "g", "timestamp": time, "traits": {"kind": "company", "id": "acme", **traits}}


def identify(**traits):
    return {"type": "identify", "timestamp": TIME, "traits": traits}


def properties(done, kind="group_identify"):
    name = "group_properties" if kind == "group_identify" else "user_properties"
    return [record.body.get(name) for record in done.records if record.kind == kind]


def rules(done):
    return [note.rule for note in done.notes]


def test_an_older_value_of_a_group_that_arrives_later_is_not_sent():
    one = Destination(groups=PAIR)
    one.send(group(TIME + 1000, plan="pro"))
    late = one.send(group(TIME, plan="free", industry="tools"))
    assert properties(late) == [{"$set": {"industry": "tools"}}], "nothing newer is known of industry"
    assert [(note.rule, note.path) for note in late.notes] == [
        ("stale_group", "groups.company.kind"),
        ("stale_group", "groups.company.id"),
        ("stale_group", "groups.company.plan"),
    ]
    assert properties(one.send(group(TIME + 2000, plan="basic"))) == [
        {"$set": {"kind": "company", "id": "acme", "plan": "basic"}}
    ]


def test_calls_of_one_time_are_both_sent():
    one = Destination(groups=PAIR)
    one.send(group(TIME, plan="pro"))
    assert properties(one.send(group(TIME, plan="free")))[0]["$set"]["plan"] == "free"


def test_the_time_is_the_groups_whoever_made_the_call():
    one = Destination(groups=PAIR)
    one.send({**group(TIME + 1, plan="pro"), "userId": "user-2"})
    late = one.send({**group(TIME, plan="free"), "userId": "user-3"})
    assert [record.kind for record in late.records] == ["identify"], "the user joins all the same"
    one.send({**group(TIME + 1), "traits": {"kind": "company", "id": "other"}})
    assert properties(one.send(group(TIME + 2)))[0], "another group's time is its own"


def test_a_group_call_of_which_nothing_is_left_is_ignored_for_that_reason():
    one = Destination(groups={**PAIR, "level": "event"})
    one.send(group(TIME + 1, plan="pro"))
    late = one.send(group(TIME, plan="free"))
    assert (late.records, late.ignored) == ((), "stale_group")


def test_set_once_is_never_stale_and_other_operations_count_as_newer():
    one = Destination(groups=PAIR)
    one.send(group(TIME + 1, **{"$unset": {"plan": "-"}}))
    late = one.send(group(TIME, plan="free", **{"$setOnce": {"first": 1}}))
    assert properties(late) == [{"$setOnce": {"first": 1}}]


def test_a_call_that_was_not_delivered_changes_nothing():
    one = Destination(groups=PAIR)
    one.send(group(TIME + 1, plan="pro"), delivered=False)
    assert properties(one.send(group(TIME, plan="free")))[0]["$set"]["plan"] == "free"


def six_types(**groups):
    one = Destination(groups=groups)
    event = {"type": "track", "event": "e", "timestamp": TIME, "integrations": {"Amplitude": {"groups": {}}}}
    for number in range(5):
        event["integrations"] = {"Amplitude": {"groups": {f"t{number}": "v"}}}
        assert not rules(one.send(event))
    event["integrations"] = {"Amplitude": {"groups": {"t0": "w", "sixth": "v"}}}
    return one, event


def test_a_sixth_group_type_is_noted_each_time_and_sent():
    one, event = six_types()
    for _ in range(2):
        done = one.send(event)
        assert done.records[0].body["groups"] == {"t0": "w", "sixth": "v"}
        assert [(note.rule, note.path) for note in done.notes] == [("group_types_limit", "groups.sixth")]
    assert one.shared["project:types"]["sixth"] == {"at": NOW, "over": True}


def test_a_sixth_group_type_is_left_out_where_the_setting_says_so():
    one, event = six_types(over_limit="drop")
    done = one.send(event)
    assert done.records[0].body["groups"] == {"t0": "w"}
    event["integrations"] = {"Amplitude": {"groups": {"sixth": "v"}}}
    assert "groups" not in one.send(event).records[0].body


def test_a_dropped_sixth_type_leaves_the_user_property_of_a_join():
    one = Destination(groups={**PAIR, "over_limit": "drop"})
    one.shared = {"project:types": {f"t{number}": {"at": 1} for number in range(5)}}
    done = one.send(group(plan="pro"))
    assert [(record.kind, record.body.get("groups")) for record in done.records] == [("identify", None)]
    assert properties(done, "identify") == [{"$set": {"company": "acme"}}]


def test_only_so_many_types_beyond_the_limit_are_remembered():
    one = Destination()
    for number in range(100):
        event = {"type": "track", "event": "e", "timestamp": TIME}
        event["integrations"] = {"Amplitude": {"groups": {f"t{number}": "v"}}}
        assert rules(one.send(event)) == ([] if number < 5 else ["group_types_limit"])
    assert len(one.shared["project:types"]) == 25


@pytest.mark.parametrize(("setting", "kept"), [("warn", {"kind", "id", "new"}), ("drop", {"kind", "id"})])
def test_the_thousand_and_first_group_property(setting, kept):
    one = Destination(groups={**PAIR, "over_limit": setting})
    one.shared = {"project:properties": {name: {"at": 1} for name in ["kind", "id", *map(str, range(998))]}}
    done = one.send(group(new=1))
    assert set(properties(done)[0]["$set"]) == kept
    assert [(note.rule, note.path) for note in done.notes] == [("group_properties_limit", "groups.company.new")]
    assert len(one.shared["project:properties"]) == 1000


def unchanged(**groups):
    return Destination(groups={**PAIR, **groups}, translate={"unchanged_hours": 24})


def test_unless_asked_everything_is_sent_again():
    one = Destination(groups=PAIR)
    assert properties(one.send(identify(plan="pro")), "identify") == properties(
        one.send(identify(plan="pro")), "identify"
    )


def test_an_unchanged_identify_is_not_sent_again_until_the_time_is_over():
    one = unchanged()
    assert properties(one.send(identify(plan="pro")), "identify") == [{"$set": {"plan": "pro"}}]
    again = one.send(identify(plan="pro"))
    assert (again.records, again.ignored) == ((), "unchanged")
    assert [note.path for note in again.notes] == ["user_properties.$set.plan", "identify"]
    one.now += 24 * HOUR
    assert properties(one.send(identify(plan="pro")), "identify") == [{"$set": {"plan": "pro"}}]


def test_only_what_changed_is_sent():
    one = unchanged()
    one.send(identify(plan="pro", seats=5))
    assert properties(one.send(identify(plan="pro", seats=6)), "identify") == [{"$set": {"seats": 6}}]
    assert properties(one.send(identify(plan="free", seats=6)), "identify") == [{"$set": {"plan": "free"}}]
    assert properties(one.send(identify(plan="pro", seats=6)), "identify") == [{"$set": {"plan": "pro"}}]


def test_an_identify_with_another_device_is_sent():
    one = unchanged()
    one.send(identify(plan="pro"))
    done = one.send({**identify(plan="pro"), "anonymousId": "device-1"})
    assert done.records[0].body["device_id"] == "device-1"
    assert "user_properties" not in done.records[0].body


def test_an_operation_makes_the_value_unknown():
    one = unchanged()
    one.send(identify(plan="pro", visits=1))
    one.send(identify(**{"$unset": {"plan": "-"}, "$add": {"visits": 1}}))
    done = one.send(identify(plan="pro", visits=1))
    assert properties(done, "identify") == [{"$set": {"plan": "pro", "visits": 1}}]


def test_operations_that_count_are_always_sent():
    one = unchanged()
    add = identify(**{"$add": {"visits": 1}})
    assert properties(one.send(add), "identify") == properties(one.send(add), "identify") == [{"$add": {"visits": 1}}]


def test_the_groups_that_a_user_joins_go_with_their_pairs_or_not_at_all():
    one = unchanged()
    one.send(group(plan="pro"))
    assert one.send(group(TIME + 1, plan="pro")).records == ()
    moved = one.send({**group(TIME + 2), "traits": {"kind": "company", "id": "beta", "plan": "pro"}})
    assert moved.records[0].body["groups"] == {"company": "beta"}
    assert properties(moved, "identify") == [{"$set": {"company": "beta"}}]
    assert properties(moved) == [{"$set": {"kind": "company", "id": "beta", "plan": "pro"}}]


def test_an_unchanged_value_is_the_newest_all_the_same():
    one = unchanged()
    one.send(group(TIME, plan="pro"))
    one.send(group(TIME + 2000, plan="pro"))
    assert "stale_group" in rules(one.send(group(TIME + 1000, plan="free")))


def test_an_event_is_sent_whole_but_for_unchanged_user_properties():
    one = unchanged()
    event = {"type": "track", "event": "e", "timestamp": TIME, "context": {"campaign": {"source": "s"}}}
    first, second = one.send(event).records[0].body, one.send(event).records[0].body
    assert first.pop("user_properties")["$set"] == {"utm_source": "s"}
    assert second == first


def test_nobodys_properties_are_remembered():
    one = unchanged()
    message = {**identify(plan="pro"), "userId": None, "anonymousId": "a-1"}
    assert one.send(message).records == one.send(message).records
    assert one.subjects["a-1"] == {}


def test_what_is_on_its_way_is_not_taken_for_delivered():
    assert unsettled({"plan": {"at": 5, "hash": "h", "sent": 5}, "gone": None}) == {
        "plan": {"at": 5, "sent": 5},
        "gone": None,
    }


def test_a_users_memory_is_bounded():
    one = unchanged()
    for number in range(3):
        one.now += 1
        one.send(identify(**{f"p{number}-{name}": 1 for name in range(MOST - 10)}))
    sent = one.subjects["user-1"]["sent"]
    assert len(sent) == MOST
    assert f"$set.p2-{MOST - 11}" in sent


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "company", "a", "-"]),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["a", "plan", "$set", "$add"]), inner, max_size=3)
    ),
    max_leaves=8,
)
BODY = st.dictionaries(
    st.sampled_from(
        ["group_type", "group_value", "group_properties", "user_properties", "groups", "time", "user_id", "insert_id"]
    ),
    VALUES,
    max_size=8,
)
RECORD = st.builds(Record, st.sampled_from(["event", "identify", "group_identify", "user_map"]), BODY)


@given(st.lists(RECORD, max_size=4), st.sampled_from([0, 24]), st.sampled_from(["warn", "drop"]))
def test_whatever_a_hook_makes_is_weighed_without_an_error_and_settles(records, hours, over_limit):
    base = translation_settings(settings_from({"groups": {"over_limit": over_limit}}))
    settings = replace(base, translate=replace(base.translate, unchanged_hours=hours))
    call = Call("1", "webhook", "m", "u", NOW, {"type": "track"})
    memory: dict[str, Any] | None = None
    shared: dict[str, Any] = {}
    for _ in range(2):
        done = weighed(Translation(tuple(records)), call, settings, memory, shared)
        assert len(done.records) <= len(records)
        assert (done.ignored is not None) == (not done.records and bool(records))
        memory = applied(memory, done.remember)
        shared = {key: changed(shared.get(key, {}), done.shared[key]) for key in done.shared} | {
            key: state for key, state in shared.items() if key not in done.shared
        }


TYPES_KNOWN = st.dictionaries(
    st.sampled_from(["a", "b", "c"]), st.sampled_from([{"at": 1}, {"at": 1, "over": True}, None, "?"])
)
GROUPS = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), st.sampled_from(["x", ["x", "y"], 5, None]))
JOINED = st.one_of(RECORD, st.builds(lambda groups: Record("event", {"user_id": "u", "groups": groups}), GROUPS))


@given(st.lists(JOINED, max_size=3), TYPES_KNOWN, st.sampled_from([0, 24]), st.sampled_from(["warn", "drop"]))
def test_what_goes_as_it_is_is_what_weighing_would_leave_alone(records, known, hours, over_limit):
    base = translation_settings(settings_from({"groups": {"over_limit": over_limit}}))
    settings = replace(base, translate=replace(base.translate, unchanged_hours=hours))
    shared = {TYPES: known} if known else {}
    done = Translation(tuple(records))
    if goes_as_it_is(done, settings, shared):
        call = Call("1", "webhook", "m", "u", NOW, {"type": "track"})
        assert repr(weighed(done, call, settings, {"sent": {}}, shared)) == repr(done)


@pytest.mark.parametrize(
    ("groups", "expected"), [(None, True), ({"a": "x"}, True), ({"b": "x"}, False), ({"a": "x", "new": "x"}, False)]
)
def test_an_event_goes_as_it_is_where_the_project_has_its_group_types(groups, expected):
    settings = translation_settings(settings_from({}))
    shared = {TYPES: {"a": {"at": 1}, "b": {"at": 1, "over": True}}}
    event = Record("event", {"user_id": "u", "groups": groups} if groups else {"user_id": "u"})
    assert goes_as_it_is(Translation((event,)), settings, shared) is expected


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from("abc"), st.integers(0, 3)), max_size=20))
def test_a_group_always_ends_with_the_newest_value(calls):
    """Whatever order calls arrive in, with properties left out when stale and when unchanged."""
    for hours in (0, 24):
        one = Destination(groups=PAIR, translate={"unchanged_hours": hours})
        held: dict[str, Any] = {}
        newest: dict[str, tuple[int, int]] = {}
        for offset, name, value in calls:
            for done in properties(one.send(group(TIME + offset, **{name: value}))):
                held |= done.get("$set", {})
            if newest.get(name, (-1, None))[0] <= offset:
                newest[name] = (offset, value)
        assert {name: held[name] for name in newest} == {name: value for name, (_, value) in newest.items()}

"""Groups: the guide's examples, levels, memory, insert ids. Every further edge is a fixture."""

from typing import Any

PAIR: dict[str, Any] = {"type_trait": "group_type", "value_trait": "name"}
GUIDE: dict[str, Any] = {
    "type": "group",
    "userId": "u-1",
    "groupId": "082108b9-f41d-486g-9d2d-b5ab68bb3d5o",
    "traits": {
        "group_type": "Organization",
        "name": "ExampleCorp, LLC",
        "employees": "20",
        "email": "hello@example.com",
    },
}


def bodies(translation, kind):
    return [record.body for record in translation.records if record.kind == kind]


def test_the_guides_group_call_joins_the_user_and_sets_four_group_properties(translated):
    done = translated(GUIDE, groups=PAIR)
    identify, group_identify = done.records
    assert identify.body["groups"] == {"Organization": "ExampleCorp, LLC"}
    assert identify.body["user_properties"] == {"$set": {"Organization": "ExampleCorp, LLC"}}
    assert (group_identify.body["group_type"], group_identify.body["group_value"]) == (
        "Organization",
        "ExampleCorp, LLC",
    )
    assert group_identify.body["group_properties"] == {"$set": GUIDE["traits"]}
    assert [record.body["insert_id"] for record in done.records] == ["m-1", "m-1-2"]


def test_without_the_settings_the_user_joins_the_segment_group_without_properties(translated):
    done = translated(GUIDE)
    (identify,) = done.records
    assert identify.body["groups"] == {"[Segment] Group": GUIDE["groupId"]}
    assert identify.body["user_properties"] == {"$set": {"[Segment] Group": GUIDE["groupId"]}}
    assert [note.rule for note in done.notes] == ["group_fallback"]


def test_the_guides_event_level_group_is_on_that_event_only(translated):
    done = translated(
        {
            "type": "track",
            "event": "Clicked Benefits Dropdown",
            "userId": "u-1",
            "properties": {"dropdownColor": "blue"},
            "integrations": {"Amplitude": {"groups": {"onboarding_cohort": "Summer 2022"}}},
        }
    )
    (event,) = done.records
    assert event.body["groups"] == {"onboarding_cohort": "Summer 2022"}
    assert "user_properties" not in event.body


def test_level_event_never_joins_the_user_and_memory_carries_the_group(translated):
    groups = {**PAIR, "level": "event"}
    first = translated(GUIDE, groups=groups)
    assert [record.kind for record in first.records] == ["group_identify"]
    track = {"type": "track", "event": "e", "userId": "u-1", "timestamp": "2024-03-11T00:00:00Z"}
    (event,) = translated(track, memory=first.remember, groups=groups).records
    assert event.body["groups"] == {"Organization": "ExampleCorp, LLC"}


def test_memory_carries_nothing_before_the_group_call_nor_after_its_days(translated):
    groups = {**PAIR, "level": "event", "memory_days": 2}
    memory = translated(GUIDE, groups=groups).remember
    for moment in ("2024-03-10T17:04:05.677Z", "2024-03-12T17:04:05.679Z"):
        (event,) = translated(
            {"type": "track", "event": "e", "userId": "u-1", "timestamp": moment}, memory=memory, groups=groups
        ).records
        assert "groups" not in event.body


def test_an_older_group_call_does_not_overwrite_memory(translated):
    groups = {**PAIR, "level": "event"}
    memory = translated(GUIDE, groups=groups).remember
    older = {**GUIDE, "timestamp": "2024-03-09T00:00:00Z", "traits": {**GUIDE["traits"], "name": "Old, Inc"}}
    assert translated(older, memory=memory, groups=groups).remember is None


def test_a_rule_finds_a_group_on_any_call_and_the_first_of_a_type_wins(translated):
    rules = [
        {"type": "company", "value": "context.groupId", "calls": ["track"]},
        {"type": "company", "value": "properties.company", "calls": ["track"]},
        {"type": "$.properties.kind", "value": ["properties.x", "properties.team"], "calls": ["track"]},
    ]
    done = translated(
        {
            "type": "track", "event": "e", "userId": "u-1", "context": {"groupId": "g-9"},
            "properties": {"company": "c-1", "kind": "team", "team": ["red", "blue", "red"]},
        },
        groups={"rules": rules},
    )  # fmt: skip
    (event,) = bodies(done, "event")
    assert event["groups"] == {"company": "g-9", "team": ["red", "blue"]}


def test_a_rule_of_level_user_on_a_track_joins_before_the_event(translated):
    rules = [{"type": "company", "value": "context.groupId", "calls": ["track"], "level": "user"}]
    message = {"type": "track", "event": "e", "userId": "u-1", "context": {"groupId": "g-9"}}
    identify, event = translated(message, groups={"rules": rules}).records
    assert identify.body["groups"] == {"company": "g-9"}
    assert "groups" not in event.body


def test_a_group_call_without_a_user_still_sets_the_groups_properties(translated):
    message = {key: value for key, value in GUIDE.items() if key != "userId"}
    (only,) = translated(message, groups=PAIR).records
    assert only.kind == "group_identify"
    assert only.body["insert_id"] == "m-1-2", "places never move"


def test_a_huge_order_gets_so_many_product_events_and_keeps_all_products(translated):
    order = {"type": "track", "event": "Order Completed", "userId": "u", "properties": {"products": [{}] * 3000}}
    done = translated(order)
    assert len(done.records) == 501
    assert len(done.records[0].body["event_properties"]["products"]) == 3000
    assert [note.rule for note in done.notes] == ["products_limit"]


def test_places_do_not_move_when_other_parts_of_the_configuration_do(translated):
    """The insert ids of what both configurations send are the same: a call may be tried again after a change."""
    message = {
        "type": "track", "event": "Order Completed", "userId": "u",
        "properties": {"kind": "team", "id": "red", "account": "a", "products": [{"sku": "1"}]},
    }  # fmt: skip
    rule = {"type": "account", "value": "properties.account", "calls": ["track"], "level": "user", "properties": True}
    other = {"type": "other", "value": "properties.account", "calls": ["track"], "properties": True}

    def ids(**groups):
        done = translated(message, groups=groups)
        return {
            (record.kind, record.body.get("event_type", record.body.get("group_type"))): record.body["insert_id"]
            for record in done.records
        }

    small, large = ids(rules=[rule]), ids(rules=[rule, other], type_trait="kind", value_trait="id", calls=["track"])
    assert {key: large[key] for key in small} == small
    assert len(set(large.values())) == len(large) == 5


def test_a_fallback_does_not_say_that_the_id_was_missing(translated):
    call = {**GUIDE, "traits": {"name": "ExampleCorp, LLC"}}
    done = translated(call, groups={"type_trait": "group_type", "value_trait": "id"})
    assert [(note.rule, note.path) for note in done.notes] == [("group_fallback", "traits.group_type")]

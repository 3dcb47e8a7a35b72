"""Two configurations and a call → exactly what is different, in both directions."""

from typing import Any

import pytest

from tests.reports.diff.helpers import PAIR, diff, group, said, track
from translator.parcels import Note, Record
from translator.reports.diff import changes
from translator.reports.rows import Row

RULE = {"type": "company", "value": ["context.groupId"], "calls": ["track"]}
SEGMENT = "[Segment] Group"

CASES: dict[str, tuple[Any, Any, Any, Any]] = {
    "an event is no longer sent": (
        {}, {"translate": {"events_deny": ["Ordered"]}}, track(),
        [
            ("track", "event", "", "only_old", "", 1, [('"Ordered"', None)]),
            ("track", "", "", "outcome", "sent → ignored: event_denied", 1, [(None, None)]),
        ],
    ),
    "a property that must not leave": (
        {}, {"translate": {"properties_deny": ["plan"]}}, track(properties={"plan": "pro", "price": 3}),
        [
            ("track", "event", "", "removed", "event_properties.plan", 1, [('"pro"', None)]),
            ("track", "", "", "note_gained", "property_denied", 1, [(None, '"properties.plan"')]),
        ],
    ),
    "all properties of an event go": (
        {}, {"translate": {"properties_allow": ["x"]}}, track(properties={"a.b": {"c d": [1, {}]}}),
        [
            ("track", "event", "", "removed", 'event_properties."a.b"."c d"', 1, [("[1,{}]", None)]),
            ("track", "", "", "note_gained", "property_denied", 1, [(None, '"properties.a.b"')]),
        ],
    ),
    "a key from elsewhere, of another type": (
        {}, {"fields": {"app_version": ["properties.build"]}},
        track(context={"app": {"version": "1"}}, properties={"build": 7}),
        [("track", "event", "", "changed", "app_version", 1, [('"1"', '"7"')])],
    ),
    "the traits of groups are named": (
        {}, {"groups": PAIR}, group(plan="pro"),
        [
            ("group", "group_identify", "Organization", "only_new", "", 1, [(None, '{"Organization":"Acme"}')]),
            ("group", "identify", "", "added", "groups.Organization", 1, [(None, '"Acme"')]),
            ("group", "identify", "", "removed", f'groups."{SEGMENT}"', 1, [('"id-1"', None)]),
            ("group", "identify", "", "added", "user_properties.$set.Organization", 1, [(None, '"Acme"')]),
            ("group", "identify", "", "removed", f'user_properties.$set."{SEGMENT}"', 1, [('"id-1"', None)]),
            ("group", "", "", "note_lost", "group_fallback", 1, [('"groups.type_trait, groups.value_trait"', None)]),
        ],
    ),
    "another trait is the value": (
        {"groups": PAIR}, {"groups": {**PAIR, "value_trait": "id"}}, group(id=7),
        [
            ("group", "group_identify", "Organization", "changed", "group_value", 1, [('"Acme"', '"7"')]),
            ("group", "identify", "", "changed", "groups.Organization", 1, [('"Acme"', '"7"')]),
            ("group", "identify", "", "changed", "user_properties.$set.Organization", 1, [('"Acme"', '"7"')]),
        ],
    ),
    "users no longer join": (
        {"groups": PAIR}, {"groups": {**PAIR, "level": "event"}}, group(),
        [
            ("group", "identify", "", "only_old", "", 1, [('{"Organization":"Acme"}', None)]),
            ("group", "identify", "", "removed", "groups.Organization", 1, [('"Acme"', None)]),
        ],
    ),
    "events belong to a group": (
        {}, {"groups": {"rules": [RULE]}}, track(context={"groupId": "a"}),
        [("track", "event", "", "added", "groups.company", 1, [(None, '"a"')])],
    ),
    "a call may be larger": (
        {"segment": {"max_call_bytes": 1024}}, {}, track(properties={"a": "x" * 1000}),
        [
            ("track", "event", "", "only_new", "", 1, [(None, '"Ordered"')]),
            ("track", "", "", "outcome", "refused → sent", 1, None),
        ],
    ),
    "a call without the traits is refused": (
        {}, {"groups": {**PAIR, "fallback": "reject"}}, {**group(), "traits": {}},
        None,
    ),
    "users are deleted": (
        {}, {"translate": {"delete": True}}, {"type": "delete", "userId": "u", "messageId": "d"},
        [
            ("delete", "user_deletion", "", "only_new", "", 1, None),
            ("delete", "", "", "outcome", "ignored: delete_off → sent", 1, [(None, None)]),
        ],
    ),
}  # fmt: skip

MIRROR = {"only_old": "only_new", "added": "removed", "note_gained": "note_lost"}
MIRROR |= {there: here for here, there in MIRROR.items()}


@pytest.mark.parametrize("name", CASES)
def test_what_changes_of_a_call_is_exactly_this(name):
    old, new, call, expected = CASES[name]
    found = said(diff(old, new, call))
    assert found
    if expected is not None:
        shown = {one[:6]: one[6] for one in found}
        assert set(shown) == {one[:6] for one in expected}
        for *key, examples in expected:
            assert examples is None or shown[tuple(key)] == examples, key


@pytest.mark.parametrize("name", CASES)
def test_the_other_way_round_it_is_mirrored(name):
    old, new, call, _ = CASES[name]
    assert mirrored(said(diff(old, new, call))) == sorted(said(diff(new, old, call)), key=str)
    assert said(diff(old, old, call)) == said(diff(new, new, call)) == []


def mirrored(found):
    return sorted(
        (
            (call, record, kind, MIRROR.get(what, what), turned(path), count, [(b, a) for a, b in examples])
            for call, record, kind, what, path, count, examples in found
        ),
        key=str,
    )


def turned(path):
    old, arrow, new = path.partition(" → ")
    return f"{new} → {old}" if arrow else path


def test_memory_is_of_each_side_alone():
    """A group call that only one side understands counts for the later events of its user."""
    new = {"groups": {**PAIR, "level": "event"}}
    old = {"groups": {**PAIR, "level": "event", "type_trait": "nowhere", "fallback": "none"}}
    found = diff(old, new, group(), track(), track("m2", "somebody else"))
    assert ("track", "event", "", "added", "groups.Organization", 1, [(None, '"Acme"')]) in said(found)
    assert found.changed == 2


def test_a_further_rule_moves_no_record_of_the_others():
    rules = [{"type": name, "value": [f"traits.{name}"], "properties": ["plan"]} for name in ("a", "b", "c")]
    call = group(a="1", b="2", c="3", plan="pro")
    found = said(diff({"groups": {"rules": rules[1:]}}, {"groups": {"rules": rules}}, call))
    of_records = [one[1:5] for one in found if one[1] == "group_identify"]
    assert ("group_identify", "a", "only_new", "") in of_records
    assert {(kind, path) for _, kind, what, path in of_records if what == "changed"} == {
        ("b", "insert_id"), ("c", "insert_id"),
    }  # fmt: skip


def record(**body):
    return Row("m", (Record("event", {"insert_id": "m", **body}),))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (1, True, "type"), (0, False, "type"), (1, "1", "type"), (None, "1", "type"), ([1], {"a": 1}, "type"),
        (1, 1.0, None), (1, 2, "changed"), ([1], [True], "changed"), ([1, 2], [2, 1], "changed"), ({}, [], "type"),
        ([{"a": {"b": 1}}], [{"a": {"b": 2}}], "changed"), (10**30, 10**30 + 1, "changed"), ("", None, "type"),
    ],
)  # fmt: skip
def test_values_are_compared_as_json_has_them(old, new, expected):
    found = [(one.what, one.path) for one in changes(record(a=old), record(a=new))]
    assert found == ([(expected, "a")] if expected else [])


def test_an_object_in_place_of_a_value_and_one_that_is_deep():
    assert [(one.what, one.path) for one in changes(record(a={"b": {"c": 1}}), record(a=1))] == [("type", "a")]
    assert [(one.what, one.path) for one in changes(record(a={"b": {"c": 1}}), record())] == [("removed", "a.b.c")]
    one: Any = 1
    other: Any = 2
    for name in "hgfedcba":
        one, other = {name: one}, {name: other}
    (change,) = changes(record(**one), record(**other))
    assert (change.what, change.path, change.old) == ("changed", "a.b.c.d.e.f", {"g": {"h": 1}})


def test_records_without_insert_ids_or_with_the_same_stay_apart():
    same = Record("event", {"insert_id": "m", "event_type": "a"})
    old = Row("m", (same, same, Record("user_map", {"user_id": "a"})))
    new = Row("m", (same, Record("user_map", {"user_id": "b"})))
    assert [(one.what, one.record, one.path) for one in changes(old, new)] == [
        ("only_old", "event", ""), ("changed", "user_map", "user_id"),
    ]  # fmt: skip


def test_notes_are_compared_by_rule_and_path():
    notes = [Note("clipped", path, "") for path in ("a", "a", "b")]
    found = changes(Row("m", notes=(notes[0], notes[2])), Row("m", notes=tuple(notes[:2])))
    assert [(one.what, one.path, one.old, one.new) for one in found] == [
        ("note_gained", "clipped", None, "a"), ("note_lost", "clipped", "b", None),
    ]  # fmt: skip

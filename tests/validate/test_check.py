"""Validation: every call type, every fault at once, nothing filled in."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator import jsontext
from translator.errors import Invalid
from translator.parcels import CALL_TYPES, Facts
from translator.settings.values import Segment
from translator.validate import check
from translator.validate.schemas import SCHEMAS

FACTS = Facts("webhook", 1710090245678, "192.0.2.1")
TRACK = {"type": "track", "event": "Signed Up", "userId": "u1", "messageId": "m1"}


def faults(message):
    with pytest.raises(Invalid) as caught:
        check(message, FACTS, Segment())
    return dict(caught.value.faults)


def test_every_call_type_has_its_schema():
    assert set(SCHEMAS) == set(CALL_TYPES)


def test_a_call_carries_the_message_unchanged_and_the_facts_of_its_request():
    message = {**TRACK, "properties": {"a": None}, "unknown": [1]}
    call = check(message, FACTS, Segment())
    assert call.body == message
    assert (call.source, call.message_id, call.subject) == ("webhook", "m1", "u1")
    assert (call.received_at, call.ip, call.derived) == (1710090245678, "192.0.2.1", False)


@pytest.mark.parametrize(
    ("message", "subject"),
    [
        ({**TRACK, "anonymousId": "a1"}, "u1"),
        ({**TRACK, "userId": None, "anonymousId": "a1"}, "a1"),
        ({"type": "group", "groupId": "g1"}, "g1"),
        ({"type": "track", "event": "e", "context": {"device": {"id": "d1"}}}, "d1"),
        ({"type": "group", "groupId": 0}, "0"),
        ({**TRACK, "userId": 12.0}, "12"),
        ({"type": "alias", "userId": "new", "previousId": "old"}, "new"),
    ],
)
def test_the_subject_is_the_user_else_the_device_else_the_group(message, subject):
    assert check(message, FACTS, Segment()).subject == subject


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ({}, {"type": ["required"]}),
        ({"type": None}, {"type": ["required"]}),
        ({"type": 5}, {"type": ["must be text"]}),
        ({"type": "Track"}, {"type": ["must be one of: " + ", ".join(CALL_TYPES)]}),
        ({"type": "track"}, {"event": ["required"], "userId": ["required: userId or anonymousId"]}),
        ({"type": "track", "event": "", "userId": ""}, {"event": ["required"], "userId": ["required: userId or anonymousId"]}),
        ({"type": "page"}, {"userId": ["required: userId or anonymousId"]}),
        ({"type": "screen", "userId": "u", "name": [1, 2]}, {"name": ["must be text or a number"]}),
        ({"type": "identify", "anonymousId": {"a": 1}}, {"anonymousId": ["must be text or a number"]}),
        ({"type": "group"}, {"groupId": ["required"]}),
        ({"type": "group", "groupId": True}, {"groupId": ["must be text or a number"]}),
        ({"type": "alias"}, {"userId": ["required"], "previousId": ["required"]}),
        ({"type": "delete"}, {"userId": ["required"]}),
        ({**TRACK, "event": True}, {"event": ["must be text or a number"]}),
        ({**TRACK, "properties": [1]}, {"properties": ["must be an object"]}),
        ({**TRACK, "traits": "x"}, {"traits": ["must be an object"]}),
        ({**TRACK, "integrations": 7}, {"integrations": ["must be an object"]}),
        ({**TRACK, "messageId": "m" * 101}, {"messageId": ["must be at most 100 characters"]}),
        ({"type": "Track", "messageId": ["x"]}, {"type": ["must be one of: " + ", ".join(CALL_TYPES)], "messageId": ["must be text or a number"]}),
        ([], {"": ["must be an object, not an array"]}),
        (None, {"": ["must be an object, not null"]}),
        (5, {"": ["must be an object, not a number"]}),
        (True, {"": ["must be an object, not a boolean"]}),
    ],
)  # fmt: skip
def test_every_fault_is_told_by_path(message, expected):
    assert faults(message) == expected


def test_null_and_empty_mean_absent():
    message: dict[str, object] = {
        **TRACK,
        "properties": None,
        "traits": "",
        "integrations": [],
        "messageId": "",
        "context": None,
    }
    assert check(message, FACTS, Segment()).derived


def test_a_call_of_33_kb_is_too_large_and_the_limit_can_be_raised():
    message = {**TRACK, "properties": {"text": "x" * 33 * 1024}}
    assert faults(message)[""][0].startswith("must be at most 32768 bytes of JSON; this has 33")
    assert check(message, FACTS, Segment(max_call_bytes=64 * 1024)).message_id == "m1"


def sized(size):
    """A call of so many bytes."""
    call = {"type": "track", "event": "e", "userId": "u", "messageId": "m1", "context": {}, "properties": {}}
    call["properties"] = {"t": "x" * (size - len(jsontext.dumps({**call, "properties": {"t": ""}})))}
    assert len(jsontext.dumps(call)) == size
    return call


def test_what_was_added_to_a_call_does_not_count_as_its_size():
    sent = sized(32768)
    whole = {**sent, "receivedAt": "2026-11-25T10:00:00.000Z", "channel": "server", "context": {"ip": "198.51.100.7"}}
    assert check(whole, FACTS, Segment(), sent).body == whole
    assert faults(whole)[""][0].startswith("must be at most 32768 bytes of JSON; this has 328")
    large = sized(32769)
    with pytest.raises(Invalid) as caught:
        check({**large, "channel": "server"}, FACTS, Segment(), large)
    assert caught.value.faults == {"": ["must be at most 32768 bytes of JSON; this has 32769"]}


def test_deletions_are_taken_from_the_webhook_only():
    """Whoever reads a page has its write key, and could delete anybody."""
    message = {"type": "delete", "userId": "u"}
    assert check(message, FACTS, Segment()).type == "delete"
    with pytest.raises(Invalid) as caught:
        check(message, Facts("web", 1), Segment())
    assert list(caught.value.faults) == ["type"]


def test_a_derived_id_is_the_same_for_the_same_message_and_another_for_another():
    message = {"type": "track", "event": "e", "userId": "u", "timestamp": "2024-03-10T17:04:05Z"}
    later = Facts("webhook", FACTS.received_at + 60_000)
    first = check(message, FACTS, Segment())
    assert first.message_id == check(dict(reversed(message.items())), later, Segment()).message_id
    assert first.message_id != check({**message, "event": "f"}, FACTS, Segment()).message_id
    assert first.message_id != check(message, Facts("other", FACTS.received_at), Segment()).message_id
    assert len(first.message_id) <= 100


def test_without_any_time_the_second_of_arrival_joins_in():
    message = {"type": "track", "event": "e", "userId": "u"}
    same = check(message, Facts("webhook", 1710090245999), Segment()).message_id
    other = check(message, Facts("webhook", 1710090246000), Segment()).message_id
    assert check(message, Facts("webhook", 1710090245000), Segment()).message_id == same != other


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
KEYS = st.sampled_from(
    [
        "type",
        "event",
        "userId",
        "anonymousId",
        "groupId",
        "previousId",
        "messageId",
        "traits",
        "properties",
        "context",
        "name",
    ]
)


@given(st.dictionaries(KEYS, ANY | st.sampled_from(CALL_TYPES)) | ANY)
def test_anything_is_a_call_or_invalid_and_never_changed(message):
    before = copy.deepcopy(message)
    try:
        call = check(message, FACTS, Segment())
    except Invalid as error:
        said = bool(error.faults)
    else:
        said = bool(call.subject and call.message_id)
    assert said
    assert message == before


@pytest.mark.parametrize("levels", [255, 600, 1000])
def test_a_call_nested_too_deeply_is_refused_wherever_it_is_checked(levels):
    message = {**TRACK, "properties": {"a": jsontext.loads(b"[" * (levels - 2) + b"]" * (levels - 2))}}
    assert faults(message) == {"": ["nested too deeply: more than 254 levels"]}


def test_a_call_of_many_levels_is_a_call():
    message = {**TRACK, "properties": {"a": jsontext.loads(b"[" * 252 + b"]" * 252), "b": 2**70}}
    assert check(message, FACTS, Segment()).body is message

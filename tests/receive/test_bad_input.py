"""Bad input: the answer, nothing stored that should not be, and the service goes on."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from translator.parcels import CALL_TYPES

CALL = {"type": "track", "event": "e", "userId": "u", "messageId": "m1"}
GOOD = json.dumps(CALL).encode()
MB5 = 5 * 1024 * 1024


def with_(**more):
    return json.dumps({**CALL, **more}).encode()


BODIES = {
    "empty": (b"", 400),
    "blank": (b"  \n", 400),
    "truncated": (GOOD[:-2], 400),
    "deep array": (b"[" * 10_000, 400),
    "deep object": (b'{"type":"track","properties":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001, 400),
    "5 MB + 1": (b"[" + b" " * (MB5 - 1) + b"]", 413),
    "NaN": (b'{"type":"track","event":"e","userId":"u","properties":{"a":NaN}}', 400),
    "Infinity": (b'{"type":"track","event":"e","userId":"u","properties":{"a":-Infinity}}', 400),
    "invalid UTF-8": (b'{"type":"track","event":"\xff","userId":"u"}', 400),
    "digits without end": (b'{"type":"track","event":"e","userId":' + b"9" * 5000 + b"}", 400),
    "a number": (b"5", 400),
    "null": (b"null", 400),
    "text": (b'"x"', 400),
    "unknown type": (with_(type="purchase"), 400),
    "type of a wrong kind": (with_(type={}), 400),
    "33 KB": (with_(properties={"t": "x" * 33 * 1024}), 400),
    "missing ids": (b'{"type":"track","event":"e"}', 400),
    "html in a key": (with_(type="<script>alert(1)</script>"), 400),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_body_is_answered_and_nothing_is_stored(service, stored, name):
    client = service()
    body, status = BODIES[name]
    answer = client.post("/webhook", data=body)
    assert answer.status_code == status
    assert answer.content_type == "application/json"
    assert b"<script>" not in answer.get_data()
    assert stored(client) == []
    assert client.post("/webhook", data=GOOD).status_code == 200, "and the service goes on"


KINDS: tuple[object, ...] = (None, True, 5, 1.5, "x", [], ["x"], {}, {"a": 1})


@pytest.mark.parametrize(
    "key",
    ["messageId", "userId", "anonymousId", "event", "properties", "traits", "context", "integrations", "timestamp"],
)
def test_wrong_types_in_every_field_are_faults_or_absent(service, key):
    client = service()
    for number, value in enumerate(KINDS):
        message = {**CALL, "messageId": f"m{number}", key: value}
        assert client.post("/webhook", json=message).status_code in (200, 400), value


@pytest.mark.parametrize(
    ("body", "stored_as"),
    [
        (b'{"type":"track","event":"a","event":"b","userId":"u","messageId":"m"}', {"event": "b"}),
        (b'{"type":"track","event":"a\\ud83d","userId":"u","messageId":"m"}', {"event": "a�"}),
        (
            b'{"type":"track","event":"a","userId":123456789012345678901234567890,"messageId":"m"}',
            {"userId": 123456789012345678901234567890},
        ),
        (
            b'{"type":"track","event":"a","userId":"u","messageId":"m","properties":{"a":1e999}}',
            {"properties": {"a": None}},
        ),
    ],
    ids=["duplicate keys", "lone surrogate", "huge integer", "huge float"],
)
def test_odd_json_is_read_without_losing_the_call(service, body, stored_as):
    client = service()
    assert client.post("/webhook", data=body).status_code == 200
    (call,) = client.journal.read()
    assert {key: call.body[key] for key in stored_as} == stored_as


def test_an_array_of_things_that_are_no_objects(service, stored):
    client = service()
    answer = client.post("/webhook", data=b'[1,null,"x",[],true]')
    assert (answer.status_code, len(answer.json["rejected"])) == (200, 5)
    assert stored(client) == []


def test_an_empty_array_is_nothing_to_do(service):
    answer = service().post("/webhook", data=b"[]")
    assert (answer.status_code, answer.json) == (200, {"accepted": 0, "duplicates": 0, "rejected": []})


def test_a_large_refused_member_is_counted_and_not_kept(service):
    client = service()
    client.post("/webhook", data=with_(properties={"t": "x" * 100_000}))
    counts = client.journal.counts()
    assert (counts.received, counts.refused_answered, counts.refused_kept) == (1, 1, 0)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=10,
)
MESSAGE = st.dictionaries(
    st.sampled_from(
        ["type", "event", "userId", "anonymousId", "groupId", "previousId", "messageId", "traits", "context"]
    ),
    ANY | st.sampled_from(CALL_TYPES),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.binary(max_size=100) | st.lists(MESSAGE | ANY, max_size=3).map(lambda value: json.dumps(value).encode()))
def test_any_body_at_all_is_answered_with_200_or_400(service, body):
    assert service().post("/webhook", data=body).status_code in (200, 400)


@pytest.mark.parametrize("levels", [300, 980, 1015])
def test_a_call_nested_too_deeply_does_not_take_its_array_along(service, stored, levels):
    client = service()
    deep = b'{"type":"track","event":"e","userId":"u","properties":{"a":' + b"[" * levels + b"]" * levels + b"}}"
    answer = client.post("/webhook", data=b"[" + GOOD + b"," + deep + b"]")
    assert (answer.status_code, answer.get_json()["accepted"]) == (200, 1)
    assert stored(client) == ["m1"]

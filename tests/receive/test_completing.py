"""What is added to a call of an SDK, as Segment's servers do."""

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.parcels import CALL_TYPES, Facts
from translator.receive.completing import CHANNELS, Completer, Door
from translator.times import iso, millis

NOW = 1_773_144_000_000  # 2026-03-10T12:00:00Z
AT = "2026-03-10T12:00:00.000Z"
CALL = {"type": "track", "event": "e", "userId": "u", "messageId": "m1"}
JS = {"library": {"name": "analytics.js", "version": "npm:next-1.84.3"}}


def completed(message, batch=None, *, kind=None, ip="203.0.113.5", is_page=False) -> Any:
    found, faults = Completer(Door(kind, Facts("web", NOW, ip), is_page), batch).complete(message)
    assert faults == {}
    return found


def test_a_whole_call_keeps_all_that_it_says():
    call = {
        **CALL, "timestamp": "2026-03-10T11:59:00Z", "sentAt": AT, "channel": "server", "version": 2,
        "context": {"ip": "198.51.100.7"}, "integrations": {"All": True},
    }  # fmt: skip
    assert completed(call) == {
        **call,
        "originalTimestamp": "2026-03-10T11:59:00Z",
        "timestamp": "2026-03-10T11:59:00.000Z",
        "receivedAt": AT,
    }


def test_what_was_given_is_not_changed():
    call, batch = {**CALL, "context": {"a": 1}}, {"context": {"b": 2}}
    completed(call, batch)
    assert (call, batch) == ({**CALL, "context": {"a": 1}}, {"context": {"b": 2}})


@pytest.mark.parametrize("kind", [one for one in CALL_TYPES if one != "delete"])
def test_the_door_says_the_type(kind):
    assert completed({"userId": "u"}, kind=kind)["type"] == kind
    assert completed({"type": kind, "userId": "u"}, kind=kind)["type"] == kind


def test_another_type_than_the_doors_is_a_fault_of_a_call_that_is_complete_all_the_same():
    """So that one who redrives it has its times."""
    found: Any
    found, faults = Completer(Door("group", Facts("web", NOW))).complete(CALL)
    assert faults == {"type": ["must be group, or absent, since it was sent to /v1/group"]}
    assert (found["type"], found["receivedAt"]) == ("track", AT)


@pytest.mark.parametrize(
    ("times", "timestamp"),
    [
        # receivedAt - (sentAt - originalTimestamp), whatever the client's clock says
        ({"timestamp": "2026-03-10T11:00:00Z", "sentAt": "2026-03-10T11:00:10Z"}, "2026-03-10T11:59:50.000Z"),
        ({"timestamp": "2001-01-01T00:00:00Z", "sentAt": "2001-01-01T01:00:00Z"}, "2026-03-10T11:00:00.000Z"),
        ({"timestamp": "2026-03-10T13:00:00+01:00", "sentAt": "2026-03-10T12:00:00.250Z"}, "2026-03-10T11:59:59.750Z"),
        ({"originalTimestamp": "2026-03-10T11:00:00Z", "sentAt": "2026-03-10T11:00:10Z"}, "2026-03-10T11:59:50.000Z"),
        # a time that was given to a server library: long ago, or still to come
        ({"timestamp": "2020-05-05T05:05:05Z", "sentAt": "2026-03-10T12:00:00Z"}, "2020-05-05T05:05:05.000Z"),
        ({"timestamp": "2026-03-11T00:00:00Z", "sentAt": "2026-03-10T12:00:00Z"}, "2026-03-11T00:00:00.000Z"),
        # nothing to correct by
        ({"timestamp": "2026-03-10T11:00:00Z"}, "2026-03-10T11:00:00Z"),
        ({"timestamp": "2026-03-10T11:00:00Z", "sentAt": "soon"}, "2026-03-10T11:00:00Z"),
        ({"timestamp": 1_773_140_400_000, "sentAt": 1_773_140_410_000}, "2026-03-10T11:59:50.000Z"),
        # no time at all
        ({}, AT),
        ({"sentAt": "2026-03-10T11:00:00Z"}, AT),
        ({"timestamp": None}, AT),
        ({"timestamp": "yesterday", "sentAt": "2026-03-10T11:00:00Z"}, AT),
        # corrected before: an export of Segment's
        ({"timestamp": "2024-01-01T00:00:01Z", "originalTimestamp": "2024-01-01T00:00:00Z", "sentAt": "2024-01-01T00:00:05Z", "receivedAt": "2024-01-01T00:00:06Z"}, "2024-01-01T00:00:01Z"),
        ({"timestamp": "yesterday", "originalTimestamp": "2026-03-10T11:00:00Z", "sentAt": "2026-03-10T11:00:10Z"}, "2026-03-10T11:59:50.000Z"),
        # the year 9999 and a clock of 1970: no calendar has the sum
        ({"timestamp": "9999-01-01T00:00:00Z", "sentAt": "1970-01-02T00:00:00Z"}, "9999-01-01T00:00:00Z"),
    ],
)  # fmt: skip
def test_the_time_is_corrected_by_the_servers_clock(times, timestamp):
    found = completed({**CALL, **times})
    assert (found["timestamp"], found["receivedAt"]) == (timestamp, AT)


def test_the_clients_own_time_stays_as_it_was():
    assert completed({**CALL, "timestamp": "2026-03-10T11:00:00Z"})["originalTimestamp"] == "2026-03-10T11:00:00Z"
    assert completed({**CALL, "timestamp": "yesterday"})["originalTimestamp"] == "yesterday"
    assert "originalTimestamp" not in completed(CALL)


def test_a_batch_says_when_it_was_sent_unless_a_call_does():
    call = {**CALL, "timestamp": "2026-03-10T11:00:00Z"}
    found = completed(call, {"sentAt": "2026-03-10T11:00:10Z"})
    assert (found["sentAt"], found["timestamp"]) == ("2026-03-10T11:00:10Z", "2026-03-10T11:59:50.000Z")
    own = completed({**call, "sentAt": "2026-03-10T11:00:20Z"}, {"sentAt": "2026-03-10T11:00:10Z"})
    assert (own["sentAt"], own["timestamp"]) == ("2026-03-10T11:00:20Z", "2026-03-10T11:59:40.000Z")


@pytest.mark.parametrize("key", ["context", "integrations"])
@pytest.mark.parametrize(
    ("shared", "own", "merged"),
    [
        ({"a": 1, "b": {"x": 1}}, {"b": {"y": 2}, "c": 3}, {"a": 1, "b": {"y": 2}, "c": 3}),
        ({"a": 1}, None, {"a": 1}),
        ({"a": 1}, {}, {"a": 1}),
        (None, {"a": 1}, {"a": 1}),
        ("odd", {"a": 1}, {"a": 1}),
        ({"a": 1}, "odd", "odd"),
    ],
)
def test_what_a_batch_says_once_counts_for_each_call_that_does_not_say_it(key, shared, own, merged):
    assert completed({**CALL, key: own}, {key: shared})[key] == merged


def test_a_call_without_a_message_id_gets_the_same_one_again():
    message = {"type": "track", "event": "e", "userId": "u", "timestamp": AT}
    first: Any = Completer(Door(None, Facts("web", NOW)), {"sentAt": AT}).complete(message)[0]
    again: Any = Completer(Door(None, Facts("web", NOW + 60_000)), {"sentAt": "2026-03-10T12:01:00Z"}).complete(
        message
    )[0]
    other: Any = Completer(Door(None, Facts("app", NOW)), {}).complete(message)[0]
    assert first["messageId"] == again["messageId"] != other["messageId"]
    assert first["messageId"].startswith("derived-")


def test_a_call_without_any_time_has_its_batchs():
    message = {"type": "track", "event": "e", "userId": "u"}

    def id_of(sent_at, at):
        found: Any = Completer(Door(None, Facts("web", at)), {"sentAt": sent_at}).complete(message)[0]
        return found["messageId"]

    assert id_of(AT, NOW) == id_of(AT, NOW + 60_000)
    assert id_of(AT, NOW) != id_of("2026-03-10T12:00:01Z", NOW)
    assert id_of(None, NOW) == id_of(None, NOW + 500) != id_of(None, NOW + 60_000), "the second of arrival"


def test_a_call_of_too_many_levels_is_completed_as_far_as_can_be():
    for levels in (300, 900):
        deep: Any = 1
        for _ in range(levels):
            deep = {"a": deep}
        found = completed({"type": "track", "properties": deep})
        assert "messageId" not in found
        assert found["receivedAt"] == AT


def test_calls_that_are_alike_in_one_batch_are_meant():
    completer: Any = Completer(Door(None, Facts("web", NOW)), {"batch": []})
    message = {"type": "track", "event": "e", "userId": "u"}
    ids = [completer.complete(message)[0]["messageId"] for _ in range(3)]
    assert len(set(ids)) == 3
    alone: Any = Completer(Door(None, Facts("web", NOW)), {}).complete(message)[0]
    assert alone["messageId"] == ids[0]


@pytest.mark.parametrize(("name", "channel"), [*CHANNELS.items(), ("analytics-python", "server"), ("@segment/analytics-node", "server"), (5, "server"), ([], "server")])  # fmt: skip
def test_the_library_tells_the_channel(name, channel):
    assert completed({**CALL, "context": {"library": {"name": name}}})["channel"] == channel


def test_where_the_library_does_not_tell_a_page_does():
    assert completed(CALL)["channel"] == "server"
    assert completed(CALL, is_page=True)["channel"] == "browser"
    assert completed({**CALL, "context": {"channel": "mobile"}}, is_page=True)["channel"] == "mobile"
    assert completed({**CALL, "channel": "server"}, is_page=True)["channel"] == "server"


def test_the_address_is_that_of_the_users_own_device():
    assert completed({**CALL, "context": JS})["context"] == {**JS, "ip": "203.0.113.5"}
    assert completed({**CALL, "context": {"library": {"name": "analytics-python"}}})["context"].get("ip") is None
    assert completed(CALL, is_page=True)["context"] == {"ip": "203.0.113.5"}
    assert "context" not in completed(CALL, is_page=True, ip=None)


@pytest.mark.parametrize("ip", ["0.0.0.0", "198.51.100.7"])
def test_an_address_that_the_call_gives_stays(ip):
    assert completed({**CALL, "context": {**JS, "ip": ip}})["context"]["ip"] == ip
    assert completed({**CALL, "context": JS}, {"context": {"ip": ip}})["context"]["ip"] == ip


@pytest.mark.parametrize("message", [None, 5, "x", [], True])
def test_what_is_no_call_stays_so(message):
    assert completed(message, {"context": {"a": 1}}, kind="track") is message


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
TIMES = st.datetimes().map(datetime.isoformat) | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | ANY
MESSAGES = st.fixed_dictionaries(
    {},
    optional={
        **dict.fromkeys(("timestamp", "originalTimestamp", "sentAt", "receivedAt"), TIMES),
        **dict.fromkeys(("context", "integrations"), ANY | st.dictionaries(st.sampled_from(["ip", "library", "channel"]), ANY)),
        **dict.fromkeys(("messageId", "channel", "userId", "writeKey"), ANY),
    },
)  # fmt: skip


@given(MESSAGES | ANY, MESSAGES)
def test_any_message_in_any_batch_is_completed(message, batch):
    """Nothing is lost of it, and the times that are added can be read."""
    found = completed(message, batch)
    if not isinstance(message, dict):
        assert found is message
        return
    replaced = {"timestamp", "receivedAt", "context", "integrations"}
    for key, value in message.items():
        assert key in replaced or found[key] == value or value in (None, "", [], {})
    assert millis(found["timestamp"]) is not None
    assert found["receivedAt"] == AT
    assert json.dumps(found)


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_a_moment_is_written_as_it_is_read(moment):
    assert millis(iso(moment)) in (moment, None if moment == 0 else moment)

"""What goes into which request."""

import json
from urllib.parse import parse_qs

import pytest

from translator.deliver import requests_of
from translator.deliver.batches import cut, parts_of, request
from translator.deliver.hosts import address
from translator.parcels import Leased, Record
from translator.settings.values import Delivery, Destination

EVENT = Record("event", {"user_id": "u", "event_type": "e", "insert_id": "m"})
IDENTIFY = Record("identify", {"user_id": "u", "user_properties": {"$set": {"a": 1}}, "insert_id": "m"})
GROUP = Record(
    "group_identify",
    {
        "group_type": "t",
        "group_value": "v",
        "group_properties": {"$set": {"a": 1}},
        "insert_id": "m-2",
        "time": 5,
        "library": "segment",
    },
    {"user_id": "u"},
)
EVENTS = Destination("d", "key")
FORMS = Destination("d", "key", route="identify-apis")


def leased(subject, number=0):
    return Leased(str(number), "webhook", f"m{number}", subject, 0, b'{"type":"track"}')


def cut_apis(destination, *calls, **limits):
    parts = [
        part
        for number, (subject, records) in enumerate(calls)
        for part in parts_of(leased(subject, number), records, destination)
    ]
    return [(batch.api, [part.kind for part in batch.parts]) for batch in cut(parts, Delivery(**limits))]


@pytest.mark.parametrize(
    ("region", "api", "url"),
    [
        ("us", "http-v2", "https://api2.amplitude.com/2/httpapi"),
        ("us", "batch", "https://api2.amplitude.com/batch"),
        ("us", "identify", "https://api2.amplitude.com/identify"),
        ("us", "groupidentify", "https://api2.amplitude.com/groupidentify"),
        ("us", "usermap", "https://api.amplitude.com/usermap"),
        ("us", "deletions", "https://amplitude.com/api/2/deletions/users"),
        ("eu", "http-v2", "https://api.eu.amplitude.com/2/httpapi"),
        ("eu", "batch", "https://api.eu.amplitude.com/batch"),
        ("eu", "identify", "https://api.eu.amplitude.com/identify"),
        ("eu", "groupidentify", "https://api.eu.amplitude.com/groupidentify"),
        ("eu", "usermap", "https://api.eu.amplitude.com/usermap"),
        ("eu", "deletions", "https://analytics.eu.amplitude.com/api/2/deletions/users"),
    ],
)
def test_every_api_has_its_host_in_each_region(region, api, url):
    assert address(Destination("d", "k", region=region), api) == url
    assert address(Destination("d", "k", region=region, url="http://127.0.0.1:1/"), api).startswith(
        "http://127.0.0.1:1/"
    )


def test_route_events_is_one_ordered_stream():
    assert cut_apis(EVENTS, ("u", [IDENTIFY, GROUP]), ("u", [EVENT]), ("v", [EVENT])) == [
        ("http-v2", ["identify", "group_identify", "event", "event"])
    ]


def test_route_identify_apis_keeps_a_subjects_order_and_shares_requests():
    found = cut_apis(FORMS, ("u", [IDENTIFY, GROUP]), ("u", [EVENT]), ("v", [IDENTIFY, GROUP]), ("w", [EVENT]))
    assert found == [
        ("identify", ["identify", "identify"]),
        ("groupidentify", ["group_identify", "group_identify"]),
        ("http-v2", ["event", "event"]),
    ]


def test_operations_that_count_twice_travel_as_events():
    adding = Record("identify", {"user_id": "u", "user_properties": {"$add": {"n": 1}}})
    assert cut_apis(FORMS, ("u", [adding])) == [("http-v2", ["identify"])]


def test_requests_are_cut_by_count_and_bytes():
    assert [len(kinds) for _, kinds in cut_apis(EVENTS, *[("u", [EVENT])] * 5, batch_events=2)] == [2, 2, 1]
    big = Record("event", {"event_type": "e", "event_properties": {"t": "x" * 6000}})
    assert [len(kinds) for _, kinds in cut_apis(EVENTS, *[("u", [big])] * 3, batch_bytes=13_000)] == [2, 1]


def test_a_record_larger_than_a_request_goes_alone():
    huge = Record("event", {"event_type": "e", "event_properties": {"t": "x" * 20_000}})
    assert [len(kinds) for _, kinds in cut_apis(EVENTS, ("u", [huge]), ("u", [EVENT]), batch_bytes=10_000)] == [1, 1]


def test_group_identifies_are_cut_by_their_properties():
    many = Record(
        "group_identify",
        {"group_type": "t", "group_value": "v", "group_properties": {"$set": dict.fromkeys(map(str, range(600)), 1)}},
    )
    assert [len(kinds) for _, kinds in cut_apis(FORMS, ("u", [many]), ("v", [many]))] == [1, 1]


def test_an_event_request_carries_key_events_and_options():
    (batch,) = cut(parts_of(leased("u"), [IDENTIFY, GROUP, EVENT], EVENTS), Delivery())
    body = json.loads(request(batch, EVENTS).body)
    assert (body["api_key"], body["options"]) == ("key", {"min_id_length": 1})
    assert body["events"][0] == {"event_type": "$identify", **IDENTIFY.body}
    assert body["events"][1] == {
        "event_type": "$groupidentify", "user_id": "u", "groups": {"t": "v"}, "group_properties": {"$set": {"a": 1}},
        "insert_id": "m-2", "time": 5, "library": "segment",
    }  # fmt: skip
    assert body["events"][2] == EVENT.body


def test_forms_carry_arrays_and_options():
    first, second = cut(parts_of(leased("u"), [IDENTIFY, GROUP], FORMS), Delivery())
    made = request(first, FORMS)
    assert made.content_type == "application/x-www-form-urlencoded"
    form = {name: values[0] for name, values in parse_qs(made.body.decode()).items()}
    assert form["api_key"] == "key"
    assert json.loads(form["identification"]) == [IDENTIFY.body]
    assert json.loads(form["options"]) == {"min_id_length": 1}
    group = json.loads(parse_qs(request(second, FORMS).body.decode())["identification"][0])
    assert group == [{"group_type": "t", "group_value": "v", "group_properties": {"$set": {"a": 1}}}]


def test_deletions_go_with_both_keys_and_only_as_auth():
    destination = Destination("d", "key", secret_key="secret")
    (batch,) = cut(parts_of(leased("u"), [Record("user_deletion", {"user_id": "u"})], destination), Delivery())
    made = request(batch, destination)
    assert (made.auth, json.loads(made.body)) == (
        ("key", "secret"),
        {"user_ids": ["u"], "requester": "segment", "ignore_invalid_id": "true"},
    )


def test_keys_are_in_no_repr_and_masked_for_people():
    (batch,) = cut(parts_of(leased("u"), [EVENT], Destination("d", "hush-key")), Delivery())
    assert "hush-key" not in repr(request(batch, Destination("d", "hush-key")))
    shown = requests_of([IDENTIFY, EVENT], Destination("d", "hush-key", route="identify-apis"))
    assert [(one["url"].rpartition("/")[2], (one.get("form") or one["json"])["api_key"]) for one in shown] == [
        ("identify", "***"),
        ("httpapi", "***"),
    ]

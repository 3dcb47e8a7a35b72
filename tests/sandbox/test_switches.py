"""Faults on demand: by form and by JSON."""

import html
import json
import re
import time
from typing import Any

import pytest
import requests

from tests.sandbox.calls import HOSTILE, event, form, page, send, view


def switch(running, status=303, path="/faults/add", **fields):
    answer = requests.post(running.url + path, data=fields, timeout=5, allow_redirects=False)
    assert answer.status_code == status, answer.text
    return answer


def behave(running, expected=200, **asked):
    answer = requests.post(running.url + "/api/behaviour", json=asked, timeout=5)
    assert answer.status_code == expected, answer.text
    return answer.json()


@pytest.mark.parametrize(("path", "threshold"), [("/2/httpapi", 30), ("/batch", 1000)])
def test_a_throttled_user_is_429_for_as_many_requests_and_only_where_it_is(amplitude, path, threshold):
    behave(amplitude, settings={"throttle_users": {"user-1": 2}})
    assert send(amplitude, event(user_id="user-2"), path=path).status_code == 200
    answer = send(amplitude, event(user_id="user-2"), event(), event(user_id="user-3"), event(), path=path)
    assert (answer.status_code, answer.json()) == (
        429,
        {
            "code": 429, "error": "Too many requests for some devices and users", "eps_threshold": threshold,
            "throttled_devices": {}, "throttled_users": {"user-1": threshold + 2}, "throttled_events": [1, 3],
        },
    )  # fmt: skip
    assert [row["body"]["user_id"] for row in view(amplitude, "/api/events")] == ["user-2"], "refused whole"
    assert "1 more request" in page(amplitude, "/faults")
    assert [send(amplitude, event(), path=path).status_code for _ in range(2)] == [429, 200]


def test_a_throttled_user_is_429_until_cleared_at_identify_too(amplitude):
    switch(amplitude, fault="throttle", user="user-1")
    assert [send(amplitude, event()).status_code for _ in range(3)] == [429] * 3
    answer = form(amplitude, "/identify", identification={"user_id": "user-1", "user_properties": {"a": 1}})
    assert answer.status_code == 429
    assert form(amplitude, "/identify", identification={"user_id": "user-2", "user_properties": {}}).status_code == 200
    assert "until cleared" in page(amplitude, "/faults")
    switch(amplitude, path="/faults/clear")
    assert send(amplitude, event()).status_code == 200


@pytest.mark.parametrize("asked", [["user-1"], {"user-1": None}])
def test_throttled_users_come_as_a_list_or_with_null(amplitude, asked):
    behave(amplitude, settings={"throttle_users": asked})
    assert send(amplitude, event()).status_code == 429
    behave(amplitude, settings={"throttle_users": {"user-1": 0}})
    assert send(amplitude, event()).status_code == 200
    behave(amplitude, settings={"throttle_users": asked})
    behave(amplitude, clear=True)
    assert send(amplitude, event()).status_code == 200


@pytest.mark.parametrize("asked", [3, "user-1", {"user-1": -1}, {"user-1": "x"}, {"user-1": True}, [1]])
def test_what_is_no_throttling_is_400_and_changes_nothing(amplitude, asked):
    settings = {"throttle_users": asked, "refuse": {"m-1": 400}}
    assert "throttle_users must be" in behave(amplitude, 400, settings=settings)["error"]
    assert send(amplitude, event(insert_id="m-1")).status_code == 200


def test_503_for_the_next_requests_at_a_door(amplitude):
    switch(amplitude, fault="unavailable", count="2", door="/batch")
    assert "at /batch: 2 more requests" in page(amplitude, "/faults")
    assert send(amplitude, event()).status_code == 200
    answer = send(amplitude, event(), path="/batch")
    assert (answer.status_code, answer.json()["code"]) == (503, 503)
    assert [send(amplitude, event(), path="/batch").status_code for _ in range(2)] == [503, 200]
    assert len(view(amplitude, "/api/events")) == 2
    assert "Nothing: it answers as it should." in page(amplitude, "/faults")


def test_slow_answers_are_the_true_ones_and_the_data_is_taken(amplitude):
    switch(amplitude, fault="slow", seconds="1", count="2")
    start = time.monotonic()
    answer = send(amplitude, event())
    assert time.monotonic() - start >= 1
    assert (answer.status_code, answer.json()["events_ingested"]) == (200, 1)
    assert len(view(amplitude, "/api/events")) == 1
    assert send(amplitude, event(user_id="abc")).status_code == 400, "what is refused stays refused"


def test_an_invalid_key_on_demand(amplitude):
    switch(amplitude, fault="key", count="1")
    answer = send(amplitude, event())
    assert (answer.status_code, answer.json()) == (400, {"code": 400, "error": "Invalid API key"})
    assert view(amplitude, "/api/events") == []


def test_a_lost_answer(amplitude):
    switch(amplitude, fault="lost", count="1")
    with pytest.raises(requests.ConnectionError):
        send(amplitude, event())
    assert len(view(amplitude, "/api/events")) == 1
    assert "taken, and the answer was lost (a switch)" in page(amplitude, "/requests?status=closed")


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"fault": "no such"}, "There is no such switch."),
        ({"fault": "throttle", "user": " "}, "Say which user: its user id."),
        ({"fault": "slow", "door": "/" + HOSTILE}, "There is no such door."),
    ],
)
def test_a_form_that_is_wrong_says_so(amplitude, fields, said):
    assert said in switch(amplitude, 400, **fields).text
    assert behave(amplitude, clear=True) == []


@pytest.mark.parametrize("odd", ["", "x", "nan", "inf", "-5", "1e999"])
def test_odd_numbers_stay_within_bounds(amplitude, odd):
    switch(amplitude, fault="slow", seconds=odd, count=odd)
    (pending,) = requests.get(amplitude.url + "/api/behaviour", timeout=5).json()
    assert 1 <= pending["delay_seconds"] <= 120
    assert 1 <= pending["next"] <= 100_000
    assert isinstance(pending["next"], int)


def test_refused_insert_ids_are_shown_and_can_be_taken_again(amplitude):
    behave(amplitude, settings={"refuse": {HOSTILE: 400}})
    assert HOSTILE not in page(amplitude, "/faults")
    assert "1 insert id" in page(amplitude, "/faults")
    assert send(amplitude, event(insert_id=HOSTILE)).status_code == 400
    switch(amplitude, path="/faults/refused/clear")
    assert send(amplitude, event(insert_id=HOSTILE)).status_code == 200


def test_forgetting_asks_first_and_then_forgets(amplitude):
    send(amplitude, event(groups={"t": "v"}, event_properties={"x": "y" * 2000}))
    behave(amplitude, settings={"throttle_users": ["user-1"]})
    assert "Forget everything?" in page(amplitude, "/forget")
    assert len(view(amplitude, "/api/events")) == 1
    assert switch(amplitude, path="/forget").headers["Location"] == "/"
    assert [view(amplitude, f"/api/{what}") for what in ("events", "users", "groups", "requests")] == [[], [], [], []]
    assert (view(amplitude, "/api/drops")["counts"], view(amplitude, "/api/counts")) == ({}, {})
    assert send(amplitude, event()).status_code == 200


def test_the_request_log_says_what_became_of_each(amplitude):
    send(amplitude, event(insert_id="1"), event(insert_id="1"), event(groups={"t": [str(n) for n in range(11)]}))
    send(amplitude, {"event_type": "e"}, event(quantity=2.5), path="/batch")
    behave(amplitude, status=503)
    send(amplitude, event())
    behave(amplitude, delay_seconds=0.1, ingest=True)
    send(amplitude, event())
    rows = view(amplitude, "/api/requests")
    assert [(row["verdict"], row["fresh"], row["duplicates"], row["drops"]) for row in rows] == [
        ("taken", 2, 1, 1),
        ("refused: Request missing required field: user_id (missing fields), quantity (invalid fields)", 0, 0, 0),
        ("not taken (a switch)", 0, 0, 0),
        ("taken, after 0.1 s (a switch)", 1, 0, 0),
    ]


def deep(layers):
    value: Any = 1
    for _ in range(layers):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"next": 0}, "next must be a whole number, 1 or more"),
        ({"next": -1}, "next must be"),
        ({"next": True}, "next must be"),
        ({"path": 1}, "path must be text"),
        ({"status": 0}, "status must be a whole number from 200 to 599"),
        ({"status": 99999}, "status must be"),
        ({"status": 100}, "status must be"),
        ({"status": True}, "status must be"),
        ({"status": 503.0}, "status must be"),
        ({"body": deep(400)}, "body must be an object or text that is not nested deeper than 250 layers"),
        ({"headers": []}, "headers must be an object of header names to texts"),
        ({"headers": {"a b": "c"}}, "headers must be"),
        ({"headers": {"": "c"}}, "headers must be"),
        ({"headers": {"a\n": "c"}}, "headers must be"),
        ({"headers": {"a": "b\nc: d"}}, "headers must be"),
        ({"headers": {"a": "b\r"}}, "headers must be"),
        ({"headers": {"a": "\u20ac"}}, "headers must be"),
        ({"headers": {"a": 5}}, "headers must be"),
        ({"delay_seconds": True}, "delay_seconds must be a number from 0 to 120"),
        ({"delay_seconds": -1}, "delay_seconds must be"),
        ({"delay_seconds": 121}, "delay_seconds must be"),
        ({"delay_seconds": "1"}, "delay_seconds must be"),
        ({"hang": 1}, "hang must be true or false"),
        ({"close": 0}, "close must be true or false"),
        ({"ingest": "yes"}, "ingest must be true or false"),
        ({"settings": 1}, "settings must be an object"),
        ({"settings": {"refuse": {"m-1": 200}}}, "refuse must be an object of insert id to status, from 400 to 599"),
        ({"settings": {"refuse": {"m-1": True}}}, "refuse must be"),
        ({"settings": {"refuse": ["m-1"]}}, "refuse must be"),
        ({"settings": {"refused": {}}}, "unknown settings: refused; there are: group_identify_needs_ids, refuse"),
        ({"settings": {"group_identify_needs_ids": 1}}, "group_identify_needs_ids must be true or false"),
    ],
)
def test_what_cannot_be_answered_is_400_and_changes_nothing(amplitude, asked, said):
    assert behave(amplitude, 400, **asked)["error"].startswith(said)
    assert requests.get(amplitude.url + "/api/behaviour", timeout=5).json() == []
    assert send(amplitude, event(insert_id="m-1")).status_code == 200
    assert page(amplitude, "/faults")


def test_the_deepest_body_and_odd_headers_are_answered_and_shown(amplitude):
    behave(amplitude, status=599, body=deep(249), headers={"X-A!": "b \u00e4"})
    answer = send(amplitude, event())
    assert (answer.status_code, answer.headers["X-A!"], answer.json()) == (599, "b \u00e4", deep(249))
    assert view(amplitude, "/api/requests")[0]["answer"] == deep(249)
    assert "[" in page(amplitude, "/requests")


@pytest.mark.parametrize("odd", [{"a": 1}, ["m-1"], 1, None])
def test_an_insert_id_that_is_no_text_is_not_refused_by_a_switch(amplitude, odd):
    behave(amplitude, settings={"refuse": {"m-1": 400}})
    one = {"group_type": "t", "group_value": "v", "group_properties": {}, "insert_id": odd}
    assert form(amplitude, "/groupidentify", identification=one).text == "success"
    mapping = {"user_id": "user-1", "global_user_id": "user-2", "insert_id": odd}
    assert form(amplitude, "/usermap", mapping=mapping).text == "success"
    answer = form(amplitude, "/usermap", mapping={**mapping, "insert_id": "m-1"})
    assert (answer.status_code, answer.text) == (400, "refused")


def test_the_request_log_says_who_refused(amplitude):
    verdicts = []
    behave(amplitude, close=True, ingest=True)
    with pytest.raises(requests.ConnectionError):
        send(amplitude, {"event_type": "e"})
    verdicts.append(
        "refused: Request missing required field: user_id (missing fields), and the answer was lost (a switch)"
    )
    behave(amplitude, delay_seconds=0.1, ingest=True)
    send(amplitude, event(user_id="abc"))
    verdicts.append("user_id (invalid id lengths), after 0.1 s (a switch)")
    behave(amplitude, settings={"throttle_users": {"user-1": 2}})
    send(amplitude, event())
    verdicts.append("refused: Too many requests for some devices and users (a switch)")
    form(amplitude, "/identify", identification={"user_id": "user-1"})
    verdicts.append("refused: Too many requests for some devices and users (a switch)")
    behave(amplitude, settings={"refuse": {"m-1": 400, "m-2": 500}})
    send(amplitude, event(insert_id="m-1"))
    verdicts.append("refused: Invalid fields: event_properties (invalid fields) (a switch)")
    send(amplitude, event(insert_id="m-2"))
    verdicts.append("refused: refused (a switch)")
    send(amplitude, event(user_id="abc"))
    rows = [row["verdict"] for row in view(amplitude, "/api/requests")]
    assert [said.endswith(end) for said, end in zip(rows, verdicts, strict=False)] == [True] * 6, rows
    assert rows[6].startswith("refused: ")
    assert "(a switch)" not in rows[6]
    assert view(amplitude, "/api/counts").get("event", 0) == 0


def test_where_only_a_delay_is_asked_for_the_answer_is_the_true_one(amplitude):
    behave(amplitude, delay_seconds=0.3, path="/2/httpapi")
    start = time.monotonic()
    answer = send(amplitude, event())
    assert time.monotonic() - start >= 0.3
    assert (answer.status_code, answer.json()["events_ingested"]) == (200, 1)
    assert len(view(amplitude, "/api/events")) == 1
    for more in ({"status": 503}, {"ingest": False}):
        behave(amplitude, delay_seconds=0.1, **more)
        send(amplitude, event())
    assert len(view(amplitude, "/api/events")) == 1


def test_ids_that_group_identifies_need_are_a_switch_that_is_shown_and_cleared(amplitude):
    lone = {"event_type": "$groupidentify", "groups": {"org": "Acme"}, "group_properties": {}}
    behave(amplitude, settings={"group_identify_needs_ids": True})
    assert send(amplitude, lone).status_code == 400
    text = page(amplitude, "/faults")
    assert "to group identifies without a user or device id" in text
    assert "Nothing: it answers as it should." not in text
    behave(amplitude, clear=True)
    assert send(amplitude, lone).status_code == 200
    assert "Nothing: it answers as it should." in page(amplitude, "/faults")


def test_the_request_log_says_which_records_a_request_held(amplitude):
    send(amplitude, event(insert_id="1"), event(insert_id="1"), event(event_type="$identify", user_id="user-2"))
    send(amplitude, 7, event(user_id={"a": 1}, event_type=["x"], insert_id=[1]), path="/batch")
    form(amplitude, "/groupidentify", identification={"group_type": "t", "group_value": "v", "group_properties": {}})
    send(amplitude, *[event(insert_id=f"x{n}") for n in range(25)])
    mixed, bad, group, many = (row["held"] for row in view(amplitude, "/api/requests"))
    assert mixed == [
        {"kind": "event", "event_type": "e", "user": "user-1", "insert_id": "1", "number": 1},
        {"kind": "event", "event_type": "e", "user": "user-1", "insert_id": "1", "number": None},
        {"kind": "identify", "event_type": "$identify", "user": "user-2", "insert_id": None, "number": 2},
    ]
    nothing = {"event_type": None, "user": None, "insert_id": None, "number": None}
    assert bad == [{"kind": "no object", **nothing}, {"kind": "event", **nothing}]
    assert group == [{**nothing, "kind": "group_identify", "number": 3}]
    assert [(one["insert_id"], one["number"]) for one in many] == [(f"x{n}", n + 4) for n in range(20)]
    assert view(amplitude, "/api/records/4")["body"]["insert_id"] == "x0"
    text = page(amplitude, "/requests")
    assert "and 5 more records" in text
    assert "duplicate, ignored" in text
    assert "not taken" in text
    for link in set(re.findall(r'href="(/(?:records|users)/[^"]*)"', text)):
        assert page(amplitude, link), link


def test_hostile_records_of_a_request_are_text(amplitude):
    send(amplitude, {"user_id": HOSTILE, "event_type": HOSTILE, "insert_id": HOSTILE}, {"user_id": HOSTILE})
    text = page(amplitude, "/requests")
    assert HOSTILE not in text
    assert html.escape(HOSTILE) in text


@pytest.mark.parametrize("content_type", [None, "application/x-www-form-urlencoded", "text/plain"])
@pytest.mark.parametrize("path", ["/2/httpapi", "/batch"])
def test_json_is_read_whatever_it_says_that_it_is(amplitude, path, content_type):
    body = json.dumps({"api_key": "k", "events": [event(event_properties={"a": "b=c&d"})]})
    headers = {"Content-Type": content_type} if content_type else {}
    answer = requests.post(amplitude.url + path, data=body.encode(), headers=headers, timeout=5)
    assert (answer.status_code, answer.json()["payload_size_bytes"]) == (200, len(body))

"""The local Amplitude answers as Amplitude's pages say (amplitude-api.md, by section)."""

import gzip
import http.client
import json
import os
import stat
import threading
import tracemalloc
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.calls import event, form, send, view
from translator import sandbox
from translator.sandbox.operations import apply


@pytest.mark.parametrize("path", ["/2/httpapi", "/batch"])
def test_good_events_are_taken(amplitude, path):
    answer = send(amplitude, event(insert_id="1"), event(insert_id="2"), path=path)
    assert (answer.status_code, answer.json()["code"], answer.json()["events_ingested"]) == (200, 200, 2)
    assert [row["body"]["insert_id"] for row in view(amplitude, "/api/events")] == ["1", "2"]


def test_http_v2_names_the_first_bad_event_of_a_field_and_batch_all(amplitude):
    bad = [{"user_id": "user-1"}, event(), {"user_id": "user-1"}]
    assert send(amplitude, *bad).json()["events_with_missing_fields"] == {"event_type": [0]}
    assert send(amplitude, *bad, path="/batch").json()["events_with_missing_fields"] == {"event_type": [0, 2]}
    assert view(amplitude, "/api/events") == []


@pytest.mark.parametrize(
    ("bad", "name", "key"),
    [
        (event(time="2024-03-10"), "events_with_invalid_fields", "time"),
        (event(user_id="abc"), "events_with_invalid_id_lengths", "user_id"),
        (event(user_id="Anonymous"), "events_with_invalid_fields", "user_id"),
        (event(user_id=12345), "events_with_invalid_fields", "user_id"),
        ({"event_type": "e"}, "events_with_missing_fields", "user_id"),
        (event(event_properties=[]), "events_with_invalid_fields", "event_properties"),
        (event(quantity=2.5), "events_with_invalid_fields", "quantity"),
    ],
)
def test_bad_events_are_400_by_field_and_index(amplitude, bad, name, key):
    answer = send(amplitude, event(), bad)
    assert (answer.status_code, answer.json()[name]) == (400, {key: [1]})


def test_short_ids_pass_with_min_id_length(amplitude):
    assert send(amplitude, event(user_id="u"), min_id_length=1).status_code == 200


def test_what_is_no_request_is_400(amplitude):
    assert requests.post(amplitude.url + "/2/httpapi", data=b"", timeout=5).json()["error"] == "Missing request body"
    assert (
        requests.post(amplitude.url + "/2/httpapi", data=b"{", timeout=5).json()["error"] == "Invalid JSON request body"
    )
    assert send(amplitude, event(), key="").json()["missing_field"] == "api_key"
    assert send(amplitude).json()["missing_field"] == "events"


def test_a_key_that_is_not_known_is_400():
    running = sandbox.start(keys=frozenset({"good"}))
    assert send(running, event(), key="bad").json() == {"code": 400, "error": "Invalid API key"}
    assert send(running, event(), key="good").status_code == 200
    running.stop()


def test_sizes_are_413(amplitude):
    assert send(amplitude, event(event_properties={"t": "x" * 1024 * 1024})).status_code == 413
    assert send(amplitude, event(event_properties={"t": "x" * 1024 * 1024}), path="/batch").status_code == 200
    assert send(amplitude, *[event()] * 2001).status_code == 413


def gzipped(running, path, plain):
    headers = {"Content-Encoding": "gzip", "Content-Type": "application/json"}
    return requests.post(running.url + path, data=plain, headers=headers, auth=("k", "s"), timeout=30)


def test_gzip_is_inflated_no_further_than_a_body_may_be(amplitude):
    good = json.dumps({"api_key": "k", "events": [event()]}).encode()
    middle = len(good) // 2
    for body in (gzip.compress(good), gzip.compress(good[:middle]) + gzip.compress(good[middle:]) + b"\0\0"):
        answer = gzipped(amplitude, "/2/httpapi", body)
        assert (answer.status_code, answer.json()["payload_size_bytes"]) == (200, len(good))
    bomb = b"".join([gzip.compress(b" " * 2**24)] * 32)
    assert len(bomb) < 600_000
    tracemalloc.start()
    try:
        for path in ("/2/httpapi", "/batch", "/api/2/deletions/users"):
            answer = gzipped(amplitude, path, bomb)
            assert (answer.status_code, answer.json()["error"]) == (413, "Payload too large")
        assert tracemalloc.get_traced_memory()[1] < 2**27
    finally:
        tracemalloc.stop()
    for bad in (gzip.compress(good)[:-9], b"{", gzip.compress(good) + b"x", gzip.compress(b" ") * 101):
        answer = gzipped(amplitude, "/2/httpapi", bad)
        assert (answer.status_code, answer.json()["error"]) == (400, "Invalid JSON request body")


def test_what_no_door_takes_is_not_read(amplitude):
    connection = http.client.HTTPConnection(amplitude.url.removeprefix("http://"), timeout=5)
    connection.putrequest("POST", "/batch")
    connection.putheader("Content-Length", str(2**30))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_repeated_insert_id_counts_once_per_device(amplitude):
    send(amplitude, event(insert_id="1"), event(insert_id="1"), event(insert_id="1", device_id="device-1"))
    assert len(view(amplitude, "/api/events")) == 2
    assert view(amplitude, "/api/counts")["duplicates"] == 1


def test_event_level_groups_are_on_that_event_and_user_level_ones_stay(amplitude):
    send(amplitude, event(groups={"team": "red"}), event())
    form(amplitude, "/identify", identification={"user_id": "user-1", "groups": {"org": "Acme"}})
    send(amplitude, event(), event(groups={"org": "Other"}))
    in_force = [row["groups_in_force"] for row in view(amplitude, "/api/events") if row["kind"] == "event"]
    assert in_force == [{"team": "red"}, {}, {"org": "Acme"}, {"org": "Other"}]
    assert view(amplitude, "/api/users/user-1")["groups"] == {"org": "Acme"}
    groups = {(one["group_type"], one["group_value"]): one["events"] for one in view(amplitude, "/api/groups")}
    assert groups == {("team", "red"): 1, ("org", "Acme"): 1, ("org", "Other"): 1}


@pytest.mark.parametrize("way", ["form", "event"])
def test_identify_and_group_identify_come_by_form_or_as_events(amplitude, way):
    if way == "form":
        assert (
            form(amplitude, "/identify", identification=[{"user_id": "user-1", "user_properties": {"a": 1}}]).text
            == "success"
        )
        one = {"group_type": "org", "group_value": "Acme", "group_properties": {"plan": "pro"}}
        assert form(amplitude, "/groupidentify", identification=[one]).text == "success"
    else:
        send(amplitude, event(event_type="$identify", user_properties={"$set": {"a": 1}}))
        send(
            amplitude,
            {"event_type": "$groupidentify", "groups": {"org": "Acme"}, "group_properties": {"$set": {"plan": "pro"}}},
        )
    assert view(amplitude, "/api/users/user-1")["user_properties"] == {"a": 1}
    (group,) = view(amplitude, "/api/groups")
    assert (group["group_value"], group["group_properties"]) == ("Acme", {"plan": "pro"})
    assert view(amplitude, "/api/users/user-1")["events"] == 0


def test_group_identify_without_ids_can_be_refused(amplitude):
    lone = {"event_type": "$groupidentify", "groups": {"org": "Acme"}, "group_properties": {}}
    assert send(amplitude, lone).status_code == 200
    requests.post(amplitude.url + "/api/behaviour", json={"settings": {"group_identify_needs_ids": True}}, timeout=5)
    assert send(amplitude, lone).json()["events_with_missing_fields"] == {"user_id": [0]}


@pytest.mark.parametrize(
    ("path", "fields", "said"),
    [
        ("/identify", {}, "missing_event"),
        ("/identify", {"identification": [{"user_properties": {}}]}, "invalid user_id or device_id"),
        (
            "/groupidentify",
            {"identification": {"group_type": "t", "group_value": ["a"]}},
            "group_type and group_value must be text",
        ),
        ("/usermap", {"mapping": [{"user_id": "a"}]}, "global_user_id is missing"),
    ],
)
def test_bad_forms_are_400_with_a_text(amplitude, path, fields, said):
    answer = form(amplitude, path, **fields)
    assert (answer.status_code, answer.text) == (400, said)


def test_user_mapping_and_deletion_are_noted(amplitude):
    form(amplitude, "/usermap", mapping=[{"user_id": "old-user", "global_user_id": "new-user"}])
    url = amplitude.url + "/api/2/deletions/users"
    asked: dict[str, Any] = {"user_ids": ["user-9", "nobody"], "requester": "segment"}
    send(amplitude, event(user_id="user-9"))
    assert requests.post(url, json=asked, timeout=5).status_code == 401
    assert requests.post(url, json=asked, auth=("k", "s"), timeout=5).status_code == 400, "nobody is unknown"
    assert requests.get(url + "?start_day=2000-01-01&end_day=2999-01-01", auth=("k", "s"), timeout=5).json() == []
    (job,) = requests.post(url, json={**asked, "ignore_invalid_id": "true"}, auth=("k", "s"), timeout=5).json()
    assert (job["status"], job["invalid_ids"]) == ("staging", ["nobody"])
    (listed,) = requests.get(url + "?start_day=2000-01-01&end_day=2999-01-01", auth=("k", "s"), timeout=5).json()
    assert [(one["user_id"], one["requester"]) for one in listed["amplitude_ids"]] == [("user-9", "segment")]
    assert requests.get(url + "?start_day=2000-01-01&end_day=2001-01-01", auth=("k", "s"), timeout=5).json() == []
    assert view(amplitude, "/api/users/old-user")["mapped_to"] == "new-user"
    assert view(amplitude, "/api/users/user-9")["deletion_requested"] is True


def delete(amplitude, **asked):
    return requests.post(amplitude.url + "/api/2/deletions/users", json=asked, auth=("k", "s"), timeout=5)


def test_deletions_take_amplitude_ids_too(amplitude):
    send(amplitude, event(), event(user_id="user-2"))
    number = view(amplitude, "/api/users/user-2")["amplitude_id"]
    assert delete(amplitude, amplitude_ids=[1]).status_code == 400, "unknown"
    (job,) = delete(amplitude, amplitude_ids=[number, 1], user_ids=["user-2"], ignore_invalid_id=True).json()
    assert ([one["amplitude_id"] for one in job["amplitude_ids"]], job["invalid_ids"]) == ([number], [1])
    assert [one["deletion_requested"] for one in view(amplitude, "/api/users")] == [False, True]


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"amplitude_ids": [True]},
        {"amplitude_ids": ["1"]},
        {"user_ids": "user-1"},
        {"user_ids": [""]},
        {"user_ids": ["user-1"] * 60, "amplitude_ids": [1] * 41},
    ],
)
def test_what_is_no_deletion_is_400(amplitude, asked):
    send(amplitude, event())
    assert delete(amplitude, **asked, ignore_invalid_id="true").status_code == 400


def test_there_is_no_job_for_nobody(amplitude):
    answer = delete(amplitude, user_ids=["nobody"], ignore_invalid_id="true")
    assert (answer.status_code, answer.json()) == (200, [{"amplitude_ids": [], "invalid_ids": ["nobody"]}])
    url = amplitude.url + "/api/2/deletions/users?start_day=1970-01-01&end_day=2999-01-01"
    assert requests.get(url, auth=("k", "s"), timeout=5).json() == []


def test_ids_that_are_only_too_short_have_an_error_of_their_own(amplitude):
    short = "Invalid id length for user_id or device_id"
    assert send(amplitude, event(user_id="abc")).json()["error"] == short
    assert send(amplitude, event(user_id="abc"), event(user_id="nil")).json()["error"] != short
    assert send(amplitude, event(user_id="abc"), {"user_id": "user-1"}).json()["error"] != short


def test_http_v2_takes_fewer_than_2000_events_and_batch_2000(amplitude):
    assert [send(amplitude, *[event()] * count).status_code for count in (1999, 2000)] == [200, 413]
    assert [send(amplitude, *[event()] * count, path="/batch").status_code for count in (2000, 2001)] == [200, 413]


@pytest.mark.parametrize("key", ["user_properties", "groups", "platform", "country"])
def test_identify_takes_null_where_events_do_and_no_other_types(amplitude, key):
    good, bad = ({"user_id": "user-1", key: value} for value in (None, 7))
    assert form(amplitude, "/identify", identification=good).status_code == 200
    answer = form(amplitude, "/identify", identification=bad)
    assert (answer.status_code, answer.text) == (400, f"invalid type of {key}")
    assert send(amplitude, {**good, "event_type": "e"}).status_code == 200
    assert send(amplitude, {**bad, "event_type": "e"}).status_code == 400


def test_limits_drop_in_silence(amplitude):
    send(amplitude, event(groups={f"t{n}": "v" for n in range(6)}), event(groups={"t0": [str(n) for n in range(12)]}))
    assert len({one["group_type"] for one in view(amplitude, "/api/groups")}) == 5
    assert len([one for one in view(amplitude, "/api/groups") if one["group_type"] == "t0"]) == 11
    send(amplitude, event(user_id="user-2", user_properties={"t": "x" * 2000}))
    assert len(view(amplitude, "/api/users/user-2")["user_properties"]["t"]) == 1024


def test_operations_are_applied_in_the_servers_order():
    have: dict[str, Any] = {"gone": 1, "n": 1, "list": ["a"], "once": 1}
    apply(
        have, {"$add": {"n": 2}, "$unset": {"gone": "-"}, "$setOnce": {"once": 2, "new": 3}, "$append": {"list": ["b"]}}
    )
    apply(have, {"$prepend": {"list": "z"}, "$postInsert": {"list": ["a", "c"]}, "$preInsert": {"list": ["y"]}})
    apply(have, {"$remove": {"list": "b"}})
    assert have == {"n": 3, "once": 1, "new": 3, "list": ["y", "z", "a", "c"]}
    apply(have, {"$clearAll": "-"})
    assert have == {}


def test_sums_beyond_what_a_double_holds_are_doubles_and_are_shown(amplitude):
    most = 2**63 - 1
    for _ in range(3):
        send(amplitude, event(groups={"t": "v"}, user_properties={"$add": {"n": most, "small": 2**52}}))
    form(
        amplitude,
        "/groupidentify",
        identification=[{"group_type": "t", "group_value": "v", "group_properties": {"$add": {"n": most}}}] * 3,
    )
    properties = view(amplitude, "/api/users/user-1")["user_properties"]
    assert properties == {"n": 3 * 2.0**63, "small": 3 * 2**52}
    assert view(amplitude, "/api/users")[0]["user_properties"] == properties
    assert view(amplitude, "/api/groups")[0]["group_properties"] == {"n": 3 * 2.0**63}
    for path in ("/", "/users", "/users/user-1", "/groups", "/groups/t/v"):
        assert requests.get(amplitude.url + path, timeout=5).status_code == 200, path


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ([True, 1, "a"], {"$remove": {"l": [1]}}, [True, "a"]),
        ([1, {"a": True}], {"$remove": {"l": [{"a": 1}]}}, [1, {"a": True}]),
        ([{"a": [1, 2]}, 2], {"$remove": {"l": [{"a": [1.0, 2]}, 2.0]}}, []),
        ([1], {"$postInsert": {"l": [True, 1.0]}}, [1, True]),
        ([False], {"$preInsert": {"l": [0, False]}}, [0, False]),
        (["z"], {"$preInsert": {"l": ["a", "b", "a", "z"]}}, ["a", "b", "z"]),
        (["z"], {"$postInsert": {"l": ["a", "a", "b"]}}, ["z", "a", "b"]),
    ],
)
def test_list_operations_compare_as_json_does(before, change, after):
    have: dict[str, Any] = {"l": before}
    apply(have, change)
    assert json.dumps(have) == json.dumps({"l": after}), "in Python True == 1"


def test_a_door_takes_the_groups_of_its_own_keys(amplitude):
    one = {"group_type": "org", "group_value": "Acme", "groups": {"x": "y"}, "group_properties": {"plan": "pro"}}
    form(amplitude, "/groupidentify", identification=one)
    assert [(row["group_type"], row["group_value"]) for row in view(amplitude, "/api/groups")] == [("org", "Acme")]
    lone = {"event_type": "$groupidentify", "groups": {"team": "red"}, "group_type": "x", "group_value": "y"}
    send(amplitude, {**lone, "group_properties": {"n": 1}})
    assert {row["group_type"] for row in view(amplitude, "/api/groups")} == {"org", "team"}


def test_ids_are_compared_as_they_are_kept(amplitude):
    send(amplitude, event(insert_id="x" * 1024 + "a"), event(insert_id="x" * 1024 + "b"), event(insert_id="x" * 1023))
    send(amplitude, event(insert_id="1", device_id="d" * 1025), event(insert_id="1", device_id="d" * 1026))
    assert view(amplitude, "/api/counts")["duplicates"] == 2


def behave(running, **asked):
    assert requests.post(running.url + "/api/behaviour", json=asked, timeout=5).status_code == 200


def test_the_next_requests_get_what_was_asked_for(amplitude):
    behave(amplitude, next=2, status=503, body={"error": "busy"}, headers={"Retry-After": "7"})
    first = send(amplitude, event())
    assert (first.status_code, first.json(), first.headers["Retry-After"]) == (503, {"error": "busy"}, "7")
    assert [send(amplitude, event()).status_code for _ in range(2)] == [503, 200]
    assert len(view(amplitude, "/api/events")) == 1


def test_an_answer_can_be_lost_after_the_data_was_taken(amplitude):
    behave(amplitude, close=True, ingest=True)
    with pytest.raises(requests.ConnectionError):
        send(amplitude, event(insert_id="1"))
    assert len(view(amplitude, "/api/events")) == 1


def test_an_answer_can_hang_until_it_is_let_go(amplitude):
    behave(amplitude, hang=True)
    threading.Timer(
        0.3, lambda: requests.post(amplitude.url + "/api/behaviour", json={"clear": True}, timeout=5)
    ).start()
    assert send(amplitude, event()).status_code == 200


def test_a_behaviour_that_does_not_exist_says_what_there_is(amplitude):
    answer = requests.post(amplitude.url + "/api/behaviour", json={"stauts": 1}, timeout=5)
    assert answer.status_code == 400
    assert "unknown: stauts; there are:" in answer.json()["error"]


def test_what_came_is_kept_in_a_file_and_a_truncated_line_forgiven(tmp_path):
    file = tmp_path / "amplitude.jsonl"
    running = sandbox.start(data=str(file))
    send(running, event(insert_id="1", groups={"t": "v"}))
    running.stop()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_bytes(file.read_bytes() + b'{"api": "http-v2", "proj')
    again = sandbox.start(data=str(file))
    assert [row["body"]["insert_id"] for row in view(again, "/api/events")] == ["1"]
    send(again, event(insert_id="1"))
    assert view(again, "/api/counts")["duplicates"] == 1
    again.stop()


def test_what_comes_after_a_half_line_is_kept(tmp_path):
    file = tmp_path / "amplitude.jsonl"
    file.write_bytes(b'{"api": "http-v2", "proj')
    for name in ("1", "2"):
        running = sandbox.start(data=str(file))
        send(running, event(insert_id=name))
        running.stop()
    again = sandbox.start(data=str(file))
    assert [row["body"]["insert_id"] for row in view(again, "/api/events")] == ["1", "2"]
    again.stop()


def test_lines_that_are_none_of_its_own_are_left_out_and_counted(tmp_path, caplog):
    file = tmp_path / "amplitude.jsonl"
    line = {"api": "usermap", "project": "p", "at": 1.0, "bodies": [{}]}
    odd = ["{}", "1", "[]", "null", '"x"', json.dumps({**line, "bodies": 1}), json.dumps(line)]
    odd += [json.dumps({**line, "bodies": [7]}), json.dumps({**line, "api": "batch", "at": "x"}), "\xff"]
    good = {"api": "batch", "project": "p", "at": 1.0, "bodies": [event(insert_id="1"), event(insert_id="2")]}
    file.write_text("\n".join([*odd, json.dumps(good), *odd]) + "\n", encoding="latin-1")
    running = sandbox.start(data=str(file))
    assert [row["number"] for row in view(running, "/api/events")] == [1, 2]
    assert f"20 of 21 lines of {file} cannot be read: left out" in caplog.text
    assert view(running, "/api/records/2")["body"]["insert_id"] == "2"
    running.stop()


def test_a_file_that_cannot_be_is_said(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    odd = {"": "Is a directory", "no/x": "No such file or directory", "pipe": "File or stream is not seekable"}
    for name, said in odd.items():
        data = tmp_path / name
        with pytest.raises(ValueError, match=f"--data {data}: {said}"):
            sandbox.serve("127.0.0.1", 0, str(data))


def test_views_say_404_and_keys_are_never_shown(amplitude):
    send(amplitude, event(), key="hush-hush")
    assert requests.get(amplitude.url + "/api/users/nobody", timeout=5).status_code == 404
    for path in ("/api/events", "/api/requests", "/"):
        assert "hush-hush" not in requests.get(amplitude.url + path, timeout=5).text
    assert view(amplitude, "/api/requests")[0]["path"] == "/2/httpapi"
    requests.delete(amplitude.url + "/api/everything", timeout=5)
    assert view(amplitude, "/api/users") == []


def test_the_page_escapes_what_came(amplitude):
    send(amplitude, event(event_type="<script>x</script>", groups={"<b>": "<i>"}, user_properties={"<u>": "<s>"}))
    page = requests.get(amplitude.url + "/", timeout=5).text
    assert "This is not Amplitude" in page
    assert not any(tag in page for tag in ("<script>x", "<b><", "<i>&lt;i", "<u>", "<s>"))


def test_it_binds_to_this_machine_only():
    with pytest.raises(ValueError, match="must be a loopback address"):
        sandbox.serve("0.0.0.0", 0)


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["api_key", "events", "user_id", "groups", "$set", "user_properties", "event_type", "options"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(st.sampled_from(["/2/httpapi", "/batch", "/identify", "/groupidentify", "/usermap", "/api/behaviour"]), ANY)
def test_any_json_is_answered_without_an_error_of_its_own(path, value):
    client = sandbox.create_sandbox().test_client()
    fields = {"api_key": "k", "identification": json.dumps(value), "mapping": json.dumps(value)}
    sent = {"data": fields} if "identify" in path or "usermap" in path else {"json": value}
    assert client.post(path, **sent).status_code < 500

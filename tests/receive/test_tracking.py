"""The doors of Segment's SDKs: whose calls are taken, what is answered, what is on disk then."""

import base64
import gzip
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.receive.test_bad_input import ANY, BODIES, MESSAGE
from tests.receive.test_webhook import FullDisk
from translator.observe import exposition
from translator.receive import create_app, warnings
from translator.receive.origins import is_allowed, patterns
from translator.receive.tracking import BATCHES, CALLS
from translator.reports.redriving import redrive
from translator.settings.load import settings_from
from translator.settings.values import JournalSettings

CALL = {"event": "e", "userId": "u", "messageId": "m1"}
TRACK = {"type": "track", **CALL}
KEYS = {"write_keys": {"web": "KEY-web", "app": ["KEY-app", "KEY-new"]}}
FAR = "203.0.113.9"


def basic(key, password=""):
    return {"Authorization": f"Basic {base64.b64encode(f'{key}:{password}'.encode()).decode()}"}


WEB = basic("KEY-web")


def send(client, path, body, **headers):
    data = body if isinstance(body, bytes) else json.dumps(body)
    return client.post(
        f"/v1/{path}", data=data, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def said(answer):
    return answer.status_code, answer.get_json()


def counted(name, **labels):
    wanted = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
    start = f"translator_{name}_total{{{wanted}}} " if wanted else f"translator_{name}_total "
    lines = [line for line in exposition(None).decode().splitlines() if line.startswith(start)]
    return float(lines[0].split()[1]) if lines else 0.0


@pytest.fixture
def far(service):
    """The service as seen from another machine."""

    def build(**segment):
        client = service(segment=segment)
        client.environ_base.update(REMOTE_ADDR=FAR, HTTP_HOST="events.example.com")
        return client

    return build


MINIMAL = {
    "track": {"event": "e", "userId": "u"},
    "identify": {"userId": "u"},
    "group": {"groupId": "g", "userId": "u"},
    "page": {"anonymousId": "a"},
    "screen": {"anonymousId": "a", "name": "n"},
    "alias": {"userId": "u", "previousId": "p"},
}


@pytest.mark.parametrize(("door", "kind"), CALLS.items())
def test_a_call_is_accepted_and_its_door_says_the_type(service, door, kind):
    client = service()
    assert said(send(client, door, MINIMAL[kind])) == (200, {"success": True})
    (call,) = client.journal.read()
    assert (call.type, call.source, call.derived) == (kind, "tracking", True)
    assert call.message_id == call.body["messageId"]


@pytest.mark.parametrize("door", BATCHES)
def test_a_batch_is_accepted_in_order_and_in_one_transaction(service, stored, door):
    client = service()
    batch = [{**TRACK, "messageId": f"m{number}"} for number in range(2500)]
    assert said(send(client, door, {"batch": batch, "sentAt": "2026-01-01T00:00:00Z"})) == (200, {"success": True})
    assert stored(client) == [f"m{number}" for number in range(2500)]
    assert client.journal.commits == 1


def test_a_batch_says_once_what_counts_for_all(service):
    client = service()
    context = {"library": {"name": "analytics-python", "version": "2.4.0"}}
    send(
        client,
        "batch",
        {
            "batch": [TRACK],
            "context": context,
            "integrations": {"Amplitude": {"session_id": 5}},
            "sentAt": "2026-01-01T00:00:00Z",
        },
    )
    (call,) = client.journal.read()
    assert (call.body["context"], call.body["integrations"]) == (context, {"Amplitude": {"session_id": 5}})
    assert (call.body["sentAt"], call.body["channel"]) == ("2026-01-01T00:00:00Z", "server")
    assert call.received_at > 0
    assert call.ip == "127.0.0.1"


def test_bad_calls_of_a_batch_are_kept_with_their_faults_and_take_no_other_along(service, stored):
    client = service()
    answer = send(client, "batch", {"batch": [{"type": "track"}, TRACK, 5, {**TRACK, "type": "purchase"}]})
    assert answer.status_code == 200
    assert answer.get_json()["success"] is True
    rejected = answer.get_json()["rejected"]
    assert [one["index"] for one in rejected] == [0, 2, 3]
    assert rejected[0]["faults"] == {"event": ["required"], "userId": ["required: userId or anonymousId"]}
    assert rejected[1]["faults"] == {"": ["must be an object, not a number"]}
    assert stored(client) == ["m1"]
    letters = client.journal.dead("")
    assert sorted(one.answer for one in letters)[0].startswith("call: must be an object")
    assert len(letters) == 3
    assert {one.source for one in letters} == {"tracking"}


def test_a_bad_call_too_large_for_segment_is_kept_whole(service, stored):
    client = service()
    large = {**TRACK, "messageId": "large", "properties": {"text": "x" * 300_000}}
    answer = send(client, "batch", {"batch": [large, TRACK]})
    (one,) = answer.get_json()["rejected"]
    assert one["faults"][""][0].startswith("must be at most 32768 bytes of JSON; this has 300")
    assert stored(client) == ["m1"]
    (letter,) = client.journal.dead("")
    assert json.loads(letter.body)["properties"] == large["properties"]


@pytest.mark.parametrize("key", ["context", "integrations"])
def test_what_a_batch_says_once_must_not_become_much_in_all_of_its_calls(service, stored, key):
    """Some hundred bytes of gzip would else fill a disk, or keep a process busy for a minute."""
    client = service()
    body = {"batch": [TRACK] * 500, key: {"text": "x" * 4_200}}
    error = "what a batch says once may make at most 2048000 bytes in all of its calls together"
    assert said(send(client, "batch", body)) == (413, {"error": error})
    assert (stored(client), client.journal.counts().received) == ([], 0)
    body[key] = {"text": "x" * 4_000}
    assert said(send(client, "batch", body)) == (200, {"success": True})
    large = {"batch": [TRACK, {**TRACK, "properties": {"text": "x" * 40_000}}], key: {"text": "x" * 20_000}}
    assert [one["index"] for one in send(client, "batch", large).get_json()["rejected"]] == [1]
    (letter,) = client.journal.dead("")
    assert json.loads(letter.body)[key] == large[key]


@pytest.mark.parametrize("levels", [300, 980, 990, 1015])
@pytest.mark.parametrize("place", ["properties", "context", "traits"])
def test_a_call_nested_too_deeply_does_not_take_its_batch_along(service, stored, levels, place):
    client = service()
    deep = (
        b'{"type":"track","event":"e","userId":"u","'
        + place.encode()
        + b'":{"a":'
        + b"[" * levels
        + b"]" * levels
        + b"}}"
    )
    answer = send(client, "batch", b'{"batch":[' + json.dumps(TRACK).encode() + b"," + deep + b"]}")
    if answer.status_code == 400:  # too deep to be read at all: kept as it came
        assert len(client.journal.dead("")) == 1
        return
    assert (answer.status_code, [one["index"] for one in answer.get_json()["rejected"]]) == (200, [1])
    assert stored(client) == ["m1"]
    assert send(client, "track", deep).status_code == 400


def test_what_a_batch_says_once_and_too_deeply_is_said_of_each_call(service):
    deep = b'{"batch":[{},{}],"context":' + b'{"a":' * 300 + b"1" + b"}" * 301
    faults = [one["faults"] for one in send(service(), "batch", deep).get_json()["rejected"]]
    assert faults == [{"": ["nested too deeply: more than 254 levels"]}] * 2


def test_a_refused_call_that_is_too_large_when_complete_is_kept_as_it_came(service):
    client = service()
    call: dict[str, Any] = {**TRACK, "properties": {"text": ""}}
    body: dict[str, Any] = {"batch": [call], "context": {"text": "x" * 20_000}}
    call["properties"]["text"] = "x" * (512_000 - len(json.dumps(body)))
    assert len(send(client, "batch", body).get_json()["rejected"]) == 1
    (letter,) = client.journal.dead("")
    assert json.loads(letter.body) == call


def test_a_single_bad_call_is_400_with_its_faults_and_kept(service, stored):
    client = service()
    assert said(send(client, "group", {"userId": "u"})) == (
        400,
        {"error": "invalid", "faults": {"groupId": ["required"]}},
    )
    assert said(send(client, "group", TRACK))[1]["faults"]["type"] == [
        "must be group, or absent, since it was sent to /v1/group"
    ]
    assert stored(client) == []
    assert len(client.journal.dead("")) == 2


@pytest.mark.parametrize("body", [[TRACK], TRACK, {"batch": TRACK}, {"batch": None}, 5, None, "x"])
def test_a_body_that_is_no_batch_is_400_and_kept(service, stored, body):
    client = service()
    assert said(send(client, "batch", body)) == (
        400,
        {"error": "invalid", "faults": {"batch": ["must be a list of calls"]}},
    )
    assert stored(client) == []
    (letter,) = client.journal.dead("")
    assert json.loads(letter.body) == body


@pytest.mark.parametrize(
    ("body", "kept"),
    [(b'{"writeKey":"hush","calls":[]}', b'{"calls":[]}'), (b"[" * 300 + b"]" * 300, b"[" * 300 + b"]" * 300)],
)
def test_of_a_body_that_is_no_batch_the_key_is_not_kept(service, body, kept):
    client = service()
    assert send(client, "batch", body).status_code == 400
    assert [one.body for one in client.journal.dead("")] == [kept]


def test_an_empty_batch_is_nothing_to_do(service, stored):
    client = service()
    assert said(send(client, "batch", {"batch": []})) == (200, {"success": True})
    assert (stored(client), client.journal.counts().received) == ([], 0)


@pytest.mark.parametrize("kind", ["text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", ""])
def test_the_content_type_does_not_matter(service, stored, kind):
    client = service()
    assert client.post("/v1/t", data=json.dumps(CALL), content_type=kind).status_code == 200
    assert stored(client) == ["m1"]


def test_the_same_call_again_counts_once_whatever_else_changed(service, stored):
    client = service()
    for number in range(3):
        call = {**CALL, "sentAt": f"2026-01-01T00:00:0{number}Z", "_metadata": {"retryCount": number}}
        assert said(send(client, "t", call)) == (200, {"success": True})
    assert stored(client) == ["m1"]
    assert client.journal.counts().duplicates == 2


def test_a_compressed_batch_is_read_and_a_bomb_is_not(service, stored):
    client = service()
    body = gzip.compress(json.dumps({"batch": [TRACK]}).encode())
    assert said(send(client, "batch", body, Content_Encoding="gzip")) == (200, {"success": True})
    bomb = gzip.compress(b" " * 10_000_000)
    assert said(send(client, "batch", bomb, Content_Encoding="gzip")) == (
        413,
        {"error": "the body is larger than 512000 bytes"},
    )
    assert said(send(client, "batch", b"{}", Content_Encoding="gzip"))[0] == 400
    assert said(send(client, "batch", b"{}", Content_Encoding="br")) == (
        415,
        {"error": "the Content-Encoding may be gzip, or none"},
    )
    assert stored(client) == ["m1"]


def test_segments_sizes_are_the_limits_and_can_be_raised(service):
    client = service()
    most: dict[str, Any] = {"batch": [{}] * 2501}
    assert said(send(client, "batch", most)) == (413, {"error": "a batch may have at most 2500 calls"})
    large = b" " * (512_001 - 2) + b"{}"
    assert said(send(client, "batch", large)) == (413, {"error": "the body is larger than 512000 bytes"})
    assert send(client, "batch", large[1:]).status_code == 400, "read, and no batch"
    raised = service(segment={"max_batch_calls": 3000, "max_batch_bytes": 20_000_000, "max_call_bytes": 1_000_000})
    assert send(raised, "batch", most).status_code == 200
    call = {**TRACK, "messageId": "large", "properties": {"text": "x" * 900_000}}
    assert (
        said(send(raised, "batch", {"batch": [call, {**TRACK, "properties": {"t": "x" * 9_000_000}}]}))[1]["rejected"][
            0
        ]["index"]
        == 1
    )
    assert [one.message_id for one in raised.journal.read()] == ["large"]


@pytest.mark.parametrize(
    ("headers", "in_body", "source"),
    [
        (WEB, None, "web"),
        (WEB, "KEY-web", "web"),
        (basic("KEY-web", "any password"), None, "web"),
        ({}, "KEY-app", "app"),
        ({}, "KEY-new", "app"),
        ({"Authorization": WEB["Authorization"].replace("Basic", "basic")}, None, "web"),
    ],
)
@pytest.mark.parametrize("path", ["track", "batch"])
def test_a_write_key_names_the_source(far, headers, in_body, source, path):
    client = far(**KEYS)
    body = {"batch": [TRACK]} if path == "batch" else CALL
    assert said(send(client, path, {**body, "writeKey": in_body} if in_body else body, **headers)) == (
        200,
        {"success": True},
    )
    (call,) = client.journal.read()
    assert (call.source, call.body.get("writeKey"), call.ip) == (source, None, FAR)


@pytest.mark.parametrize(
    ("headers", "in_body", "reason"),
    [
        ({}, None, "key_missing"),
        ({}, "KEY-other", "key_unknown"),
        ({}, "", "key_missing"),
        ({}, 5, "key_unreadable"),
        ({}, ["KEY-web"], "key_unreadable"),
        (basic("KEY-other"), None, "key_unknown"),
        (basic("KEY-other"), "KEY-web", "key_unknown"),
        (WEB, "KEY-app", "keys_differ"),
        (WEB, "KEY-other", "keys_differ"),
        ({"Authorization": "Bearer KEY-web"}, "KEY-web", "key_unreadable"),
        ({"Authorization": "Basic KEY-web"}, "KEY-web", "key_unreadable"),
        ({"Authorization": "Basic"}, "KEY-web", "key_unreadable"),
        ({"Authorization": "Basic /w=="}, "KEY-web", "key_unreadable"),
        (basic(""), "KEY-web", "key_unreadable"),
        ({"Authorization": ""}, "KEY-web", "key_unreadable"),
    ],
)
def test_another_key_is_401_counted_and_nothing_is_kept(far, stored, headers, in_body, reason):
    client = far(**KEYS)
    before = counted("unauthorized", reason=reason)
    body = CALL if in_body is None else {**CALL, "writeKey": in_body}
    answer = send(client, "track", body, **headers)
    assert said(answer) == (401, {"error": "unauthorized"})
    assert "KEY" not in answer.get_data(as_text=True)
    assert counted("unauthorized", reason=reason) == before + 1
    assert (stored(client), list(client.journal.dead(""))) == ([], [])


def test_without_keys_only_this_machine_may_send_with_any_key(service, far, stored):
    assert said(send(far(), "track", CALL, **WEB)) == (401, {"error": "unauthorized"})
    client = service()
    assert send(client, "track", CALL, **WEB).status_code == 200
    assert send(client, "track", {**CALL, "messageId": "m2", "writeKey": "any"}).status_code == 200
    assert stored(client) == ["m1", "m2"]
    assert send(service(server={"behind_proxy": True}), "track", CALL).status_code == 401


def test_what_is_no_json_is_kept_only_of_a_known_source(far):
    client = far(**KEYS)
    assert said(send(client, "batch", b"{", **WEB))[0] == 400
    assert said(send(client, "batch", b"{"))[0] == 400
    (letter,) = client.journal.dead("")
    assert (letter.source, letter.body) == ("web", b"{")


@pytest.mark.parametrize(
    "name",
    [name for name in BODIES if name not in ("5 MB + 1", "empty", "blank", "type of a wrong kind", "NaN", "Infinity")],
)
@pytest.mark.parametrize("path", ["batch", "track"])
def test_a_bad_body_is_answered_and_kept(service, stored, name, path):
    client = service()
    body, _ = BODIES[name]
    whole = body if path == "track" else b'{"batch":' + body + b"}"
    answer = send(client, path, whole)
    assert answer.status_code == 400
    assert b"<script>" not in answer.get_data()
    assert stored(client) == []
    assert client.journal.counts().received == 1
    assert send(client, "track", CALL).status_code == 200, "and the service goes on"


def test_numbers_that_are_none_are_null_and_cost_no_call(service):
    """Python's json writes them bare, and with it Segment's library: one would else cost up to a hundred calls."""
    client = service()
    body = b'{"batch":[{"type":"track","event":"e","userId":"u","messageId":"m1","properties":{"a":NaN,"b":[-Infinity,1]}}]}'
    assert said(send(client, "batch", body)) == (200, {"success": True})
    (call,) = client.journal.read()
    assert call.body["properties"] == {"a": None, "b": [None, 1]}
    assert send(client, "batch", b'{"batch":[NaN}').status_code == 400
    assert client.post("/webhook", data=body[10:-2]).status_code == 400, "Segment writes none"


def test_deletions_are_not_taken_from_whoever_reads_a_page(far, stored):
    client = far(**KEYS, origins="*")
    batch = {"batch": [{"type": "delete", "userId": "victim"}, TRACK], "writeKey": "KEY-web"}
    (one,) = send(client, "batch", batch, Origin=PAGE).get_json()["rejected"]
    assert one == {"index": 0, "faults": {"type": ["delete is taken from Segment's webhook only, which is signed"]}}
    assert stored(client) == ["m1"]
    (letter,) = client.journal.dead("")
    found = redrive(client.journal, settings_from({"segment": KEYS}), [letter.id], False)
    assert (found.tried, len(found.faults)) == (0, 1), "nor when somebody redrives all that was refused"


def test_a_refused_call_is_redriven_with_what_was_added(service):
    client = service()
    assert send(client, "track", {"type": "page", "userId": "u", "name": "P"}).status_code == 400
    (letter,) = client.journal.dead("")
    assert redrive(client.journal, settings_from({}), [letter.id], False).tried == 1
    (call,) = client.journal.read()
    assert call.body["timestamp"] == call.body["receivedAt"]
    assert call.body["messageId"].startswith("derived-")


def test_write_keys_are_never_kept(far):
    client = far(**KEYS, max_call_bytes=2000)
    faulty = {"type": "page", "event": "e", "writeKey": "KEY-web"}
    large = {**TRACK, "properties": {"text": "x" * 511_000}, "writeKey": "KEY-web"}
    assert send(client, "track", faulty, **WEB).status_code == 400
    assert send(client, "batch", {"batch": [faulty, large], "writeKey": "KEY-web"}, **WEB).status_code == 200
    letters = list(client.journal.dead(""))
    assert len(letters) == 3
    assert not any(b"KEY-web" in one.body for one in letters)


def test_a_source_that_sends_too_fast_is_told_when_to_come_again_and_holds_up_no_other(far, stored):
    client = far(**KEYS, calls_per_second=1)
    before = counted("limited", source="web")
    for start in (0, 50):
        batch = [{**TRACK, "messageId": f"m{number}"} for number in range(start, start + 50)]
        assert send(client, "batch", {"batch": batch}, **WEB).status_code == 200
    answer = send(client, "batch", {"batch": [TRACK]}, **WEB)
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "21")
    assert counted("limited", source="web") == before + 1
    assert len(stored(client)) == 100
    assert send(client, "track", {**CALL, "messageId": "other", "writeKey": "KEY-app"}).status_code == 200


def test_what_fills_a_disk_counts_by_its_bytes(far):
    client = far(**KEYS, calls_per_second=1)
    for _ in range(2):
        send(client, "batch", json.dumps({"batch": []}).encode() + b" " * 163_800, **WEB)  # 40 calls' worth
    assert send(client, "track", CALL, **WEB).headers["Retry-After"] == "11"
    other = far(**KEYS, calls_per_second=1)
    for _ in range(2):
        send(other, "batch", {"batch": [{}] * 10, "context": {"text": "x" * 16_300}}, **WEB)
    assert send(other, "track", CALL, **WEB).headers["Retry-After"] == "15", "what is merged into each call too"


@pytest.mark.parametrize(("body", "encoding"), [(b"{", ""), (b'{"calls":[]}', ""), (b"no gzip", "gzip")])
def test_what_is_no_batch_counts_too_and_is_kept(far, body, encoding):
    client = far(**KEYS, calls_per_second=0.01)
    headers = {**WEB, "Content_Encoding": encoding} if encoding else WEB
    assert [send(client, "batch", body, **headers).status_code for _ in range(3)] == [400, 400, 429]
    assert client.journal.counts().refused_kept == 2


def test_what_could_not_be_stored_does_not_count():
    settings = settings_from({"segment": {"calls_per_second": 0.01}})
    client = create_app(settings, FullDisk("never-opened.db", JournalSettings())).test_client()
    client.environ_base.update(REMOTE_ADDR="127.0.0.1", HTTP_HOST="localhost")
    assert [send(client, "track", CALL).status_code for _ in range(10)] == [503] * 10


def test_a_body_of_several_gzip_members_is_read(service, stored):
    client = service()
    body = json.dumps({"batch": [TRACK]}).encode()
    parts = gzip.compress(body[:10]) + gzip.compress(body[10:])
    assert send(client, "batch", parts, Content_Encoding="gzip").status_code == 200
    assert stored(client) == ["m1"]


def test_too_large_says_the_limit_of_this_door(service):
    client = service()
    assert said(send(client, "batch", b" " * 6_000_000)) == (413, {"error": "the body is larger than 512000 bytes"})
    error = {"error": "the body is larger than 5242880 bytes"}
    assert said(client.post("/webhook", data=b" " * 6_000_000)) == (413, error)


def test_503_says_when_to_come_again():
    client = create_app(settings_from({}), FullDisk("never-opened.db", JournalSettings())).test_client()
    answer = client.post("/v1/track", json=CALL, environ_base={"REMOTE_ADDR": "127.0.0.1"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


PAGE = "https://www.example.com"
ORIGINS = {"origins": [PAGE, "https://*.shop.example", "capacitor://localhost"]}


@pytest.mark.parametrize(
    "origin",
    [PAGE, "https://a.shop.example", "https://a.b.shop.example", "capacitor://localhost", "HTTPS://WWW.example.com"],
)
def test_an_allowed_page_may_send_and_read_the_answer(far, stored, origin):
    client = far(**KEYS, **ORIGINS)
    answer = send(client, "t", {**CALL, "writeKey": "KEY-web"}, Origin=origin)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == origin
    assert answer.headers["Access-Control-Expose-Headers"] == "Retry-After"
    assert "Origin" in answer.headers["Vary"]
    (call,) = client.journal.read()
    assert (call.body["channel"], call.body["context"]) == ("browser", {"ip": FAR})


@pytest.mark.parametrize(
    "origin",
    [
        "https://example.com", "http://www.example.com", "https://www.example.com:8443", "https://www.example.com.evil.test",
        "https://shop.example", "https://evilshop.example", "https://x.shop.example.evil.test", "https://www-example.com",
        "https://x/.shop.example", "https://user@a.shop.example", "null", "", "http://localhost:8000",
    ],
)  # fmt: skip
def test_another_page_may_not_and_nothing_of_it_is_kept(far, stored, origin):
    client = far(**KEYS, **ORIGINS)
    before = counted("unauthorized", reason="wrong_origin")
    answer = send(client, "t", {**CALL, "writeKey": "KEY-web"}, Origin=origin)
    assert answer.status_code == 403
    assert "segment.origins" in answer.get_json()["error"]
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert counted("unauthorized", reason="wrong_origin") == before + 1
    assert (stored(client), list(client.journal.dead(""))) == ([], [])


@pytest.mark.parametrize(("origin", "is_one"), [(PAGE, True), (f"{PAGE}\n", False), (f"{PAGE}\nx", False)])
def test_a_line_feed_makes_another_origin(origin, is_one):
    """No client of HTTP sends it, so that only the check itself can be asked."""
    assert is_allowed(origin, patterns(settings_from({"segment": ORIGINS}))) == is_one


def test_a_browser_that_asks_first_is_told_what_it_may(far):
    client = far(**KEYS, **ORIGINS)
    asks = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type,x-retry-count,x-other",
    }
    answer = client.options("/v1/t", headers={"Origin": PAGE, **asks})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert answer.headers["Access-Control-Allow-Headers"] == "authorization, content-type, x-retry-count"
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert int(answer.headers["Access-Control-Max-Age"]) > 0
    assert "Access-Control-Allow-Credentials" not in answer.headers
    refused = client.options("/v1/t", headers={"Origin": "https://evil.test", **asks})
    assert not any(name.startswith("Access-Control") for name, _ in refused.headers)


@pytest.mark.parametrize(
    ("status", "body", "more"),
    [
        (400, b"{", {}), (401, b'{"writeKey":"other"}', {}), (413, b" " * 600_000, {}), (415, b"{}", {"Content_Encoding": "br"}),
        (404, None, {}),
    ],
)  # fmt: skip
def test_a_page_can_read_a_refusal_too(far, status, body, more):
    client = far(**KEYS, **ORIGINS)
    if body is None:
        answer = client.get("/v1/projects/other/settings", headers={"Origin": PAGE})
    else:
        answer = send(client, "t", body, Origin=PAGE, **more)
    assert (answer.status_code, answer.headers["Access-Control-Allow-Origin"]) == (status, PAGE)


def test_any_page_may_send_where_that_is_configured(far):
    client = far(**KEYS, origins="*")
    for origin in ("https://any.test", "null"):
        assert (
            send(client, "t", {**CALL, "writeKey": "KEY-web"}, Origin=origin).headers["Access-Control-Allow-Origin"]
            == origin
        )


def test_without_keys_and_origins_only_this_machines_pages_may_send(service):
    """So that no page on the web can write into the journal of somebody who tries this out."""
    client = service()
    for origin in ("http://localhost:3000", "http://127.0.0.1", "https://[::1]:8080"):
        assert send(client, "t", CALL, Origin=origin).status_code == 200
    for origin in ("https://evil.test", "http://localhost.evil.test", "null", "http://127.0.0.1.evil.test:80"):
        assert send(client, "t", CALL, Origin=origin).status_code == 403


def test_the_other_doors_know_no_origins(service):
    for path in ("/healthz", "/", "/readyz"):
        answer = service(segment={"origins": "*"}).get(path, headers={"Origin": PAGE})
        assert not any(name.startswith("Access-Control") for name, _ in answer.headers)


@pytest.mark.parametrize(
    ("server", "headers", "place"),
    [
        ({}, {"Host": "events.example.com"}, ("events.example.com", "http")),
        ({}, {"Host": "events.example.com:8443", "X-Forwarded-Proto": "https"}, ("events.example.com:8443", "http")),
        ({"behind_proxy": True}, {"Host": "10.0.0.1", "X-Forwarded-Host": "events.example.com", "X-Forwarded-Proto": "https"}, ("events.example.com", "https")),
        ({"behind_proxy": True}, {"Host": "events.example.com"}, ("events.example.com", "http")),
        ({"behind_proxy": True, "public_url": "https://events.example.com"}, {"Host": "10.0.0.1"}, ("events.example.com", "https")),
        ({"public_url": "http://events.example.com:8080/"}, {}, ("events.example.com:8080", "http")),
    ],
)  # fmt: skip
def test_analytics_js_is_told_to_send_here_and_to_load_nothing_from_elsewhere(service, server, headers, place):
    client = service(segment={**KEYS, "origins": "*"}, server=server)
    answer = client.get("/v1/projects/KEY-web/settings", headers={"Origin": PAGE, **headers})
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert answer.headers["Cache-Control"] == "private, max-age=120"
    assert "Origin" in client.get("/v1/projects/KEY-web/settings", headers=headers).headers["Vary"]
    found = answer.get_json()
    (name,) = found["integrations"]
    one = found["integrations"][name]
    assert (name, one["apiKey"], one["apiHost"], one["protocol"]) == (
        "Segment.io",
        "KEY-web",
        f"{place[0]}/v1",
        place[1],
    )
    assert found["metrics"] == {"sampleRate": 0}
    assert not found["remotePlugins"]
    assert "segment.com" not in answer.get_data(as_text=True)


def test_a_source_that_is_not_known_has_no_settings(service, far):
    assert far(**KEYS).get("/v1/projects/other/settings").status_code == 404
    assert far().get("/v1/projects/any/settings").status_code == 404
    assert service().get("/v1/projects/any/settings").status_code == 200


@pytest.mark.parametrize(
    ("proxies", "passed", "ip"),
    [
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "198.51.100.1, 198.51.100.2", "198.51.100.2"),
        (2, "spoofed, 198.51.100.1, 198.51.100.2", "198.51.100.1"),
        (2, "198.51.100.1", "198.51.100.1"),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "", FAR),
        (1, "unknown", None),
    ],
)
def test_behind_proxies_the_outermost_of_ours_says_whose_address_it_is(service, proxies, passed, ip):
    client = service(segment={**KEYS, "origins": "*"}, server={"behind_proxy": True, "proxies": proxies})
    client.environ_base["REMOTE_ADDR"] = FAR
    headers = {"X_Forwarded_For": passed} if passed else {}
    assert send(client, "t", {**CALL, "writeKey": "KEY-web"}, Origin=PAGE, **headers).status_code == 200
    (call,) = client.journal.read()
    assert call.ip == ip
    assert call.body.get("context", {}).get("ip") == ip


def test_a_proxy_that_the_configuration_does_not_name_places_nobody_where_it_stands(far):
    client = far(**KEYS, origins="*")
    before = counted("proxied")
    send(client, "t", {**CALL, "writeKey": "KEY-web"}, Origin=PAGE, X_Forwarded_For="198.51.100.1")
    (call,) = client.journal.read()
    assert (call.ip, call.body.get("context")) == (None, None)
    assert counted("proxied") == before + 1


@pytest.mark.parametrize(
    ("told", "ip"),
    [
        ("198.51.100.9:51234", "198.51.100.9"), ("[2001:db8::5]:443", "2001:db8::5"), ("::ffff:198.51.100.9", "198.51.100.9"),
        ("[2001:db8::5]", None), ("unknown", None), ("_hidden:80", None), ("2001:db8::5%" + "z" * 5000, None),
    ],
)  # fmt: skip
def test_addresses_as_gateways_write_them(service, told, ip):
    client = service(segment={**KEYS, "origins": "*"}, server={"behind_proxy": True})
    send(client, "t", {**CALL, "writeKey": "KEY-web"}, Origin=PAGE, X_Forwarded_For=told)
    (call,) = client.journal.read()
    assert call.ip == ip


def test_a_page_elsewhere_cannot_write_through_the_browser_of_somebody_who_tries_this_out(service, stored):
    client = service()
    for origin in (PAGE, "null", "http://localhost.evil.test"):
        assert client.post("/webhook", data=json.dumps(TRACK), headers={"Origin": origin}).status_code == 401
    assert (
        client.post("/webhook", data=json.dumps(TRACK), headers={"Origin": "http://localhost:3000"}).status_code == 200
    )
    assert stored(client) == ["m1"]


def test_requests_are_counted_by_door(service):
    before = counted("requests", door="tracking", status="200"), counted("requests", door="webhook", status="200")
    client = service()
    send(client, "t", CALL)
    client.post("/webhook", json=TRACK)
    assert counted("requests", door="tracking", status="200") == before[0] + 1
    client.options("/v1/t", headers={"Origin": "http://localhost"})
    assert counted("requests", door="tracking", status="200") == before[0] + 1
    assert counted("requests", door="webhook", status="200") == before[1] + 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/v1/track", 405),
        ("put", "/v1/track", 405),
        ("post", "/v1/m", 404),
        ("post", "/v1", 404),
        ("post", "/v1/track/", 404),
    ],
)
def test_there_are_no_other_doors(service, method, path, status):
    assert getattr(service(), method)(path).status_code == status


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    st.sampled_from(["batch", "track", "g"]),
    st.binary(max_size=60)
    | (
        MESSAGE
        | ANY
        | st.builds(lambda batch, more: {**more, "batch": batch}, st.lists(MESSAGE | ANY, max_size=3) | ANY, MESSAGE)
    ).map(lambda value: json.dumps(value).encode()),
    st.sampled_from(["", "gzip"]),
)
def test_any_body_at_all_is_answered_with_200_400_or_401(service, path, body, encoding):
    headers = {"Content_Encoding": encoding} if encoding else {}
    answer = send(service(), path, gzip.compress(body) if encoding else body, **headers)
    assert answer.status_code in (200, 400, 401)
    assert answer.status_code != 401 or b"writeKey" in body


@pytest.mark.parametrize(
    ("segment", "said"),
    [
        ({}, "no segment.shared_secret (SEGMENT_SHARED_SECRET) and no segment.write_keys (SEGMENT_WRITE_KEYS): calls are accepted from this machine only"),
        (KEYS, "/webhook takes calls from this machine only"),
        ({"shared_secret": "s", "origins": [PAGE]}, "segment.origins without segment.write_keys"),
        ({"shared_secret": "s", "origins": "*", **KEYS}, "any page on the web that knows a write key may send"),
    ],
)  # fmt: skip
def test_the_start_says_what_may_not_be_meant(segment, said):
    assert any(said in line for line in warnings(settings_from({"segment": segment})))


def test_the_start_says_nothing_of_what_is_whole():
    found = warnings(settings_from({"segment": {"shared_secret": "s", "header_token": "t", **KEYS, **ORIGINS}}))
    assert not any("segment." in line for line in found)

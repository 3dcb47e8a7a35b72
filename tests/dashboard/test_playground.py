"""A call tried out on a page: the same records and requests as the command says, and nothing is sent or kept."""

import json
import re
from html import unescape
from typing import Any

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dashboard.conftest import LOCAL
from tests.test_fixtures import attempt
from translator.reports.trial import examples, sent, tried
from translator.settings.load import settings_from

GROUP: dict[str, Any] = {
    "type": "group", "userId": "user-1", "groupId": "g-1", "messageId": "m-1",
    "traits": {"group_type": "Organization", "name": "Acme", "plan": "pro"},
}  # fmt: skip
PAIR = {"type_trait": "group_type", "value_trait": "name"}
HOSTILE = "<script>alert(1)</script>"


@pytest.fixture
def client(board):
    return board(LOCAL, destinations={"amplitude": {"api_key": "hush" * 8}})


def submit(client, call, **more):
    text = call if isinstance(call, str) else json.dumps(call)
    (token,) = re.findall(r'name="csrf_token" value="([^"]+)"', client.get("/playground").get_data(as_text=True))
    return client.post("/playground", data={"call": text, "csrf_token": token, **more})


def shown(answer):
    """The records and request bodies of a page, in their order."""
    text = answer.get_data(as_text=True)
    return [json.loads(unescape(found)) for found in re.findall(r"<pre[^>]*>(.*?)</pre>", text, re.S)]


def test_a_call_becomes_records_and_requests(client):
    answer = submit(client, GROUP, **PAIR)
    identify, group, request = shown(answer)
    assert identify["groups"] == {"Organization": "Acme"}
    assert group["group_properties"] == {"$set": {"group_type": "Organization", "name": "Acme", "plan": "pro"}}
    assert [one["event_type"] for one in request["events"]] == ["$identify", "$groupidentify"]
    page = answer.get_data(as_text=True)
    assert "https://api2.amplitude.com/2/httpapi" in page
    assert "hush" not in page
    assert list(client.application.extensions["translator"][1].read()) == [], "nothing is kept"


def test_the_choices_of_the_form_count_and_stay(client):
    (identify, _) = shown(submit(client, GROUP, fallback="segment-group", type_trait="", value_trait=""))
    assert identify["groups"] == {"[Segment] Group": "g-1"}
    page = submit(client, GROUP, fallback="none", type_trait="x", value_trait="y").get_data(as_text=True)
    assert "<option selected>none</option>" in page
    assert 'name="type_trait" value="x"' in page


def test_faults_are_shown_by_path(client):
    page = submit(client, {"type": "track"}).get_data(as_text=True)
    assert "<h3>Faults</h3>" in page
    assert "<code>event</code>" in page
    assert shown(submit(client, "not json")) == []
    assert "<h3>Faults</h3>" in submit(client, "not json").get_data(as_text=True)


def test_it_says_where_each_key_came_from_and_what_was_clipped(client):
    page = submit(client, {**GROUP, "traits": {**GROUP["traits"], "big": "x" * 2000}}, **PAIR).get_data(as_text=True)
    assert "Where each key came from" in page
    assert "<h3>Clipped, dropped or replaced</h3>" in page


@pytest.mark.parametrize("name", list(examples()))
def test_every_example_is_a_call(client, name):
    page = client.get("/playground", query_string={"example": name}).get_data(as_text=True)
    (text,) = re.findall(r"<textarea[^>]*>(.*?)</textarea>", page, re.S)
    assert json.loads(unescape(text)) == json.loads(examples()[name])
    assert "<h3>Faults</h3>" not in submit(client, unescape(text), **PAIR).get_data(as_text=True)


def test_a_download_is_a_fixture_that_says_what_came_out(client):
    answer = submit(client, {**GROUP, "timestamp": "2024-03-10T17:04:05.678Z"}, **PAIR, **{"as": "fixture"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="case.json"'
    case = json.loads(answer.data)
    assert (case["given"]["messageId"], case["settings"]["groups"]["type_trait"]) == ("m-1", "group_type")
    assert attempt(case) == case["expect"]


def test_a_downloaded_fixture_has_notes_and_memory_as_fixtures_do(client):
    call = {
        **GROUP,
        "timestamp": "2024-03-10T17:04:05.678Z",
        "traits": {**GROUP["traits"], "a": "x" * 2000, "b": "y" * 2000},
    }
    case = json.loads(submit(client, call, **PAIR, level="event", **{"as": "fixture"}).data)
    assert len(case["expect"]["notes"]) >= 2
    assert case["expect"]["remember"]
    assert attempt(case) == case["expect"]


def test_calls_are_hostile_and_shown_as_text(client):
    call = {**GROUP, "groupId": HOSTILE, "messageId": HOSTILE, "userId": HOSTILE, "traits": {HOSTILE: HOSTILE}}
    for text in (call, HOSTILE, {"type": HOSTILE}, {"type": "track", HOSTILE: 1}):
        page = submit(client, text, type_trait=HOSTILE, value_trait=HOSTILE, destination=HOSTILE).get_data(as_text=True)
        assert "<script>" not in page
        assert "&lt;script" in page


@pytest.fixture
def trying(board, amplitude):
    """A browser of a service with the sandbox and a project of Amplitude's as destinations."""
    real = {"api_key": "k" * 32}
    return board(LOCAL, destinations={"sandbox": {"api_key": "hush" * 8, "url": amplitude.url}, "real": real})


def records(amplitude):
    return [row["kind"] for row in requests.get(f"{amplitude.url}/api/events", timeout=5).json()]


def test_it_is_sent_when_asked_and_to_a_sandbox(trying, amplitude):
    page = submit(trying, GROUP, **PAIR).get_data(as_text=True)
    assert records(amplitude) == [], "not asked"
    assert '<select name="send_to"><option>sandbox</option></select>' in page
    answer = submit(trying, GROUP, **PAIR, send_to="sandbox", **{"as": "send"})
    assert records(amplitude) == ["identify", "group_identify"]
    page = answer.get_data(as_text=True)
    assert "Sent to sandbox" in page
    assert shown(answer)[0]["events_ingested"] == 2
    assert "hush" not in page


def test_a_key_that_the_answer_repeats_is_not_shown(trying, amplitude):
    body = {"code": 400, "error": f"Invalid API key: {'hush' * 8}"}
    requests.post(f"{amplitude.url}/api/behaviour", json={"status": 400, "body": body}, timeout=5)
    answer = submit(trying, GROUP, send_to="sandbox", **{"as": "send"})
    assert shown(answer)[0]["error"] == "Invalid API key: ***"
    assert "hush" not in answer.get_data(as_text=True)


@pytest.mark.parametrize("name", ["real", "nobody", HOSTILE])
def test_it_is_not_sent_to_a_project_that_is_not_for_tests(trying, name):
    answer = submit(trying, GROUP, **PAIR, send_to=name, **{"as": "send"})
    assert answer.status_code == 400
    assert "is no destination for tests" in answer.get_data(as_text=True)


def test_a_trial_is_not_sent_to_such_a_project_by_anybody():
    configured = settings_from({"destinations": {"real": {"api_key": "k" * 32}}})
    trial = tried(json.dumps(GROUP), configured, "real", {}, 1)
    with pytest.raises(ValueError, match="test = true"):
        sent(trial, configured.destinations["real"], configured.delivery)


def test_what_cannot_be_sent_is_told(board):
    destinations = {"sandbox": {"api_key": "hush" * 8, "url": "http://127.0.0.1:9"}}
    page = submit(board(LOCAL, destinations=destinations), GROUP, send_to="sandbox", **{"as": "send"})
    assert '<span class="bad">refused</span>' in page.get_data(as_text=True)


def test_without_a_project_for_tests_nothing_can_be_sent_and_that_is_said(client):
    page = client.get("/playground").get_data(as_text=True)
    assert "send_to" not in page
    assert "test = true" in page


def test_without_a_token_nothing_is_translated_and_too_much_is_refused(client):
    assert client.post("/playground", data={"call": json.dumps(GROUP)}).status_code == 400
    assert submit(client, "x" * 200_001).status_code == 413


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.one_of(st.text(), JSON.map(json.dumps)), st.text(max_size=8), st.sampled_from(["", "actions", "classic"]))
def test_whatever_is_pasted_there_is_an_answer(text, trait, preset):
    trial = tried(text, settings_from({}), None, {"type_trait": trait, "value_trait": trait, "preset": preset}, 1)
    assert trial.row.error is None or trial.row.records == ()
    json.dumps(trial.case)

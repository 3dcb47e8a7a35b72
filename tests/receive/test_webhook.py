"""Answers of the webhook: 200 only with the calls on disk."""

import json
import os
import time

import pytest

from translator.errors import JournalUnavailable
from translator.journal import this_host
from translator.journal.sqlite import SqliteJournal
from translator.receive import create_app
from translator.settings.load import settings_from
from translator.settings.values import JournalSettings

CALL = {"type": "track", "event": "e", "userId": "u", "messageId": "m1"}


@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_a_call_is_accepted_and_stored(service, stored, method):
    client = service()
    answer = getattr(client, method)("/webhook", json=CALL)
    assert (answer.status_code, answer.json) == (200, {"accepted": 1, "duplicates": 0, "rejected": []})
    assert stored(client) == ["m1"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_same_call_again_is_a_duplicate(service):
    client = service()
    client.post("/webhook", json=CALL)
    assert client.post("/webhook", json=CALL).json == {"accepted": 0, "duplicates": 1, "rejected": []}


def test_an_array_is_accepted_and_its_bad_members_are_named_and_kept(service, stored):
    client = service()
    answer = client.post("/webhook", json=[CALL, {"type": "track"}, {**CALL, "messageId": "m2"}])
    assert (answer.status_code, answer.json["accepted"]) == (200, 2)
    faults = {"event": ["required"], "userId": ["required: userId or anonymousId"]}
    assert answer.json["rejected"] == [{"index": 1, "faults": faults}]
    assert stored(client) == ["m1", "m2"]
    (letter,) = client.journal.dead("")
    assert json.loads(letter.body) == {"type": "track"}


def test_a_single_invalid_call_is_400_with_its_faults_and_kept(service, stored):
    client = service()
    answer = client.post("/webhook", json={"type": "group", "userId": "u"})
    assert (answer.status_code, answer.json) == (400, {"error": "invalid", "faults": {"groupId": ["required"]}})
    assert stored(client) == []
    assert [one.answer for one in client.journal.dead("")] == ["groupId: required"]
    counts = client.journal.counts()
    assert (counts.received, counts.refused_kept) == (1, 1)


def test_a_derived_message_id_is_told(service):
    answer = service().post("/webhook", json={key: CALL[key] for key in ("type", "event", "userId")})
    assert answer.json == {"accepted": 1, "duplicates": 0, "rejected": [], "derived": 1}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "application/vnd.acme+json"])
def test_a_wrong_content_type_is_forgiven(service, stored, kind):
    client = service()
    assert client.post("/webhook", data=json.dumps(CALL), content_type=kind).status_code == 200
    assert stored(client) == ["m1"]


def test_four_thousand_calls_are_one_answer_and_one_transaction(service):
    client = service()
    body = json.dumps([{**CALL, "messageId": f"m{number}", "properties": {"a": "x" * 500}} for number in range(4000)])
    assert client.post("/webhook", data=body).json["accepted"] == 4000
    assert client.journal.commits == 1


class FullDisk(SqliteJournal):
    """A journal whose disk is full."""

    def append(self, *_):
        raise JournalUnavailable("the disk is full", "full")


def test_a_journal_that_cannot_write_is_503_with_retry_after():
    client = create_app(settings_from({}), FullDisk("never-opened.db", JournalSettings())).test_client()
    answer = client.post("/webhook", json=CALL, environ_base={"REMOTE_ADDR": "127.0.0.1"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert answer.json == {"error": "the calls cannot be stored now; try again"}


def test_healthz_says_that_the_process_lives(service):
    assert service().get("/healthz").json == {"status": "ok"}


def test_readyz_says_what_is_missing(service):
    answer = service().get("/readyz")
    assert answer.status_code == 503
    assert answer.json["problems"] == ["no delivery is alive", "no destination"]
    assert answer.json["journal"] == "ok"


def test_readyz_misses_a_destination_that_the_journal_does_not_know(service):
    client = service(destinations={"amplitude": {"api_key": "k"}})
    client.journal.attach({"amplitude": "now"})
    assert client.get("/readyz").json["problems"] == ["no delivery is alive"]
    client.journal.forget("amplitude")
    assert client.get("/readyz").json["problems"][1:] == [
        "the journal does not know destination amplitude (any more): start again"
    ]


def test_readyz_warns_of_what_nobody_delivers_to(service):
    client = service(destinations={"amplitude": {"api_key": "k"}})
    client.journal.attach({"amplitude": "now", "old": "now"})
    client.post("/webhook", json=CALL)
    client.journal.beat("elsewhere", 1, ["amplitude"])
    # a name that this process attached a moment ago is about to be delivered to
    client.journal.attach({"amplitude": "now"}, only_add=True)
    client.journal.leave(this_host(), os.getpid())
    assert client.get("/readyz").json["warnings"] == [
        "old: 1 calls wait, and no process delivers there: name it in the configuration again, or "
        "translator destination forget old"
    ]


def test_readyz_of_who_only_takes_calls_needs_no_destination_of_its_own(service):
    client = service(server={"delivery": False})
    assert "no destination" in client.get("/readyz").json["problems"]
    client.journal.attach({"amplitude": "now"})
    assert client.get("/readyz").json["problems"] == ["no delivery is alive"]


def test_readyz_tells_others_nothing_of_the_inside():
    class Away(SqliteJournal):
        def check(self):
            raise JournalUnavailable("postgresql db.internal:5432/journal: it is gone", "connection")

    client = create_app(settings_from({}), Away("never-opened.db", JournalSettings())).test_client()
    told = client.get("/readyz", environ_base={"REMOTE_ADDR": "127.0.0.1"}, headers={"Host": "localhost"})
    assert '"journal":"postgresql db.internal:5432/journal: it is gone"' in told.get_data(as_text=True)
    answer = client.get("/readyz", environ_base={"REMOTE_ADDR": "198.51.100.7"})
    assert '"journal":"unavailable: connection"' in answer.get_data(as_text=True)
    assert "internal" not in answer.get_data(as_text=True)


def test_metrics_have_the_books(service):
    client = service(destinations={"amplitude": {"api_key": "hush"}})
    client.journal.attach({"amplitude": "now"})
    client.post("/webhook", json=CALL)
    text = client.get("/metrics").get_data(as_text=True)
    assert 'translator_journal_calls_total{outcome="accepted"} 1.0' in text
    assert 'translator_destination_calls{destination="amplitude",state="waiting"} 1.0' in text
    assert "hush" not in text


def test_the_status_page_is_for_this_machine_and_escapes(service):
    client = service(destinations={"amplitude": {"api_key": "hush"}})
    client.journal.attach({"amplitude": "now", "<b>x": "now"})
    page = client.get("/").get_data(as_text=True)
    assert "&lt;b&gt;x" in page
    assert "<b>x" not in page
    assert "hush" not in page
    assert client.get("/", headers={"Host": "evil.example"}).status_code == 404


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [("/nothing", "get", 404), ("/static/nothing", "get", 404), ("/webhook", "get", 405), ("/webhook", "delete", 405)],
)
def test_errors_are_json_and_echo_nothing(service, path, method, status):
    answer = getattr(service(), method)(path)
    assert answer.status_code == status
    assert set(answer.json) == {"error"}


def test_a_method_that_is_not_there_is_told_which_are(service):
    answer = service().delete("/webhook")
    assert (answer.status_code, answer.json) == (405, {"error": "method not allowed"})
    assert {one.strip() for one in answer.headers["Allow"].split(",")} == {"OPTIONS", "PATCH", "POST", "PUT"}
    assert answer.content_type == "application/json"


def test_no_files_are_served_but_the_dashboards(service):
    rules = [one.rule for one in service().application.url_map.iter_rules() if "static" in one.endpoint]
    assert rules == ["/static/dashboard/<path:filename>"]


def test_readyz_warns_of_a_stopped_destination_and_a_disk_that_fills(service, monkeypatch):
    client = service()
    assert client.get("/readyz").json["warnings"] == []
    client.application.extensions["translator"][1].attach({"amplitude": "now"})
    client.application.extensions["translator"][1].break_circuit("amplitude", "Invalid API key")
    monkeypatch.setattr("translator.receive.health.LITTLE_DISK", 2**62)
    stopped, filling = client.get("/readyz").json["warnings"]
    assert stopped == "amplitude: stopped, a person is needed: Invalid API key"
    assert filling.startswith("the journal's disk has only ")
    assert b'translator_circuit_open{destination="amplitude"} 1.0' in client.get("/metrics").data
    assert b"a person is needed: Invalid API key" in client.get("/", environ_base={"REMOTE_ADDR": "127.0.0.1"}).data


def test_with_little_disk_left_nothing_is_accepted_and_it_says_why(service, stored, monkeypatch):
    client = service()
    assert client.get("/readyz").json["journal"] == "ok"
    monkeypatch.setattr("translator.journal.sqlite.database.ENOUGH_DISK", 2**62)
    monkeypatch.setattr("time.monotonic", lambda real=time.monotonic: real() + 5)
    answer = client.post("/webhook", json={"type": "track", "event": "e", "userId": "u", "messageId": "m"})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")
    assert "MB are free" in client.get("/readyz").json["journal"]
    assert stored(client) == []

"""The Taxonomy API of the sandbox: group properties in a tracking plan, as Amplitude's page describes it."""

import threading
import time
from typing import Any
from urllib.parse import quote

import pytest
import requests

from tests.sandbox.calls import HOSTILE, event, form, page, send, view
from tests.sandbox.test_switches import behave, switch
from translator import sandbox

PATH = "/api/2/taxonomy/group-property"
KEYS = ("k", "s")


def ask(running, method="GET", name="", status=200, auth=KEYS, **sent):
    url = running.url + PATH + (f"/{name}" if name else "")
    query, body = (sent, None) if method == "GET" else (None, sent)
    answer = requests.request(method, url, params=query, data=body, auth=auth, timeout=10)
    assert answer.status_code == status, answer.text
    return answer


def said(answer):
    """What an error says."""
    assert answer.json()["success"] is False
    return [one["message"] for one in answer.json()["errors"]]


def planned(running, **sent):
    """Names of properties to what is said of them."""
    return {one["group_property"]: one for one in ask(running, **sent).json()["data"]}


@pytest.fixture
def project(amplitude):
    """Two group types that have come."""
    assert send(amplitude, event(groups={"Company": "Acme", "Team": "red"})).status_code == 200
    return amplitude


def create(running, name="grp:seats", group_type="Company", status=200, **sent):
    return ask(running, "POST", "", status, group_property=name, group_type=group_type, **sent)


def test_a_property_is_created_and_read_back(project):
    assert create(project, description="how many", type="number").json() == {"success": True}
    expected: dict[str, Any] = {
        "group_type": "Company", "group_property": "grp:seats", "description": "how many", "type": "number", "regex": None,
        "enum_values": None, "is_array_type": False, "is_hidden": False, "classifications": [],
    }  # fmt: skip
    assert ask(project, group_type="Company").json() == {"success": True, "data": [expected]}
    assert ask(project, name="grp%3Aseats", group_type="Company").json()["data"] == expected
    assert ask(project, name="grp:seats").json()["data"] == {**expected, "group_type": None}, "shared"
    assert planned(project, group_type="Team") == {}
    assert requests.get(project.url + PATH, data={"group_type": "Team"}, auth=KEYS, timeout=5).json()["data"] == []
    assert view(project, "/api/taxonomy")[0]["group_type"] == "Company"


def test_a_property_that_another_type_has_is_overridden(project):
    create(project, description="of companies", type="number")
    create(project, group_type="Team", description="of teams")
    assert planned(project, group_type="Company")["grp:seats"]["description"] == "of companies"
    assert planned(project, group_type="Team")["grp:seats"]["description"] == "of teams"
    assert planned(project)["grp:seats"]["description"] == "of companies"
    text = page(project, "/taxonomy")
    assert text.count("its own") == 1
    assert text.count("shared") >= 1
    assert "of companies" not in page(project, "/taxonomy?type=Team")


@pytest.mark.parametrize(
    ("scope", "of_company", "shared"),
    [({}, "one", "new"), ({"overrideScope": "override"}, "one", "one"), ({"overrideScope": "shared"}, "one", "new")],
)
def test_an_update_changes_what_its_scope_says(project, scope, of_company, shared):
    create(project, description="one")
    create(project, group_type="Team", description="two")
    ask(project, "PUT", "grp:seats", group_type="Company", description="new", **scope)
    assert planned(project, group_type="Company")["grp:seats"]["description"] == "new"
    assert planned(project)["grp:seats"]["description"] == shared
    assert planned(project, group_type="Team")["grp:seats"]["description"] == "two"
    ask(project, "PUT", "grp:seats", group_type="Team", description="three", overrideScope="shared")
    assert planned(project, group_type="Team")["grp:seats"]["description"] == "three"
    assert planned(project)["grp:seats"]["description"] == "three", "its own is gone"


@pytest.mark.parametrize(
    ("sent", "status", "word"),
    [
        ({"group_type": "Nowhere"}, 404, "does not exist"),
        ({"name": "seats"}, 400, "prefixed"),
        ({"type": "text"}, 400, "type must be one of any, string"),
        ({"type": "number", "regex": "x"}, 400, "regex applies only to the string type"),
        ({"type": "string", "enum_values": "a, b"}, 400, "enum_values applies only to the enum type"),
        ({"is_array_type": "maybe"}, 400, "must be true or false"),
        ({"is_hidden": "true"}, 400, "once the property has come"),
        ({"classifications": "SECRET"}, 400, "PII"),
        ({"name": "grp:had"}, 409, 'Attempted to add a group property, "grp:had", that already exists.'),
        ({"name": "first_seen", "description": "x"}, 409, "not editable"),
    ],
)  # fmt: skip
def test_what_cannot_be_created_is_refused_with_a_reason(project, sent, status, word):
    behave(project, settings={"taxonomy": {"own": ["first_seen"]}})
    create(project, "grp:had")
    (message,) = said(create(project, **{"status": status, **sent}))
    assert word in message
    assert set(planned(project, group_type="Company")) == {"first_seen", "grp:had"}
    assert word.split('"')[0] in page(project, "/requests").replace("&#34;", '"')


def test_what_cannot_be_updated_or_read_is_refused_with_a_reason(project):
    behave(project, settings={"taxonomy": {"own": ["first_seen"]}})
    assert "does not exist" in said(ask(project, "PUT", "grp:none", 409, description="x"))[0]
    assert "not editable" in said(ask(project, "PUT", "first_seen", 409, description="x"))[0]
    create(project)
    create(project, "grp:size")
    create(project, group_type="Team")
    assert "overrideScope" in said(ask(project, "PUT", "grp:seats", 400, overrideScope="override"))[0]
    assert "classifications" in said(ask(project, "PUT", "grp:seats", 409, group_type="Team", classifications="PII"))[0]
    assert "rename" in said(ask(project, "PUT", "grp:seats", 409, new_group_property_value="grp:size"))[0]
    assert said(ask(project, name="grp:none", status=400)) == ["Not found"]
    assert said(ask(project, name="grp:size", status=400, group_type="Team")) == ["Not found"]
    assert "does not exist" in said(ask(project, status=404, group_type="Nowhere"))[0]
    assert "required" in said(ask(project, "POST", status=400))[0]


def test_types_lists_hiding_classes_and_names_change(project):
    form(
        project,
        "/groupidentify",
        identification={"group_type": "Company", "group_value": "A", "group_properties": {"seats": 1}},
    )
    create(project, is_array_type="true", is_hidden="true", classifications="PII, REVENUE")
    found = planned(project)["grp:seats"]
    assert (found["type"], found["is_array_type"], found["is_hidden"]) == ("string", True, True)
    assert found["classifications"] == ["PII", "REVENUE"]
    ask(project, "PUT", "grp:seats", type="enum", enum_values="a, b", new_group_property_value="grp:chairs")
    assert planned(project)["grp:chairs"]["enum_values"] == "a, b"
    ask(project, "PUT", "grp:chairs", type="string", regex="[a-z]")
    assert (planned(project)["grp:chairs"]["enum_values"], planned(project)["grp:chairs"]["regex"]) == (None, "[a-z]")


@pytest.mark.parametrize("name", ["grp:a/b", "grp:a b", "grp:ä", "grp:..", "grp:a%2Fb", "grp:?#"])
def test_any_name_is_one(project, name):
    create(project, name)
    quoted = quote(name, safe="")
    ask(project, "PUT", quoted, group_type="Company", description="x")
    assert ask(project, name=quoted, group_type="Company").json()["data"]["description"] == "x"


def test_only_who_has_the_keys_is_answered(project):
    for auth in (None, ("", "s"), ("k", "")):
        assert ask(project, status=401, auth=auth).json()["code"] == 401
    assert ask(project, auth=("other", "s")).json()["data"] == []
    create(project)
    assert ask(project, auth=("other", "s")).json()["data"] == [], "a plan is of a project"


def test_a_plan_without_it_answers_404_without_json(project):
    switch(project, fault="no-taxonomy")
    answer = ask(project, status=404)
    assert (answer.text, answer.headers["Content-Type"]) == ("Not Found", "text/plain; charset=utf-8")
    assert "<b>404</b> at the Taxonomy API" in page(project, "/faults")
    switch(project, path="/faults/clear")
    assert ask(project).json()["data"] == []


def test_a_switch_keeps_it_from_being_taken_or_loses_the_answer(project):
    behave(project, path=PATH, status=503)
    create(project, status=503)
    assert planned(project) == {}
    behave(project, path=PATH, close=True, ingest=True)
    with pytest.raises(requests.ConnectionError):
        create(project)
    assert set(planned(project)) == {"grp:seats"}
    behave(project, path=PATH, delay_seconds=0.01)
    create(project, status=409)
    switch(project, fault="unavailable", door=PATH)
    ask(project, status=503)


def test_what_costs_too_much_is_429(project):
    behave(project, settings={"taxonomy": {"cost": 4, "seconds": 60}})
    create(project)
    ask(project)
    ask(project, "PUT", "grp:seats", 429, description="x")
    ask(project)
    ask(project, status=429)
    assert "429 beyond the cost of 4 in 60 s" in page(project, "/faults")
    behave(project, settings={"taxonomy": {"seconds": 0.01}})
    time.sleep(0.02)
    ask(project, "PUT", "grp:seats", description="x")
    assert ask(project, auth=("other", "s")).json() == {"success": True, "data": []}, "of a key"


def test_what_runs_at_once_costs_four_at_most(project):
    behave(project, next=2, path=PATH, delay_seconds=20)
    slow = [threading.Thread(target=create, args=(project, f"grp:{number}")) for number in range(2)]
    for one in slow:
        one.start()
    while view(project, "/api/behaviour"):
        time.sleep(0.01)
    ask(project, status=429)
    behave(project, clear=True)
    for one in slow:
        one.join()
    assert set(planned(project)) == {"grp:0", "grp:1"}


@pytest.mark.parametrize(
    "asked", [{"available": 1}, {"cost": -1}, {"cost": 1.5}, {"seconds": 0}, {"own": "first_seen"}, {"price": 1}, []]
)
def test_settings_that_cannot_be_are_refused(amplitude, asked):
    assert "taxonomy" in behave(amplitude, 400, settings={"taxonomy": asked})["error"]


def test_what_is_planned_is_kept_in_the_file(tmp_path):
    file = str(tmp_path / "data.jsonl")
    running = sandbox.start(data=file)
    send(running, event(groups={"Company": "Acme"}))
    create(running, type="number")
    create(running, type="number", status=409)
    running.stop()
    running = sandbox.start(data=file)
    assert planned(running, group_type="Company")["grp:seats"]["type"] == "number"
    assert view(running, "/api/counts")["event"] == 1
    running.stop()


def test_forgetting_everything_forgets_it_too(project):
    create(project)
    requests.delete(project.url + "/api/everything", timeout=5)
    assert view(project, "/api/taxonomy") == []
    assert "Nothing is planned." in page(project, "/taxonomy")


def test_hostile_names_are_only_names(amplitude):
    send(amplitude, event(groups={HOSTILE: "x"}))
    create(amplitude, f"grp:{HOSTILE}", HOSTILE, description=HOSTILE, type="string", regex=HOSTILE)
    assert "<script>alert" not in page(amplitude, "/taxonomy") + page(amplitude, "/taxonomy?type=" + HOSTILE)
    assert "&lt;script&gt;alert" in page(amplitude, "/taxonomy")

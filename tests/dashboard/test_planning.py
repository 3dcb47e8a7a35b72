"""The pages Plan and QA: what the commands say of the same calls, to look at and to take away; nothing is kept."""

import io
import json
import re
import subprocess
import sys
import time
from html import unescape
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from python_calamine import CalamineWorkbook

from tests.dashboard.conftest import LOCAL, PAIR, group, track
from tests.processes import environment
from tests.reports.qa.books import EVENTS, PLAN, TAXONOMY, of_plan, workbook
from translator.dashboard import holding, looking
from translator.dashboard.mounting import STATIC
from translator.reports.newest import Newest, Timed
from translator.reports.plan import page as plan_page
from translator.reports.plan.of_newest import of_newest
from translator.reports.plan.planned import Planned, PlannedEvent, PlannedProperty, PlannedType
from translator.reports.qa import page as qa_page

HOSTILE = "<script>alert(1)</script>"
NAMES = ("Acme", "Bolt", "Crux")
CALLS = [
    *(group(f"g{n}", f"user-{n}", group_type="Organization", name=name, seats=n) for n, name in enumerate(NAMES)),
    *(track(f"m{n}", f"user-{n % 3}", properties={"text": HOSTILE}) for n in range(9)),
]
PLANNED = Planned(
    (PlannedType("Organization"), PlannedType("Workspace")),
    (PlannedProperty("Organization", "seats", "text", required=True),),
    (PlannedEvent("Signed Up", ("Organization",)),),
)
MISSING = "Workspace"
"""What is planned and never comes."""


@pytest.fixture
def client(board):
    """A browser of this machine; the service has the pair, two destinations, and some calls."""
    both = {name: {"api_key": "hush" * 8} for name in ("production", "test")}
    client = board(LOCAL, groups=PAIR, destinations=both)
    assert client.post("/webhook", json=CALLS).json["accepted"] == len(CALLS)
    return client


def submit(client, path, **fields):
    (token,) = re.findall(r'name="csrf_token" value="([^"]+)"', client.get(path).get_data(as_text=True))
    return client.post(path, data={"csrf_token": token, **fields})


def taken(client, path, kind, **fields):
    """A file, and how it is called."""
    answer = submit(client, path, **fields, **{"as": kind})
    assert answer.status_code == 200, answer.data
    name = path.strip("/")
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}.{kind}"'
    assert answer.content_type == looking.MEDIA[kind]
    return answer.data


def read(answer):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))).split())


def file(data, name="plan.xlsx"):
    return io.BytesIO(data), name


def command(folder, *arguments):
    """What a command says of the same journal, under the same settings."""
    pair = {"AMPLITUDE_GROUP_TYPE_TRAIT": PAIR["type_trait"], "AMPLITUDE_GROUP_VALUE_TRAIT": PAIR["value_trait"]}
    done = subprocess.run(
        [sys.executable, "-m", "translator", *arguments, "--from-journal"],
        cwd=folder, env=environment(folder, JOURNAL_URL=f"sqlite:///{folder}/journal.db", **pair),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode in (0, 1), done.stderr
    return done.stdout


def test_the_pages_are_found_from_the_others(client):
    text = client.get("/groups").get_data(as_text=True)
    assert 'href="/plan"' in text
    assert 'href="/qa"' in text
    chosen = client.get("/plan?destination=test").get_data(as_text=True)
    assert "<option selected>test</option>" in chosen


def test_the_plan_is_shown(client):
    text = read(submit(client, "/plan"))
    assert "Made from the newest 1,000 of the journal" in text
    assert "Calls 12 (track 9, group 3)" in text
    assert 'type_trait = "group_type"' in text
    assert "Organization" in text
    assert "Advice: user-level groups" in text
    assert "translate.hook) was left out: no code" not in text
    assert "time was up" not in text


def test_a_destination_and_more_calls(client):
    text = read(submit(client, "/plan", calls="10000", destination="test"))
    assert "the newest 10,000 of the journal" in text
    assert "Destination test" in text
    assert "Destination elsewhere" not in read(submit(client, "/plan", destination="elsewhere"))


def test_the_plan_can_be_taken_away(client, tmp_path):
    (tmp_path / "files").mkdir()
    found = json.loads(taken(client, "/plan", "json"))
    command(tmp_path, "plan", "--out", "files/plan.json")
    assert found == json.loads((tmp_path / "files" / "plan.json").read_text())
    assert [one["name"] for one in found["types"]] == ["Organization"]
    book = CalamineWorkbook.from_filelike(io.BytesIO(taken(client, "/plan", "xlsx")))
    rows = book.get_sheet_by_name("Plan").to_python()
    assert (rows[0][0], rows[1][0]) == ("Group type", "Organization")
    assert taken(client, "/plan", "html").decode().startswith("<!doctype html>")
    assert "- Made from: the newest 1,000 of the journal\n- Calls: 12" in taken(client, "/plan", "md").decode()


def test_a_plan_that_was_taken_away_is_one_that_can_be_held_against_calls(client):
    book = taken(client, "/plan", "xlsx")
    report = json.loads(taken(client, "/qa", "json", plan=file(book)))
    assert (report["plan"], report["read"], report["errors"]) == ("plan.xlsx", 12, 0)


def test_what_is_not_as_planned_is_shown(client):
    answer = submit(client, "/qa", plan=file(of_plan(PLANNED), "C:\\plans\\our plan.xlsx"))
    text = read(answer)
    assert answer.status_code == 200
    assert "our plan.xlsx against the newest 1,000 of the journal: 12 calls read" in text
    assert "Group types that never came error Workspace" in text
    assert "Group properties of another kind error Organization: seats" in text
    assert "C:\\plans" not in text


def test_findings_can_be_taken_away_and_are_those_of_the_command(client, tmp_path):
    client.post("/webhook", json={"type": "track", "messageId": "bad"})
    (tmp_path / "plan.xlsx").write_bytes(of_plan(PLANNED))
    said = json.loads(command(tmp_path, "qa", "plan.xlsx", "--format", "json"))
    found = json.loads(taken(client, "/qa", "json", plan=file(of_plan(PLANNED))))
    assert {**found, "source": ""} == {**said, "source": ""}
    kinds = {one["kind"]: one["subject"] for one in found["findings"]}
    assert kinds["group_type_missing"] == MISSING
    assert (kinds["not_translated"], found["read"]) == ("refused as invalid", 13)
    root = ElementTree.fromstring(taken(client, "/qa", "xml", plan=file(of_plan(PLANNED))))  # noqa: S314  our own
    assert root.get("failures") == str(sum(one["outcome"] == "failed" for one in found["checks"]))
    assert "Group types that never came" in taken(client, "/qa", "html", plan=file(of_plan(PLANNED))).decode()


def test_the_page_holds_the_plan_for_the_next_click(client):
    page = submit(client, "/qa", plan=file(of_plan(PLANNED))).get_data(as_text=True)
    held = {key: unescape(re.findall(rf'name="{key}" value="([^"]*)"', page)[0]) for key in ("held", "name")}
    assert json.loads(held["held"]) == PLANNED.plain()
    assert held["name"] == "plan.xlsx"
    found = json.loads(taken(client, "/qa", "json", **held))
    assert found == json.loads(taken(client, "/qa", "json", plan=file(of_plan(PLANNED))))


def test_a_plan_that_is_too_large_for_a_field_is_chosen_again(client, monkeypatch):
    monkeypatch.setattr(holding, "MOST_HELD", 10)
    page = submit(client, "/qa", plan=file(of_plan(PLANNED))).get_data(as_text=True)
    assert 'name="held"' not in page
    assert "Workspace" in page


FAULTY = workbook(Plan=[*PLAN, ("Organization", "usr")], Taxonomy=TAXONOMY, Events=EVENTS)


@pytest.mark.parametrize(
    ("data", "name", "said"),
    [
        (FAULTY, "plan.xlsx", 'sheet "Plan", row 2, column "Level": "usr" must be user, event or both'),
        (b"PK\x03\x04 nothing", "plan.xlsx", "plan.xlsx: is no workbook (.xlsx) that can be read"),
        (b"no json", "plan.json", "plan.json: is no workbook (.xlsx), and"),
        (b'{"types": [{"name": 1}]}', "p.json", 'types.0.name: "1" must be text'),
        (b'{"types": [{"name": "a", "level": "<script>"}]}', HOSTILE, '"<script>" must be user, event or both'),
        (b"", "empty.json", "Choose a plan"),
    ],
)  # fmt: skip
def test_faults_of_a_plan_are_told(client, data, name, said):
    answer = submit(client, "/qa", plan=file(data, name))
    assert answer.status_code == 400
    assert said in unescape(answer.get_data(as_text=True))
    assert "<script>" not in answer.get_data(as_text=True)


def test_too_large_a_plan_is_refused(client, monkeypatch):
    monkeypatch.setattr(holding, "MOST_BYTES", 100)
    assert submit(client, "/qa", plan=file(of_plan(PLANNED))).status_code == 413


def test_nothing_of_a_plan_is_kept(client, tmp_path):
    submit(client, "/qa", plan=file(of_plan(PLANNED)))
    for path in (one for one in tmp_path.rglob("*") if one.is_file()):
        assert MISSING.encode() not in path.read_bytes(), path


@pytest.mark.parametrize(("path", "fields"), [("/plan", {}), ("/qa", {"held": '{"types": [{"name": "a"}]}'})])
def test_it_is_for_who_may_look_and_needs_a_token(board, client, path, fields):
    assert client.post(path, data=fields).status_code == 400
    assert board().get(path).status_code == 404
    guarded = board(dashboard={"password": "correct horse battery"})
    assert guarded.get(path).headers["Location"] == "/sign-in"
    (token,) = re.findall(r'name="csrf_token" value="([^"]+)"', guarded.get("/sign-in").get_data(as_text=True))
    assert guarded.post("/sign-in", data={"csrf_token": token, "password": "wrong"}).status_code == 403
    answer = guarded.post(path, data={"csrf_token": token, **fields})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/sign-in")
    assert guarded.post(path, data=fields).status_code == 400


@pytest.mark.parametrize(
    ("path", "fields"),
    [("/plan", {}), ("/qa", {"held": '{"types": [{"name": "a"}]}'}), ("/settings/diff", {"text": ""})],
)
def test_only_one_looks_at_a_time(client, monkeypatch, path, fields):
    inner: list[Any] = []

    def slow(*arguments):
        if not inner:
            inner.append(submit(client, path, **fields))
        return of_newest(*arguments)

    monkeypatch.setattr("translator.reports.plan.of_newest.of_newest", slow)
    assert submit(client, "/plan").status_code == 200
    assert (inner[0].status_code, "Somebody else looks at the newest calls" in read(inner[0])) == (503, True)
    assert submit(client, path, **fields).status_code == 200, "it was let go of"


def test_time_is_bounded_and_what_was_looked_at_is_said(client, monkeypatch):
    client.post("/webhook", json=[track(f"n{n}") for n in range(600)])
    monkeypatch.setattr(looking, "SECONDS", -1.0)
    text = read(submit(client, "/plan"))
    assert "Not all calls were looked at: time was up after 50." in text
    assert "Calls 50 (track 47, group 3)" in text
    found = json.loads(taken(client, "/qa", "json", plan=file(of_plan(PLANNED))))
    assert found["read"] == 50
    assert found["remarks"][0].startswith("Not all calls were looked at: time was up after 50.")


def test_no_hook_is_run_and_that_is_said(board, tmp_path, monkeypatch):
    (tmp_path / "trap.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'w')\ndef hook(call, records): return []\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    client = board(LOCAL, groups=PAIR, translate={"hook": "trap:hook"})
    client.post("/webhook", json=CALLS)
    assert "A hook (translate.hook) was left out" in read(submit(client, "/plan"))
    assert "A hook (translate.hook) was left out" in taken(client, "/plan", "md").decode()
    found = json.loads(taken(client, "/qa", "json", plan=file(of_plan(PLANNED))))
    assert found["remarks"][0].startswith("A hook (translate.hook) was left out")
    assert not (tmp_path / "sprung").exists()


def test_a_journal_without_calls_has_a_plan_of_nothing(board):
    client = board(LOCAL)
    assert "Calls 0" in read(submit(client, "/plan"))
    assert "Nothing was read" in read(submit(client, "/qa", plan=file(of_plan(PLANNED))))


def test_refused_messages_before_the_calls_are_not_counted(client):
    client.post("/webhook", json={"type": "track", "messageId": "before"})
    time.sleep(0.01)  # moments are told apart by ms
    client.post("/webhook", json=[track(f"n{n}") for n in range(1100)])
    found = json.loads(taken(client, "/qa", "json", plan=file(of_plan(PLANNED))))
    assert found["read"] == 1000
    assert json.loads(taken(client, "/qa", "json", plan=file(of_plan(PLANNED)), calls="10000"))["read"] == 1113


def test_what_is_hostile_is_shown_as_text(client):
    client.post("/webhook", json=group("evil", "user-9", group_type=HOSTILE, name=HOSTILE, **{HOSTILE: HOSTILE}))
    evil = Planned((PlannedType(HOSTILE),), (), (PlannedEvent(HOSTILE),))
    for answer in (submit(client, "/plan"), submit(client, "/qa", plan=file(of_plan(evil), f"{HOSTILE}.xlsx"))):
        assert answer.status_code == 200
        body = answer.get_data(as_text=True).partition("<main")[2]
        assert not re.search(r"<script|<style|\sstyle=|\son\w+=", body)
        assert "&lt;script&gt;" in body


@pytest.mark.parametrize("page", [plan_page, qa_page])
def test_the_rules_of_both_pages_are_the_same(page):
    name = Path(page.__file__).parent.name
    assert (STATIC / f"{name}.css").read_text() == page.css()


def test_both_readings_have_the_same_calls_though_newer_ones_come(client):
    _, journal = client.application.extensions["translator"]
    newest = Newest(journal, 1000)
    client.post("/webhook", json=track("later"))
    assert [one.message_id for one in newest] == [one["messageId"] for one in CALLS]
    assert newest.has_all
    assert not Newest(journal, 5).has_all
    timed = Timed(iter(range(7)), 0.0)
    assert (list(timed), timed.is_cut, timed.count) == (list(range(7)), False, 7)

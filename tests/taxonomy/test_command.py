"""``translator taxonomy`` as people and CI run it: real processes, a real sandbox."""

import json
import re
import signal
import subprocess
import sys
from dataclasses import replace
from xml.etree import ElementTree

import pytest

from tests.processes import ROOT, Service, environment, until
from tests.reports.qa.books import of_plan
from tests.reports.qa.calls import group
from tests.taxonomy.projects import (
    CREATED,
    KEY,
    PATH,
    PLAN,
    SECRET,
    ask,
    behave,
    come,
    requested,
    taxonomy,
    there,
    written,
)
from translator.reports.plan.planned import Planned, PlannedProperty, PlannedType

DOCS = ROOT / "docs" / "workbench.md"
SETTINGS = '[destinations.test]\napi_key = "{}"\nsecret_key = "{}"\nurl = "{}"\n'


@pytest.fixture
def run(tmp_path, amplitude):
    """Run a command of the group in a folder with a plan and a destination; its output has no key."""
    written(tmp_path)
    (tmp_path / "translator.toml").write_text(SETTINGS.format(KEY, SECRET, amplitude.url))

    def ran(*arguments, code=0):
        done = subprocess.run(
            [sys.executable, "-m", "translator", "taxonomy", *arguments],
            cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert KEY not in done.stdout + done.stderr
        assert SECRET not in done.stdout + done.stderr
        return done

    return ran


def lines(done):
    return done.stdout.splitlines()


def test_a_dry_run_says_what_the_docs_show_and_does_nothing(run, amplitude):
    come(amplitude, "Company", "Team")
    ask(amplitude, "POST", group_type="Company", group_property="grp:tier", type="enum", enum_values="gold")
    ask(amplitude, "POST", group_type="Company", group_property="grp:zip", type="string", regex="[0-9]{5}")
    ask(amplitude, "POST", group_type="Company", group_property="grp:old")
    taxonomy(amplitude, own=["seats"])
    before = there(amplitude, "Company", "Team")
    (shown,) = re.findall(r"^```\n(plan\.json → .*?)```", DOCS.read_text(), re.M | re.S)
    assert run("push", "plan.json", code=1).stdout == shown.replace("http://127.0.0.1:8100", amplitude.url)
    assert there(amplitude, "Company", "Team") == before
    assert requested(amplitude, "PUT") == []


def test_a_plan_is_pushed_once_and_is_then_as_planned(run, amplitude, tmp_path):
    come(amplitude, "Company", "Team")
    (tmp_path / "plan.xlsx").write_bytes(of_plan(PLAN))
    assert lines(run("push", "plan.xlsx", "--yes")) == [
        'created Company: seats: number, "how many"',
        "created Company: tier: enum, values gold, silver",
        "created Company: zip: string, regex [0-9]{5}",
        "created Company: tags: list",
        "created Company: name: any",
        'created Team: name: string, "as on its door"',
        "6 created, 0 changed, 0 were as planned, 0 not done",
    ]
    assert there(amplitude, "Company", "Team") == {key: {"type": "any", **said} for key, said in CREATED.items()}
    posts = len(requested(amplitude, "POST"))
    assert lines(run("push", "plan.xlsx", "--yes")) == ["0 created, 0 changed, 6 were as planned, 0 not done"]
    assert (
        lines(run("push", "plan.json"))[-1]
        == "0 to create, 0 to change, 6 as planned, 0 cannot be, 0 not in the plan, left alone"
    )
    assert len(requested(amplitude, "POST")) == posts
    assert lines(run("qa", "plan.xlsx"))[-1] == "0 errors, 0 warnings, 16 as planned"


def test_a_change_is_of_its_group_type_alone_and_nothing_is_deleted(run, amplitude):
    come(amplitude, "Company", "Team")
    ask(amplitude, "POST", group_type="Company", group_property="grp:tier", description="theirs")
    ask(amplitude, "POST", group_type="Company", group_property="grp:old", description="theirs")
    run("push", "plan.json", "--yes")
    assert there(amplitude, "Company")["Company", "grp:tier"] == {
        **CREATED["Company", "grp:tier"],
        "description": "theirs",
    }
    (shared,) = [one for one in ask(amplitude, "GET") if one["group_property"] == "grp:tier"]
    assert (shared["type"], shared["description"]) == ("any", "theirs")
    assert there(amplitude, "Company")["Company", "grp:old"]["description"] == "theirs"


def test_a_group_type_that_is_not_there_is_named_with_what_to_do(run, amplitude):
    come(amplitude, "Company")
    found = lines(run("push", "plan.json", code=1))
    place = found.index("Team")
    assert (
        "cannot  the project has no such group type, and the Taxonomy API cannot make one: send one call"
        in found[place + 1]
    )
    assert found[place + 2] == "  group properties planned for it: 1"
    done = lines(run("push", "plan.json", "--yes", code=1))
    assert done[-1] == "5 created, 0 changed, 0 were as planned, 1 not done"
    assert done[-2].startswith("cannot  Team: the project has no such group type")
    come(amplitude, "Team")
    assert lines(run("push", "plan.json", "--yes"))[-1] == "1 created, 0 changed, 5 were as planned, 0 not done"


def test_an_interrupted_push_is_done_by_the_next(run, amplitude, tmp_path):
    come(amplitude, "Company", "Team")
    behave(amplitude, next=100, path=PATH, delay_seconds=0.5)
    process = subprocess.Popen(
        [sys.executable, "-m", "translator", "taxonomy", "push", "plan.json", "--yes"],
        cwd=tmp_path, env=environment(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until(lambda: requested(amplitude, "POST"))
    process.send_signal(signal.SIGINT)
    said, errors = process.communicate(timeout=30)
    assert process.returncode == 130, errors
    assert "taxonomy: what was done stays; the same command does the rest\ntranslator: interrupted\n" in errors
    behave(amplitude, clear=True)
    assert 0 < len(said.splitlines()) < 6
    again = lines(run("push", "plan.json", "--yes"))
    assert again[-1].endswith("0 not done")
    assert len(again) - 1 < 6
    assert set(there(amplitude, "Company", "Team")) == set(CREATED)


def test_a_lost_answer_and_a_small_budget_do_not_keep_a_push_from_its_end(run, amplitude):
    come(amplitude, "Company", "Team")
    taxonomy(amplitude, cost=6, seconds=2.0)
    behave(amplitude, path=PATH, next=3, delay_seconds=0.001)
    behave(amplitude, path=PATH, close=True, ingest=True)
    done = run("push", "plan.json", "--yes")
    assert lines(done)[-1] == "6 created, 0 changed, 0 were as planned, 0 not done"
    assert "answers 429: trying again in" in done.stderr
    assert "cannot be reached: trying again in 1 s" in done.stderr
    assert 409 in requested(amplitude, "POST"), "it was there, as planned"
    taxonomy(amplitude, cost=7200)
    assert set(there(amplitude, "Company", "Team")) == set(CREATED)


def test_what_is_refused_is_said_and_the_rest_is_done(run, amplitude, tmp_path):
    come(amplitude, "Company")
    written(tmp_path, replace(PLAN, types=(PlannedType("Company"),), properties=PLAN.properties[:3]))
    # as when somebody else makes it otherwise in the meantime, after the two listings
    behave(amplitude, path=PATH, next=2, delay_seconds=0.001)
    behave(amplitude, path=PATH, status=409, body={"success": False, "errors": [{"message": "is there\x1b[2J"}]})
    behave(amplitude, path=PATH, next=2, delay_seconds=0.001)
    behave(amplitude, path=PATH, status=404, body={"success": False, "errors": [{"message": "no such type"}]})
    done = lines(run("push", "plan.json", "--yes", code=1))
    assert done[0] == "refused Company: seats: refused (409): is there\\x1b[2J"
    assert done[1] == "created Company: tier: enum, values gold, silver"
    assert done[2].startswith("refused Company: zip: the project has no such group type")
    assert done[3] == "1 created, 0 changed, 0 were as planned, 2 not done"


def test_qa_finds_what_differs(run, amplitude, tmp_path):
    come(amplitude, "Company")
    ask(amplitude, "POST", group_type="Company", group_property="grp:seats", type="string", description="how many")
    ask(amplitude, "POST", group_type="Company", group_property="grp:name")
    ask(amplitude, "POST", group_type="Company", group_property="grp:old")
    found = json.loads(run("qa", "plan.json", "--format", "json", code=1).stdout)
    assert [(one["kind"], one["severity"], one["subject"]) for one in found["findings"]] == [
        ("taxonomy_type_missing", "error", "Team"),
        ("taxonomy_missing", "error", "Company: tier"),
        ("taxonomy_missing", "error", "Company: zip"),
        ("taxonomy_missing", "error", "Company: tags"),
        ("taxonomy_differs", "error", "Company: seats"),
        ("taxonomy_extra", "warning", "Company: old"),
    ]
    assert found["findings"][4]["said"] == "type string, planned number"
    assert (found["read"], found["unit"], found["source"]) == (3, "definitions", "the taxonomy of test")
    run("qa", "plan.json", "--format", "junit", "--out", "qa.xml", code=1)
    root = ElementTree.parse(tmp_path / "qa.xml").getroot()  # noqa: S314  our own
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["skipped"]) == ("16", "5", "6")
    assert "Company: old" in run("qa", "plan.json", "--format", "html", code=1).stdout
    assert there(amplitude, "Company").keys() == {("Company", f"grp:{name}") for name in ("seats", "name", "old")}
    assert requested(amplitude, "PUT") == []


def test_a_warning_is_an_error_when_asked(run, amplitude, tmp_path):
    come(amplitude, "Company")
    written(tmp_path, replace(PLAN, types=(PlannedType("Company"),), properties=(PlannedProperty("Company", "name"),)))
    ask(amplitude, "POST", group_type="Company", group_property="grp:name")
    ask(amplitude, "POST", group_type="Company", group_property="grp:old")
    run("qa", "plan.json")
    run("qa", "plan.json", "--strict", code=1)


def test_what_was_pulled_serves_for_qa(run, amplitude, tmp_path):
    come(amplitude, "Company", "Team")
    run("push", "plan.json", "--yes")
    done = run("pull", "--plan", "plan.json", "--group-type", "Nowhere", "--out", "pulled.json", code=1)
    assert done.stderr.splitlines() == [
        "taxonomy: Nowhere: the project has no such group type",
        "taxonomy: Company: 5 group properties",
        "taxonomy: Team: 1 group properties",
        "taxonomy: shared: 5 group properties",
    ]
    assert (tmp_path / "pulled.json").stat().st_mode & 0o777 == 0o600
    pulled = json.loads((tmp_path / "pulled.json").read_text())
    assert (pulled["group_types"], pulled["missing_group_types"]) == (["Company", "Team"], ["Nowhere"])
    amplitude.stop()
    assert (
        lines(run("qa", "plan.json", "--pulled", "pulled.json"))[0]
        == "plan.json against pulled.json: 6 definitions read"
    )


def test_pull_knows_the_group_types_that_the_journal_has_sent(run, amplitude, tmp_path):
    assert json.loads(run("pull").stdout)["group_types"] == []
    assert "--group-type or --plan names some" in run("pull").stderr
    traits = {"AMPLITUDE_GROUP_TYPE_TRAIT": "group_type", "AMPLITUDE_GROUP_VALUE_TRAIT": "name"}
    service = Service(tmp_path, TRANSLATOR_CONFIG=str(tmp_path / "translator.toml"), **traits)
    try:
        assert service.post(group(employees=20)).status_code == 200
        until(lambda: service.waiting() == 0)
    finally:
        service.stop()
    assert json.loads(run("pull").stdout)["group_types"] == ["Organization"]


def test_a_plan_without_the_api_is_explained(run, amplitude):
    taxonomy(amplitude, available=False)
    for command in (("push", "plan.json"), ("push", "plan.json", "--yes"), ("qa", "plan.json"), ("pull",)):
        said = run(*command, code=2).stderr
        assert (
            "this project has no Taxonomy API. It is part of Amplitude's Enterprise plan: ask Amplitude for it" in said
        )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["push", "gone.json"], "gone.json: cannot be read"),
        (["push", "plan.json", "--destination", "nowhere"], "'nowhere' is not configured; there are: test"),
        (["push", "plan.json", "--config", "two.toml"], "say which project: --destination NAME; there are: a, b"),
        (["push", "plan.json", "--config", "none.toml"], "say which project: --destination NAME; there are: none"),
        (["push", "plan.json", "--config", "two.toml", "--destination", "a"], "destinations.a.secret_key is needed"),
        (["qa", "plan.json", "--pulled", "gone.json"], "gone.json: cannot be read"),
        (["qa", "plan.json", "--pulled", "plan.json"], "plan.json: is not what translator taxonomy pull writes"),
        (["qa", "plan.json", "--pulled", "two.toml"], "two.toml: not JSON"),
        (["qa", "plan.json", "--pulled", "few.json"], "few.json: these group types were not pulled: Team"),
        (["qa", "plan.json", "--pulled", "few.json", "--destination", "test"], "--pulled is instead of --destination"),
        (["qa", "plan.json", "--out", "gone/qa.xml"], "gone/qa.xml: its folder is not there"),
        (["pull", "--out", "gone/p.json"], "gone/p.json: its folder is not there"),
        (["pull", "--plan", "gone.json"], "gone.json: cannot be read"),
        (["pull", "--group-type", b"a\xff"], "half of a character, and cannot be sent: a\\udcff"),
        (["push", "half.xlsx"], "half of a character, and cannot be sent: "),
        (["qa", "half.xlsx"], "half of a character, and cannot be sent: "),
    ],
)
def test_what_cannot_be_read_or_written_is_said_and_exits_2(run, tmp_path, arguments, said):
    (tmp_path / "two.toml").write_text('[destinations.a]\napi_key = "k"\n[destinations.b]\napi_key = "k"\n')
    (tmp_path / "none.toml").write_text("")
    (tmp_path / "half.xlsx").write_bytes(of_plan(Planned((PlannedType("A"),), (PlannedProperty("A", "\ud800"),))))
    few = {"version": 1, "group_types": ["Company"], "missing_group_types": [], "properties": []}
    (tmp_path / "few.json").write_text(json.dumps(few))
    assert said in run(*arguments, code=2).stderr

"""``translator qa`` as people and CI run it: real processes, a real service, a real sandbox, real memory."""

import json
import subprocess
import sys
from xml.etree import ElementTree

import pytest
import requests

from tests.processes import PEAK, Service, environment, until
from tests.reports.qa.books import of_plan
from tests.reports.qa.calls import group, numbered, track
from translator.reports.plan.planned import Planned, PlannedEvent, PlannedProperty, PlannedType

TRAITS = {"AMPLITUDE_GROUP_TYPE_TRAIT": "group_type", "AMPLITUDE_GROUP_VALUE_TRAIT": "name"}
PLAN = Planned(
    (PlannedType("Organization"),),
    (
        PlannedProperty("Organization", "group_type"),
        PlannedProperty("Organization", "name"),
        PlannedProperty("Organization", "employees", "number", True),
    ),
    (PlannedEvent("Clicked", ("Organization",)),),
)
GOOD = numbered(group(employees=20), track())
WARNED = [*GOOD, track("Sold", "m3")]
BAD = [*GOOD, group("B", "m3", "user-2"), track(name="m4", user="user-3")]


@pytest.fixture
def qa(tmp_path):
    (tmp_path / "plan.xlsx").write_bytes(of_plan(PLAN))
    (tmp_path / "plan.json").write_text(json.dumps(PLAN.plain()))
    for name, calls in (("good", GOOD), ("warned", WARNED), ("bad", BAD), ("none", [])):
        (tmp_path / f"{name}.jsonl").write_text("".join(json.dumps(call) + "\n" for call in calls))

    def run(*arguments, code=0, **env):
        done = subprocess.run(
            [sys.executable, "-m", "translator", "qa", *arguments],
            cwd=tmp_path, env=environment(tmp_path, **TRAITS, **env), capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        assert b"Traceback" not in done.stderr
        return done

    return run


@pytest.mark.parametrize("plan", ["plan.xlsx", "plan.json"])
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["good.jsonl"], 0), (["good.jsonl", "--strict"], 0), (["warned.jsonl"], 0), (["warned.jsonl", "--strict"], 1),
        (["bad.jsonl"], 1), (["good.jsonl", "bad.jsonl"], 1), (["none.jsonl"], 1),
    ],
)  # fmt: skip
def test_the_exit_code_is_for_ci(qa, plan, arguments, code):
    said = qa(plan, *arguments, code=code).stdout.decode()
    assert said.startswith(f"{plan} against {', '.join(one for one in arguments if one != '--strict')}: ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["plan.jsn", "good.jsonl"], "plan.jsn: cannot be read: No such file or directory"),
        (["good.jsonl", "good.jsonl"], "good.jsonl: is no workbook (.xlsx), and not JSON"),
        (["plan.json"], "say what: some files, --from-journal or --from-archive"),
        (["plan.json", "gone.jsonl"], "'gone.jsonl' does not exist"),
        (["plan.json", "good.jsonl", "--sandbox", "http://127.0.0.1:1"], "--sandbox is instead of files"),
        (["plan.json", "--sandbox", "http://127.0.0.1:1"], "does not answer: "),
        (["plan.json", "--sandbox", "ftp://127.0.0.1"], "must begin with http:// or https://"),
        (["plan.json", "--sandbox", "http://[::1"], "http://[::1/api/totals"),
        (["plan.json", "good.jsonl", "--since", "2026-11-01"], "--since and --until need --from-journal"),
        (["plan.json", "good.jsonl", "--destination", "nowhere"], "'nowhere' is not configured"),
        (["plan.json", "good.jsonl", "--out", "gone/qa.xml"], "gone/qa.xml: its folder is not there"),
        (["plan.json", "good.jsonl", "--out", "."], ".: cannot be written: Is a directory"),
    ],
)
def test_what_cannot_be_read_or_written_is_said_and_exits_2(qa, arguments, said):
    assert said in qa(*arguments, code=2).stderr.decode()


def test_a_report_is_written_and_its_totals_are_said(qa, tmp_path):
    done = qa("plan.xlsx", "bad.jsonl", "--format", "junit", "--out", "qa.xml", code=1)
    assert done.stdout == b""
    assert done.stderr.decode() == "qa: 2 errors, 0 warnings, 16 as planned: qa.xml\n"
    root = ElementTree.parse(tmp_path / "qa.xml").getroot()  # noqa: S314  our own
    assert (root.attrib["name"], root.attrib["failures"]) == ("plan.xlsx against bad.jsonl", "2")
    assert (tmp_path / "qa.xml").stat().st_mode & 0o777 == 0o600, "it quotes calls"


def test_a_file_whose_name_is_no_text_is_read(qa, tmp_path):
    name = b"g\xffod.jsonl".decode(errors="surrogateescape")
    (tmp_path / name).write_bytes((tmp_path / "good.jsonl").read_bytes())
    assert json.loads(qa("plan.json", name, "--format", "json").stdout)["source"] == "g\\udcffod.jsonl"


def test_a_destination_has_its_own_groups(qa, tmp_path):
    (tmp_path / "c.toml").write_text(
        '[destinations.test]\napi_key = "k"\n[destinations.test.groups]\nlevel = "event"\n'
    )
    found = json.loads(
        qa("plan.json", "good.jsonl", "--config", "c.toml", "--destination", "test", "--format", "json", code=1).stdout
    )
    assert [(one["kind"], one["count"]) for one in found["findings"]] == [("level", 1)]


def seen(done):
    """Kinds and subjects with counts, from JSON."""
    return {(one["kind"], one["subject"]): one["count"] for one in json.loads(done.stdout)["findings"]}


def test_what_went_through_the_service_is_seen_in_its_journal_and_in_the_sandbox(qa, tmp_path, amplitude):
    test = {
        "TRANSLATOR__DESTINATIONS__TEST__API_KEY": '"k"',
        "TRANSLATOR__DESTINATIONS__TEST__URL": f'"{amplitude.url}"',
    }
    service = Service(tmp_path, **TRAITS, **test)
    calls = [
        *BAD, group(None, "m5", "user-5"), group("C", "m6", "user-6", kind="Team"), track("Sold", "m7"),
        group("D", "m8", "user-8", employees="many", colour="red"),
    ]  # fmt: skip
    try:
        assert service.post(calls).status_code == 200
        assert service.post({"type": "track", "messageId": "m9", "userId": "user-1"}).status_code == 400
        until(lambda: service.waiting() == 0)
    finally:
        service.stop()
    expected = {
        ("group_type_extra", "Team"): 1,
        ("group_property_incomplete", "Organization: employees"): 1,
        ("group_property_extra", "Organization: colour"): 1,
        ("group_property_kind", "Organization: employees"): 1,
        ("event_extra", "Sold"): 1,
        ("event_without_group", "Clicked: Organization"): 1,
    }
    of_journal = qa("plan.json", "--from-journal", "--format", "json", code=1)
    assert seen(of_journal) == {
        **expected,
        ("group_fallback", "traits.name"): 1,
        ("not_translated", "refused as invalid"): 1,
    }
    assert json.loads(of_journal.stdout)["findings"][0]["examples"] == [{"text": "event: required", "message_id": "m9"}]
    assert json.loads(of_journal.stdout)["source"] == "the journal"
    nothing = qa("plan.json", "--from-journal", "--until", "2026-01-01", "--format", "json", code=1)
    assert seen(nothing) == {("nothing_read", "the journal"): 0}

    of_sandbox = qa("plan.json", "--sandbox", amplitude.url, "--format", "json", code=1)
    assert seen(of_sandbox) == {**expected, ("group_fallback", "[Segment] Group"): 1}
    found = json.loads(of_sandbox.stdout)
    records = requests.get(f"{amplitude.url}/api/totals", timeout=5).json()["records"]
    assert (found["read"], found["unit"]) == (records, "records")
    (without,) = [one for one in found["findings"] if one["kind"] == "event_without_group"]
    assert (without["of"], without["examples"]) == (2, [{"text": "", "message_id": "m4"}])
    assert found["remarks"][0].startswith("A sandbox shows what arrived")


def test_memory_stays_small_over_many_calls(qa, tmp_path):
    """200,000 calls of 200,000 users in as many groups, through a gzip-free file; files and translator as they are."""
    code = (
        "import sys\n"
        "from tests.reports.qa.calls import group, track, PAIR\n"
        "from tests.reports.qa.test_command import PLAN\n"
        "from translator.reports.qa.comparing import compared\n"
        "from translator.reports.qa.of_calls import of_calls\n"
        "from translator.reports.reading import Source, Summary\n"
        "from translator.settings.load import settings_from\n"
        f"before = {PEAK}\n"
        "calls = (group(f'org-{n}', f'm{n}', f'user-{n}', **{f'p{n}': n, 'employees': n}) if n % 2 else\n"
        "         track(f'event-{n}' if n % 4 else 'Clicked', f'm{n}', f'user-{n - 1}') for n in range(1, 200_001))\n"
        "report = compared(PLAN, of_calls(PLAN, Source(calls, 'calls'), Summary(), settings_from(PAIR)))\n"
        f"print(report.read, {PEAK} - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment(tmp_path), capture_output=True, text=True, timeout=170, check=True
    )
    read, kilobytes = map(int, done.stdout.split())
    assert read == 200_000
    assert kilobytes < 60_000

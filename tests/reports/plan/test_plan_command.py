"""``translator plan`` as a process: files and the journal in, files and the terminal out."""

import json
import os
import re
import stat
import subprocess
import sys
import time
import tomllib
import zipfile
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from tests.processes import PEAK, ROOT, environment
from tests.reports.plan import traffic
from translator.journal import open_journal
from translator.parcels import Facts
from translator.settings.values import JournalSettings, Segment
from translator.validate import check

WORKBENCH = ROOT / "fixtures" / "workbench" / "calls.jsonl"
EXAMPLES = ROOT / "docs" / "examples"


@pytest.fixture
def plan(tmp_path):
    def run(*arguments, code=0, **env):
        done = subprocess.run(
            [sys.executable, "-m", "translator", "plan", *map(str, arguments)],
            cwd=tmp_path, env=environment(tmp_path, **env), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


def test_the_workbench_is_what_its_generator_makes():
    assert WORKBENCH.read_text(encoding="utf-8") == traffic.lines()


def test_it_prints_markdown_and_writes_nothing(plan, tmp_path):
    done = plan(WORKBENCH)
    assert done.stdout.startswith("# Accounts plan\n\n- Made from: calls.jsonl\n- Calls: 394 ")
    assert done.stderr == ""
    assert list(tmp_path.iterdir()) == []


def test_it_writes_each_file_that_is_asked_for(plan, tmp_path):
    done = plan(WORKBENCH, *(part for name in ("p.xlsx", "p.html", "p.md", "p.json") for part in ("--out", name)))
    assert done.stdout == ""
    assert CalamineWorkbook.from_path(tmp_path / "p.xlsx").sheet_names[1] == "Plan"
    assert (tmp_path / "p.html").read_text().startswith("<!doctype html>")
    assert (tmp_path / "p.md").read_text().startswith("# Accounts plan")
    found = json.loads((tmp_path / "p.json").read_text())
    assert set(found) == {"version", "types", "properties", "events"}
    assert [one["name"] for one in found["types"]] == ["Company"]
    modes = {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()}
    assert modes == {0o600}, "they quote calls"


def test_the_examples_of_the_docs_are_what_it_makes_now(plan, tmp_path):
    plan(WORKBENCH, *(part for name in ("plan.xlsx", "plan.html", "plan.md", "plan.json") for part in ("--out", name)))
    for name in ("plan.html", "plan.md", "plan.json"):
        assert (tmp_path / name).read_text() == (EXAMPLES / name).read_text(), name
    assert parts(tmp_path / "plan.xlsx") == parts(EXAMPLES / "plan.xlsx")


def parts(path):
    """What is in a workbook; how it is packed is up to zlib."""
    with zipfile.ZipFile(path) as archive:
        return {one.filename: archive.read(one) for one in archive.infolist()}


def test_the_journal_is_a_source_too(plan, tmp_path):
    journal = open_journal(JournalSettings(url=f"sqlite:///{tmp_path}/journal.db"))
    day = 24 * 60 * 60 * 1000
    start = 1_790_985_600_000  # 2026-10-03
    calls = list(traffic.calls())
    facts = [Facts("webhook", start + day * (number % 3)) for number in range(len(calls))]
    journal.append([check(one, fact, Segment()) for one, fact in zip(calls, facts, strict=True)])
    journal.close()
    done = plan("--from-journal")
    assert "- Made from: the journal\n- Calls: 394 (track 288, group 51, identify 40, page 15)" in done.stdout
    assert "4 of 40 users" in done.stdout
    span = plan("--from-journal", "--since", "2026-10-04", "--until", "2026-10-05")
    assert (
        "- Made from: the journal, received from 2026-10-04 00:00 until 2026-10-05 00:00\n- Calls: 131" in span.stdout
    )


def test_what_it_cannot_do_is_said(plan, tmp_path):
    assert "say what" in plan(code=2).stderr
    assert "must end with one of" in plan(WORKBENCH, "--out", "plan.pdf", code=2).stderr
    assert "there is no folder" in plan(WORKBENCH, "--out", "none/plan.md", code=2).stderr
    assert "need --from-journal" in plan(WORKBENCH, "--since", "2026-10-01", code=2).stderr
    assert "is not configured" in plan(WORKBENCH, "--destination", "x", code=2).stderr
    os.mkfifo(tmp_path / "pipe")
    assert "read twice" in plan(tmp_path / "pipe", code=2).stderr
    (tmp_path / "folder.md").mkdir()
    assert "folder.md: " in plan(WORKBENCH, "--out", "folder.md", code=1).stderr


def test_lines_that_cannot_be_read_are_said_once(plan, tmp_path):
    (tmp_path / "calls.jsonl").write_text('{"type":"page","userId":"u"}\nno json\n{"type":"track"}\n')
    done = plan("calls.jsonl")
    assert done.stderr.count("line 2") == 1
    assert "- Not readable: 1 files or lines" in done.stdout
    assert "| any configuration | refused | event: required | 1 |" in done.stdout


def test_a_destinations_own_configuration_counts(plan, tmp_path):
    (tmp_path / "c.toml").write_text(
        '[destinations.a]\napi_key = "hush"\nsecret_key = "hush-hush"\n[destinations.a.translate]\nevents_deny = ["Report *"]\n'
        '[destinations.b]\napi_key = "hush"\n[segment]\nshared_secret = "hush"\n'
    )
    done = plan(
        WORKBENCH, "--config", "c.toml", "--destination", "a", "--out", "a.md", "--out", "a.xlsx", "--out", "a.html"
    )
    text = (tmp_path / "a.md").read_text()
    assert "- Destination: a" in text
    assert "Report Viewed" not in text
    assert "events\\_allow" in text
    sheets = b"".join(parts(tmp_path / "a.xlsx").values()).decode()
    assert "hush" not in text + sheets + (tmp_path / "a.html").read_text() + done.stdout + done.stderr


def test_the_hook_is_used_and_that_is_said(plan, tmp_path):
    (tmp_path / "mine.py").write_text(
        "def hook(call, records):\n    if records is None and call['type'] == 'group':\n"
        "        return {**call, 'traits': {**call.get('traits', {}), 'group_type': 'Account'}}\n"
    )
    (tmp_path / "c.toml").write_text('[translate]\nhook = "mine:hook"\n')
    text = plan(WORKBENCH, "--config", "c.toml", PYTHONPATH=f"{ROOT}:{tmp_path}").stdout
    assert "mine:hook was used on every call" in text
    assert re.search(r"\| Account \| event \| translate.hook \(mine:hook\) .* \| 12 \| 43 \|", text)


def test_what_it_proposes_can_be_used_at_once(plan, tmp_path):
    text = plan(WORKBENCH).stdout
    (tmp_path / "translator.toml").write_text(text.split("```toml\n")[1].split("```")[0])
    assert tomllib.loads((tmp_path / "translator.toml").read_text())["groups"]["value_trait"] == "id"
    again = plan(WORKBENCH).stdout
    assert again.split("## Plan")[1].split("## Fallbacks")[0] == text.split("## Plan")[1].split("## Fallbacks")[0]
    assert "| today's | \\[Segment\\] Group, without | traits.group\\_type | 3 |" in again


MEASURED = f"""
import sys
from translator.cli import cli
cli(sys.argv[1:], standalone_mode=False)
print({PEAK})
"""


@pytest.mark.timeout(300)
def test_memory_is_bounded(tmp_path):
    """200,000 calls of 20,000 users in 3,000 groups, from a journal: files are read whole."""
    shape = traffic.Shape(
        accounts=3000, users=20_000, moving=500, swinging=200, untyped=50, unnamed=500, strangers=15_000, events=7
    )
    journal = open_journal(JournalSettings(url=f"sqlite:///{tmp_path}/journal.db"))
    part, facts = [], Facts("webhook", int(time.time() * 1000) - 1000)
    for call in traffic.calls(shape):
        part.append(check(call, facts, Segment()))
        if len(part) == 5000:
            journal.append(part)
            part = []
    journal.append(part)
    assert 195_000 < journal.counts().accepted < 205_000
    journal.close()
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, "plan", "--from-journal", "--out", "plan.xlsx", "--out", "plan.html"],
        cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=280, check=True,
    )  # fmt: skip
    kilobytes = int(done.stdout.splitlines()[-1])
    assert kilobytes < 200_000, f"{kilobytes} KB"
    assert Path(tmp_path / "plan.xlsx").stat().st_size > 10_000

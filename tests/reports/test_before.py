"""What calls before the chosen time leave of groups, plan, qa and diff know, and count none of it."""

import json
import subprocess
import sys

import pytest

from tests.processes import environment
from translator.journal import open_journal
from translator.parcels import Call
from translator.settings.values import JournalSettings

DAY = 86_400_000
THEN = 1_790_000_000_000  # 2026-09-21
CONFIG = """
[groups]
type_trait = "group_type"
value_trait = "name"
level = "event"
[journal]
url = "sqlite:///journal.db"
"""
PLAN = {"types": [{"name": "Company", "level": "event"}], "events": [{"name": "Opened", "groups": ["Company"]}]}


def call(number, at, body):
    whole = {"messageId": f"m{number}", "userId": "u1", "context": {}, **body}
    return Call("", "webhook", f"m{number}", "u1", at, whole)


@pytest.fixture
def run(tmp_path):
    """A group call on one day, and an event of its user the day after."""
    (tmp_path / "translator.toml").write_text(CONFIG)
    (tmp_path / "user.toml").write_text(CONFIG.replace('"event"', '"user"'))
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    journal = open_journal(JournalSettings(url=f"sqlite:///{tmp_path}/journal.db"))
    journal.attach({"amplitude": "now"})
    traits = {"group_type": "Company", "name": "Acme"}
    journal.append(
        [call(1, THEN, {"type": "group", "groupId": "g1", "traits": traits, "timestamp": "2026-09-21T14:13:20Z"})]
    )
    event = call(2, THEN + DAY, {"type": "track", "event": "Opened", "timestamp": "2026-09-22T14:13:20Z"})
    journal.append([event])
    (tmp_path / "alone.jsonl").write_text(json.dumps(event.body))
    journal.close()

    def started(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "translator", *arguments],
            cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=60,
        )  # fmt: skip

    return started


SINCE = ("--from-journal", "--since", "2026-09-22")


def test_qa_finds_an_event_in_the_group_of_before(run):
    done = run("qa", "plan.json", *SINCE, "--format", "json")
    found = json.loads(done.stdout)
    assert found["read"] == 1
    assert "event_without_group" not in {one["kind"] for one in found["findings"]}
    assert "event_without_group" in run("qa", "plan.json", "alone.jsonl", "--format", "json").stdout


def test_diff_says_that_the_event_loses_it(run):
    done = run("diff", "translator.toml", "user.toml", *SINCE)
    assert "event groups.Company" in done.stdout, done
    assert done.returncode == 1


def test_a_plan_counts_the_event_in_it_and_no_call_of_before(run):
    done = run("plan", *SINCE)
    assert (done.returncode, "- Calls: 1 (track 1)" in done.stdout) == (0, True), done

"""The command as people and pipelines start it: exit codes, sources, output; many calls in bounded memory."""

import json
import re
import subprocess
import sys

import pytest

from tests.processes import PEAK, environment
from tests.reports.diff.helpers import group, track
from translator.journal import open_journal
from translator.parcels import Facts
from translator.settings.values import JournalSettings, Segment
from translator.validate import check

OLD = '[groups]\ntype_trait = "group_type"\nvalue_trait = "name"\n'
NEW = f'{OLD}[translate]\nproperties_deny = ["plan"]\n'


@pytest.fixture
def run(tmp_path):
    """``translator diff`` in a folder with old.toml, new.toml and calls.jsonl."""
    (tmp_path / "old.toml").write_text(OLD)
    (tmp_path / "new.toml").write_text(NEW)
    calls = [track(f"m{n}", properties={"plan": "pro"}) for n in range(3)] + [group()]
    (tmp_path / "calls.jsonl").write_text("".join(json.dumps(one) + "\n" for one in calls))

    def start(*arguments, code, **env):
        done = subprocess.run(
            [sys.executable, "-m", "translator", "diff", *arguments],
            cwd=tmp_path, env=environment(tmp_path, **env), capture_output=True, text=True, timeout=150, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return start


def test_it_exits_as_diff_does(run, tmp_path):
    assert "nothing changes" in run("old.toml", "old.toml", "calls.jsonl", code=0).stdout
    done = run("old.toml", "new.toml", "calls.jsonl", code=1)
    assert "4 calls of 1 files, translated as configured: 3 would change (75.0 %)" in done.stdout
    assert done.stderr == ""
    (tmp_path / "bad.toml").write_text("[groups]\nlevel = 'none'")
    assert "groups.level" in run("old.toml", "bad.toml", "calls.jsonl", code=2).stderr
    assert "does not exist" in run("old.toml", "missing.toml", "calls.jsonl", code=2).stderr
    assert "some files, --from-journal or --from-archive" in run("old.toml", "new.toml", code=2).stderr
    assert "is not configured" in run("old.toml", "new.toml", "calls.jsonl", "--destination", "x", code=2).stderr
    (tmp_path / "broken.jsonl").write_text('{"type": "track"\nnonsense\n')
    done = run("old.toml", "old.toml", "calls.jsonl", "broken.jsonl", code=2)
    assert "2 of the source could not be read" in done.stdout
    assert "broken.jsonl, line 2" in done.stderr


def test_each_shape_goes_into_a_file_of_its_owner(run, tmp_path):
    (tmp_path / "out.json").write_text("old")
    (tmp_path / "out.json").chmod(0o644)
    assert run("old.toml", "new.toml", "calls.jsonl", "--format", "json", "--out", "out.json", code=1).stdout == ""
    found = json.loads((tmp_path / "out.json").read_text())
    assert (found["version"], found["calls"], found["changed"], found["old"]) == (1, 4, 3, "old.toml")
    run("old.toml", "new.toml", "calls.jsonl", "--format", "html", "--out", "out.html", code=1)
    assert "<h1>What would change</h1>" in (tmp_path / "out.html").read_text()
    for name in ("out.json", "out.html"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600
    assert "cannot be written" in run("old.toml", "old.toml", "calls.jsonl", "--out", "no/where", code=2).stderr


def test_the_journal_is_a_source_from_when_until_when(run, tmp_path):
    journal = open_journal(JournalSettings(f"sqlite:///{tmp_path}/journal.db"))
    day = 86_400_000
    for number in range(4):
        call = track(f"m{number}", properties={"plan": "pro"})
        journal.append([check(call, Facts("web", number * day), Segment())])
    journal.close()
    assert ": 4 would change" in run("old.toml", "new.toml", "--from-journal", code=1).stdout
    span = ("--since", "1970-01-02", "--until", "1970-01-04T00:00:00Z")
    assert "2 calls of the journal" in run("old.toml", "new.toml", "--from-journal", *span, code=1).stdout


def test_the_environment_counts_over_both_files(run):
    env = {"TRANSLATOR__TRANSLATE__PROPERTIES_DENY": "[]"}
    done = run("old.toml", "new.toml", "calls.jsonl", code=0, **env)
    assert "SETTINGS: none differ" in done.stdout


def test_a_hook_counts_on_its_side(run, tmp_path):
    hook = "def hook(call, records):\n    return [] if records is None and call.get('messageId') == 'm1' else None\n"
    (tmp_path / "mine.py").write_text(hook)
    (tmp_path / "new.toml").write_text(f'{OLD}[translate]\nhook = "mine:hook"\n')
    assert "sent → ignored: hook" in run("old.toml", "new.toml", "calls.jsonl", code=1).stdout
    (tmp_path / "new.toml").write_text(f'{OLD}[translate]\nhook = "missing:hook"\n')
    assert "cannot be loaded" in run("old.toml", "new.toml", "calls.jsonl", code=2).stderr


def test_secrets_that_differ_are_said_to_and_not_shown(run, tmp_path):
    for name, key in (("old", "hush-1"), ("new", "hush-2")):
        (tmp_path / f"{name}.toml").write_text(
            f'[segment]\nshared_secret = "{key}"\n[destinations.d]\napi_key = "{key}"'
        )
    for shape in ("text", "json", "html"):
        done = run("old.toml", "new.toml", "calls.jsonl", "--format", shape, code=0)
        assert "hush" not in done.stdout
        assert "segment.shared_secret" in done.stdout
        assert "destinations.d.api_key" in done.stdout


MEASURED = (
    "import atexit, sys; from translator.cli import main; from translator.reports.remembered import Remembered;"
    "Remembered.__init__.__defaults__ = (5_000,);"
    f"atexit.register(lambda: print('peak', {PEAK}, file=sys.stderr));"
    "main()"
)


@pytest.mark.timeout(600)
@pytest.mark.parametrize("command", [("diff", "old.toml", "new.toml"), ("replay", "--dry-run")], ids=lambda one: one[0])
def test_many_calls_of_many_users_take_bounded_memory(tmp_path, command):
    """Each with a group that is remembered, and a tenth of the users held in memory that are otherwise: of 20,000 calls
    twice as many as are held, of 80,000 eight times as many."""
    remembering = OLD + 'level = "event"\n'
    (tmp_path / "old.toml").write_text(remembering)
    (tmp_path / "new.toml").write_text(f'{remembering}memory_days = 1\n[translate]\nproperties_deny = ["plan"]\n')
    (tmp_path / "translator.toml").write_text(remembering)
    peaks = []
    for count in (20_000, 80_000):
        with (tmp_path / "calls.jsonl").open("w") as file:
            for number in range(count // 2):
                # the second call of a user comes when most others have been: its memory is no longer at hand
                user = f"user-{number}"
                file.write(json.dumps(group(f"g{number}", user)) + "\n")
                earlier = f"user-{number // 2}"
                file.write(json.dumps(track(f"t{number}", earlier, properties={"plan": number})) + "\n")
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, *command, "calls.jsonl"],
            cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=500, check=False,
        )  # fmt: skip
        assert done.returncode == (command[0] == "diff"), done.stderr
        assert f"{count:,}" in done.stdout or f"{count} calls" in done.stdout
        if command[0] == "diff":
            assert f"{count // 2:,} would change" in done.stdout
        peaks.append(int(re.findall(r"peak (\d+)", done.stderr)[0]) // 1024)
    assert peaks[1] < peaks[0] + 15, f"{peaks} MB"

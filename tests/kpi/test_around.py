"""What is around the figures: the extra, windows beyond what is kept, memory, a run that is stopped or killed."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import tomllib
from pathlib import Path

import pytest

from tests.kpi.traffic import CONFIGURATION, RUN, made
from tests.processes import PEAK, environment, until
from translator import kpi
from translator.errors import KpiError, SettingsError
from translator.kpi.facts import fact
from translator.kpi.reading import Read, kept
from translator.parcels import Record
from translator.settings.load import settings_from

WITHOUT = """
import sys
from importlib.machinery import PathFinder

class Without(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.split(".")[0] == "duckdb" else super().find_spec(name, path, target)

sys.meta_path = [Without if one is PathFinder else one for one in sys.meta_path]
"""
KPI = '[[kpis.properties]]\nname = "Orders"\nmeasure = "events"\nwindow = "7 days"\n'


def translator(folder, *arguments, **env):
    return subprocess.run(
        [sys.executable, "-m", "translator", *arguments],
        cwd=folder, env=environment(folder, **env), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("command", [["kpi"], ["check"], ["deliver"], ["serve", "--port", "0"]], ids=" ".join)
def test_without_duckdb_figures_stop_the_start_and_say_what_to_install(tmp_path, command):
    (tmp_path / "translator.toml").write_text(KPI)
    (tmp_path / "sitecustomize.py").write_text(WITHOUT)
    path = f"{tmp_path}:{environment(tmp_path)['PYTHONPATH']}"
    done = translator(tmp_path, *command, PYTHONPATH=path)
    assert done.returncode != 0
    assert "pip install 'segment-amplitude-translator[kpi]'" in done.stdout + done.stderr
    (tmp_path / "translator.toml").write_text("")
    assert translator(tmp_path, "check", PYTHONPATH=path).returncode == 0


def test_check_says_what_is_computed_and_which_windows_are_too_long(tmp_path):
    (tmp_path / "translator.toml").write_text(KPI)
    done = translator(tmp_path, "check")
    assert "ok   kpis: 1 group properties, each day at 04:00 UTC" in done.stdout
    assert (
        "warn kpis.properties: Orders reaches back 8 days, and calls are kept for 7 (journal.keep_days)" in done.stdout
    )


@pytest.mark.parametrize(
    ("tables", "warned"),
    [
        ({}, ["Orders reaches back 8 days, and calls are kept for 7 (journal.keep_days)"]),
        ({"journal": {"keep_days": 8}}, []),
        ({"archive": {"url": "file:///a"}}, []),
        (
            {"archive": {"url": "file:///a", "keep_days": 3}},
            ["Orders reaches back 8 days, and calls are kept for 7 (archive.keep_days)"],
        ),
        ({"archive": {"url": "file:///a", "keep_days": 8}}, []),
    ],
)
def test_a_window_that_is_longer_than_calls_are_kept_is_warned_of(tables, warned):
    one = {"name": "Orders", "measure": "events", "window": "7 days"}
    settings = settings_from({"kpis": {"properties": [one]}, **tables})
    said = [line.removeprefix("kpis.properties: ").split(":")[0] for line in kpi.warnings(settings, RUN)]
    assert said == warned


@pytest.mark.parametrize(
    ("group_type", "destinations", "is_refused"),
    [(None, [[], []], True), ("company", [[], ["a"]], True), ("team", [[], []], False), (None, [["a"], ["b"]], False)],
)
def test_a_name_that_salesforce_sets_too_is_refused(group_type, destinations, is_refused):
    kpis = {"destinations": destinations[0], "properties": [
        {"name": "Orders", "measure": "events", "window": "7 days", "group_type": group_type},
    ]}  # fmt: skip
    salesforce = {"destinations": destinations[1], "objects": [
        {"object": "Account", "group_type": "company", "properties": {"Orders": "Orders__c"}},
    ]}  # fmt: skip
    keys = {"a": {"api_key": "a"}, "b": {"api_key": "b"}}
    tables = {"kpis": kpis, "salesforce": salesforce, "destinations": keys}
    if not is_refused:
        settings_from(tables)
        return
    with pytest.raises(SettingsError, match=r"'Orders' is set by salesforce\.objects too: choose another name"):
        settings_from(tables)


MEASURED = f"""
import threading, tomllib
from tests.kpi.traffic import CONFIGURATION, DAY, RUN
from translator.kpi.computing import Computing
from translator.kpi.facts import Fact
from translator.parcels import Call
from translator.settings.load import settings_from

properties = settings_from(tomllib.loads(CONFIGURATION.format(zone="UTC"))).kpis.properties
before = {PEAK}
with Computing(properties, threading.Event()) as computing:
    for number in range(SIZE):
        call = Call("", "webhook", f"message-{{number:032}}", "", 0, {{}})
        user, at = f"user-{{number % (SIZE // 4):036}}", RUN - number % (30 * DAY)
        facts = [Fact(at, user, f"device-{{number % (SIZE // 2):036}}", {{"team": (f"t{{number % 1000}}",)}}, (1.0, 1.0, None, 2.0))]
        if number % 4 == 0:
            facts.append(Fact(at - 1, user, None, {{"company": (f"c{{number % 1000}}",)}}, None))
        computing.add(call, facts, (0, RUN))
    computing.figures([(0, RUN)] * 4)
    groups = list(computing.groups([]))
print(len(groups), sum(int(figures[0]) for _, _, figures in groups), {PEAK} - before)
"""


def test_memory_is_bounded(tmp_path):
    """300,000 events of 75,000 users, with ids of 41 characters: more than DuckDB may take here."""
    code = f"from translator.kpi import computing as module\nmodule.OPTIONS['memory_limit'] = '48MB'\n{MEASURED.replace('SIZE', '300_000')}"
    env = environment(tmp_path, TMPDIR=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=170, check=False
    )
    assert done.returncode == 0, done.stderr
    groups, active, grown = done.stdout.split()
    # each team has its 150 users, and every fourth user a company
    assert (int(groups), int(active)) == (1000 + 250, 75_000 + 18_750)
    assert int(grown) < 180_000
    assert list(tmp_path.iterdir()) == []


def folders(temporary):
    return sorted(temporary.glob("translator-kpi-*"))


@pytest.fixture
def begun(small, tmp_path):
    """A run that is under way, and where its files are."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    small.configure()
    small.append(made(20_000, seed=2))
    process = subprocess.Popen(
        [sys.executable, "-m", "translator", "kpi", "--due", str(RUN)],
        cwd=tmp_path, env=environment(tmp_path, **small.env, TMPDIR=str(temporary)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    until(lambda: folders(temporary))
    yield small, process, temporary
    process.kill()
    process.communicate()


def test_a_run_that_is_told_to_stop_does_so_and_is_still_due(begun):
    place, process, temporary = begun
    (folder,) = folders(temporary)
    assert folder.stat().st_mode & 0o777 == 0o700
    process.send_signal(signal.SIGTERM)
    _, said = process.communicate(timeout=10)
    assert (process.returncode, said) == (2, "translator: stopped before it was done\n")
    (job,) = place.journal.jobs()
    assert (job.failed, job.ended_at, job.said) == (False, None, "stopped before it was done")
    assert folders(temporary) == []


def test_a_run_stops_among_calls_that_it_passes_over(small):
    """Tracks before the window, which leave no group: of an archive there may be millions in a row."""
    small.append([one for one in made(300, seed=3) if one["type"] == "track"])
    stop = threading.Event()
    assert list(kept(small.journal, None, 0, RUN + 1, frozenset({"group"}), stop, Read())) == []
    stop.set()
    with pytest.raises(KpiError, match="stopped before it was done"):
        next(kept(small.journal, None, 0, RUN + 1, frozenset({"group"}), stop, Read()))


def test_what_a_killed_run_left_goes_with_the_next_and_that_of_a_living_one_stays(begun):
    place, process, temporary = begun
    (first,) = folders(temporary)
    process.send_signal(signal.SIGSTOP)
    assert place.run("--dry-run", TMPDIR=str(temporary)).returncode == 0
    process.kill()
    process.wait()
    assert folders(temporary) == [first]
    # the lease of a dead process ends at once, so that it is begun again
    assert "groups set" in place.run(TMPDIR=str(temporary)).stdout
    assert folders(temporary) == []


def test_where_no_temporary_folder_can_be_made_it_is_said(small, tmp_path):
    """No file may have a byte, as on a disk that is full."""
    command = f"ulimit -f 0; exec {sys.executable} -m translator kpi --dry-run --due {RUN}"
    env = environment(tmp_path, **small.env)
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("translator: no temporary folder can be made (TMPDIR): ")


def test_where_no_file_of_duckdb_can_be_made_it_is_said(small, tmp_path):
    """Some KB are free."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    command = f"ulimit -f 4; exec {sys.executable} -m translator kpi --dry-run --due {RUN}"
    env = environment(tmp_path, **small.env, TMPDIR=str(temporary))
    done = subprocess.run(
        ["/bin/sh", "-c", command], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("translator: DuckDB: IOException: ")
    assert "Traceback" not in done.stderr
    assert list(temporary.iterdir()) == []


def test_a_preview_stops_among_its_groups(small, monkeypatch):
    monkeypatch.setattr("translator.kpi.running.PORTION", 2)
    small.append(made(3_000, seed=3))
    settings = settings_from(
        tomllib.loads(CONFIGURATION.format(zone="UTC")) | {"destinations": {"amplitude": {"api_key": "k"}}}
    )
    asked = kpi.Asked(settings, small.journal, RUN)
    rows = kpi.preview(asked)
    assert next(rows).destination == "amplitude"
    asked.stop.set()
    with pytest.raises(KpiError, match="stopped before it was done"):
        for _ in rows:
            pass


@pytest.mark.parametrize(("at", "counts"), [(1, True), (-(2**53), True), (2**53 + 1, False), (-(2**70), False)])
def test_a_time_beyond_any_does_not_count(at, counts):
    assert (fact(Record("event", {"user_id": "u1", "time": at}), []) is not None) == counts


def test_a_long_question_is_stopped_too():
    """In the middle of what DuckDB does."""
    code = (
        "import signal, threading\n"
        "from translator.errors import KpiError\n"
        "from translator.kpi.computing import Computing\n"
        "stop = threading.Event()\n"
        "signal.signal(signal.SIGTERM, lambda *_: stop.set())\n"
        "with Computing([], stop) as computing:\n"
        "    print('begun', flush=True)\n"
        "    try:\n"
        "        computing._ask('SELECT sum(hash(a.range + b.range)) FROM range(1000000) a, range(1000000) b')\n"
        "    except KpiError as error:\n"
        "        print(error)\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        env = environment(Path(folder), TMPDIR=folder)
        process = subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        assert process.stdout.readline() == "begun\n"
        os.kill(process.pid, signal.SIGTERM)
        said, _ = process.communicate(timeout=30)
        assert said == "stopped before it was done\n"
        assert folders(Path(folder)) == []

"""Work by the clock is begun once a day, whichever delivery process begins it."""

import os
import sys
import threading
import time

import pytest

from tests.processes import ROOT, until
from translator.clock import DAY_MS, last_due
from translator.deliver import scheduling as module
from translator.deliver.scheduling import scheduling
from translator.journal import open_journal
from translator.parcels import RETRY_MS
from translator.reports.clockwork import View, said, views
from translator.settings.load import settings_from
from translator.settings.values import Job, JournalSettings

PROGRAM = """
import sys, threading, time
from translator.jobs import run
from translator.journal import open_journal
from translator.settings.values import JournalSettings
name, url, mode, due = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[5])
open("{folder}/begun", "a").write(f"{{due}}\\n")
if mode == "wrong":
    sys.exit(2)
def work(running):
    open("{folder}/runs", "a").write(f"{{due}}\\n")
    if mode == "fails":
        raise ValueError("as asked for")
    time.sleep(60 if mode == "long" else 0.3)
    return "3 groups set"
run(open_journal(JournalSettings(url=url)), name, due, work, threading.Event())
"""


@pytest.fixture
def url(journal_url):
    return journal_url


@pytest.fixture
def scheduled(tmp_path, url, monkeypatch):
    """Schedulers of several delivery processes, which look twenty times a second."""
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.05)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(folder=tmp_path))
    stop, started, journals = threading.Event(), [], []

    def build(mode="ends", count=1, minute=0):
        job = Job("kpi", minute, ("kpi", url, mode))
        for _ in range(count):
            journal = open_journal(JournalSettings(url=url))
            journals.append(journal)
            for thread in scheduling([job], journal, None, stop, (sys.executable, str(program))):
                started.append(thread)
                thread.start()
        return journals[0]

    def end():
        stop.set()
        for thread in started:
            thread.join(20)
        assert not any(thread.is_alive() for thread in started)

    yield build, end
    end()
    for journal in journals:
        journal.close()


@pytest.fixture
def begin(scheduled):
    return scheduled[0]


def runs(tmp_path, name="runs"):
    path = tmp_path / name
    return [int(line) for line in path.read_text().split()] if path.exists() else []


def missed(url, days):
    """As if the job had been done so many days ago."""
    journal = open_journal(JournalSettings(url=url))
    due = last_due(0, int(time.time() * 1000))
    journal.know_job("kpi", due - days * DAY_MS)
    journal.close()
    return due


def test_the_first_run_is_the_next_time(begin, tmp_path):
    journal = begin()
    until(journal.jobs)
    (job,) = journal.jobs()
    assert (job.tries, job.due) == (0, last_due(0, int(time.time() * 1000)))
    time.sleep(0.5)
    assert runs(tmp_path) == []


def test_of_several_processes_one_does_it_and_a_missed_one_is_made_up_for_once(begin, tmp_path, url):
    due = missed(url, 9)
    journal = begin(count=3)
    until(lambda: journal.jobs()[0].said)
    time.sleep(1.0)
    assert runs(tmp_path) == [due]
    (job,) = journal.jobs()
    assert (job.said, job.failed, job.due, job.tries) == ("3 groups set", False, due, 1)


def test_a_run_that_fails_is_begun_again_after_a_while_and_not_at_once(begin, tmp_path, url):
    due = missed(url, 1)
    journal = begin("fails")
    until(lambda: journal.jobs()[0].failed)
    time.sleep(0.7)
    assert runs(tmp_path) == runs(tmp_path, "begun") == [due]


def test_a_process_that_another_finds_failed_is_not_begun_either(begin, tmp_path, url):
    due = missed(url, 1)
    journal = open_journal(JournalSettings(url=url))
    lease = journal.lease_job("kpi", due, 30)
    assert lease is not None
    journal.end_job(lease, "no answer", "failed")
    journal.close()
    begin()
    time.sleep(1.5)
    assert runs(tmp_path, "begun") == []


def test_a_process_that_ends_before_it_has_a_lease_is_begun_again_after_a_while_too(begin, tmp_path, url):
    due = missed(url, 1)
    begin("wrong")
    until(lambda: runs(tmp_path, "begun"))
    time.sleep(3)
    assert runs(tmp_path, "begun") == [due]


def test_a_stop_ends_the_run_and_another_process_begins_it_anew(scheduled, tmp_path, url):
    begin, end = scheduled
    due = missed(url, 1)
    journal = begin("long")
    until(lambda: runs(tmp_path))
    began = time.monotonic()
    end()
    assert time.monotonic() - began < 8
    (job,) = journal.jobs()
    assert (job.running, job.ended_at) == (False, None)
    assert journal.lease_job("kpi", due, 30) is not None


def test_people_see_when_it_ran_and_when_it_runs_next(url, monkeypatch):
    import translator.reports.clockwork as clockwork

    settings = settings_from({"journal": {"url": url}})
    monkeypatch.setattr(clockwork, "jobs_of", lambda settings: (Job("kpi", 0, ("kpi",)),))
    due = missed(url, 1)
    journal = open_journal(settings.journal)
    (before,) = views(journal, settings)
    assert (before.state, before.last, before.next) == ("not yet", None, due + DAY_MS)
    lease = journal.lease_job("kpi", due, 30)
    (during,) = views(journal, settings)
    assert (during.state, during.next) == ("runs", due + DAY_MS)
    assert lease is not None
    journal.end_job(lease, "Amplitude does not answer", "failed")
    (after,) = views(journal, settings)
    assert (after.state, after.said) == ("failed", "Amplitude does not answer")
    assert after.next is not None
    assert abs(after.next - time.time() * 1000 - RETRY_MS) < 60_000
    monkeypatch.setattr(clockwork, "jobs_of", lambda settings: ())
    (gone,) = views(journal, settings)
    assert (gone.name, gone.next) == ("kpi", None)
    journal.close()


def test_a_line_for_people():
    assert said(View("kpi", "not yet", None, "", 1710046800000)) == "kpi: not run yet; next 2024-03-10 05:00 UTC"
    assert said(View("kpi", "done", 1710046800000, "3 groups set", None)) == (
        "kpi: done, 2024-03-10 05:00 UTC: 3 groups set; no longer configured"
    )


def test_nothing_is_scheduled_where_nothing_is_configured(tmp_path):
    assert (
        scheduling([], open_journal(JournalSettings(url=f"sqlite:///{tmp_path}/j.db")), None, threading.Event()) == []
    )
    assert os.listdir(tmp_path) == []

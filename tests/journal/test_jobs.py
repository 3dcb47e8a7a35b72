"""What the journal does for work by the clock: one process at a time, once for each time, and states that stay."""

import os
import subprocess
import sys

import pytest

from translator.errors import LeaseLost
from translator.parcels import RETRY_MS, JobSeen

DUE = 1710046800000
DAY = 86_400_000


def seen(journal, name="kpi"):
    return {one.name: one for one in journal.jobs()}[name]


def test_a_job_is_begun_by_one_process_and_ends(journal, make, clock):
    assert journal.jobs() == []
    lease = journal.lease_job("kpi", DUE, 30)
    assert (lease.name, lease.due, lease.until) == ("kpi", DUE, clock.ms + 30_000)
    other = make()
    assert other.lease_job("kpi", DUE, 30) is None
    assert other.lease_job("kpi", DUE + DAY, 30) is None
    began = clock.ms
    assert seen(other) == JobSeen("kpi", DUE, began, None, "", False, 1, True)
    clock.ms += 5_000
    journal.end_job(lease, "12 groups set")
    assert seen(other) == JobSeen("kpi", DUE, began, began + 5_000, "12 groups set", False, 1, False)
    with pytest.raises(LeaseLost):
        journal.renew_job(lease, 30)


def test_a_run_that_has_ended_well_is_not_begun_again_nor_an_earlier_one(journal, clock):
    journal.end_job(journal.lease_job("kpi", DUE, 30), "done")
    assert journal.lease_job("kpi", DUE, 30) is None
    assert journal.lease_job("kpi", DUE - DAY, 30) is None
    assert journal.lease_job("kpi", DUE + 3 * DAY, 30).due == DUE + 3 * DAY


def test_a_job_that_is_made_known_has_its_first_run_at_the_next_time(journal, make, clock):
    journal.know_job("kpi", DUE)
    assert seen(journal) == JobSeen("kpi", DUE, clock.ms, clock.ms, "", False, 0, False)
    assert make().lease_job("kpi", DUE, 30) is None
    journal.end_job(journal.lease_job("kpi", DUE + DAY, 30), "done")
    journal.know_job("kpi", DUE)
    assert (seen(journal).due, seen(journal).said, seen(journal).tries) == (DUE + DAY, "done", 1)


def test_jobs_have_their_own_leases(journal):
    assert journal.lease_job("kpi", DUE, 30) is not None
    assert journal.lease_job("salesforce", DUE, 30) is not None
    assert [one.name for one in journal.jobs()] == ["kpi", "salesforce"]


def test_a_run_that_failed_is_due_again_after_a_while(journal, clock):
    journal.end_job(journal.lease_job("kpi", DUE, 30), "no answer", "failed")
    assert (seen(journal).failed, seen(journal).said) == (True, "no answer")
    clock.ms += RETRY_MS - 1
    assert journal.lease_job("kpi", DUE, 30) is None
    assert journal.lease_job("kpi", DUE + DAY, 30) is not None
    journal.end_job(journal.lease_job("salesforce", DUE, 30), "no answer", "failed")
    clock.ms += RETRY_MS
    assert journal.lease_job("salesforce", DUE, 30) is not None
    assert (seen(journal, "salesforce").tries, seen(journal, "salesforce").failed) == (2, False)


def test_a_lease_is_renewed_and_ends_by_its_time(journal, make, clock):
    lease = journal.lease_job("kpi", DUE, 30)
    clock.ms += 29_000
    lease = journal.renew_job(lease, 30)
    assert lease.until == clock.ms + 30_000
    clock.ms += 30_001
    second = make().lease_job("kpi", DUE, 30)
    assert second is not None
    with pytest.raises(LeaseLost):
        journal.renew_job(lease, 30)
    with pytest.raises(LeaseLost):
        journal.keep_states(lease, {"a": {"x": 1}})
    journal.end_job(lease, "too late")
    assert seen(journal).running
    assert (seen(journal).tries, seen(journal).said) == (2, "")


def test_a_clock_that_was_far_ahead_holds_up_no_run(journal, clock):
    journal.know_job("kpi", clock.ms + 400 * DAY)
    journal.end_job(journal.lease_job("kpi", DUE, 30), "done")
    assert (seen(journal).due, seen(journal).tries) == (DUE, 1)
    journal.know_job("salesforce", clock.ms + DAY)
    assert journal.lease_job("salesforce", DUE, 30) is None


def test_states_are_kept_changed_and_forgotten(journal, make):
    lease = journal.lease_job("kpi", DUE, 30)
    journal.keep_states(lease, {"b": {"n": 1}, "a": {"n": 2}, "c\0d": {"text": "\0é"}})
    journal.keep_states(lease, {"b": {"n": 3}, "a": None, "gone": None})
    other = make()
    assert other.job_states("kpi", ["a", "b", "c\0d", "z"]) == {"b": {"n": 3}, "c\0d": {"text": "\0é"}}
    assert other.job_states("salesforce", ["b"]) == {}
    assert other.job_states("kpi", []) == {}


def test_all_states_are_read_in_portions(journal):
    lease = journal.lease_job("kpi", DUE, 30)
    names = [f"key-{number:04}" for number in range(25)] + ["Ä", "B", "a"]
    journal.keep_states(lease, {name: {"n": name} for name in names})
    found = []
    after = ""
    while portion := journal.all_job_states("kpi", after, 10):
        assert len(portion) <= 10
        found += portion
        after = portion[-1][0]
    assert sorted(found) == [(name, {"n": name}) for name in sorted(names)]


def test_a_process_that_was_killed_holds_up_nobody(journal, url, make):
    program = (
        "import os, signal, sys\nfrom translator.journal import open_journal\n"
        "from translator.settings.values import JournalSettings\n"
        "journal = open_journal(JournalSettings(url=sys.argv[1]))\n"
        f"lease = journal.lease_job('kpi', {DUE}, 3600)\njournal.keep_states(lease, {{'a': {{'n': 1}}}})\n"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program, url], env={**os.environ}, timeout=30, check=False)
    assert done.returncode == -9
    assert (seen(journal).running, seen(journal).ended_at) == (False, None)
    assert journal.job_states("kpi", ["a"]) == {"a": {"n": 1}}
    assert make().lease_job("kpi", DUE, 30) is not None
    assert seen(journal).tries == 2


def test_what_is_said_has_an_end(journal):
    journal.end_job(journal.lease_job("kpi", DUE, 30), "é" * 5_000 + "\0")
    assert seen(journal).said == "é" * 500


def test_a_run_that_was_stopped_is_begun_again_at_once(journal, clock):
    began = clock.ms
    journal.end_job(journal.lease_job("kpi", DUE, 30), "stopped after 2 groups", "cut")
    assert seen(journal) == JobSeen("kpi", DUE, began, None, "stopped after 2 groups", False, 1, False)
    assert journal.lease_job("kpi", DUE, 30) is not None
    assert seen(journal).tries == 2


def test_a_part_takes_no_runs_place(journal, make, clock):
    journal.end_job(journal.lease_job("kpi", DUE, 30), "no answer", "failed")
    before = seen(journal)
    part = journal.lease_job("kpi", DUE + 1, 30, is_part=True)
    assert (part.due, part.is_part) == (DUE + 1, True)
    other = make()
    assert (other.lease_job("kpi", DUE, 30), other.lease_job("kpi", DUE + DAY, 30)) == (None, None)
    assert other.lease_job("kpi", DUE + 2, 30, is_part=True) is None
    clock.ms += 20_000
    part = journal.renew_job(part, 30)
    assert (part.until, part.is_part) == (clock.ms + 30_000, True)
    journal.keep_states(part, {"a": {"n": 1}})
    journal.end_job(part, "done")
    assert seen(other) == before
    with pytest.raises(LeaseLost):
        journal.renew_job(part, 30)
    clock.ms += RETRY_MS
    assert journal.lease_job("kpi", DUE, 30) is not None
    assert (seen(journal).tries, journal.job_states("kpi", ["a"])) == (2, {"a": {"n": 1}})


def test_a_part_of_a_job_that_was_never_begun_makes_it_known(journal, clock):
    journal.end_job(journal.lease_job("kpi", DUE, 30, is_part=True), "failed", "failed")
    assert seen(journal) == JobSeen("kpi", DUE, clock.ms, clock.ms, "", False, 0, False)
    assert journal.lease_job("kpi", DUE - DAY, 30) is None
    assert journal.lease_job("kpi", DUE + DAY, 30) is not None


def test_states_of_a_destination_go_where_it_goes(journal, monkeypatch):
    monkeypatch.setattr("translator.journal.sqlite.jobs.PORTION", 2)
    monkeypatch.setattr("translator.journal.postgres.jobs.PORTION", 2)
    journal.attach({"amplitude": "now", "other": "now"})
    states = {f"amplitude\nAccount\n{number}\0": {"n": number} for number in range(5)}
    rest = {"amplitude": {"n": 6}, "amplitude2\nAccount\n1": {"n": 7}, "\ndone\nAccount": {"due": 1}}
    journal.keep_states(journal.lease_job("kpi", DUE, 30), states | rest)
    journal.keep_states(journal.lease_job("salesforce", DUE, 30), {"amplitude\n": {"n": 8}, "other\n\n": {"n": 9}})
    journal.rename("amplitude", "production")
    moved = {f"production{key[9:]}": state for key, state in states.items()}
    assert dict(journal.all_job_states("kpi")) == moved | rest
    assert dict(journal.all_job_states("salesforce")) == {"production\n": {"n": 8}, "other\n\n": {"n": 9}}
    journal.forget("production")
    assert dict(journal.all_job_states("kpi")) == rest
    assert dict(journal.all_job_states("salesforce")) == {"other\n\n": {"n": 9}}

"""A run has its job's lease, and the journal knows how it ended."""

import threading

import pytest

from translator.errors import LeaseLost, SettingsError, Unfinished
from translator.jobs import Ended, run
from translator.jobs import running as module
from translator.jobs.running import Run

DUE = 1710046800000


def test_a_run_ends_with_what_it_said_and_is_not_done_again(place):
    assert run(place.journal, "kpi", DUE, lambda _: "3 groups set", place.stop) == Ended("3 groups set", 0)
    assert run(place.journal, "kpi", DUE, lambda _: "again", place.stop) is None
    (job,) = place.journal.jobs()
    assert (job.said, job.failed, job.running, job.due) == ("3 groups set", False, False, DUE)


@pytest.mark.parametrize(
    ("error", "said"),
    [(SettingsError("kpis.at: is no time"), "kpis.at: is no time"), (ValueError("secret"), "ValueError")],
)
def test_a_run_that_fails_is_known_to_have_failed(place, error, said):
    def work(_):
        raise error

    with pytest.raises(type(error)):
        run(place.journal, "kpi", DUE, work, place.stop)
    (job,) = place.journal.jobs()
    assert (job.said, job.failed) == (said, True)


def test_a_run_that_is_told_to_stop_is_begun_again(place):
    def work(running):
        running.stop.set()
        return "2 of 5 groups set"

    assert run(place.journal, "kpi", DUE, work, place.stop) == Ended("2 of 5 groups set", 0)
    (job,) = place.journal.jobs()
    assert (job.said, job.failed, job.ended_at) == ("stopped: 2 of 5 groups set", False, None)


def test_a_run_that_stops_with_an_error_is_begun_again_at_once(place):
    def work(running):
        running.stop.set()
        raise Unfinished("2 of 5 groups set")

    with pytest.raises(Unfinished):
        run(place.journal, "kpi", DUE, work, place.stop)
    (job,) = place.journal.jobs()
    assert (job.said, job.failed, job.ended_at) == ("2 of 5 groups set", False, None)


def test_a_part_leaves_what_failed_due(place):
    def work(_):
        raise Unfinished("Amplitude does not answer")

    with pytest.raises(Unfinished):
        run(place.journal, "kpi", DUE, work, place.stop)
    before = place.journal.jobs()
    assert run(place.journal, "kpi", DUE + 1, lambda _: "3 set", place.stop, is_part=True) == Ended("3 set", 0)
    assert place.journal.jobs() == before


def test_a_long_run_keeps_its_lease(place, monkeypatch):
    monkeypatch.setattr(module, "LEASE_SECONDS", 1.0)
    monkeypatch.setattr(module, "KEEP_SECONDS", 0.2)
    leases = []

    def work(running):
        leases.append(running.lease.until)
        threading.Event().wait(1.5)
        leases.append(running.lease.until)
        return "done"

    assert run(place.journal, "kpi", DUE, work, place.stop) == Ended("done", 0)
    assert leases[1] - leases[0] >= 1000
    assert place.journal.jobs()[0].said == "done"


def test_a_run_whose_lease_another_has_is_told_to_stop(place, monkeypatch):
    monkeypatch.setattr(module, "KEEP_SECONDS", 0.1)

    def work(running: Run):
        place.journal.end_job(running.lease, "taken away")
        assert running.stop.wait(5)
        with pytest.raises(LeaseLost):
            running.keep()  # it is known: nobody is asked
        return "late"

    assert run(place.journal, "kpi", DUE, work, place.stop) == Ended("late", 0)
    assert place.journal.jobs()[0].said == "taken away"

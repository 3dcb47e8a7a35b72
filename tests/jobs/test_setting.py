"""Group properties that come of no call: what changed is set, once, and remembered."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.jobs.conftest import wanted
from translator.deliver import health
from translator.deliver import setting as deliver
from translator.errors import LeaseLost
from translator.jobs import Run, changes, fitting, known, set_changed, state_key
from translator.jobs import setting as module
from translator.jobs.setting import GIVEN_UP, PORTION

DUE = 1710046800000


@pytest.fixture
def doing(place):
    """Set what is wanted, as one run of a job does."""
    dues = iter(range(DUE, DUE + 100))

    def once(*groups):
        run = Run(place.journal, place.journal.lease_job("kpi", next(dues), 60), place.stop)
        try:
            return set_changed(run, place.destination, place.limits, groups)
        finally:
            place.journal.end_job(run.lease, "done")

    return once


def test_only_what_changed_is_set_and_what_is_not_named_is_left_alone(place, doing):
    found = doing(wanted("acme", users=3, plan="gold"), wanted("initech", users=0))
    assert (found.set, found.unchanged, found.refused, found.left) == (2, 0, 0, 0)
    assert place.groups() == {"acme": {"users": 3, "plan": "gold"}, "initech": {"users": 0}}
    asked = place.asked()
    assert asked == 1
    assert (doing(wanted("acme", users=3, plan="gold"), wanted("initech", users=0)).unchanged, place.asked()) == (
        2,
        asked,
    )
    found = doing(wanted("acme", users=4), wanted("initech", users=0))
    assert (found.set, found.unchanged) == (1, 1)
    assert place.groups()["acme"] == {"users": 4, "plan": "gold"}
    assert doing(wanted("acme", users=4, plan="gold")).unchanged == 1


def test_what_is_kept_beside_the_properties_is_kept_though_nothing_changed(place, doing):
    key = state_key("amplitude", "company", "acme")
    doing(wanted("acme", {"next": "2026-12-01"}, users=3))
    first = place.journal.job_states("kpi", [key])[key]
    assert (first["set"], first["next"]) == ({"users": 3}, "2026-12-01")
    doing(wanted("acme", {"next": "2026-12-08"}, users=3))
    assert place.journal.job_states("kpi", [key])[key] == {**first, "next": "2026-12-08"}
    assert place.asked() == 1


def test_more_groups_than_a_portion_and_two_of_one(place, doing):
    many = [wanted(f"g{number}", users=number) for number in range(PORTION + 20)]
    found = doing(*many, wanted("g7", users=7, plan="x"), wanted("twice", a=1), wanted("twice", b=2))
    assert (found.set, found.unchanged) == (PORTION + 22, 0)
    groups = place.groups()
    assert len(groups) == PORTION + 21
    assert (groups["g7"], groups["twice"]) == ({"users": 7, "plan": "x"}, {"a": 1, "b": 2})


@pytest.mark.parametrize("other", [{"api_key": "another-key"}, {"region": "eu"}], ids=["key", "place"])
def test_what_was_set_in_one_project_is_not_set_in_another_of_the_same_name(place, doing, other):
    doing(wanted("acme", {"last": "2026-12-01"}, users=3, plan="gold"))
    place.destination = replace(place.destination, **other)
    found = doing(wanted("acme", users=3))
    assert (found.set, found.unchanged, place.asked()) == (1, 0, 2)
    (state,) = place.journal.job_states("kpi", [state_key("amplitude", "company", "acme")]).values()
    assert (state["set"], "last" in state) == ({"users": 3}, False)
    assert known(place.destination, state) == state
    assert "key" not in str(state)
    assert doing(wanted("acme", users=3)).unchanged == 1


def test_amplitude_that_is_away_for_a_moment_is_asked_again(place, doing):
    place.behave(next=2, status=503)
    assert doing(wanted("acme", users=3)).set == 1
    assert place.groups() == {"acme": {"users": 3}}


def test_amplitude_that_takes_nothing_is_not_waited_for_portion_by_portion(place, doing, monkeypatch):
    monkeypatch.setattr(deliver, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(module, "PORTION", 2)
    groups = [wanted(f"g{number}", users=number) for number in range(9)]
    place.behave(next=1, status=429)
    run = Run(place.journal, place.journal.lease_job("kpi", DUE - 1, 60), place.stop)
    found = set_changed(run, place.destination, place.limits, groups)
    assert (found.set, found.left, found.circuit, place.asked()) == (0, 9, GIVEN_UP, 1)
    more = set_changed(run, place.destination, place.limits, groups)
    assert (more.set, more.left, more.circuit, place.asked()) == (0, 9, GIVEN_UP, 1), "nor page by page"
    other = set_changed(run, replace(place.destination, name="other"), place.limits, groups)
    assert (other.set, other.circuit) == (9, None)
    place.journal.end_job(run.lease, "")
    found = doing(*groups)
    assert (found.set, found.left, found.circuit) == (9, 0, None)


def test_a_portion_of_which_nothing_is_taken_does_not_hold_up_the_others(place, doing, monkeypatch):
    monkeypatch.setattr(deliver, "PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(module, "PORTION", 2)
    monkeypatch.setattr(health, "delay", lambda *_: 0.1)
    place.behave(next=1, status=503)
    found = doing(*[wanted(f"g{number}", users=number) for number in range(9)])
    assert (found.set, found.left, found.circuit) == (7, 2, None)


def test_a_group_that_is_refused_is_said_and_tried_anew_the_next_time(place, doing):
    place.behave(next=1, status=400, body={"code": 400, "error": "no such thing"})
    found = doing(wanted("acme", users=3))
    assert (found.set, found.refused) == (0, 1)
    assert "no such thing" in found.why["company acme"]
    assert doing(wanted("acme", users=3)).set == 1


def test_a_wrong_key_stops_the_work(place, doing):
    place.behave(next=9, status=401, body={"code": 401, "error": "Invalid API key: hush-key"})
    found = doing(wanted("acme", users=3), wanted("initech", users=3))
    assert (found.set, found.left) == (0, 2)
    assert "hush-key" not in repr(found)
    assert found.circuit


def test_a_stop_leaves_the_rest_for_the_next_run(place, doing):
    place.stop.set()
    assert (doing(wanted("acme", users=3)).left, place.asked()) == (1, 0)


def test_who_lost_the_lease_sets_nothing(place):
    run = Run(place.journal, place.journal.lease_job("kpi", DUE, 0.0), place.stop)
    place.journal.end_job(run.lease, "")
    with pytest.raises(LeaseLost):
        set_changed(run, place.destination, place.limits, [wanted("acme", users=3)])
    assert place.asked() == 0
    assert place.stop.is_set()


def test_a_lease_is_renewed_when_that_is_due_and_not_with_each_request(place, monkeypatch):
    run = Run(place.journal, place.journal.lease_job("kpi", DUE, 120.0), place.stop)
    first = run.lease
    for _ in range(3):
        run.keep()
    assert run.lease is first
    monkeypatch.setattr("translator.jobs.running.KEEP_SECONDS", -1.0)
    run.keep()
    assert run.lease.until >= first.until
    assert run.lease is not first


VALUES = st.one_of(st.booleans(), st.integers(-5, 5), st.floats(-2, 2), st.sampled_from(["", "a", "é"]))
PROPERTIES = st.dictionaries(st.sampled_from("abcd"), VALUES)


@given(PROPERTIES, PROPERTIES)
def test_changes_bring_what_was_set_to_what_is_wanted(before, now):
    changed = changes(now, {"set": before})
    after = {**before, **changed}
    assert all(after[name] == value and type(after[name]) in (type(value), int, float) for name, value in now.items())
    assert changed.keys() <= now.keys()
    assert changes(now, {"set": after}) == {}
    assert changes(now, None) == now


def test_true_is_not_one_and_a_long_text_is_cut():
    assert changes({"a": True, "b": 1}, {"set": {"a": 1, "b": 1.0}}) == {"a": True}
    assert changes({"a": [1, True], "b": {"x": 1}}, {"set": {"a": [1, 1], "b": {"x": True}}}).keys() == {"a", "b"}
    assert changes({"a": [1, True], "b": {"x": 1}}, {"set": {"a": [1.0, True], "b": {"x": 1.0}}}) == {}
    assert fitting({"a": "x" * 2000, "b": 2}) == {"a": "x" * 1024, "b": 2}


def test_none_unsets_what_was_set_before_and_is_not_sent_otherwise(place, doing):
    assert doing(wanted("acme", users=3, plan=None)).set == 1
    assert place.groups() == {"acme": {"users": 3}}
    assert doing(wanted("acme", users=3, plan=None)).unchanged == 1
    assert doing(wanted("acme", users=None, plan="gold")).set == 1
    assert place.groups() == {"acme": {"plan": "gold"}}
    assert doing(wanted("acme", users=None, plan="gold")).unchanged == 1
    assert doing(wanted("acme", plan=None)).set == 1
    assert place.groups() == {"acme": {}}

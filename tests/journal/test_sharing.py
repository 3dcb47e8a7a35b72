"""What a destination's subjects share, and what fades."""

import pytest

from translator.errors import LeaseLost
from translator.parcels import Done

DAY = 24 * 60 * 60 * 1000


def settle(journal, call, share=None, remember=None, name="a"):
    journal.append([call(name)])
    lease = journal.claim("amplitude", 10, 30)
    journal.settle(lease, {item.id: Done() for item in lease.items}, remember or {}, share or {})


def test_what_is_shared_is_found_again_by_key_and_by_destination(journal, call):
    settle(journal, call, {"group:1": {"plan": {"at": 5, "hash": "h"}}, "group:2": {"plan": {"at": 6}}})
    assert journal.recall("amplitude", ["group:1", "group:3"]) == {"group:1": {"plan": {"at": 5, "hash": "h"}}}
    assert journal.recall("other", ["group:1"]) == {}


def test_of_two_entries_the_later_stays_whoever_settles_first(journal, call):
    settle(journal, call, {"group:1": {"plan": {"at": 5}, "seats": {"at": 5}}}, name="a")
    settle(journal, call, {"group:1": {"plan": {"at": 4, "hash": "old"}, "seats": {"at": 5, "hash": "new"}}}, name="b")
    assert journal.recall("amplitude", ["group:1"]) == {
        "group:1": {"plan": {"at": 5}, "seats": {"at": 5, "hash": "new"}}
    }


def test_an_ended_lease_shares_nothing(journal, call, clock):
    journal.append([call("a")])
    lease = journal.claim("amplitude", 10, 30)
    clock.ms += 31_000
    with pytest.raises(LeaseLost):
        journal.settle(lease, {}, {}, {"group:1": {"plan": {"at": 5}}})
    assert journal.recall("amplitude", ["group:1"]) == {}


def test_what_nobody_wrote_for_long_fades_but_for_the_project(journal, call, clock):
    old = {"group:1": {"plan": {"at": 5}}, "project:types": {"company": {"at": 5}}}
    settle(journal, call, old, {"u1": {"groups": {}}, "u2": {"groups": {}}}, name="a")
    clock.ms += DAY
    settle(journal, call, {"group:2": {"plan": {"at": 5}}}, {"u2": {"groups": {"x": 1}}}, name="b")
    assert journal.fade(clock.ms) == 2
    assert journal.fade(clock.ms) == 0
    assert set(journal.recall("amplitude", ["group:1", "group:2", "project:types"])) == {"group:2", "project:types"}
    journal.append([call("c", "u1"), call("d", "u2")])
    assert journal.claim("amplitude", 10, 30).memory == {"u2": {"groups": {"x": 1}}}


def test_a_forgotten_destination_leaves_nothing_shared(journal, call):
    settle(journal, call, {"group:1": {"plan": {"at": 5}}})
    journal.forget("amplitude")
    journal.attach({"amplitude": "now"})
    assert journal.recall("amplitude", ["group:1"]) == {}

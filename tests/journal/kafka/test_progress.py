"""One partition at one destination: a rule each. What holds whatever happens is in test_living.py."""

import pytest

from tests.journal.kafka.records import MINUTE, NOW, call, calls, claimed, settle, started
from translator.errors import LeaseLost
from translator.journal.kafka.lines import Item
from translator.journal.kafka.progress import Progress
from translator.journal.kafka.reach import Reach
from translator.journal.kafka.state import Books, State, Stream, Tried, decoded, encoded
from translator.parcels import Dead, Done, Later

DONE = Done()


def all_done(*offsets):
    return dict.fromkeys(offsets, DONE)


def test_calls_go_out_in_order_and_several_of_a_subject_in_one_lease():
    progress = started("a", "a", "b", "a")
    assert claimed(progress, limit=3) == [0, 1, 2]
    assert claimed(progress, "other") == [], "the rest of a waits for what is leased of it"
    settle(progress, all_done(0, 1, 2))
    assert claimed(progress, "other") == [3]


def test_the_earliest_go_out_first_whichever_subject_they_are_of():
    progress = started("a", "b", "a", "c", "b", "a")
    assert claimed(progress, limit=4) == [0, 1, 2, 3]
    assert progress.state().calls == Reach(0)
    settled = settle(progress, all_done(0, 1, 2, 3))
    assert settled.state.calls == Reach(4), "so that there are few gaps"


def test_a_call_that_waits_holds_up_its_subject_alone():
    progress = started("a", "a", "b")
    claimed(progress)
    settle(progress, {0: Later(NOW + MINUTE, "throttled"), 2: DONE})
    progress.put("calls", calls("a", "c", start=3))
    assert claimed(progress, seconds=90) == [4]
    assert claimed(progress, "later", now=NOW + MINUTE - 1) == []
    assert claimed(progress, "later", now=NOW + MINUTE) == [0, 1, 3]


def test_what_was_tried_says_so():
    progress = started("a", "a")
    claimed(progress)
    settle(progress, {0: Later(NOW, "timeout", unknown=True)})
    first, second = progress.claim(10, NOW + 5, "t", NOW + 10)
    assert (first.attempts, first.unknown_since, first.why) == (1, NOW, "timeout")
    assert (second.attempts, second.unknown_since, second.why) == (0, None, None)
    settle(progress, {0: Later(NOW, "throttled")}, now=NOW + 5)
    first, _ = progress.claim(10, NOW + 6, "t", NOW + 10)
    assert (first.attempts, first.unknown_since, first.why) == (2, NOW, "throttled")


def test_only_the_first_of_a_subject_has_a_time_of_its_own():
    progress = started("a", "a")
    claimed(progress)
    settle(progress, {0: Later(NOW + 5, "throttled"), 1: Later(NOW + MINUTE, "throttled")})
    assert claimed(progress, now=NOW + 4) == []
    assert claimed(progress, now=NOW + 5) == [0, 1]


def test_calls_without_a_verdict_go_back_as_they_were():
    progress = started("a", "b")
    claimed(progress)
    settled = settle(progress, {1: DONE})
    assert settled.state.tried["calls"] == {}
    assert claimed(progress) == [0]


def test_a_settle_changes_nothing_before_it_is_committed():
    progress = started("a", "b", "c")
    claimed(progress)
    before = progress.state()
    settled = progress.settle("t", {"3-0": DONE, "3-2": Later(NOW + 5, "throttled")}, NOW)
    assert settled.state.calls == Reach(1)
    assert settled.state.tried["calls"] == {2: Tried(1, NOW + 5, None, "throttled", NOW)}
    assert (progress.state(), progress.waiting()) == (before, 3)
    progress.abandon(settled)
    assert (progress.state(), progress.waiting()) == (before, 3)
    settled = progress.settle("t", {"3-0": DONE}, NOW)
    progress.commit(settled)
    assert (progress.state(), progress.waiting()) == (settled.state, 2)


def test_the_books_say_what_became_of_each():
    progress = started("a", "b", "c", "d")
    claimed(progress)
    settled = settle(progress, {0: DONE, 1: Done("integrations"), 2: Dead("invalid", "because")})
    assert settled.state.books == Books(delivered=1, ignored=1, dead=1)
    assert list(settled.delivered) == ["3-0"]
    assert settled.ignored == {"3-1": "integrations"}
    (letter,) = settled.letters
    assert (letter.call.id, letter.why, letter.answer, letter.attempts) == ("3-2", "invalid", "because", 1)
    assert settled.state.calls == Reach(3)


def test_a_letter_says_how_often_it_was_tried_and_since_when_nobody_knows():
    progress = started("a")
    claimed(progress)
    settle(progress, {0: Later(NOW, "timeout", unknown=True)})
    claimed(progress)
    (letter,) = settle(progress, {0: Dead("too_old")}, now=NOW + 9).letters
    assert (letter.attempts, letter.unknown_since) == (2, NOW)


def test_several_settles_are_one_transaction():
    progress = started("a", "b", "c")
    for number in range(3):
        claimed(progress, f"t{number}", limit=1)
    settles = [(f"t{number}", {f"3-{number}": DONE}) for number in (2, 0)]
    settled = progress.settle_all([*settles, ("unknown", {}), settles[0]], NOW)
    assert settled.state.calls == Reach(1, ((2, 3),))
    assert settled.lost == ("unknown", "t2"), "a lease is settled once"
    with pytest.raises(RuntimeError, match="under way"):
        progress.settle("t1", {}, NOW)
    progress.commit(settled)
    with pytest.raises(RuntimeError, match="not under way"):
        progress.commit(settled)
    assert settle(progress, all_done(1), "t1").state.calls == Reach(3)


def test_others_go_on_while_a_transaction_is_under_way():
    progress = started("a", "b")
    claimed(progress, "t", limit=1)
    claimed(progress, "other", limit=1)
    progress.posting("other", ["3-1"], NOW)
    settled = progress.settle("t", {"3-0": DONE}, NOW)
    progress.put("calls", calls("c", start=5))
    later = NOW + MINUTE
    assert progress.expire(later) == ["other"], "the one that is settled does not end"
    assert claimed(progress, "third", now=later) == [1, 5]
    progress.commit(settled)
    assert progress.state().calls == Reach(1, ((2, 5),)), "nothing is between 1 and 5"
    assert progress.state().tried["calls"] == {1: Tried(1, 0, NOW, "lost", NOW)}
    assert settle(progress, all_done(1, 5), "third", later).state.calls == Reach(6)


def test_a_lease_that_ended_is_lost():
    progress = started("a")
    claimed(progress)
    end = NOW + 30_000
    assert progress.is_held("t", end)
    assert not progress.is_held("t", end + 1)
    for act in (
        lambda: progress.settle("t", {}, end + 1),
        lambda: progress.renew("t", end + 9, end + 1),
        lambda: progress.posting("t", ["3-0"], end + 1),
        lambda: progress.settle("unknown", {}, NOW),
    ):
        with pytest.raises(LeaseLost):
            act()
    assert claimed(progress, "other", now=end) == []
    assert claimed(progress, "other", now=end + 1) == [0]
    with pytest.raises(LeaseLost):
        progress.settle("t", {}, NOW)


def test_a_renewed_lease_lasts_longer():
    progress = started("a")
    claimed(progress)
    progress.renew("t", NOW + 90_000, NOW + 20_000)
    assert claimed(progress, "other", now=NOW + 80_000) == []
    assert settle(progress, all_done(0), now=NOW + 80_000).state.calls == Reach(1)


def test_a_token_is_used_once_at_a_time():
    progress = started("a")
    claimed(progress)
    with pytest.raises(ValueError, match="token"):
        progress.claim(1, NOW, "t", NOW + 1)


def test_of_a_lease_that_ended_what_was_posted_counts_as_tried():
    progress = started("a", "b", "c")
    claimed(progress)
    progress.posting("t", ["3-1", "3-77"], NOW + 1)
    posting = progress.posting("t", ["3-1", "3-0"], NOW + 2)
    assert (posting.began, posting.calls, posting.parked) == (NOW + 2, (0, 1), ())
    found = progress.claim(10, NOW + MINUTE, "t2", NOW + 2 * MINUTE)
    assert [(one.attempts, one.unknown_since, one.why) for one in found] == [
        (1, NOW + 2, "lost"),
        (1, NOW + 1, "lost"),
        (0, None, None),
    ]
    progress.posting("t2", ["3-0"], NOW + MINUTE)
    found = progress.claim(10, NOW + 3 * MINUTE, "t3", NOW + 4 * MINUTE)
    assert [(one.attempts, one.unknown_since) for one in found] == [(2, NOW + 2), (1, NOW + 1), (0, None)]


def test_what_is_set_aside_goes_before_the_calls_of_its_subject():
    progress = started("a", "b")
    progress.put("parked", [Item(40, call(-7, "a", attempts=3, why="throttled")), Item(42, call(-5, "a"))])
    assert claimed(progress, limit=3) == [-7, -5, 0]
    settled = settle(progress, all_done(-7, -5))
    assert settled.state.parked == Reach(43)
    assert settled.state.calls == Reach(0)
    assert claimed(progress) == [0, 1]


def test_a_letter_that_is_redriven_while_its_subject_is_out_goes_next():
    progress = started("a", "a")
    claimed(progress, limit=1)
    progress.put("parked", [Item(0, call(-7, "a"))])
    assert claimed(progress, "other") == []
    settle(progress, {})
    assert claimed(progress) == [-7, 0, 1]


def test_a_call_that_waits_goes_along_with_what_is_set_aside_before_it():
    progress = started("a")
    claimed(progress)
    settle(progress, {0: Later(NOW + MINUTE, "throttled")})
    progress.put("parked", [Item(0, call(-7, "a"))])
    assert claimed(progress) == [-7, 0]
    settle(progress, all_done(-7))
    assert claimed(progress) == [0], "without a verdict it is due at once"


def test_an_item_set_aside_waits_until_it_is_due_and_holds_up_the_calls_behind_it():
    progress = started("a")
    progress.put("parked", [Item(0, call(-7, "a"), due_at=NOW + 5)])
    assert claimed(progress) == []
    assert claimed(progress, now=NOW + 5) == [-7, 0]


def test_attempts_of_a_record_and_those_since_add_up():
    progress = started()
    progress.put("parked", [Item(0, call(-7, "a", attempts=3, unknown_since=NOW - 9, why="throttled"))])
    claimed(progress)
    settled = settle(progress, {-7: Later(NOW, "timeout", unknown=True)})
    again = Progress(decoded(encoded(settled.state)))
    for one in (progress, again):
        one.put("parked", [Item(0, call(-7, "a", attempts=3, unknown_since=NOW - 9, why="throttled"))])
        (found,) = one.claim(1, NOW, "t", NOW)
        assert (found.attempts, found.unknown_since, found.why) == (4, NOW - 9, "timeout")


def test_what_is_still_to_come_of_what_was_set_aside_is_waited_for():
    progress = started("a", "b", "a")
    progress.expect({"a": 8})
    assert claimed(progress) == [1]
    progress.put("parked", [Item(6, call(-7, "a"))])
    assert claimed(progress, "t2") == [-7]
    settle(progress, all_done(-7), "t2")
    assert claimed(progress, "t3") == []
    progress.pass_over("parked", 8)
    assert claimed(progress, "t4") == [0, 2]


def test_subjects_that_wait_for_long_are_moved_with_all_behind_them():
    progress = started("a", "b", "a", "c")
    claimed(progress)
    settle(progress, {0: Later(NOW + 60 * MINUTE, "throttled"), 1: Later(NOW + 60 * MINUTE, "throttled")})
    now = NOW + MINUTE
    claimed(progress, "other", now=now)
    assert progress.moving(now, MINUTE, 10) == []
    assert [item.offset for item in progress.moving(now + 1, MINUTE, 10)] == [0, 2, 1]
    assert [item.offset for item in progress.moving(now + 1, MINUTE, 1)] == [0]
    assert progress.moving(NOW + 60 * MINUTE, MINUTE, 10) == [], "they are due"


def moved_of_a(progress):
    """Subject a's first two calls waited and are moved; the record of the second comes with the next fetch."""
    claimed(progress)
    settle(progress, {0: Later(NOW + 60 * MINUTE, "throttled", unknown=True), 2: DONE})
    settled = progress.settle_all([], NOW, moved=progress.moving(NOW + 1, 0, 2))
    assert [item.offset for item in settled.moved] == [0, 1]
    return settled


def test_what_is_moved_is_finished_here_and_comes_again_from_there():
    progress = started("a", "a", "b", "a")
    settled = moved_of_a(progress)
    assert settled.state.calls == Reach(3)
    assert settled.state.books == Books(delivered=1)
    assert settled.state.tried == {"calls": {}, "parked": {}}
    with pytest.raises(ValueError, match="parked_until"):
        progress.commit(settled)
    progress.commit(settled, 12)
    later = NOW + 60 * MINUTE
    assert claimed(progress, "t2", now=later) == [], "what was moved has to come first"
    head, behind = settled.moved
    assert (head.call.attempts, head.call.unknown_since, head.due_at) == (1, NOW, later)
    progress.put("parked", [Item(10, head.call, head.due_at), Item(11, behind.call, behind.due_at)])
    assert claimed(progress, "t2", now=later - 1) == []
    assert claimed(progress, "t2", now=later) == [0, 1, 3]
    settled = settle(progress, all_done(0, 1, 3), "t2", later)
    assert (settled.state.calls, settled.state.parked, settled.state.books.delivered) == (Reach(4), Reach(12), 4)


def test_calls_behind_what_was_set_aside_are_moved_too():
    progress = started("a", "a", "b", "a")
    progress.commit(moved_of_a(progress), 12)
    assert [item.offset for item in progress.moving(NOW, MINUTE, 10)] == [3]
    progress.put("parked", [Item(10, call(0, "a")), Item(11, call(1, "a"))])
    assert [item.offset for item in progress.moving(NOW, MINUTE, 10)] == [3]
    claimed(progress, limit=1)
    assert progress.moving(NOW, MINUTE, 10) == [], "something of it is leased"


def test_what_is_being_moved_is_not_claimed_and_goes_back_when_it_was_not():
    progress = started("a", "a", "b", "a")
    settled = moved_of_a(progress)
    later = NOW + 60 * MINUTE
    assert claimed(progress, "t2", now=later) == []
    progress.abandon(settled)
    assert claimed(progress, "t2", now=later) == [0, 1, 3]
    settled = progress.settle_all([], later, moved=settled.moved)
    assert settled.moved == (), "it was claimed meanwhile"


def test_what_was_moved_may_be_fetched_before_the_commit_is_known():
    progress = started("a", "a", "b", "a")
    settled = moved_of_a(progress)
    progress.put("parked", [Item(10, settled.moved[0].call), Item(11, settled.moved[1].call)])
    assert claimed(progress, "t2") == []
    progress.commit(settled, 12)
    assert claimed(progress, "t2") == [0, 1, 3]


def test_a_forgotten_persons_items_are_given_up_and_counted_apart():
    progress = started("a", "b", "a")
    progress.put("parked", [Item(0, call(-7, "a"))])
    claimed(progress, limit=1)
    assert progress.theirs("a") == [], "one is leased"
    settle(progress, {})
    settled = progress.settle_all([], NOW, purged=progress.theirs("a"))
    assert [item.call.id for item in settled.purged] == ["3--7", "3-0", "3-2"]
    assert settled.state.books == Books(purged=3)
    progress.commit(settled)
    assert progress.waiting() == 1
    assert claimed(progress) == [1]
    assert progress.state().calls == Reach(1, ((2, 3),))


def test_one_call_of_a_forgotten_person_may_stay():
    progress = started("a", "a", "a")
    progress.commit(progress.settle_all([], NOW, purged=[one for one in progress.theirs("a") if one.offset != 1]))
    assert claimed(progress) == [1]


def test_a_redriven_letter_leaves_the_books():
    progress = started("a", "a")
    claimed(progress, limit=1)
    settle(progress, {0: Dead("invalid")})
    settled = progress.settle_all([], NOW, redriven=1)
    progress.commit(settled)
    progress.expect({"a": 1})
    assert settled.state.books == Books()
    assert claimed(progress) == []
    progress.put("parked", [Item(0, call(0, "a"))])
    assert claimed(progress) == [0, 1]


def test_what_is_fetched_again_is_passed_over():
    progress = started("a", "b", "c")
    claimed(progress)
    settled = settle(progress, all_done(1))
    progress.put("calls", calls("a", "b", "c", "d"))
    assert (progress.frontier("calls"), progress.waiting()) == (4, 3)
    again = Progress(decoded(encoded(settled.state)))
    assert (again.frontier("calls"), again.waiting()) == (0, 0)
    again.put("calls", calls("a", "b", "c", "d"))
    assert claimed(again) == [0, 2, 3]


def test_offsets_that_have_nothing_are_passed_over():
    progress = started("a")
    progress.put("calls", [Item(5, call(5, "b"))])
    progress.pass_over("calls", 9)
    assert progress.frontier("calls") == 9
    assert progress.state().calls == Reach(0, ((1, 5), (6, 9)))
    claimed(progress)
    assert settle(progress, all_done(0, 5)).state.calls == Reach(9)


def test_what_was_deleted_before_it_was_fetched_is_no_longer_tried():
    tried: dict[Stream, dict[int, Tried]] = {"calls": {3: Tried(1), 7: Tried(2)}, "parked": {}}
    progress = Progress(State(Reach(3), tried=tried))
    progress.put("calls", [Item(7, call(7, "a"))])
    assert progress.state().tried["calls"] == {7: Tried(2)}
    assert progress.claim(1, NOW, "t", NOW)[0].attempts == 2


def test_a_window_has_room_for_each_stream():
    progress = started("a", "a", "b", most=3)
    assert progress.is_full("calls")
    assert not progress.is_full("parked")
    claimed(progress, limit=1)
    assert progress.is_full("calls"), "what is leased is still there"
    settle(progress, all_done(0))
    assert not progress.is_full("calls")
    large = started("a", "a", most_bytes=2 * len(call(0).text))
    assert large.is_full("calls")
    claimed(large)
    settle(large, all_done(0))
    assert not large.is_full("calls")


def test_how_many_wait_and_since_when():
    progress = started("a", "b")
    assert (progress.waiting(), progress.oldest()) == (2, NOW)
    claimed(progress)
    settle(progress, all_done(0))
    assert (progress.waiting(), progress.oldest()) == (1, NOW + 1)
    claimed(progress)
    settle(progress, all_done(1))
    assert (progress.waiting(), progress.oldest()) == (0, None)


def test_many_blocked_subjects_do_not_hide_a_free_one():
    progress = started(*(f"u{number}" for number in range(1000)))
    claimed(progress, limit=1000)
    settle(progress, dict.fromkeys(range(1000), Later(NOW + MINUTE, "throttled")))
    progress.put("calls", calls(*(f"u{number}" for number in range(1000)), "free", start=1000))
    assert claimed(progress, limit=10) == [2000]


def test_calls_that_failed_are_not_kept_back_by_new_ones():
    progress = started("a", "b", "c")
    claimed(progress, limit=1)
    settle(progress, {0: Later(NOW + 5, "throttled")})
    assert claimed(progress, limit=2, now=NOW + 5) == [0, 1]


def test_a_clock_that_is_set_back_loses_nothing():
    progress = started("a", "b")
    claimed(progress)
    settle(progress, {0: Later(NOW + 500, "throttled"), 1: Later(NOW + 400, "throttled")})
    assert claimed(progress, limit=1, now=NOW + 500) == [0]
    settle(progress, {})
    assert claimed(progress, "t2", now=NOW) == [0]
    assert claimed(progress, "t3", now=NOW + 400) == [1]


def test_a_state_says_which_postings_it_has_taken_in():
    """Without their answers, which a crash may keep from being written."""
    progress = started("a", "b", "c")
    for number, offset in enumerate((10, 12, 11)):
        claimed(progress, f"t{number}", limit=1)
        posting = progress.posting(f"t{number}", [f"3-{number}"], NOW)
        progress.posted(f"t{number}", posting, offset)
    settled = settle(progress, {1: Later(NOW + 5, "throttled")}, "t1")
    assert settled.state.requests == Reach(10, ((12, 13),))
    settled = settle(progress, all_done(0), "t0")
    assert settled.state.requests == Reach(11, ((12, 13),))
    assert progress.expire(NOW + MINUTE) == ["t2"]
    assert progress.state().requests == Reach(13)


def test_a_posting_whose_place_is_not_known_yet_is_not_passed_over():
    progress = started("a", "b")
    claimed(progress, "t0", limit=1)
    claimed(progress, "t1", limit=1)
    first = progress.posting("t0", ["3-0"], NOW)
    second = progress.posting("t1", ["3-1"], NOW)
    progress.posted("t1", second, 8)
    assert settle(progress, all_done(1), "t1").state.requests == Reach(0, ((8, 9),))
    assert progress.state().requests == Reach(0, ((8, 9),))
    progress.posted("t0", first, 7)
    assert progress.state().requests == Reach(7, ((8, 9),))

"""What the board promises beyond what every journal does: between processes, at any death, after a compaction."""

import os
import threading
from contextlib import suppress
from dataclasses import replace

import pytest

from tests.journal.kafka.conftest import BoardJournal
from tests.journal.kafka.worlds import Killed, World
from tests.processes import until
from translator.errors import DestinationUnknown, DestinationVanished, JournalUnavailable, LeaseLost
from translator.journal.archiving import WANTED_MS
from translator.journal.kafka import board as board_module
from translator.journal.kafka.board import Board
from translator.journal.kafka.cells import Cells
from translator.journal.kafka.destinations import Known
from translator.journal.kafka.log import MemoryLog
from translator.journal.kafka.subjects import LOGS
from translator.journal.kafka.sums import MOST_PARTS
from translator.journal.owner import Owner, this_host
from translator.parcels import Archived
from translator.sights import Sighting, mark_of

DUE = 1710046800000
DAY = 86_400_000
ENDS = [5, 7]
GONE = Owner(this_host(), 2**22 + 1, "")


@pytest.fixture
def troubled(clock):
    """A world of two processes, the first of which asks what happens at each step of its own; it, the other, and what asks."""

    class Trouble:
        def __init__(self):
            self.plan = []

        def __call__(self, records):
            return self.plan.pop(0)() if self.plan else None

    trouble, world = Trouble(), World(LOGS, clock)
    return BoardJournal(world.logs(trouble), clock), BoardJournal(world.logs(lambda records: None), clock), trouble


def known(journal):
    return journal.destinations.known()


def test_destinations_have_ids_that_are_never_used_again(make):
    journal = make()
    assert journal.attach({"a": "now", "b": "earliest"}) == ()
    assert known(journal) == {"a": Known("d1"), "b": Known("d2")}, "of the first all calls are kept for them"
    journal.attach({"a": "now", "b": "now", "c": "now", "d": "earliest"})
    assert known(journal)["c"] == Known("d3", start=ENDS)
    assert known(journal)["d"] == Known("d4")
    assert journal.destinations.forget("d") == Known("d4")
    journal.attach({"a": "now", "b": "now", "c": "now", "d": "now"})
    assert known(make())["d"] == Known("d5", start=ENDS)
    assert make().destinations.id_of("d") == "d5"


@pytest.mark.parametrize(("start", "expected"), [("now", ENDS), ("earliest", None)])
def test_a_destination_that_was_away_begins_again_where_it_says(make, start, expected):
    journal = make()
    journal.attach({"a": "now", "b": "now"})
    assert journal.attach({"a": "now"}) == ()
    assert known(journal)["b"] == Known("d2", attached=False)
    journal.attach({"a": "now", "b": start})
    assert known(journal)["b"] == Known("d2", times=2, start=expected)


def test_a_name_that_vanishes_while_calls_wait_stops_the_start(journal):
    journal.waiting["amplitude"] = 2
    with pytest.raises(DestinationVanished, match=r"amplitude \(2 waiting\)"):
        journal.attach({"other": "now"})
    assert journal.attach({"other": "now"}, only_add=True) == ("amplitude",)
    assert set(known(journal)) == {"amplitude", "other"}
    journal.beat("elsewhere", 1, ["amplitude"])
    assert journal.attach({"other": "now"}) == ("amplitude",)
    journal.leave("elsewhere", 1)
    journal.waiting["amplitude"] = 0
    assert journal.attach({"other": "now"}) == ()
    assert not known(journal)["amplitude"].attached


def test_a_configuration_that_names_none_takes_none_away(journal):
    assert journal.attach({}) == ("amplitude",)
    assert known(journal)["amplitude"].attached


@pytest.mark.parametrize("steps", range(7))
def test_two_services_that_start_together_take_nothing_from_each_other(troubled, monkeypatch, steps):
    """The other comes between any two steps of the first."""
    one, other, trouble = troubled
    me = ["first"]
    monkeypatch.setattr("translator.journal.kafka.processes.myself", lambda: Owner(me[0], 1, ""))

    def attaches():
        me[0] = "second"
        other.attach({"second": "now"})
        me[0] = "first"

    trouble.plan = [lambda: None] * steps + [attaches]
    one.attach({"first": "now"})
    if trouble.plan:
        attaches()
    assert {name for name, found in known(other).items() if found.attached} == {"first", "second"}


def test_rename_and_forget_say_what_they_do_not_know(journal):
    journal.attach({"amplitude": "now", "other": "now"})
    journal.rename("amplitude", "production")
    assert list(known(journal)) == ["production", "other"]
    assert known(journal)["production"].id == "d1"
    with pytest.raises(DestinationUnknown):
        journal.rename("amplitude", "x")
    with pytest.raises(ValueError, match="already"):
        journal.rename("production", "other")
    with pytest.raises(DestinationUnknown):
        journal.forget("amplitude")


def test_a_circuit_is_seen_by_everybody_and_goes_with_its_destination(journal, make, clock):
    journal.destinations.break_circuit("amplitude", "no key")
    journal.destinations.break_circuit("nobody", "no key")
    assert make().destinations.circuits() == {"d1": ("no key", clock.ms)}
    journal.destinations.break_circuit("amplitude", None)
    assert make().destinations.circuits() == {}
    journal.destinations.break_circuit("amplitude", "no key")
    journal.forget("amplitude")
    assert make().destinations.circuits() == {}


def test_one_destination_has_its_states_back_under_its_new_name(journal, make):
    """What was written before the destination was known is found too."""
    lease = journal.lease_job("kpi", DUE, 30)
    journal.keep_states(lease, {"later\nA": {"n": 1}, "amplitude\nA": {"n": 2}})
    journal.attach({"amplitude": "now", "later": "now"})
    assert journal.job_states("kpi", ["later\nA", "amplitude\nA"]) == {"later\nA": {"n": 1}, "amplitude\nA": {"n": 2}}
    journal.keep_states(lease, {"later\nB": {"n": 3}})
    assert dict(make().all_job_states("kpi")) == {"later\nA": {"n": 1}, "later\nB": {"n": 3}, "amplitude\nA": {"n": 2}}
    journal.forget("amplitude")
    assert [key for key, _ in journal.all_job_states("kpi")] == ["later\nA", "later\nB"]
    assert journal.subjects.sweep() == 1
    assert journal.subjects.sweep() == 0


@pytest.mark.parametrize("steps", range(16))
def test_states_of_a_process_that_is_killed_while_it_writes_them_are_all_there_or_none(clock, steps):
    """And what the next one deletes stays deleted, from a compacted log too."""
    world = World(LOGS, clock)
    plan: list[list[int] | None] = [None] * steps + [[0], []]
    one = BoardJournal(world.logs(lambda records: plan.pop(0) if plan else None), clock)
    other = BoardJournal(world.logs(lambda records: None), clock)
    states = {name: {"n": name} for name in "abc"}
    lease = other.lease_job("kpi", DUE, 30)
    died = False
    try:
        one.keep_states(lease, states)
    except Killed:
        died = True
    assert died or plan
    assert dict(other.all_job_states("kpi")) in (({}, states) if died else (states,))
    other.keep_states(lease, {"a": None})
    after = dict(other.all_job_states("kpi"))
    assert "a" not in after
    folded = BoardJournal({name: log.compacted() for name, log in world.now.items()}, clock)
    assert dict(folded.all_job_states("kpi")) == after


def test_many_states_are_written_in_several_packs(journal, make, monkeypatch):
    monkeypatch.setattr("translator.journal.kafka.states.PACK_BYTES", 200)
    states = {f"k{number:03}": {"n": number} for number in range(100)}
    journal.keep_states(journal.lease_job("kpi", DUE, 30), states)
    assert dict(make().all_job_states("kpi", limit=1000)) == states


def test_who_has_lost_a_job_while_it_wrote_is_told(troubled, clock):
    one, other, trouble = troubled
    lease = one.lease_job("kpi", DUE, 30)

    def takes():
        clock.ms += 31_000
        assert other.lease_job("kpi", DUE + DAY, 30) is not None

    trouble.plan = [lambda: None] * 4 + [takes]
    with pytest.raises(LeaseLost):
        one.keep_states(lease, {"a": {"n": 1}})


def test_a_job_and_an_archive_of_a_process_that_was_killed_are_free_at_once(journal, make, monkeypatch):
    with monkeypatch.context() as patch:
        for module in ("jobs", "archiving"):
            patch.setattr(f"translator.journal.kafka.{module}.myself", lambda: GONE)
        assert journal.lease_job("kpi", DUE, 3600) is not None
        journal.hold()
        lease = journal.lease_archive(3600)
        journal.writing(lease, ["old"])
        journal.written(lease, 0)
        journal.writing(lease, ["new-1", "new-2"], ["old"])
    other = make()
    assert not other.jobs()[0].running
    assert other.lease_job("kpi", DUE, 30) is not None
    assert other.jobs()[0].tries == 2
    lease = other.lease_archive(30)
    assert (other.forsaken(), other.begun(lease)) == ([], (["new-1", "new-2"], ["old"]))
    other.writing(lease, [])
    assert (other.forsaken(), other.begun(lease)) == (["new-1", "new-2"], ([], []))


def test_what_a_killed_process_was_writing_without_a_replacement_is_forsaken(journal, make, monkeypatch):
    journal.hold()
    with monkeypatch.context() as patch:
        patch.setattr("translator.journal.kafka.archiving.myself", lambda: GONE)
        journal.writing(journal.lease_archive(3600), ["new"])
    other = make()
    assert other.begun(other.lease_archive(30)) == ([], [])
    assert make().forsaken() == ["new"]


def test_an_archive_is_as_far_as_it_says_and_people_go_from_it(journal, make, clock):
    assert (journal.archives.position(), journal.archives.keeps(), journal.archived()) == (None, False, None)
    journal.archives.note_erasure("nobody", 1)
    journal.hold()
    assert (journal.archives.position(), journal.archives.keeps()) == (0, True)
    lease = journal.lease_archive(30)
    journal.writing(lease, ["a"])
    assert journal.written(lease, 7, 2, 20).position == 7
    assert journal.written(lease, 5).position == 7
    assert journal.written(lease, '{"0":5}').position == '{"0":5}'
    journal.leave_archive(lease, "away")
    assert make().archived() == Archived(2, 20, clock.ms, failing_since=clock.ms, said="away")
    journal.archives.note_erasure(mark_of("u1"), 5)
    journal.archives.note_erasure(mark_of("u2"), [6, 7])
    first, second = make().erasures()
    assert (first.mark, first.last, second.last, first.id < second.id) == (mark_of("u1"), 5, [6, 7], True)
    lease = journal.lease_archive(30)
    journal.erased(lease, [first])
    assert (make().erasures(), journal.archived().erasures) == ([second], 1)
    clock.ms += WANTED_MS + 1
    assert not journal.archives.keeps()


def test_of_two_entries_the_later_stays_whoever_settles_first(journal, make):
    one, other = journal.shares, make().shares
    one.share("amplitude", {"g": {"plan": {"at": 5}, "seats": {"at": 5}}})
    other.share("amplitude", {"g": {"plan": {"at": 4, "hash": "old"}, "seats": {"at": 5, "hash": "new"}}})
    assert one.recall("amplitude", ["g", "h"]) == {"g": {"plan": {"at": 5}, "seats": {"at": 5, "hash": "new"}}}
    assert one.recall("other", ["g"]) == {}
    with pytest.raises(DestinationUnknown):
        one.share("other", {"g": {}})


def test_two_transactions_at_the_same_moment_lose_nothing_of_each_other(journal, make, logs):
    others = [make().shares for _ in range(3)]
    journal.shares.share("amplitude", {"g": {"first": {"at": 1}}})
    seen = [
        one.of("d1", ["g"]) and one.records("d1", {"g": {name: {"at": at}, "both": {"at": at}}})
        for one, name, at in zip(others, "abc", (5, 9, 7), strict=True)
    ]
    for new, old in seen:
        logs["shared"].append([*new, *old])
    expected = {"first": {"at": 1}, "a": {"at": 5}, "b": {"at": 9}, "c": {"at": 7}, "both": {"at": 9}}
    assert make().shares.of("d1", ["g"]) == {"g": expected}
    journal.shares.share("amplitude", {"g": {}})
    folded = logs["shared"].compacted()
    assert len(list(folded.read(-1))) == 1, "what was put together is deleted"
    assert make().shares.of("d1", ["g"]) == {"g": expected}


@pytest.mark.parametrize("steps", range(8))
def test_who_is_killed_while_it_shares_takes_nothing_away(clock, steps):
    world = World(LOGS, clock)
    plan: list[list[int] | None] = []
    one = BoardJournal(world.logs(lambda records: plan.pop(0) if plan else None), clock)
    one.attach({"amplitude": "now"})
    one.shares.share("amplitude", {"g": {"x": {"at": 1}}})
    plan += [None] * steps + [[], []]
    with suppress(Killed):
        one.shares.share("amplitude", {"g": {"y": {"at": 1}}})
    found = BoardJournal(world.now, clock).recall("amplitude", ["g"])["g"]
    assert found in ({"x": {"at": 1}}, {"x": {"at": 1}, "y": {"at": 1}})


def test_what_nobody_shared_for_long_fades_but_for_the_project(journal, make, clock):
    journal.shares.share(
        "amplitude", {f"group:{number}": {"x": {"at": 1}} for number in range(5)} | {"project:types": {"x": {"at": 1}}}
    )
    clock.ms += DAY
    journal.shares.share("amplitude", {"group:4": {"y": {"at": 1}}})
    assert [journal.shares.fade(clock.ms, 3), make().shares.fade(clock.ms, 3), journal.shares.fade(clock.ms)] == [
        3,
        1,
        0,
    ]
    keys = [f"group:{number}" for number in range(5)]
    assert list(make().recall("amplitude", [*keys, "project:types"])) == ["group:4", "project:types"]


def test_what_a_forgotten_destination_shared_is_found_no_more_and_swept(journal, make, logs):
    journal.shares.share("amplitude", {"g": {"x": {"at": 1}}})
    journal.note_seen("amplitude", [Sighting("type", "t", 1, 1, 1)])
    journal.forget("amplitude")
    journal.attach({"amplitude": "now"})
    assert (journal.recall("amplitude", ["g"]), journal.seen("amplitude", "type")) == ({}, [])
    assert [make().subjects.sweep(), make().subjects.sweep()] == [2, 0]
    assert list(logs["shared"].compacted().read(-1)) == []


def test_all_that_was_counted_counts_once(journal, make):
    journals = [journal, make(), make()]

    def count(one):
        for _ in range(50):
            one.counters.add({"received": 2, "accepted": 1, "duplicates": 0})

    threads = [threading.Thread(target=count, args=(one,)) for one in [*journals, journal]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert make().counters.total() == {"received": 400, "accepted": 200}


def test_a_count_that_may_have_been_written_is_written_again_and_counts_once(troubled):
    one, other, trouble = troubled
    one.attach({"amplitude": "now"})
    for written in (0, 1):
        trouble.plan = [lambda: None, lambda written=written: range(written), lambda: None]
        with pytest.raises(JournalUnavailable):
            one.counters.add({"received": 1})
        for _ in range(3 * MOST_PARTS):
            other.counters.add({"received": 100})
        assert other.counters.total()["received"] % 100 == 3 * written
        one.counters.add({"received": 1})
    assert other.counters.total() == {"received": 2 * 3 * MOST_PARTS * 100 + 4}


def test_who_answers_a_request_counts_without_waiting_for_the_board(journal):
    free, taken = threading.Event(), threading.Event()

    def hold():
        with journal.board.held():
            taken.set()
            free.wait(30)

    others = [threading.Thread(target=hold), threading.Thread(target=journal.counters.add, args=({"received": 1},))]
    others[0].start()
    taken.wait(10)
    others[1].start()
    try:
        noting = threading.Thread(target=journal.counters.note, args=({"received": 2},))
        noting.start()
        noting.join(8)
        assert not noting.is_alive()
    finally:
        free.set()
    for one in others:
        one.join()
    until(lambda: journal.counters.total() == {"received": 3})


def test_few_records_are_left_of_many_counts(journal, logs):
    for _ in range(500):
        journal.counters.add({"received": 1})
    left = [one for one in logs["board"].compacted().read(-1) if "counters" in one.key]
    assert len(left) < 3 * MOST_PARTS


def test_sightings_of_two_processes_at_once_both_count(troubled):
    one, other, trouble = troubled
    one.attach({"amplitude": "now"})
    seen = Sighting("type", "company", 10, 20, 2, {"joins": 2}, (), "Company")
    others: list[int] = []

    def notes():
        others.append(1)
        other.note_seen("amplitude", [replace(seen, count=1)])

    for number in range(60):
        trouble.plan = [lambda: None] * (number % 7) + [notes]
        one.note_seen("amplitude", [seen])
        trouble.plan = []
    (found,) = other.seen("amplitude", "type")
    assert (found.count, found.facets["joins"], found.label) == (120 + len(others), 120 + 2 * len(others), "Company")
    assert len(others) > 20


def test_only_so_many_sightings_of_a_kind_are_kept_the_last_seen(journal, make, monkeypatch):
    monkeypatch.setattr("translator.journal.kafka.sightings.MOST_SEEN", {"value": 3, "type": 9})
    journal.note_seen("amplitude", [Sighting("value", str(at), at, at, 1) for at in range(10)])
    journal.note_seen("amplitude", [Sighting("type", "t", 0, 0, 1)])
    assert [one.name for one in make().seen("amplitude", "value")] == ["9", "8", "7"]
    assert [one.name for one in journal.seen("amplitude", "type", 1)] == ["t"]
    journal.note_seen("nobody", [Sighting("type", "t", 0, 0, 1)])


def test_somebody_who_was_forgotten_leaves_no_sample_whoever_notes_them_at_that_moment(troubled, clock):
    one, other, trouble = troubled
    one.attach({"amplitude": "now"})
    seen = Sighting("value", "v", 1, 2, 2, {}, (("gone", "gone"), ("stays", "stays")))
    for steps in range(8):
        name = f"v{steps}"
        trouble.plan = [lambda: None] * steps + [lambda: other.sightings.forget_person("gone")]
        one.note_seen("amplitude", [replace(seen, name=name)])
        trouble.plan = []
        other.sightings.forget_person("gone")
    clock.ms += DAY
    found = other.seen("amplitude", "value")
    assert {row.samples for row in found} == {(("stays", "stays"),)}
    assert {row.count for row in found} == {2}


def test_configurations_that_two_note_at_once_are_one_and_few_are_kept(troubled, monkeypatch, clock):
    monkeypatch.setattr("translator.journal.kafka.noting.MOST_CONFIGURATIONS", 3)
    one, other, trouble = troubled
    trouble.plan = [lambda: None, lambda: None, lambda: other.note_configuration("a", "h0", "zero")]
    one.note_configuration("a", "h0", "zero")
    trouble.plan = []
    for number in range(1, 5):
        clock.ms += 1000
        one.note_configuration("a", f"h{number}", str(number))
    assert [other.configuration("a", f"h{number}") for number in range(5)] == [None, None, "2", "3", "4"]
    assert other.configuration("a", at=0) == "2"


def test_a_loser_looks_anew_and_nothing_is_left_of_its_claim(clock):
    log = MemoryLog(clock)
    boards = [Board(log) for _ in range(4)]
    cells = [Cells(board, "number") for board in boards]

    def add(one):
        for _ in range(50):
            one.change(("x",), lambda held: ({"n": held["n"] + 1 if held else 1}, None))

    threads = [threading.Thread(target=add, args=(one,)) for one in cells]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with boards[0].read():
        assert cells[0].get("x") == {"n": 200}
    cells[0].change(("x",), lambda held: (held, None))
    assert len(list(log.compacted().read(-1))) == 2, "what holds, and what held before"


def test_who_reads_on_while_it_decides_still_sees_that_somebody_was_quicker(clock):
    log = MemoryLog(clock)
    boards = [Board(log) for _ in range(2)]
    cells = [Cells(board, "number") for board in boards]
    asked = []

    def decide(held):
        asked.append(held)
        if len(asked) == 1:
            cells[1].change(("x",), lambda held: ({"n": 1}, None))
            boards[0].append([('["other"]', b"1")])
        return {"n": held["n"] + 1 if held else 1}, "done"

    assert cells[0].change(("x",), decide) == "done"
    assert asked == [None, {"n": 1}]
    assert cells[0].get("x") == {"n": 2}


def test_a_claim_that_was_deleted_before_it_was_read_is_not_said_to_hold(clock):
    class Forgetful(MemoryLog):
        def append(self, records):
            super().append(records)
            return super().append([(key, None) for key, _ in records])

    log = Forgetful(clock)
    cells = Cells(Board(_Compacted(log)), "number")
    with pytest.raises(JournalUnavailable, match="not known") as error:
        cells.change(("x",), lambda held: ({"n": 1}, None))
    assert error.value.reason == "connection"


class _Compacted:
    """A log that is compacted before each look at it."""

    def __init__(self, log):
        self._log, self.append, self.close = log, log.append, log.close

    def read(self, after):
        return self._log.compacted().read(after)


def test_a_copy_that_was_not_read_on_for_long_is_made_anew(make, logs, monkeypatch):
    one, other = make(), make()
    other.attach({"amplitude": "now"})
    one.destinations.break_circuit("amplitude", "no key")
    assert other.destinations.circuits() == {"d1": ("no key", pytest.approx(1710090245678))}
    one.destinations.break_circuit("amplitude", None)
    logs["board"]._entries = logs["board"].compacted()._entries
    assert other.destinations.circuits() != {}, "nothing says that it was deleted"
    monkeypatch.setattr(board_module, "STALE_SECONDS", -1)
    assert other.destinations.circuits() == {}


def test_a_process_after_a_fork_reads_for_itself(journal, make):
    journal.keep_states(journal.lease_job("kpi", DUE, 30), {"a": {"n": 1}})
    journal.counters.add({"received": 1})
    with journal.board.held():  # as if another thread had it
        child = os.fork()
        if child == 0:
            is_right = journal.job_states("kpi", ["a"]) == {"a": {"n": 1}} and journal.counters.total() == {
                "received": 1
            }
            os._exit(0 if is_right else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert make().job_states("kpi", ["a"]) == journal.job_states("kpi", ["a"]) == {"a": {"n": 1}}


def test_who_waits_for_other_threads_for_too_long_is_told(clock):
    board = Board(MemoryLog(clock), 0.05)
    free, taken = threading.Event(), threading.Event()

    def hold():
        with board.held():
            taken.set()
            free.wait(10)

    thread = threading.Thread(target=hold)
    thread.start()
    taken.wait(10)
    with pytest.raises(JournalUnavailable, match="not free"), board.read():
        pass
    free.set()
    thread.join()


def test_old_processes_are_forgotten_by_who_beats(journal, clock, logs):
    journal.beat("elsewhere", 1, ["amplitude"])
    clock.ms += 100 * 15_000 + 1
    journal.beat("elsewhere", 2)
    kept = [one.key for one in logs["board"].compacted().read(-1) if "process" in one.key]
    assert kept == ['["process","elsewhere","2"]']

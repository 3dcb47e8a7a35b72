"""Leases: in order for each subject, fenced, taken back from the dead."""

import os
import random

import pytest

from translator.errors import LeaseLost
from translator.parcels import Answered, Dead, Done, Later, Lease, Refusal, Verdict
from translator.reports import redriving
from translator.settings.load import settings_from
from translator.sights import Tried

SECONDS = 30.0


def claimed(journal, limit=100):
    lease = journal.claim("amplitude", limit, SECONDS)
    return lease, [item.message_id for item in lease.items] if lease else []


def some_on(engine, seed):
    if engine == "kafka" and seed > 1:
        pytest.skip("each step is a round trip in Kafka; its progress has a model of its own: kafka/test_progress.py")


def finish(journal, lease):
    """All of it is delivered."""
    journal.settle(lease, {item.id: Done() for item in lease.items}, {})


def settle(journal, lease, remember=None, **verdicts):
    ids = {item.message_id: item.id for item in lease.items}
    journal.settle(lease, {ids[name]: verdict for name, verdict in verdicts.items()}, remember or {})


def test_calls_are_claimed_in_order_and_once(journal, call):
    journal.append([call("a", "u1"), call("b", "u2"), call("c", "u1")])
    lease, names = claimed(journal)
    assert names == ["a", "b", "c"]
    assert claimed(journal) == (None, [])
    settle(journal, lease, a=Done(), b=Done(), c=Done())
    assert claimed(journal) == (None, [])
    assert journal.counts().destinations["amplitude"].delivered == 3


def test_a_later_call_of_a_subject_waits_for_the_leased_one(journal, call):
    journal.append([call("a", "u1")])
    first, _ = claimed(journal)
    journal.append([call("b", "u1"), call("c", "u2")])
    other, names = claimed(journal)
    assert names == ["c"]
    settle(journal, first, a=Done())
    assert claimed(journal)[1] == ["b"]
    settle(journal, other, c=Done())


def test_a_call_put_back_holds_up_its_subject_and_nobody_else(journal, call, clock):
    journal.append([call("a", "u1"), call("b", "u1"), call("c", "u2")])
    lease, _ = claimed(journal)
    settle(journal, lease, a=Later(clock.ms + 5000, "throttled"), c=Done())
    journal.append([call("d", "u1"), call("e", "u2")])
    _other, names = claimed(journal)
    assert names == ["e"]
    clock.ms += 5000
    again, names = claimed(journal)
    assert names == ["a", "b", "d"]
    assert [item.attempts for item in again.items] == [1, 0, 0]


def test_a_lease_that_ended_is_taken_over_and_its_settle_changes_nothing(journal, call, clock):
    journal.append([call("a")])
    began = clock.ms
    lease, _ = claimed(journal)
    journal.posting(lease, "http-v2", [lease.items[0].id], "hash")
    clock.ms += 31_000
    with pytest.raises(LeaseLost):
        settle(journal, lease, a=Done())
    with pytest.raises(LeaseLost):
        journal.posting(lease, "http-v2", [lease.items[0].id], "hash")
    taken, names = claimed(journal)
    assert names == ["a"]
    assert (taken.items[0].attempts, taken.items[0].unknown_since) == (1, began)
    with pytest.raises(LeaseLost):
        settle(journal, lease, a=Dead("x"))
    settle(journal, taken, a=Done())
    tally = journal.counts().destinations["amplitude"]
    assert (tally.delivered, tally.dead) == (1, 0)


def test_a_renewed_lease_lasts_longer(journal, call, clock):
    journal.append([call("a")])
    lease, _ = claimed(journal)
    clock.ms += 20_000
    lease = journal.renew(lease, SECONDS)
    clock.ms += 20_000
    assert claimed(journal) == (None, [])
    settle(journal, lease, a=Done())


def test_the_lease_of_a_dead_process_ends_at_once(journal, call, make, shares_leases):
    journal.append([call("a", "u1"), call("b", "u2")])
    child = os.fork()
    if child == 0:
        other = make()
        lease = other.claim("amplitude", 10, SECONDS)
        other.posting(lease, "http-v2", [lease.items[0].id], "hash")
        os._exit(0)
    os.waitpid(child, 0)
    lease, names = claimed(journal)
    assert names == ["a", "b"]
    assert lease.items[0].unknown_since is not None
    assert (lease.items[0].attempts, lease.items[0].why) == (1, "lost")
    assert lease.items[1].unknown_since is None, "it was never posted, so it has no age"
    assert lease.items[1].attempts == 0


def test_a_request_that_was_answered_before_the_settle_leaves_no_doubt(journal, call, clock):
    journal.append([call("a")])
    lease, _ = claimed(journal)
    number = journal.posting(lease, "http-v2", [lease.items[0].id], "hash")
    journal.settle(lease, {lease.items[0].id: Later(clock.ms, "throttled")}, {}, {}, [Answered(number, "429")])
    lease, _ = claimed(journal)
    clock.ms += 31_000
    lease, _ = claimed(journal)
    assert (lease.items[0].attempts, lease.items[0].unknown_since) == (1, None)


def test_failed_attempts_are_kept_the_newest_of_them(journal, call, clock, notes_verdicts):
    journal.append([call("a")])
    for number in range(50):
        lease, _ = claimed(journal)
        settle(journal, lease, a=Later(clock.ms, f"why {number}"))
        clock.ms += 1
    (item,) = claimed(journal)[0].items
    kept = journal.attempts(item.id)
    assert len(kept) == 20
    assert kept[-1] == Tried("amplitude", clock.ms - 1, "why 49")


def test_a_circuit_is_seen_by_every_process(journal, make, clock):
    journal.break_circuit("amplitude", "invalid key")
    tally = make().counts().destinations["amplitude"]
    assert (tally.circuit, tally.circuit_since) == ("invalid key", clock.ms)
    journal.break_circuit("amplitude", None)
    tally = make().counts().destinations["amplitude"]
    assert (tally.circuit, tally.circuit_since) == (None, None)


def test_an_unknown_outcome_is_dated_once(journal, call, clock):
    journal.append([call("a")])
    first = clock.ms
    for unknown in (True, True, False):
        lease, _ = claimed(journal)
        settle(journal, lease, a=Later(clock.ms, "timeout", unknown))
        clock.ms += 1000
    lease, _ = claimed(journal)
    assert (lease.items[0].attempts, lease.items[0].unknown_since) == (3, first)


def test_calls_without_a_verdict_go_back_as_they_were(journal, call):
    journal.append([call("a"), call("b")])
    lease, _ = claimed(journal)
    settle(journal, lease, a=Done())
    again, names = claimed(journal)
    assert names == ["b"]
    assert again.items[0].attempts == 0


def test_memory_is_written_with_the_settle_and_read_with_the_lease(journal, call):
    journal.append([call("a", "u1"), call("b", "u2")])
    lease, _ = claimed(journal)
    assert lease.memory == {}
    settle(journal, lease, {"u1": {"groups": {"t": 1}}}, a=Done())
    journal.append([call("c", "u1")])
    lease, names = claimed(journal)
    assert names == ["b", "c"]
    assert lease.memory == {"u1": {"groups": {"t": 1}}}
    settle(journal, lease, {"u1": None}, b=Done(), c=Done())
    journal.append([call("d", "u1")])
    assert claimed(journal)[0].memory == {}


def test_dead_letters_keep_the_call_the_reason_and_the_answer(journal, call, clock):
    journal.append([call("a"), call("b")])
    lease, _ = claimed(journal)
    settle(journal, lease, a=Dead("invalid_fields", '{"code":400}'), b=Done("integrations"))
    (letter,) = journal.dead("amplitude")
    assert (letter.why, letter.answer, letter.message_id) == ("invalid_fields", '{"code":400}', "a")
    assert b'"messageId":"a"' in letter.body
    tally = journal.counts().destinations["amplitude"]
    assert (tally.ignored, tally.dead, tally.waiting) == (1, 1, 0)
    assert journal.dead(why="other") == []
    assert journal.dead(ids=[letter.id, "d9", "x", "r1"]) == [letter]


def test_a_redriven_letter_waits_again_before_later_calls_of_its_subject(journal, call):
    journal.append([call("a")])
    lease, _ = claimed(journal)
    settle(journal, lease, a=Dead("x"))
    journal.append([call("b")])
    (letter,) = journal.dead("amplitude")
    assert journal.redrive([letter.id, letter.id, "d7"]) == 1
    assert claimed(journal)[1] in (["a"], ["a", "b"]), "b is new and comes behind a"
    tally = journal.counts().destinations["amplitude"]
    assert (tally.dead, tally.waiting) == (0, 2)


@pytest.mark.parametrize("ended", [False, True])
def test_a_redriven_letter_waits_while_later_calls_of_its_subject_are_leased(journal, make, call, clock, ended):
    """Else a claim would take the leased ones once more."""
    journal.append([call("a")])
    lease, _ = claimed(journal)
    settle(journal, lease, a=Dead("x"))
    journal.append([call("b"), call("c")])
    lease, found = claimed(journal)
    assert found == ["b", "c"]
    assert journal.redrive([letter.id for letter in journal.dead("amplitude")]) == 1
    assert claimed(make()) == (None, [])
    if ended:
        clock.ms += 1000 * SECONDS + 1
        assert claimed(make())[1] == ["a", "b", "c"]
        with pytest.raises(LeaseLost):
            finish(journal, lease)
        return
    finish(journal, lease)
    lease, found = claimed(make())
    assert found == ["a"]
    finish(journal, lease)
    tally = journal.counts().destinations["amplitude"]
    assert (tally.accepted, tally.delivered, tally.dead, tally.waiting) == (3, 3, 0, 0)


def test_a_purge_lets_no_call_be_due_beside_a_leased_one_of_its_subject(journal, make, call):
    journal.append([call("a")])
    lease, _ = claimed(journal)
    settle(journal, lease, a=Dead("x"))
    journal.append([call("b")])
    lease, _ = claimed(journal)
    (letter,) = journal.dead("amplitude")
    journal.redrive([letter.id])
    journal.purge("u1", keep=letter.call)
    assert claimed(make()) == (None, [])
    finish(journal, lease)
    assert claimed(make())[1] == ["a"]


def killed(journal, count):
    """Calls that died, in their order."""
    while count:
        lease, found = claimed(journal, 1)
        count -= len(found)
        journal.settle(lease, {item.id: Dead("x") for item in lease.items}, {})


def test_letters_are_those_that_there_are_when_one_begins(journal, call, monkeypatch):
    for place in ("sqlite.books.CHUNK", "postgres.books.CHUNK", "kafka.letters.AT_ONCE"):
        monkeypatch.setattr(f"translator.journal.{place}", 2)
    journal.append([call(f"m{number}", f"u{number}") for number in range(5)], [refusal(number) for number in range(3)])
    killed(journal, 5)
    letters = journal.letters()
    found = [next(letters)]
    assert journal.redrive([found[0].id]) == 1
    journal.append([call("m5", "u5")], [refusal(3)])
    killed(journal, 2)
    found += letters
    assert [one.message_id for one in found if one.destination] == ["m0", "m1", "m2", "m3", "m4"]
    assert [one.body for one in found if not one.destination] == [b"0", b"1", b"2"]
    assert len(list(journal.letters())) == 6 + 4
    assert list(journal.letters("amplitude", "y")) == []


def refusal(number):
    return Refusal("webhook", 1, {"x": ["y"]}, b"%d" % number)


def test_all_letters_of_a_reason_are_redriven_and_dropped_once(journal, call):
    journal.append([call(f"m{number}", f"u{number}") for number in range(3)], [refusal(0)])
    killed(journal, 3)
    redriven = redriving.redrive_all(journal, settings_from({}), "amplitude", "x", True, 30)
    assert (redriven.asked, redriven.tried, redriven.left) == (3, 3, False)
    killed(journal, 3)
    assert redriving.drop_all(journal, "amplitude", "x", 30) == (3, False)
    assert redriving.drop_all(journal, "", None, 30) == (1, False)
    assert journal.dead() == []


def test_many_letters_are_redriven_at_once(journal, call):
    journal.append([call(f"m{number:04}", f"u{number % 7}") for number in range(1200)])
    while (lease := claimed(journal, 500)[0]) is not None:
        journal.settle(lease, {item.id: Dead("x") for item in lease.items}, {})
    assert journal.redrive([letter.id for letter in journal.letters()]) == 1200
    found = []
    while (lease := claimed(journal, 500)[0]) is not None:
        found += [(item.subject, item.message_id) for item in lease.items]
        finish(journal, lease)
    assert len(found) == 1200
    for subject in {one for one, _ in found}:
        names = [name for one, name in found if one == subject]
        assert names == sorted(names)


def test_a_dropped_letter_is_gone_and_stays_counted(journal, call):
    journal.append([call("a")])
    lease, _ = claimed(journal)
    settle(journal, lease, a=Dead("x"))
    (letter,) = journal.dead("amplitude")
    assert journal.drop([letter.id, letter.id]) == 1
    assert journal.dead() == []
    assert journal.counts().destinations["amplitude"].dead == 1


def test_many_blocked_calls_do_not_hide_a_free_one(journal, call, clock):
    journal.append([call("head", "u1")])
    lease, _ = claimed(journal)
    settle(journal, lease, head=Later(clock.ms + 60_000, "throttled"))
    journal.append([call(f"m{number}", "u1") for number in range(5000)] + [call("free", "u2")])
    assert claimed(journal, 1000)[1] == ["free"]


@pytest.mark.parametrize("seed", range(8))
def test_whatever_is_redriven_no_call_is_in_two_leases_and_the_books_balance(journal, call, clock, make, seed, engine):
    some_on(engine, seed)
    chance = random.Random(seed)
    claimers = [journal, make()]
    leases: list[Lease] = []
    calls = [call(f"{number:04}", f"u{chance.randrange(4)}") for number in range(160)]
    finished: list[str] = []
    while calls or leases or journal.counts().destinations["amplitude"].waiting:
        journal.append(calls[:5])
        calls = calls[5:]
        leases = [lease for lease in leases if lease.until >= clock.ms]
        if lease := chance.choice(claimers).claim("amplitude", chance.randrange(1, 12), SECONDS):
            held = {item.subject for other in leases for item in other.items}
            assert not held & {item.subject for item in lease.items}
            leases.append(lease)
        if chance.random() < 0.5:
            journal.redrive([letter.id for letter in journal.dead("amplitude") if chance.random() < 0.5])
        clock.ms += chance.choice([0, 100, 100, 40_000])
        for lease in [one for one in leases if one.until >= clock.ms and chance.random() < 0.5]:
            leases.remove(lease)
            choices: list[Verdict] = [Done(), Done(), Dead("x"), Later(clock.ms + 500, "y")]
            verdicts = {item.id: chance.choice(choices) for item in lease.items}
            chance.choice(claimers).settle(lease, verdicts, {})
            finished += [item.message_id for item in lease.items if verdicts[item.id] == Done()]
    tally = journal.counts().destinations["amplitude"]
    assert tally.accepted == 160 == tally.delivered + tally.dead
    assert (tally.waiting, tally.delivered) == (0, len(finished))
    assert len(set(finished)) == len(finished)


@pytest.mark.parametrize("seed", range(8))
def test_whatever_happens_each_subject_is_finished_in_order(journal, call, clock, make, seed, engine):
    """A model: several claimers, random verdicts, expiry, new calls in between; then the books are added up."""
    some_on(engine, seed)
    chance = random.Random(seed)
    claimers = [journal, make()]
    waiting = [call(f"{number:04}", f"u{chance.randrange(6)}") for number in range(200)]
    finished: dict[str, list[str]] = {}
    leases: list[Lease] = []
    while waiting or leases or journal.counts().destinations["amplitude"].waiting:
        part, waiting = waiting[: chance.randrange(8)], waiting[8:] if waiting else []
        journal.append(part)
        waiting = waiting if part or waiting else []
        lease = chance.choice(claimers).claim("amplitude", chance.randrange(1, 20), SECONDS)
        leases += [lease] if lease else []
        clock.ms += chance.choice([0, 100, 100, 40_000])
        for lease in chance.sample(leases, chance.randrange(len(leases) + 1)):
            leases.remove(lease)
            verdicts: dict[str, Verdict] = {}
            held: set[str] = set()
            for item in lease.items:
                if item.subject in held:
                    continue
                choices: list[Verdict] = [Done(), Done(), Dead("x"), Later(clock.ms + 500, "y")]
                verdict = chance.choice(choices)
                verdicts[item.id] = verdict
                if isinstance(verdict, Later):
                    held.add(item.subject)
            try:
                chance.choice(claimers).settle(lease, verdicts, {})
            except LeaseLost:
                continue
            for item in lease.items:
                if isinstance(verdicts.get(item.id), (Done, Dead)):
                    finished.setdefault(item.subject, []).append(item.message_id)
    for names in finished.values():
        assert names == sorted(names)
    tally = journal.counts().destinations["amplitude"]
    assert tally.accepted == tally.delivered + tally.dead == sum(map(len, finished.values()))

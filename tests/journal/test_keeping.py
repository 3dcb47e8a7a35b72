"""Destinations come and go; delivery lives; old calls are pruned; the books are the real counts."""

import os
import subprocess
import sys

import pytest

from translator.errors import DestinationUnknown, DestinationVanished
from translator.journal import open_journal
from translator.journal.owner import this_host
from translator.parcels import Dead, Done, Refusal
from translator.settings.values import JournalSettings

DAY = 86_400_000


def deliver_all(journal, name="amplitude", verdict=None):
    while lease := journal.claim(name, 100, 30):
        journal.settle(lease, {item.id: verdict or Done() for item in lease.items}, {})


def waiting(journal, name="amplitude"):
    return journal.counts().destinations[name].waiting


def test_calls_accepted_before_any_destination_wait_for_the_first(make, call):
    journal = make()
    journal.append([call("a")])
    journal.attach({"amplitude": "now"})
    assert waiting(journal) == 1


def test_calls_that_wait_for_the_first_destination_are_not_pruned(make, call, clock):
    journal = make()
    journal.append([call("a")])
    assert journal.prune(clock.ms + 100 * DAY) == 0
    journal.attach({"amplitude": "now"})
    assert waiting(journal) == 1


@pytest.mark.parametrize(("start", "expected"), [("now", 0), ("earliest", 2)])
def test_a_further_destination_starts_where_it_says(journal, call, start, expected):
    journal.append([call("a"), call("b")])
    journal.attach({"amplitude": "now", "test": start})
    assert waiting(journal, "test") == expected
    journal.append([call("c")])
    assert waiting(journal, "test") == expected + 1


def test_each_destination_has_its_own_progress(journal, call):
    journal.attach({"amplitude": "now", "test": "now"})
    journal.append([call("a")])
    deliver_all(journal)
    assert (waiting(journal), waiting(journal, "test")) == (0, 1)


def test_a_name_that_vanishes_while_calls_wait_stops_the_start(journal, call):
    journal.append([call("a"), call("b")])
    with pytest.raises(DestinationVanished, match=r"amplitude \(2 waiting\).*destination rename OLD NEW"):
        journal.attach({"other": "now"})
    deliver_all(journal)
    journal.attach({"other": "now"})
    assert list(journal.counts().destinations) == ["other"]


def test_a_destination_to_which_a_living_process_delivers_stays(journal, make, call, clock):
    """Another service on the same journal, or an old one beside a new one in a deployment."""
    journal.beat("elsewhere", 1, ["amplitude"])
    assert journal.served() == {"amplitude"}
    assert journal.deliveries() == 1
    other = make()
    assert other.attach({"other": "now"}) == ("amplitude",)
    journal.append([call("a")])
    assert (waiting(journal), waiting(journal, "other")) == (1, 1)
    assert other.attach({"other": "now"}) == ("amplitude",), "though calls wait for it"
    deliver_all(journal)
    journal.leave("elsewhere", 1)
    assert journal.served() == {"other"}, "whoever attached is about to deliver"
    assert journal.deliveries() == 0
    assert other.attach({"other": "now"}) == ()
    assert list(journal.counts().destinations) == ["other"]


def test_two_services_that_start_together_take_nothing_from_each_other(journal, url, call):
    """The first has attached, and does not deliver yet."""
    program = (
        "import sys\nfrom translator.journal import open_journal\nfrom translator.settings.values import JournalSettings\n"
        "journal = open_journal(JournalSettings(url=sys.argv[1]))\nprint(journal.attach({'first': 'now'}), flush=True)\n"
        "sys.stdin.read()\njournal.close()"
    )
    command = [sys.executable, "-c", program, url]
    first = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert first.stdin
    assert first.stdout
    first.stdout.readline()
    plain = open_journal(JournalSettings(url=url))
    assert "first" in plain.attach({"second": "now"})
    plain.append([call("a")])
    assert {name: one.waiting for name, one in plain.counts().destinations.items()}.items() >= {
        ("first", 1),
        ("second", 1),
    }
    first.stdin.close()
    assert first.wait(10) == 0
    first.stdout.close()
    plain.close()


def test_what_a_killed_process_delivered_to_is_kept_until_it_may_be_back(journal, make, clock):
    journal.beat(this_host(), 2**22 + 1, ["amplitude"])
    assert journal.deliveries() == 0
    assert make().attach({"other": "now"}) == ("amplitude",)
    clock.ms += 15_001
    assert make().attach({"other": "now"}) == ()


def test_a_process_that_was_not_heard_of_for_long_delivers_to_nothing(journal, clock):
    journal.beat("elsewhere", 1, ["amplitude"])
    assert journal.served() == {"amplitude"}
    clock.ms += 15_001
    assert journal.served() == frozenset()


def test_a_configuration_that_names_none_takes_none_away(journal, call):
    """A key that was lost for one start: what is accepted meanwhile waits."""
    assert journal.attach({}) == ("amplitude",)
    journal.append([call("a")])
    with pytest.raises(DestinationVanished, match=r"amplitude \(1 waiting\)"):
        journal.attach({})
    assert journal.attach({"amplitude": "now"}) == ()
    assert waiting(journal) == 1


def test_who_only_takes_calls_takes_no_destination_away(journal, call):
    journal.append([call("a")])
    assert journal.attach({}, only_add=True) == ("amplitude",)
    assert journal.attach({"test": "now"}, only_add=True) == ("amplitude",)
    journal.append([call("b", "u2")])
    assert (waiting(journal), waiting(journal, "test")) == (2, 1)


@pytest.mark.parametrize(("start", "expected"), [("now", 0), ("earliest", 1)])
def test_a_destination_that_was_away_goes_on(journal, call, start, expected):
    journal.attach({"other": "now"})
    journal.append([call("a")])
    deliver_all(journal, "other")
    journal.attach({"amplitude": start, "other": "now"})
    assert waiting(journal) == expected
    tally = journal.counts().destinations["amplitude"]
    assert tally.accepted == tally.delivered + tally.ignored + tally.dead + tally.waiting


@pytest.mark.parametrize("start", ["now", "earliest"])
def test_a_letter_that_was_redriven_for_a_destination_that_is_away_waits_for_it(journal, call, start):
    journal.append([call("a"), call("b", "u2")])
    lease = journal.claim("amplitude", 1, 30)
    journal.settle(lease, {lease.items[0].id: Dead("x")}, {})
    deliver_all(journal)
    journal.attach({"other": "now"})
    assert journal.redrive([letter.id for letter in journal.dead()]) == 1
    journal.attach({"other": "now", "amplitude": start})
    tally = journal.counts().destinations["amplitude"]
    assert (tally.accepted, tally.delivered, tally.dead, tally.waiting) == (2, 1, 0, 1)
    deliver_all(journal)
    assert waiting(journal) == 0
    assert journal.counts().destinations["amplitude"].delivered == 2


def test_forget_says_how_many_letters_were_redriven_for_a_destination_that_is_away(journal, call):
    journal.append([call("a")])
    deliver_all(journal, verdict=Dead("x"))
    journal.attach({"other": "now"})
    journal.redrive([letter.id for letter in journal.dead()])
    assert journal.forget("amplitude") == 1


def test_a_claim_for_a_destination_that_was_forgotten_says_so(journal):
    journal.forget("amplitude")
    with pytest.raises(DestinationUnknown, match="'amplitude'"):
        journal.claim("amplitude", 10, 30)


def test_rename_takes_all_along(journal, call):
    journal.append([call("a")])
    journal.rename("amplitude", "production")
    journal.attach({"production": "now"})
    assert waiting(journal, "production") == 1
    with pytest.raises(DestinationUnknown):
        journal.rename("amplitude", "x")
    with pytest.raises(ValueError, match="already"):
        journal.rename("production", "production")


def test_forget_gives_up_what_waits(journal, call):
    journal.append([call("a"), call("b")])
    lease = journal.claim("amplitude", 1, 30)
    journal.settle(lease, {lease.items[0].id: Dead("x")}, {})
    assert journal.forget("amplitude") == 1
    assert journal.dead() == []
    journal.attach({"other": "now"})
    with pytest.raises(DestinationUnknown):
        journal.forget("amplitude")


def test_prune_deletes_only_what_everybody_is_done_with(journal, call, clock, deletes_one_by_one):
    journal.attach({"amplitude": "now", "test": "now"})
    journal.append([call("a"), call("b"), call("c", "u2")])
    lease = journal.claim("amplitude", 1, 30)
    journal.settle(lease, {lease.items[0].id: Dead("x")}, {})
    deliver_all(journal)
    assert journal.prune(clock.ms + DAY) == 0, "the other destination still waits"
    deliver_all(journal, "test")
    assert journal.prune(clock.ms) == 0, "not old enough"
    assert journal.prune(clock.ms + DAY, 1) == 1
    assert journal.prune(clock.ms + DAY) == 1
    assert [one.message_id for one in journal.read()] == ["a"], "a dead letter keeps its call"
    assert journal.append([call("b"), call("a")])[0].status == "accepted", "after the retention a message is new"


def test_counters_survive_pruning_and_add_up(journal, call, clock):
    journal.append([call(f"m{number}", f"u{number % 3}") for number in range(30)])
    lease = journal.claim("amplitude", 10, 30)
    verdicts = {item.id: Dead("x") if index % 5 == 0 else Done() for index, item in enumerate(lease.items)}
    journal.settle(lease, verdicts, {})
    # in Kafka a call goes with all before it, though its dead letter stays
    left = 22 if journal.dedupes else 20
    assert journal.prune(clock.ms + DAY) == 30 - left
    journal.claim("amplitude", 7, 30)
    tally = journal.counts().destinations["amplitude"]
    assert (tally.accepted, tally.delivered, tally.dead, tally.waiting) == (30, 8, 2, 20)
    assert left == len(list(journal.read()))
    assert tally.dead == len(journal.dead("amplitude"))
    assert tally.oldest_waiting == clock.ms


def test_a_delivery_process_lives_while_it_runs_and_is_heard_of(journal, clock):
    host = this_host()
    assert journal.deliveries() == 0
    journal.beat(host, os.getpid())
    journal.beat("elsewhere", 1)
    journal.beat(host, 2**22 + 1)
    assert journal.deliveries() == 2, "this one and the one elsewhere"
    clock.ms += 16_000
    assert journal.deliveries() == 0


def test_purge_deletes_every_copy_of_a_person_and_the_books_still_balance(journal, call):
    journal.attach({"amplitude": "now", "test": "now"})
    journal.append([call(f"m{number}", f"u{number % 2}") for number in range(6)])
    lease = journal.claim("amplitude", 3, 30)
    first, second, _third = lease.items
    journal.settle(lease, {first.id: Dead("x"), second.id: Done()}, {"u0": {"groups": {}}})
    refusal = Refusal("webhook", 1, {"x": ["y"]}, b'{"userId":"u0","secret":"hush-hush"}')
    journal.append([], [refusal, Refusal("webhook", 1, {"x": ["y"]}, b'{"userId":"u1"}')])
    assert journal.purge("u0") == 4
    assert [one.subject for one in journal.read()] == ["u1"] * 3
    assert [one.body for one in journal.dead()] == [b'{"userId":"u1"}']
    for tally in journal.counts().destinations.values():
        assert tally.accepted == 6 == tally.delivered + tally.ignored + tally.dead + tally.waiting
    assert waiting(journal) == 2
    deliver_all(journal)
    deliver_all(journal, "test")
    assert (waiting(journal), waiting(journal, "test")) == (0, 0)


def test_purge_keeps_the_call_that_others_still_need(journal, call):
    journal.attach({"amplitude": "now", "test": "now"})
    journal.append([call("a"), call("b"), call("delete")])
    deliver_all(journal)
    *_, last = journal.read()
    assert journal.purge("u1", keep=last.id) == 2
    assert waiting(journal, "test") == 1
    lease = journal.claim("test", 10, 30)
    assert [item.message_id for item in lease.items] == ["delete"]


def test_purge_leaves_what_is_being_delivered(journal, call, sees_leases):
    journal.append([call("a"), call("b", "u2")])
    lease = journal.claim("amplitude", 10, 30)
    assert journal.purge("u1") == 0
    journal.settle(lease, {item.id: Done() for item in lease.items}, {})
    assert journal.purge("u1") == 1
    tally = journal.counts().destinations["amplitude"]
    assert (tally.delivered, tally.waiting) == (2, 0)


def test_read_takes_a_span_of_arrival(journal, call, clock):
    journal.append([call(f"m{number}") for number in range(1200)])
    assert len(list(journal.read())) == 1200
    assert len(list(journal.read(since=clock.ms, until=clock.ms + 1))) == 1200
    assert list(journal.read(until=clock.ms)) == []


@pytest.mark.parametrize(
    ("body", "subject"),
    [
        (b'[{"type":"track","userId":"u9"}]', "u9"),
        (b'{"batch":[[{"anonymousId":"u9"}]]}', "u9"),
        (b'{"batch":[{"userId":"u9"}', "u9"),
        ('{"batch":[{"userId":"ü9"}'.encode(), "ü9"),
        (b'{"batch":[{"userId":"\\u00fc9"}', "ü9"),
        (b'{"userId":5.0}', "5"),
        (b'{"batch":[{"properties":{"a":NaN},"userId":"u9"}]}', "u9"),
    ],
)
def test_purge_finds_a_person_in_whatever_was_refused(journal, body, subject):
    others = [b'{"userId":"u99"}', b'{"batch":[{"event":"u9"}]}', b'{"userId":"5 "}', b"\x1f\x8b\x00"]
    journal.append([], [Refusal("web", 1, {"": ["y"]}, one) for one in [body, *others]])
    assert journal.purge(subject) == 1
    assert sorted(one.body for one in journal.dead("")) == sorted(others)

"""What is receipted is on disk, whole, once."""

import os
import random
import signal
import subprocess
import sys
import threading

import pytest
from msgspec.structs import replace

from translator.errors import SettingsError
from translator.journal import open_journal
from translator.parcels import Refusal
from translator.settings.values import JournalSettings

CHILD = """
import sys, threading
from translator.journal import open_journal
from translator.parcels import Call
from translator.settings.values import JournalSettings
journal = open_journal(JournalSettings(url=sys.argv[1]))
def work(n):
    for i in range(100000):
        call = Call("", "webhook", f"{n}-{i}", f"u{n}", 1, {"type": "track", "n": i})
        receipts = journal.append([call])
        sys.stdout.write(receipts[0].message_id + "\\n")
        sys.stdout.flush()
for n in range(4):
    threading.Thread(target=work, args=(n,), daemon=True).start()
threading.Event().wait(60)
"""


def names(journal):
    return [call.message_id for call in journal.read()]


def test_appended_calls_are_read_as_they_came(journal, call):
    receipts = journal.append([call("m1"), call("m2", "u2")])
    assert [(one.message_id, one.status) for one in receipts] == [("m1", "accepted"), ("m2", "accepted")]
    first, second = journal.read()
    assert (first.source, first.subject, first.ip, first.body) == ("webhook", "u1", "192.0.2.1", call("m1").body)
    assert first.id
    assert first.id != second.id
    assert second.subject == "u2"


def test_every_receipt_of_a_killed_process_is_in_the_journal(url, make):
    child = subprocess.Popen([sys.executable, "-c", CHILD, url], stdout=subprocess.PIPE, text=True)
    assert child.stdout
    printed = [child.stdout.readline().strip() for _ in range(300)]
    child.send_signal(signal.SIGKILL)
    printed += [line.strip() for line in child.stdout if line.endswith("\n")]
    child.wait()
    child.stdout.close()
    kept = names(make())
    assert set(printed) <= set(kept)
    assert len(kept) == len(set(kept))


def test_a_known_message_is_a_counted_duplicate_also_within_one_append(deduping, call):
    journal = deduping
    journal.append([call("m1")])
    receipts = journal.append([call("m1"), call("m2"), call("m2")])
    assert [one.status for one in receipts] == ["duplicate", "accepted", "duplicate"]
    counts = journal.counts()
    assert (counts.received, counts.accepted, counts.duplicates) == (4, 2, 2)
    assert names(journal) == ["m1", "m2"]


def test_threads_share_transactions_and_nothing_is_missing(journal, call):
    def work(number):
        for index in range(50):
            journal.append([call(f"{number}-{index}")])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(names(journal))) == 400
    assert not journal.dedupes or journal.commits < 400


def test_one_append_that_cannot_be_written_fails_alone(journal, call, make):
    bad = call("bad")
    bad.body["never"] = object()
    errors = []

    def work(one):
        try:
            journal.append([one])
        except TypeError as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(one,)) for one in [bad, *(call(f"m{n}") for n in range(10))]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == 1
    assert sorted(names(journal)) == sorted(f"m{n}" for n in range(10))


def test_an_array_is_written_whole_or_not_at_all(journal, call):
    bad = call("bad")
    bad.body["never"] = object()
    with pytest.raises(TypeError):
        journal.append([call("m1"), bad])
    assert names(journal) == []
    assert journal.counts().received == 0


def test_refused_messages_are_kept_the_newest_ones(make, clock):
    journal = make(keep_refused=2)
    for number in range(3):
        journal.append([], [Refusal("webhook", clock.ms + number, {"userId": ["required"]}, b'{"n":%d}' % number)], 1)
    kept = journal.dead("")
    assert [(one.id, one.why, one.answer, one.body) for one in kept] == [
        ("r3", "invalid", "userId: required", b'{"n":2}'),
        ("r2", "invalid", "userId: required", b'{"n":1}'),
    ]
    counts = journal.counts()
    assert (counts.received, counts.refused_kept, counts.refused_answered) == (6, 3, 3)


def test_a_child_after_fork_appends_through_its_own_connection(journal, call):
    journal.append([call("parent")])
    child = os.fork()
    if child == 0:
        try:
            journal.append([call("child")])
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    journal.append([call("parent-2")])
    assert names(journal) == ["parent", "child", "parent-2"]


@pytest.mark.parametrize("url", ["mysql://u:hush@h/db", "journal.db", "sqlite:///", "sqlite://x", "postgresql:h"])
def test_other_urls_say_what_it_may_be_and_keep_passwords(url):
    with pytest.raises(SettingsError, match=r"journal\.url: .* it may be sqlite:///relative") as caught:
        open_journal(JournalSettings(url=url))
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("size", [1, 3, 4, 5, 17, 85, 300])
def test_of_many_calls_each_has_its_own_receipt_and_its_place(deduping, call, size):
    deduping.append([call("m0"), call(f"m{size}")])
    twice = [call(f"m{number}", f"u{number}") for number in range(size) for _ in range(2)]
    receipts = deduping.append([*twice, call("last")])
    assert [one.message_id for one in receipts] == [one.message_id for one in [*twice, call("last")]]
    expected = ["accepted" if place % 2 == 0 and place > 1 else "duplicate" for place in range(2 * size)]
    assert [one.status for one in receipts] == [*expected, "accepted"]
    assert names(deduping) == ["m0", f"m{size}", *(f"m{number}" for number in range(1, size)), "last"]
    books = deduping.counts()
    assert (books.received, books.accepted, books.duplicates) == (2 * size + 3, size + 2, size + 1)


@pytest.mark.parametrize("seed", range(8))
def test_receipts_are_those_of_a_list_of_what_came(make, call, seed):
    """Whatever comes together in a transaction, and in whichever order: of each source and messageId the first is in."""
    journal, chance = make(), random.Random(seed)
    if not journal.dedupes:
        pytest.skip("this engine does not recognise duplicates")
    seen: list[tuple[str, str]] = []
    for _ in range(30):
        sizes, given = (0, 1, 2, 30), []
        for number in range(chance.choice(sizes)):
            name, source = f"m{chance.randrange(chance.choice((3, 40, 10**6)))}", chance.choice(("web", "ios"))
            given.append(replace(call(name, f"u{number % 3}"), source=source))
        receipts = journal.append(given)
        for one, receipt in zip(given, receipts, strict=True):
            key = (one.source, one.message_id)
            assert (receipt.message_id, receipt.status) == (key[1], "duplicate" if key in seen else "accepted")
            seen += [] if key in seen else [key]
    assert [(one.source, one.message_id) for one in journal.read()] == seen
    assert journal.counts().accepted == len(seen)


def test_appends_of_one_transaction_have_their_own_receipts(deduping, call):
    """One holds the journal while the others come, so that these are written together."""
    given = [[call(f"m{(number + index) % 7}", f"u{number}") for index in range(number % 4)] for number in range(20)]
    receipts = [deduping.append([call("m0")])]
    threads = [threading.Thread(target=lambda one=one: receipts.append(deduping.append(one))) for one in given]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = [receipt for one in receipts for receipt in one]
    assert sorted(len(one) for one in receipts) == sorted([1, *(len(one) for one in given)])
    accepted = [receipt.message_id for receipt in told if receipt.status == "accepted"]
    assert sorted(accepted) == sorted(names(deduping)) == [f"m{number}" for number in range(7)]


def test_the_same_id_of_another_source_is_another_call(deduping, call):
    deduping.append([replace(call("m1"), source="web")])
    receipts = deduping.append([call("m1"), call("m1"), replace(call("m1"), source="web"), call("m2")])
    assert [one.status for one in receipts] == ["accepted", "duplicate", "duplicate", "accepted"]


def test_texts_of_any_kind_come_back_as_they_were(journal, call):
    """Quotes, backslashes, braces and NUL mean something to engines; nothing here does."""
    odd = "{\"\\\", 'NULL', \x00, \u241b, \U0001f600}"
    journal.append([replace(call(odd, odd), ip=None, body={**call("m1").body, odd: odd})])
    (found,) = journal.read()
    assert (found.message_id, found.subject, found.ip, found.body[odd]) == (odd, odd, None, odd)

"""Accepting: one statement, durable, counted once whatever happens to the connection."""

import random
import threading
import time
from collections import Counter
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.journal.postgres.helpers import begin_again, claimed, names, opened, settle
from translator.errors import JournalUnavailable
from translator.journal.appending import Append
from translator.journal.postgres import (
    appending,
    database,
)
from translator.journal.postgres.text import restored, stored
from translator.parcels import Call, Dead, Later, Refusal

DEADLOCKS = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"


def test_a_call_whose_commit_comes_late_is_not_passed_over(journal, call, url):
    """Ids are given before a commit: a position would have gone beyond the one that is still open."""
    values = {**appending._values([Append([call("late")], [], 0)]), "owner": "x", "number": 1, "now": 0}
    with psycopg.connect(url) as slow:
        slow.execute(appending.APPEND, values)
        journal.append([call("early")])
        lease, found = claimed(journal)
        assert found == ["early"]
        settle(journal, lease)
        assert claimed(journal) == (None, [])
        slow.commit()
    assert claimed(journal)[1] == ["late"]
    assert names(journal) == ["late", "early"]


def test_an_accept_is_one_round_trip(journal, call, tmp_path):
    journal.append([call("first")])
    with journal._database._opened().connection() as connection, (tmp_path / "trace").open("w") as trace:
        connection.pgconn.trace(trace.fileno())
        values = appending._values([Append([call("m1"), call("m2")], [], 0)])
        connection.execute(appending.APPEND, {**values, "owner": "x", "number": 1, "now": 0}, binary=True)
        connection.pgconn.untrace()
    lines = (tmp_path / "trace").read_text().splitlines()
    assert sum("ReadyForQuery" in line for line in lines) == 1
    assert sum("Sync" in line.split("\t")[-1] for line in lines if line) <= 1
    assert names(journal) == ["first", "m1", "m2"]


def test_what_was_accepted_is_there_after_a_crash_even_where_commits_are_not_durable(server, call):
    with psycopg.connect(server.url(), autocommit=True) as sql:
        sql.execute("ALTER SYSTEM SET synchronous_commit = off")
        sql.execute("ALTER SYSTEM SET wal_writer_delay = '10s'")
        sql.execute("SELECT pg_reload_conf()")
    with opened(server.url()) as journal:
        journal.append([call("a"), call("b", "u2")], [Refusal("webhook", 1, {"x": ["y"]}, b"{}")])
        time.sleep(0.05)
        for number in range(20):
            journal.append([call(f"m{number}")])
        server.stop()
        begin_again(server, journal)
        assert names(journal) == ["a", "b", *(f"m{number}" for number in range(20))]
        assert journal.counts().accepted == 22
        lease, _ = claimed(journal, 7)
        posted = [lease.items[0].id]
        journal.posting(lease, "http-v2", posted, "hash")
        server.stop()
        begin_again(server, journal)
        (began,) = journal._database.query("SELECT calls FROM translator.requests")
        assert began == ([int(posted[0])],), "what may be on its way is known"
        settle(journal, lease)
        server.stop()
        begin_again(server, journal)
        assert journal.counts().destinations["amplitude"].delivered == 7, "what is settled stays settled"


@pytest.mark.parametrize("what", ["question", "answer"])
def test_an_accept_whose_connection_is_lost_is_written_once_and_its_receipts_are_true(cut, call, what):
    journal, proxy = cut
    journal.append([call("known")])
    proxy.cut = what
    receipts = journal.append(
        [call("known"), call("a"), call("a"), call("b")], [Refusal("w", 1, {"x": ["y"]}, b"{}")], 2
    )
    assert proxy.cut == ""
    assert [one.status for one in receipts] == ["duplicate", "accepted", "duplicate", "accepted"]
    assert names(journal) == ["known", "a", "b"]
    counts = journal.counts()
    assert (counts.received, counts.accepted, counts.duplicates) == (8, 3, 2)
    assert (counts.refused_kept, counts.refused_answered) == (1, 2)
    assert len(journal.dead("")) == 1


def test_an_append_that_is_repeated_while_the_server_works_on_the_first_counts_once(journal, call, url, monkeypatch):
    """The connection is lost; the server has the statement all the same, and commits it later."""
    journal.append([call("m0")])
    real, first = database.Database.once, psycopg.connect(url)
    tried: list[object] = []

    def once(self, text, values=None, wait=None):
        if text == appending.APPEND and not tried:
            tried.append(first.execute(text, values))
            threading.Timer(0.5, first.commit).start()
            raise JournalUnavailable("cut", "connection")
        return real(self, text, values, wait)

    monkeypatch.setattr(database.Database, "once", once)
    receipts = journal.append([call("m1"), call("m0"), call("m2")], [Refusal("w", 1, {"": ["bad"]}, b"{}")], 5)
    assert [one.status for one in receipts] == ["accepted", "duplicate", "accepted"]
    counts = journal.counts()
    assert (counts.received, counts.accepted, counts.duplicates) == (10, 3, 1)
    assert (counts.refused_kept, counts.refused_answered) == (1, 5)
    assert len(journal.dead("")) == 1
    first.close()


def test_a_statement_that_comes_late_after_its_repetition_changes_nothing(journal, call, url, monkeypatch):
    journal.append([call("m0")])
    real = database.Database.once
    late: list[Any] = []

    def once(self, text, values=None, wait=None):
        if text == appending.APPEND and not late:
            late.append(values)
            raise JournalUnavailable("cut", "connection")
        return real(self, text, values, wait)

    monkeypatch.setattr(database.Database, "once", once)
    journal.append([call("m1")], [Refusal("w", 1, {"": ["bad"]}, b"{}")])
    before = journal.counts()
    with psycopg.connect(url) as connection:
        assert connection.execute(appending.APPEND, late[0], binary=True).fetchall() == []
    assert journal.counts() == before
    assert len(journal.dead("")) == 1


def test_refused_messages_that_cannot_be_evicted_fail_no_append(journal, call, monkeypatch):
    monkeypatch.setattr(appending, "EVICT", "DELETE FROM translator.nowhere WHERE 1 = %(keep)s")
    assert journal.append([call("a")], [Refusal("w", 1, {"": ["bad"]}, b"{}")])[0].status == "accepted"
    assert journal.counts().accepted == 1


def test_processes_that_refuse_at_once_leave_the_newest_and_do_not_lock_each_other_up(journal, make):
    refused = [Refusal(source, 1, {"": ["bad"]}, b"{}") for source in ("web", "webhook")]

    def work():
        other = make(keep_refused=5)
        for _ in range(30):
            other.append([], refused * 3)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(one.source for one in journal.letters("")) == {"web": 5, "webhook": 5}
    assert journal.counts().refused_kept == 4 * 30 * 6
    assert journal._database.query(DEADLOCKS) == [(0,)]


def test_what_to_evict_is_looked_for_by_its_index(journal, sql):
    journal.check()
    sql.execute("INSERT INTO translator.refused (source, received_at, faults, body) SELECT 'w' || n % 5, 1, '', '' "
                "FROM generate_series(1, 5000) AS n")  # fmt: skip
    sql.execute("VACUUM ANALYZE translator.refused")
    plan = sql.execute(f"EXPLAIN {appending.EVICT}", {"sources": ["w1"], "large": 100, "keep": 100}).fetchall()
    text = "\n".join(row[0] for row in plan)
    assert "Index Only Scan Backward using refused_source" in text
    assert " using refused_large" in text
    assert "Seq Scan" not in text


def test_appends_of_the_same_calls_in_different_orders_do_not_lock_each_other_up(journal, make, call):
    calls = [call(f"m{number}") for number in range(400)]
    results: list[object] = []

    def work(seed):
        other, mixed = make(), calls[:]
        random.Random(seed).shuffle(mixed)
        for start in range(0, 400, 200):
            try:
                results.append(other.append(mixed[start : start + 200]))
            except JournalUnavailable as error:
                results.append(error)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [one for one in results if isinstance(one, Exception)] == []
    assert journal.counts().accepted == 400
    # deadlocks would have been repeated, and counted by the server
    assert journal._database.query(DEADLOCKS) == [(0,)]


def test_within_an_array_the_order_is_the_arrays_whatever_the_ids_are(journal, call):
    mixed = [call(f"{(number * 37) % 100:03}", "u1") for number in range(100)]
    journal.append(mixed)
    assert claimed(journal)[1] == [one.message_id for one in mixed]
    assert names(journal) == [one.message_id for one in mixed]


def test_nul_is_kept_wherever_a_text_may_have_one(journal, call):
    one = replace(call("a"), ip="1\0", source="s\0")
    journal.append([one], [Refusal("w\0", 1, {"x\0": ["y\0"]}, b"\0")])
    assert [(found.ip, found.source) for found in journal.read()] == [("1\0", "s\0")]
    journal.break_circuit("amplitude", "bad \0")
    assert journal.counts().destinations["amplitude"].circuit == "bad \0"
    lease, _ = claimed(journal)
    settle(journal, lease, Dead("why\0", "answer\0"))
    (letter,) = journal.dead("amplitude")
    assert (letter.why, letter.answer, letter.source) == ("why\0", "answer\0", "s\0")
    assert [found.id for found in journal.letters("amplitude", "why\0")] == [letter.id]
    (refused,) = journal.dead("")
    assert (refused.source, refused.body) == ("w\0", b"\0")


def test_ids_of_any_length_and_any_character_are_kept_and_in_order(journal):
    subjects = ["x" * 20_000, "nul\0", "nul\u241b0", "Grüße 😀"]
    calls = [
        Call("", "webhook", f"{place}\0-{number}", subject, 1, {"type": "track", "userId": subject, "n": number})
        for number in range(3)
        for place, subject in enumerate(subjects)
    ]
    assert {one.status for one in journal.append(calls)} == {"accepted"}
    assert {one.status for one in journal.append(calls)} == {"duplicate"}
    lease = journal.claim("amplitude", 4, 30)
    assert [item.subject for item in lease.items] == subjects
    journal.settle(
        lease, {item.id: Later(0, "bad\0") for item in lease.items}, {"nul\0": {"a": "\0"}}, {"k\0" * 3000: {}}
    )
    assert journal.recall("amplitude", ["k\0" * 3000]) == {"k\0" * 3000: {}}
    found = []
    while lease := journal.claim("amplitude", 100, 30):
        assert lease.memory == {"nul\0": {"a": "\0"}}
        found += [item.call() for item in lease.items]
        journal.settle(lease, {item.id: Dead("x", "\0 said") for item in lease.items}, {})
    assert [(one.subject, one.message_id, one.body) for one in found] == [
        (one.subject, one.message_id, one.body) for one in calls
    ]
    assert {one.answer for one in journal.dead("amplitude")} == {"\0 said"}
    assert journal.purge("nul\0") == 3


@given(st.text(alphabet=st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("\0\u241b0"))))
def test_any_text_can_be_stored_and_is_restored(text):
    kept = stored(text)
    assert "\0" not in kept
    assert restored(kept) == text

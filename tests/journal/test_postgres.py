"""What only the PostgreSQL journal has: a server that others use too, that stops, and a network before it."""

import os
import random
import resource
import shutil
import subprocess
import sys
import threading
import time
import uuid
from contextlib import contextmanager
from dataclasses import replace
from importlib.resources import files
from typing import Any

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import postgres
from tests.conftest import missing
from tests.cutting import Proxy
from translator.errors import JournalUnavailable, JournalUnsafe, LeaseLost, SettingsError
from translator.journal import open_journal
from translator.journal.appending import Append
from translator.journal.postgres import (
    PostgresJournal,
    appending,
    claiming,
    database,
    keeping,
    migrating,
    part,
    settling,
)
from translator.journal.postgres.text import restored, stored
from translator.parcels import Call, Dead, Done, Later, Refusal
from translator.settings.values import JournalSettings

DAY = 86_400_000


@pytest.fixture
def engine():
    return "postgres"


@pytest.fixture
def sql(url):
    with psycopg.connect(url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def server():
    """A server that may be stopped and spoilt."""
    if not postgres.binary("initdb"):
        missing("PostgreSQL: apt-get install postgresql")
    running = postgres.Server()
    yield running
    running.close()


@contextmanager
def opened(url, **settings):
    journal = open_journal(JournalSettings(url=url, **settings))
    try:
        journal.attach({"amplitude": "now"})
        yield journal
    finally:
        journal.close()


def names(journal):
    return [one.message_id for one in journal.read()]


def claimed(journal, limit=100):
    lease = journal.claim("amplitude", limit, 30)
    return lease, [item.call.message_id for item in lease.items] if lease else []


def settle(journal, lease, verdict=None, **more):
    journal.settle(lease, {item.call.id: verdict or Done() for item in lease.items}, {}, **more)


def count_of(url, table):
    with psycopg.connect(url) as connection:
        return count(connection, f"SELECT count(*) FROM {table}")  # noqa: S608


def count(sql, query):
    return sql.execute(query).fetchone()[0]


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
        server.start()
        assert names(journal) == ["a", "b", *(f"m{number}" for number in range(20))]
        assert journal.counts().accepted == 22
        lease, _ = claimed(journal, 7)
        posted = [lease.items[0].call.id]
        journal.posting(lease, "http-v2", posted, "hash")
        server.stop()
        server.start()
        (began,) = journal._database.query("SELECT calls FROM translator.requests")
        assert began == ([int(posted[0])],), "what may be on its way is known"
        settle(journal, lease)
        server.stop()
        server.start()
        assert journal.counts().destinations["amplitude"].delivered == 7, "what is settled stays settled"


def test_when_the_server_stops_it_says_so_and_goes_on_when_it_is_back(server, call):
    with opened(server.url(), wait_seconds=1) as journal:
        journal.append([call("a")])
        lease, _ = claimed(journal)
        # a claim alone may be gone with the server, not one of which something may be on its way
        journal.posting(lease, "http-v2", [lease.items[0].call.id], "hash")
        server.stop()
        for act in (lambda: journal.append([call("b")]), journal.check, journal.counts, lambda: settle(journal, lease)):
            with pytest.raises(JournalUnavailable) as caught:
                act()
            assert caught.value.reason in ("connection", "locked")
            assert postgres.PASSWORD not in str(caught.value)
        server.start()
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline:
            try:
                assert journal.append([call("c")])[0].status == "accepted"
                break
            except JournalUnavailable:
                time.sleep(0.2)
        settle(journal, lease)
        assert journal.counts().destinations["amplitude"].delivered == 1
        assert {"a", "c"} <= set(names(journal))


def test_connections_that_the_server_has_ended_are_not_used(journal, call, sql):
    journal.append([call("a")])
    sql.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'translator'")
    time.sleep(0.1)
    assert journal.append([call("b")])[0].status == "accepted"
    lease, found = claimed(journal)
    assert found == ["a", "b"]
    sql.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'translator'")
    settle(journal, lease)
    assert journal.counts().destinations["amplitude"].delivered == 2


@pytest.fixture
def cut(url, clock):
    port = str(psycopg.conninfo.conninfo_to_dict(url)["port"])
    proxy = Proxy(int(port))
    journal = PostgresJournal(url.replace(f":{port}/", f":{proxy.port}/"), JournalSettings(), clock)
    journal.attach({"amplitude": "now"})
    yield journal, proxy
    journal.close()
    proxy.close()


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


@pytest.mark.parametrize("what", ["question", "answer"])
def test_a_settle_whose_connection_is_lost_is_done_once(cut, call, what, monkeypatch):
    journal, proxy = cut
    journal.append([call("a"), call("b", "u2")])
    lease, _ = claimed(journal)
    commit = database.Database.writing
    calls = {lease.items[0].call.id: Done(), lease.items[1].call.id: Dead("x")}

    @contextmanager
    def cutting(self, **more):
        with commit(self, **more) as cursor:
            yield cursor
            # what comes next is the COMMIT
            proxy.cut = what
            monkeypatch.undo()

    monkeypatch.setattr(database.Database, "writing", cutting)
    journal.settle(lease, calls, {})
    tally = journal.counts().destinations["amplitude"]
    assert (tally.delivered, tally.dead, tally.waiting) == (1, 1, 0)
    assert len(journal.dead("amplitude")) == 1
    with pytest.raises(LeaseLost):
        journal.renew(lease, 30)


def test_an_append_that_is_repeated_while_the_server_works_on_the_first_counts_once(journal, call, url, monkeypatch):
    """The connection is lost; the server has the statement all the same, and commits it later."""
    journal.append([call("m0")])
    real, first = database.Database.once, psycopg.connect(url)
    tried: list[object] = []

    def once(self, text, values=None):
        if text == appending.APPEND and not tried:
            tried.append(first.execute(text, values))
            threading.Timer(0.5, first.commit).start()
            raise JournalUnavailable("cut", "connection")
        return real(self, text, values)

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

    def once(self, text, values=None):
        if text == appending.APPEND and not late:
            late.append(values)
            raise JournalUnavailable("cut", "connection")
        return real(self, text, values)

    monkeypatch.setattr(database.Database, "once", once)
    journal.append([call("m1")], [Refusal("w", 1, {"": ["bad"]}, b"{}")])
    before = journal.counts()
    with psycopg.connect(url) as connection:
        assert connection.execute(appending.APPEND, late[0], binary=True).fetchall() == []
    assert journal.counts() == before
    assert len(journal.dead("")) == 1


def test_refused_messages_that_cannot_be_evicted_fail_no_append(journal, call, monkeypatch):
    monkeypatch.setattr(appending, "EVICT", "DELETE FROM translator.nowhere WHERE 1 = %s")
    assert journal.append([call("a")], [Refusal("w", 1, {"": ["bad"]}, b"{}")])[0].status == "accepted"
    assert journal.counts().accepted == 1


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
    with journal._database._opened().connection() as connection:
        query = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
        assert connection.execute(query).fetchone() == (0,)


def test_within_an_array_the_order_is_the_arrays_whatever_the_ids_are(journal, call):
    mixed = [call(f"{(number * 37) % 100:03}", "u1") for number in range(100)]
    journal.append(mixed)
    assert claimed(journal)[1] == [one.message_id for one in mixed]
    assert names(journal) == [one.message_id for one in mixed]


def test_times_of_a_lease_count_from_when_the_lock_is_there(url, call):
    with opened(url) as journal, psycopg.connect(url) as holder:
        journal.append([call("a")])
        holder.execute("SELECT FROM translator.destinations FOR NO KEY UPDATE")
        threading.Timer(1.5, holder.rollback).start()
        began = time.monotonic()
        lease, _ = claimed(journal)
        assert time.monotonic() - began > 1
        now = int(time.time() * 1000)
        until = count(holder, "SELECT until FROM translator.leases")
        assert abs(until - lease.until) < 300
        assert until - now > 29_000


def test_a_lease_that_was_renewed_a_moment_ago_is_not_ended(url, call):
    with opened(url) as journal, opened(url) as other, psycopg.connect(url) as slow:
        journal.append([call("a")])
        lease = journal.claim("amplitude", 10, 1)
        # a renewal whose commit takes its time
        assert slow.execute(claiming.RENEW, [30_000, None, lease.token]).fetchone()
        time.sleep(1.2)
        threading.Timer(0.5, slow.commit).start()
        assert claimed(other) == (None, [])
        assert journal.posting(lease, "batch", [lease.items[0].call.id], "hash") > 0
        settle(journal, lease)


def test_a_memory_that_is_written_at_this_moment_does_not_fade(journal, make, call, clock, url, monkeypatch):
    journal.append([call("a")])
    lease, _ = claimed(journal)
    journal.settle(lease, {}, {"u1": {"old": 1}}, {"k": {"p": {"at": 1}}})
    clock.ms += 100 * DAY
    lease, _ = claimed(journal)
    slow = f"WITH slow AS MATERIALIZED (SELECT pg_sleep(1)) {settling.END} AND EXISTS (SELECT FROM slow)"  # noqa: S608
    monkeypatch.setattr(settling, "END", slow)
    settled = threading.Thread(
        target=journal.settle,
        args=(lease, {item.call.id: Done() for item in lease.items}, {"u1": {"new": 2}}, {"k": {"p": {"at": 2}}}),
    )
    settled.start()
    time.sleep(0.4)
    assert make().fade(clock.ms - DAY) == 0
    settled.join()
    assert journal.fade(clock.ms - DAY) == 0
    assert journal.recall("amplitude", ["k"]) == {"k": {"p": {"at": 2}}}
    assert count_of(url, "translator.memory") == 1


def test_two_who_prune_share_the_work(journal, make, call, clock):
    journal.append([call(f"m{number}") for number in range(30)])
    lease, _ = claimed(journal)
    settle(journal, lease)
    with journal._database.writing() as cursor:
        assert len(cursor.execute(keeping.PRUNE, [clock.ms + DAY, 10]).fetchall()) == 10
        assert make().prune(clock.ms + DAY, 100) == 20


def test_a_maintenance_of_the_calls_does_not_hold_up_a_start(journal, make, call, url):
    journal.append([call("a")])
    with psycopg.connect(url) as vacuum:
        # the lock that VACUUM and CREATE INDEX CONCURRENTLY take
        vacuum.execute("LOCK TABLE translator.calls IN SHARE UPDATE EXCLUSIVE MODE")
        began = time.monotonic()
        make().attach({"amplitude": "now", "test": "earliest"})
        assert journal.append([call("b")])[0].status == "accepted"
        assert time.monotonic() - began < 5
    assert journal.counts().destinations["test"].waiting == 2


def test_of_two_who_take_one_name_the_second_is_told(journal, make):
    journal.attach({"amplitude": "now", "test": "now"})
    results: list[object] = []

    def rename(old):
        try:
            results.append(make().rename(old, "new"))
        except ValueError as error:
            results.append(str(error))

    threads = [threading.Thread(target=rename, args=(old,)) for old in ("amplitude", "test")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results, key=str) == [None, "the journal knows a destination 'new' already"]


def test_a_stricter_isolation_of_the_role_is_not_used(journal, make, call, sql):
    name = count(sql, "SELECT current_database()")
    sql.execute(f"ALTER DATABASE \"{name}\" SET default_transaction_isolation = 'serializable'")
    other = make()
    other.append([call("a")])
    with other._database.writing() as cursor:
        assert cursor.execute("SHOW transaction_isolation").fetchone() == ("read committed",)
    assert other._database.query("SELECT current_setting('transaction_isolation')") == [("read committed",)]


def test_a_transaction_that_stood_still_is_a_lost_connection(journal, call):
    journal.append([call("a")])

    def stand_still():
        with journal._database.writing() as cursor:
            cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '50ms'")
            time.sleep(0.3)
            cursor.execute("SELECT 1")

    with pytest.raises(JournalUnavailable) as caught:
        stand_still()
    assert caught.value.reason == "connection"


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("SELECT 1 / 0", JournalUnavailable),
        ("SELECT nonsense(1)", JournalUnavailable),
        ("INSERT INTO translator.destinations (name) VALUES (NULL)", JournalUnavailable),
        ("SELECT FROM translator.nowhere", JournalUnsafe),
        ("SELECT 'nowhere.x'::regclass", JournalUnsafe),
    ],
)
def test_every_error_of_the_engine_is_one_of_the_house(journal, statement, kind):
    with pytest.raises(kind, match=r"postgresql 127\.0\.0\.1"):
        journal._database.query(statement)


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


def test_connections_beyond_the_thousandth_open_file_work(journal, call, tmp_path):
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)
    if limit[1] < 1500:
        pytest.skip("this machine allows no 1,500 open files")
    resource.setrlimit(resource.RLIMIT_NOFILE, (1500, limit[1]))
    opened_files = [os.open(tmp_path, os.O_RDONLY) for _ in range(1100)]
    try:
        assert journal.append([call("a")])[0].status == "accepted"
        assert journal.append([call("b")])[0].status == "accepted"
    finally:
        for handle in opened_files:
            os.close(handle)
        resource.setrlimit(resource.RLIMIT_NOFILE, limit)


def test_many_processes_that_start_together_make_the_tables_once(url, sql):
    program = (
        "import sys\nfrom translator.journal import open_journal\nfrom translator.settings.values import JournalSettings\n"
        "journal = open_journal(JournalSettings(url=sys.argv[1]))\njournal.attach({'amplitude': 'now', 'test': 'now'})\n"
        "journal.check()\njournal.close()"
    )
    started = [subprocess.Popen([sys.executable, "-c", program, url], stderr=subprocess.PIPE) for _ in range(6)]
    errors = [one.communicate()[1] for one in started]
    assert errors == [b""] * 6
    assert count(sql, "SELECT count(*) FROM translator.destinations") == 2
    assert sql.execute("SELECT version, works_with FROM translator.schema").fetchall() == [(1, 1)]


def test_a_migration_waits_briefly_and_often_and_is_in_nobodys_way(journal, make, call, url, sql, monkeypatch):
    """Whoever waits for a table's lock for long stops everybody who comes after."""
    journal.append([call("a")])
    step = files("translator.journal.postgres.migrations") / "0002.sql"
    found = files

    class Steps:
        def joinpath(self, *names):
            return self if names[-1] == "0002.sql" else found("translator.journal.postgres").joinpath(*names)

        def read_text(self, encoding):
            return "ALTER TABLE translator.calls ADD COLUMN later text"

    assert not step.is_file(), "a real second step: choose another number here"
    monkeypatch.setattr(migrating, "files", lambda package: Steps())
    monkeypatch.setattr(migrating, "VERSION", 2)
    with psycopg.connect(url) as reader:
        reader.execute("SELECT FROM translator.calls")  # as a dump does, for long
        started = threading.Thread(target=make().check)
        started.start()
        time.sleep(0.5)
        began = time.monotonic()
        assert journal.append([call("b")])[0].status == "accepted"
        assert time.monotonic() - began < 4
    started.join(20)
    assert not started.is_alive()
    assert count(sql, "SELECT version FROM translator.schema") == 2
    assert journal.append([call("c")])[0].status == "accepted", "a program of before goes on beside the new tables"
    assert names(journal) == ["a", "b", "c"]


def test_tables_of_a_newer_program_that_this_one_can_use_are_used(journal, make, call, sql):
    journal.check()
    sql.execute("UPDATE translator.schema SET version = 9")
    sql.execute("ALTER TABLE translator.calls ADD COLUMN later text")
    assert make().append([call("a")])[0].status == "accepted"
    assert count(sql, "SELECT version FROM translator.schema") == 9
    sql.execute("UPDATE translator.schema SET works_with = %s", [migrating.VERSION + 1])
    with pytest.raises(
        JournalUnsafe, match="version 9, for programs of version 2 or later; this program knows version 1"
    ):
        make().check()


def test_a_database_that_cannot_hold_every_call_is_refused(sql, url):
    name = f"latin_{uuid.uuid4().hex}"
    sql.execute(f"CREATE DATABASE {name} ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
    journal = open_journal(JournalSettings(url=postgres.within(url, name)))
    with pytest.raises(JournalUnsafe, match="encoding is LATIN1"):
        journal.check()
    sql.execute(f"DROP DATABASE {name}")


def test_a_server_that_does_not_keep_what_it_writes_is_refused(server):
    with psycopg.connect(server.url(), autocommit=True) as sql:
        sql.execute("ALTER SYSTEM SET fsync = off")
        sql.execute("SELECT pg_reload_conf()")
    time.sleep(0.3)
    with pytest.raises(JournalUnsafe, match="fsync = off, and would lose accepted calls"):
        open_journal(JournalSettings(url=server.url())).check()


def test_a_server_that_is_too_old_is_refused(make, monkeypatch):
    monkeypatch.setattr(database, "OLDEST", 99)
    with pytest.raises(JournalUnsafe, match=r"is PostgreSQL \d+.*; 99 or later is needed"):
        make().check()


def test_sslmode_is_kept_to(server, call):
    with pytest.raises(JournalUnavailable, match="does not support SSL"):
        open_journal(JournalSettings(url=server.url(sslmode="require"))).check()
    server.encrypt()
    with opened(server.url(sslmode="require")) as journal:
        assert journal.append([call("a")])[0].status == "accepted"
        assert journal.versions()["encrypted"] == "yes"
    with pytest.raises(JournalUnavailable, match="certificate"):
        open_journal(JournalSettings(url=server.url(sslmode="verify-full", sslrootcert="/nowhere"))).check()


def test_a_user_who_may_not_make_tables_is_told_what_to_grant(sql, url):
    user = f"reader_{uuid.uuid4().hex}"
    sql.execute(f"CREATE ROLE {user} LOGIN PASSWORD 'hush-hush'")
    address = url.partition("@")[2]
    journal = open_journal(JournalSettings(url=f"postgresql://{user}:hush-hush@{address}"))
    with pytest.raises(JournalUnsafe, match="GRANT CREATE ON DATABASE") as caught:
        journal.check()
    assert "hush-hush" not in str(caught.value)
    sql.execute(f"CREATE SCHEMA translator AUTHORIZATION {user}")
    journal.check()
    journal.close()
    sql.execute("DROP SCHEMA translator CASCADE")
    sql.execute(f"DROP ROLE {user}")


def test_a_read_only_database_takes_no_call_and_says_so(journal, call, sql):
    journal.append([call("a")])
    journal.close()
    name = count(sql, "SELECT current_database()")
    sql.execute(f'ALTER DATABASE "{name}" SET default_transaction_read_only = on')
    for act in (lambda: journal.append([call("b")]), journal.check):
        with pytest.raises(JournalUnavailable, match="read-only transaction") as caught:
            act()
        assert caught.value.reason == "readonly"
    assert names(journal) == ["a"]


def test_somebody_elses_lock_is_waited_for_and_then_named(journal, make, call, url, monkeypatch):
    journal.append([call("a")])
    lease, _ = claimed(journal)
    monkeypatch.setattr(database, "BEGIN", database.BEGIN.replace("lock_timeout = '10s'", "lock_timeout = '200ms'"))
    monkeypatch.setattr(database, "TIMEOUTS", database.TIMEOUTS.replace("lock_timeout=10s", "lock_timeout=200ms"))
    hurried = make()
    with psycopg.connect(url) as holder:
        holder.execute("LOCK TABLE translator.calls IN ACCESS EXCLUSIVE MODE")
        holder.execute("SELECT FROM translator.destinations FOR UPDATE")
        for act in (
            lambda: hurried.append([call("b")]),
            lambda: settle(hurried, lease),
            lambda: hurried.break_circuit("amplitude", None),
            lambda: hurried.purge("u1"),
            hurried.counts,
        ):
            with pytest.raises(JournalUnavailable, match="lock timeout") as caught:
                act()
            assert caught.value.reason == "locked"
        holder.rollback()
        assert names(hurried) == ["a"]
        settle(hurried, lease)


@given(st.text(alphabet=st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("\0\u241b0"))))
def test_any_text_can_be_stored_and_is_restored(text):
    kept = stored(text)
    assert "\0" not in kept
    assert restored(kept) == text


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
    assert [item.call.subject for item in lease.items] == subjects
    journal.settle(
        lease, {item.call.id: Later(0, "bad\0") for item in lease.items}, {"nul\0": {"a": "\0"}}, {"k\0" * 3000: {}}
    )
    assert journal.recall("amplitude", ["k\0" * 3000]) == {"k\0" * 3000: {}}
    found = []
    while lease := journal.claim("amplitude", 100, 30):
        assert lease.memory == {"nul\0": {"a": "\0"}}
        found += [item.call for item in lease.items]
        journal.settle(lease, {item.call.id: Dead("x", "\0 said") for item in lease.items}, {})
    assert [(one.subject, one.message_id, one.body) for one in found] == [
        (one.subject, one.message_id, one.body) for one in calls
    ]
    assert {one.answer for one in journal.dead("amplitude")} == {"\0 said"}
    assert journal.purge("nul\0") == 3


def test_counters_are_the_real_counts(journal, call, clock, sql):
    journal.attach({"amplitude": "now", "test": "now"})
    journal.append([call(f"m{number}", f"u{number % 3}") for number in range(30)])
    lease = journal.claim("amplitude", 10, 30)
    verdicts = {item.call.id: Dead("x") if index % 5 == 0 else Done() for index, item in enumerate(lease.items)}
    journal.settle(lease, verdicts, {})
    journal.prune(clock.ms + DAY)
    journal.claim("amplitude", 7, 30)
    for number, name in ((1, "amplitude"), (2, "test")):
        tables = ("translator.fresh", "translator.open")
        real = sum(count(sql, f"SELECT count(*) FROM {table} WHERE destination = {number}") for table in tables)  # noqa: S608
        assert journal.counts().destinations[name].waiting == real
    assert journal.counts().destinations["amplitude"].dead == count(sql, "SELECT count(*) FROM translator.dead") == 2


def test_counters_of_processes_of_the_past_are_summed_up(journal, make, call, clock, sql):
    journal.append([call("a")])
    other = make()
    other.append([call("a"), call("b")], [], 3)
    clock.ms += 2 * DAY
    make().append([call("c")])
    before = journal.counts()
    journal.prune(0)
    assert journal.counts() == before
    assert count(sql, "SELECT count(*) FROM translator.appenders") == 2
    journal.append([call("d")])
    assert journal.counts().accepted == before.accepted + 1


def test_a_destination_that_comes_while_calls_do_misses_none(journal, make, call, url):
    def work(number):
        for index in range(60):
            journal.append([call(f"{number}-{index}", f"u{number}")])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(0.1)
    make().attach({"amplitude": "now", "test": "earliest"})
    for thread in threads:
        thread.join()
    tally = journal.counts().destinations["test"]
    assert tally.waiting == tally.accepted == 240
    lease = journal.claim("test", 1000, 30)
    assert len(lease.items) == 240


def test_a_machine_whose_clock_is_wrong_keeps_its_lease_as_long_as_the_others(url, call, monkeypatch):
    with opened(url) as right, opened(url) as wrong:
        right.append([call("a")])
        ahead = int(time.time() * 1000) + 3_600_000
        monkeypatch.setattr(part, "now_ms", lambda: ahead)
        lease, _ = claimed(wrong)
        assert 29_000 < lease.until - ahead <= 30_000, "by the clock of the one that asks"
        assert claimed(right) == (None, [])
        lease = wrong.renew(lease, 30)
        assert lease.until == ahead + 30_000
        settle(wrong, lease, Later(ahead + 300, "throttled"))
        assert claimed(right) == (None, [])
        time.sleep(0.4)
        assert claimed(right)[1] == ["a"], "in 300 ms, not in an hour"


def test_the_lease_of_a_machine_that_is_gone_ends_in_its_time(journal, call, clock, sql):
    journal.append([call("a")])
    claimed(journal)
    sql.execute("UPDATE translator.leases SET host = 'gone', pid = 1, started = '1'")
    assert claimed(journal) == (None, [])
    clock.ms += 30_001
    assert claimed(journal)[1] == ["a"]


def test_calls_are_moved_on_by_several_processes_at_once_each_once_and_in_order(journal, url, call):
    """Claims and settles of real processes against each other, while calls come in."""
    program = """
import sys, random
from translator.journal import open_journal
from translator.parcels import Done, Later
from translator.settings.values import JournalSettings
journal = open_journal(JournalSettings(url=sys.argv[1]))
chance = random.Random(int(sys.argv[2]))
idle = 0
while idle < 60:
    lease = journal.claim("amplitude", chance.randrange(1, 40), 30)
    if lease is None:
        idle += 1
        import time; time.sleep(0.02)
        continue
    idle = 0
    verdicts, held = {}, set()
    for item in lease.items:
        if item.call.subject in held: continue
        if chance.random() < 0.2:
            held.add(item.call.subject)
            verdicts[item.call.id] = Later(0, "again")
        else:
            verdicts[item.call.id] = Done()
            print(item.call.subject, item.call.message_id)
    journal.settle(lease, verdicts, {})
journal.close()
"""
    started = [
        subprocess.Popen([sys.executable, "-c", program, url, str(seed)], stdout=subprocess.PIPE, text=True)
        for seed in range(4)
    ]
    total = 1500
    for start in range(0, total, 25):
        journal.append([call(f"{number:05}", f"u{number % 40}") for number in range(start, start + 25)])
    found = [line.split() for one in started for line in one.communicate()[0].splitlines()]
    assert sorted(name for _, name in found) == [f"{number:05}" for number in range(total)]
    tally = journal.counts().destinations["amplitude"]
    assert (tally.delivered, tally.waiting) == (total, 0)


def test_a_url_that_is_none_is_named_without_its_password():
    with pytest.raises(SettingsError, match=r"journal\.url: is no PostgreSQL URL; it may be postgresql://") as caught:
        open_journal(JournalSettings(url="postgresql://u:hush@h:port:5/x?nonsense=hush"))
    assert "hush" not in str(caught.value)
    assert caught.value.__suppress_context__


def test_versions_say_where_it_is_without_the_password(journal):
    versions = journal.versions()
    assert versions["engine"] == "postgresql"
    assert versions["place"].startswith("postgresql 127.0.0.1:")
    assert (versions["encrypted"], versions["local"]) == ("no", "yes")
    assert postgres.PASSWORD not in str(versions)
    assert journal.free_bytes() is None


@pytest.mark.parametrize("mode", ["transaction", "session"])
def test_a_pooler_may_stand_between(url, mode, call, monkeypatch):
    if not shutil.which("pgbouncer"):
        missing("pgbouncer: apt-get install pgbouncer")
    with postgres.pgbouncer(url, mode) as address, opened(address) as journal, opened(address) as other:
        done: list[str] = []

        def work(number):
            for index in range(30):
                journal.append([call(f"{number}-{index:02}", f"u{number}")])

        threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
        for thread in threads:
            thread.start()
        deadline = time.monotonic() + 60
        while len(done) < 180 and time.monotonic() < deadline:
            for one in (journal, other):
                if lease := one.claim("amplitude", 20, 30):
                    one.posting(lease, "http-v2", [lease.items[0].call.id], "hash")
                    one.settle(one.renew(lease, 30), {item.call.id: Done() for item in lease.items}, {"u1": {"n": 1}})
                    done += [item.call.message_id for item in lease.items]
        for thread in threads:
            thread.join()
        assert sorted(done) == sorted({f"{number}-{index:02}" for number in range(6) for index in range(30)})
        assert journal.counts().destinations["amplitude"].delivered == 180
        journal.check()
        journal.beat("h", 1)
        assert journal.prune(int(time.time() * 1000) + DAY) == 180


def test_a_pooler_that_allows_no_transactions_is_refused_with_a_reason(url):
    if not shutil.which("pgbouncer"):
        missing("pgbouncer: apt-get install pgbouncer")
    with postgres.pgbouncer(url, "statement") as address:
        journal = open_journal(JournalSettings(url=address))
        with pytest.raises((JournalUnavailable, JournalUnsafe), match="statement pooling"):
            journal.check()
        journal.close()


def test_a_child_does_not_touch_its_parents_connections(journal, call):
    journal.append([call("parent")])
    child = os.fork()
    if child == 0:
        try:
            journal.append([call("child")])
            journal.close()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    journal.append([call("parent-2")])
    assert names(journal) == ["parent", "child", "parent-2"]

"""The tables: made once, brought up to date beside running programs, counted right, and looked after."""

import subprocess
import sys
import threading
import time
import uuid
from importlib.resources import files

import psycopg
import pytest

from tests.journal.postgres import before as programs
from tests.journal.postgres.helpers import DAY, claimed, count, names, opened, settle
from translator.errors import JournalUnsafe
from translator.journal import open_journal
from translator.journal.postgres import (
    appending,
    keeping,
    migrating,
)
from translator.parcels import Dead, Done, Refusal
from translator.settings.values import JournalSettings


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
    assert sql.execute("SELECT version, works_with FROM translator.schema").fetchall() == [
        (migrating.VERSION, migrating.WORKS_WITH)
    ]


def test_a_migration_waits_briefly_and_often_and_is_in_nobodys_way(journal, make, call, url, sql, monkeypatch):
    """Whoever waits for a table's lock for long stops everybody who comes after."""
    journal.append([call("a")])
    step = files("translator.journal.postgres.migrations") / f"{migrating.VERSION + 1:04}.sql"
    found = files

    class Steps:
        def joinpath(self, *names):
            return self if names[-1] == step.name else found("translator.journal.postgres").joinpath(*names)

        def read_text(self, encoding):
            return "ALTER TABLE translator.calls ADD COLUMN later text"

    assert not step.is_file(), "a real second step: choose another number here"
    monkeypatch.setattr(migrating, "files", lambda package: Steps())
    version = migrating.VERSION + 1
    monkeypatch.setattr(migrating, "VERSION", version)
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
    assert count(sql, "SELECT version FROM translator.schema") == version
    assert journal.append([call("c")])[0].status == "accepted", "a program of before goes on beside the new tables"
    assert names(journal) == ["a", "b", "c"]


def test_a_program_of_before_goes_on_beside_the_newer_tables_of_refused_messages(make, call, sql, monkeypatch):
    """That of version 2: it wrote refused messages as this one does, and evicted the oldest of all sources."""
    version = migrating.VERSION
    with monkeypatch.context() as before:
        before.setattr(migrating, "VERSION", 2)
        before.setattr(appending, "APPEND", programs.APPEND)
        before.setattr(appending, "EVICT", programs.EVICT)
        old = make(keep_refused=4)
        refused = [Refusal(source, 1, {"": ["bad"]}, b"x" * 70_000) for source in ("web", "webhook", "web")]
        old.append([], refused)
        assert count(sql, "SELECT version FROM translator.schema") == 2
        before.setattr(migrating, "VERSION", version)
        new = make(keep_refused=2)
        new.check()
        assert count(sql, "SELECT version FROM translator.schema") == version
        assert old.append([call("a")], refused[:2])[0].status == "accepted"
        assert [one.source for one in new.letters("")] == ["webhook", "web", "web", "webhook"]
    new.append([], refused[:1])
    assert [(one.id, one.source) for one in new.letters("")] == [
        ("r2", "webhook"), ("r4", "web"), ("r5", "webhook"), ("r6", "web"),
    ]  # fmt: skip


def test_a_program_of_before_appends_beside_one_that_calls_the_function(make, call, sql, monkeypatch):
    """That of version 3 sends the statement itself: the counters and what is a duplicate are the same for both."""
    new = make()
    with monkeypatch.context() as before:
        before.setattr(appending, "APPEND", programs.APPEND)
        before.setattr(migrating, "VERSION", 3)
        old = make()
        old.attach({"amplitude": "now"})
        assert count(sql, "SELECT version FROM translator.schema") == 3
        before.setattr(migrating, "VERSION", 4)
        new.check()
        assert count(sql, "SELECT version FROM translator.schema") == 4
        assert [one.status for one in old.append([call("a"), call("b")])] == ["accepted", "accepted"]
    assert [one.status for one in new.append([call("b"), call("c")])] == ["duplicate", "accepted"]
    with monkeypatch.context() as before:
        before.setattr(appending, "APPEND", programs.APPEND)
        assert [one.status for one in old.append([call("c"), call("d")])] == ["duplicate", "accepted"]
    assert names(new) == ["a", "b", "c", "d"]
    assert (new.counts().received, new.counts().accepted, new.counts().duplicates) == (6, 4, 2)
    assert new.counts().destinations["amplitude"].waiting == 4


def test_an_append_that_waits_for_a_new_destination_hands_it_its_calls(journal, call, url):
    """The function's statement locks its tables before it looks, also once it has a plan."""
    for number in range(8):
        journal.append([call(f"m{number}")])
    with psycopg.connect(url) as attaching:
        attaching.execute(keeping.STILL)
        waiting = threading.Thread(target=journal.append, args=([call("late")],))
        waiting.start()
        time.sleep(0.3)
        attaching.execute(keeping.ADD, ["test"])
        attaching.commit()
    waiting.join(10)
    lease = journal.claim("test", 100, 30)
    assert [item.message_id for item in lease.items] == ["late"]


def test_a_function_that_is_gone_is_told_as_a_table_that_is_gone(journal, call, sql):
    """As after an older copy of the database is put in place under a program that runs."""
    journal.append([call("a")])
    sql.execute("DROP FUNCTION translator.append")
    with pytest.raises(JournalUnsafe, match=r"stop, and see docs/postgresql\.md"):
        journal.append([call("b")])
    assert names(journal) == ["a"]


def test_tables_of_a_newer_program_that_this_one_can_use_are_used(journal, make, call, sql):
    journal.check()
    sql.execute("UPDATE translator.schema SET version = 9")
    sql.execute("ALTER TABLE translator.calls ADD COLUMN later text")
    assert make().append([call("a")])[0].status == "accepted"
    assert count(sql, "SELECT version FROM translator.schema") == 9
    sql.execute("UPDATE translator.schema SET works_with = %s", [migrating.VERSION + 1])
    with pytest.raises(
        JournalUnsafe,
        match=f"version 9, for programs of version {migrating.VERSION + 1} or later; this program knows version "
        f"{migrating.VERSION}",
    ):
        make().check()


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


def test_counters_are_the_real_counts(journal, call, clock, sql):
    journal.attach({"amplitude": "now", "test": "now"})
    journal.append([call(f"m{number}", f"u{number % 3}") for number in range(30)])
    lease = journal.claim("amplitude", 10, 30)
    verdicts = {item.id: Dead("x") if index % 5 == 0 else Done() for index, item in enumerate(lease.items)}
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


def test_two_who_prune_share_the_work(journal, make, call, clock):
    journal.append([call(f"m{number}") for number in range(30)])
    lease, _ = claimed(journal)
    settle(journal, lease)
    with journal._database.writing() as cursor:
        assert len(cursor.execute(keeping.PRUNE, [clock.ms + DAY, None, 0, 10]).fetchall()) == 10
        assert make().prune(clock.ms + DAY, 100) == 20


def test_a_backlog_that_is_gone_makes_no_claim_read_a_whole_table(url, call):
    """To the planner's statistics of a moment ago the tables are still full; to a whole read of them, their pages are."""
    with psycopg.connect(url, autocommit=True) as connection:
        with opened(url) as journal:
            for table in ("fresh", "open"):
                connection.execute(f"ALTER TABLE translator.{table} SET (autovacuum_enabled = off)")
            for lot in range(0, 12_000, 2000):
                journal.append([call(f"m-{lot + one}", f"u-{lot + one}") for one in range(2000)])
            lease, _ = claimed(journal, 6000)
            connection.execute("ANALYZE translator.fresh, translator.open")
            settle(journal, lease)
            settle(journal, claimed(journal, 6000)[0])
        before = reads(connection)
        with opened(url) as journal:
            for lot in range(8):
                journal.append([call(f"n-{lot}-{one}", f"u-{one}") for one in range(100)])
                lease, names = claimed(journal, 100)
                assert len(names) == 100
                settle(journal, lease)
        assert reads(connection) == before


def reads(connection):
    """How often a table was read from one end to the other, by sessions that have ended."""
    time.sleep(0.5)
    found = connection.execute(
        "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname IN ('fresh', 'open') ORDER BY relname"
    )
    return dict(found.fetchall())

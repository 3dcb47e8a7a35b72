"""The server and the way to it: what it must be, what may stand between, what happens when it is away."""

import os
import resource
import shutil
import signal
import socket
import threading
import time
import uuid

import psycopg
import pytest

from tests import postgres
from tests.conftest import missing
from tests.journal.postgres.helpers import DAY, begin_again, claimed, count, names, opened, settle
from translator.errors import JournalUnavailable, JournalUnsafe, SettingsError
from translator.journal import open_journal
from translator.journal.postgres import database, watching
from translator.parcels import Done
from translator.settings.values import JournalSettings


def test_when_the_server_stops_it_says_so_and_goes_on_when_it_is_back(server, call):
    with opened(server.url(), wait_seconds=1) as journal:
        journal.append([call("a")])
        lease, _ = claimed(journal)
        # a claim alone may be gone with the server, not one of which something may be on its way
        journal.posting(lease, "http-v2", [lease.items[0].id], "hash")
        server.stop()
        for act in (lambda: journal.append([call("b")]), journal.check, journal.counts, lambda: settle(journal, lease)):
            with pytest.raises(JournalUnavailable) as caught:
                act()
            assert caught.value.reason in ("connection", "locked")
            assert postgres.PASSWORD not in str(caught.value)
        begin_again(server, journal)
        assert journal.append([call("c")])[0].status == "accepted"
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
        ("SELECT nonsense(1)", JournalUnsafe),
        ("INSERT INTO translator.destinations (name) VALUES (NULL)", JournalUnavailable),
        ("SELECT FROM translator.nowhere", JournalUnsafe),
        ("SELECT 'nowhere.x'::regclass", JournalUnsafe),
    ],
)
def test_every_error_of_the_engine_is_one_of_the_house(journal, statement, kind):
    with pytest.raises(kind, match=r"postgresql 127\.0\.0\.1"):
        journal._database.query(statement)


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


def test_a_url_that_is_none_is_named_without_its_password():
    with pytest.raises(SettingsError, match=r"journal\.url: is no PostgreSQL URL; it may be postgresql://") as caught:
        open_journal(JournalSettings(url="postgresql://u:hush@h:port:5/x?nonsense=hush"))
    assert "hush" not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hu/sh@h:5432/db",
        "postgresql://u:12/sh@h:5432/db",
        "postgresql://u:sh@hush@h/db",
        "postgresql://u:a/hush@h/db?sslmode=require",
        "host=h user=u password=hush",
        "hush//x",
    ],
)
def test_a_password_that_is_not_encoded_is_not_shown(url):
    with pytest.raises(SettingsError) as caught:
        open_journal(JournalSettings(url=url))
    assert "sh" not in str(caught.value).replace("sslmode", "")


def test_what_waiting_does_not_help_is_told_at_once(postgres_url):
    user = psycopg.conninfo.conninfo_to_dict(postgres_url)["password"]
    for url, said in (
        (postgres_url.replace(f":{user}@", ":wrong@"), "password authentication failed"),
        (postgres_url + "?sslmode=requir", "invalid sslmode"),
    ):
        with pytest.raises(JournalUnavailable, match=said) as caught:
            open_journal(JournalSettings(url=url)).check()
        assert caught.value.reason == "refused"


def test_the_watch_touches_no_other_socket_that_has_got_the_number(monkeypatch):
    monkeypatch.setattr(watching, "DEADLINE_SECONDS", 0.0)
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.02)
    watch, key = watching._Watch(), object()
    ours, theirs = socket.socketpair()
    number = ours.fileno()
    watch.begin(key, number)
    ours.close()
    pairs = [socket.socketpair() for _ in range(3)]
    time.sleep(0.2)
    assert number in {one.fileno() for pair in pairs for one in pair}
    for left, right in pairs:
        left.sendall(b"x")
        assert right.recv(1) == b"x"
        left.close()
        right.close()
    watch.end(key)
    theirs.close()


def test_a_server_that_holds_the_connection_and_says_nothing_is_given_up(journal, call, sql, monkeypatch):
    """Its processes stand still; the machine still answers, and so does whoever takes new connections."""
    journal.append([call("a")])
    monkeypatch.setattr(watching, "DEADLINE_SECONDS", 0.5)
    monkeypatch.setattr(watching, "LOOK_SECONDS", 0.1)
    with journal._database.writing() as cursor:
        held = cursor.connection.info.backend_pid
    try:
        os.kill(held, signal.SIGSTOP)
    except PermissionError:
        pytest.skip("the server's processes are somebody else's")
    try:
        began = time.monotonic()
        assert journal.append([call("b")])[0].status == "accepted", "over another connection"
        assert time.monotonic() - began < 8
    finally:
        os.kill(held, signal.SIGCONT)
    assert names(journal) == ["a", "b"]


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
                    one.posting(lease, "http-v2", [lease.items[0].id], "hash")
                    one.settle(one.renew(lease, 30), {item.id: Done() for item in lease.items}, {"u1": {"n": 1}})
                    done += [item.message_id for item in lease.items]
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

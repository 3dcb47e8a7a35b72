"""Leases of many machines: by the clock of the server, whoever asks, in order and once."""

import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import psycopg
import pytest

from tests.journal.postgres.helpers import DAY, claimed, count, count_of, opened, settle
from translator.errors import LeaseLost
from translator.journal.postgres import (
    claiming,
    database,
    part,
    settling,
)
from translator.parcels import Dead, Done, Later


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


def test_under_the_lock_no_statement_is_compiled(journal, sql):
    journal.check()
    (name,) = sql.execute("SELECT name FROM translator.destinations").fetchone()
    with journal._database.writing() as cursor:
        moment = journal._lock(cursor, name)
        told = [cursor.execute("SELECT current_setting(%s)", [one]).fetchone() for one in ("enable_seqscan", "jit")]
        rows = cursor.execute(f"EXPLAIN ANALYZE {claiming.LEASES}", [moment.now, moment.number]).fetchall()
    assert told == [("off",), ("off",)]
    assert "JIT" not in "\n".join(row[0] for row in rows)


def test_a_lease_that_was_renewed_a_moment_ago_is_not_ended(url, call):
    with opened(url) as journal, opened(url) as other, psycopg.connect(url) as slow:
        journal.append([call("a")])
        lease = journal.claim("amplitude", 10, 1)
        # a renewal whose commit takes its time
        assert slow.execute(claiming.RENEW, [30_000, None, lease.token]).fetchone()
        time.sleep(1.2)
        threading.Timer(0.5, slow.commit).start()
        assert claimed(other) == (None, [])
        assert journal.posting(lease, "batch", [lease.items[0].id], "hash") > 0
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
        args=(lease, {item.id: Done() for item in lease.items}, {"u1": {"new": 2}}, {"k": {"p": {"at": 2}}}),
    )
    settled.start()
    time.sleep(0.4)
    assert make().fade(clock.ms - DAY) == 0
    settled.join()
    assert journal.fade(clock.ms - DAY) == 0
    assert journal.recall("amplitude", ["k"]) == {"k": {"p": {"at": 2}}}
    assert count_of(url, "translator.memory") == 1


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
        if item.subject in held: continue
        if chance.random() < 0.2:
            held.add(item.subject)
            verdicts[item.id] = Later(0, "again")
        else:
            verdicts[item.id] = Done()
            print(item.subject, item.message_id)
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


@pytest.mark.parametrize("what", ["question", "answer"])
def test_a_settle_whose_connection_is_lost_is_done_once(cut, call, what, monkeypatch):
    journal, proxy = cut
    journal.append([call("a"), call("b", "u2")])
    lease, _ = claimed(journal)
    commit = database.Database.writing
    calls = {lease.items[0].id: Done(), lease.items[1].id: Dead("x")}

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

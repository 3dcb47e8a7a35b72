"""A subject's calls are found by an index in blocks, which only the SQLite journal has."""

import random
import signal
import subprocess
import sys
import time
from contextlib import closing
from importlib.resources import files

import apsw
import pytest

from translator.journal.sqlite.database import VERSION
from translator.journal.sqlite.subjects import BLOCK_BITS, OF_SUBJECT, numbers_of
from translator.parcels import Done

BLOCK = 2**BLOCK_BITS
INSERT = """
INSERT INTO calls (seq, source, message_id, subject, received_at, derived, body) VALUES (?, 'w', ?, ?, 1, 0, CAST('{}' AS BLOB))
"""
MIGRATE = """
import sys
from translator.journal import open_journal
from translator.settings.values import JournalSettings
print("begins", flush=True)
open_journal(JournalSettings(url=sys.argv[1])).check()
"""


@pytest.fixture
def engine():
    return "sqlite"


def put(db, subjects):
    """Calls by number: whose they are."""
    with db:
        db.executemany(INSERT, [(seq, f"m{seq}", subject) for seq, subject in subjects.items()])


def of_version_7(path, subjects):
    """A journal as version 7 made it."""
    with closing(apsw.Connection(path)) as old:
        old.pragma("synchronous", "off")
        old.pragma("cache_size", -200_000)
        old.pragma("auto_vacuum", "incremental")
        old.pragma("journal_mode", "wal")
        for step in range(1, 8):
            old.execute(files("translator.journal.sqlite").joinpath("migrations", f"{step:04}.sql").read_text())
        old.execute("INSERT INTO destinations (name, position, base) VALUES ('amplitude', 0, 0)")
        put(old, subjects)
        old.pragma("user_version", 7)


@pytest.mark.parametrize("seed", range(5))
def test_numbers_are_those_that_a_look_at_every_call_finds(journal, path, seed):
    """Some blocks are full, some have gaps, some are empty, and the last has only begun."""
    chance = random.Random(seed)
    journal.check()
    kept = [1, *(seq for block in chance.sample(range(3, 200), 5) for seq in range(block * BLOCK, (block + 1) * BLOCK))]
    few = [chance.randrange(210 * BLOCK, 300 * BLOCK) for _ in range(50)]
    subjects = {seq: f"u{min(seq % 3, chance.randrange(500))}" for seq in {*chance.sample(kept, len(kept) // 2), *few}}
    with apsw.Connection(path) as db:
        put(db, subjects)
        for _ in range(40):
            subject, limit = f"u{chance.randrange(5)}", chance.choice((1, 3, 200, 5000, 10**6))
            below = chance.choice((2**62, BLOCK * chance.randrange(310), chance.choice(list(subjects))))
            all_of_it = sorted((seq for seq, one in subjects.items() if one == subject and seq < below), reverse=True)
            assert numbers_of(db, subject, below=below, limit=limit) == all_of_it[:limit]


def test_nothing_is_found_where_nothing_is(journal, path):
    journal.check()
    with apsw.Connection(path) as db:
        assert numbers_of(db, "u1") == []
        put(db, {1: "u1"})
        assert (numbers_of(db, "u1", below=1), numbers_of(db, "u1", limit=0), numbers_of(db, "u")) == ([], [], [])


def test_every_look_is_by_an_index(journal, path):
    journal.check()
    with apsw.Connection(path) as db:
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {OF_SUBJECT}", (1, "u"))]
    found = [step for step in plan if "calls" in step]
    assert "SEARCH calls USING COVERING INDEX calls_block (<expr>=? AND subject=? AND rowid<?)" in " ".join(found)
    assert all(step.startswith("SEARCH calls USING") for step in found), plan


def test_calls_of_every_block_are_shown_and_forgotten_with_the_newest(journal, call, path):
    journal.check()
    theirs = (1, 2, BLOCK - 1, BLOCK, 5 * BLOCK, 9 * BLOCK + 7)
    with apsw.Connection(path) as db:
        put(db, {**dict.fromkeys(theirs, "u1"), **{seq + 10: "u2" for seq in theirs}})
        db.execute("UPDATE counters SET value = value + 12 WHERE name = 'accepted'")
    journal.append([call("newest", "u1")])
    newest, *others = journal.named("u1")
    assert [newest.message_id, *(int(one.id) for one in others)] == ["newest", *reversed(theirs)]
    assert [int(one.id) for one in journal.earlier(others[0], 3)] == [5 * BLOCK, BLOCK, BLOCK - 1]
    lease = journal.claim("amplitude", 4, 30)
    journal.settle(lease, {item.id: Done() for item in lease.items}, {})
    assert journal.purge("u1") == 7
    assert journal.named("u1") == []
    assert len(journal.named("u2")) == 6
    assert journal.kept(newest.id) is None
    tally = journal.counts().destinations["amplitude"]
    assert (tally.accepted, tally.waiting) == (13, 13 - 4 - tally.ignored)


def test_one_call_of_a_purged_subject_stays_where_it_is_asked_to(journal, path):
    journal.check()
    with apsw.Connection(path) as db:
        put(db, dict.fromkeys((1, BLOCK, 3 * BLOCK), "u1"))
    assert journal.purge("u1", keep=str(BLOCK)) == 2
    assert [int(one.id) for one in journal.named("u1")] == [BLOCK]


def test_a_journal_of_version_7_is_brought_up_to_date_and_finds_everybody(make, path, call, tmp_path):
    (tmp_path / "data").mkdir()
    of_version_7(path, {seq: f"u{seq % 7}" for seq in range(1, 3 * BLOCK)})
    journal = make()
    assert journal.append([call("m5"), call("m5"), call("later", "u3")])[2].status == "accepted"
    newest, *others = journal.named("u3", 10**6)
    assert newest.message_id == "later"
    assert [int(one.id) for one in others] == [seq for seq in range(3 * BLOCK - 1, 0, -1) if seq % 7 == 3]
    with apsw.Connection(path) as db:
        assert db.pragma("integrity_check") == "ok"
        assert [row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE name LIKE 'calls_sub%'")] == []


@pytest.mark.parametrize("wait", [0.0, 0.02, 0.05, 0.1, 0.2])
def test_an_upgrade_that_is_killed_is_made_again(make, path, url, tmp_path, wait):
    (tmp_path / "data").mkdir()
    subjects = {seq: f"u{seq % 1000}" for seq in range(1, 50_000)}
    of_version_7(path, subjects)
    child = subprocess.Popen([sys.executable, "-c", MIGRATE, url], stdout=subprocess.PIPE, text=True)
    assert child.stdout
    assert child.stdout.readline() == "begins\n"
    time.sleep(wait)
    child.send_signal(signal.SIGKILL)
    child.wait()
    child.stdout.close()
    with apsw.Connection(path) as db:
        assert db.pragma("user_version") in range(7, VERSION + 1)
        names = {row[0] for row in db.execute("SELECT name FROM sqlite_schema WHERE tbl_name = 'calls'")}
        assert ("calls_block" in names, "calls_subject" in names) in ((True, False), (False, True))
    journal = make()
    assert [int(one.id) for one in journal.named("u7", 10**6)] == list(range(49_007, 0, -1000))
    with apsw.Connection(path) as db:
        assert (db.pragma("user_version"), db.pragma("integrity_check")) == (VERSION, "ok")

"""What only the SQLite journal has: a file, its locks, its damage, its older versions."""

import json
import os
import random
import stat
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import apsw
import pytest

from translator.errors import JournalUnavailable, JournalUnsafe
from translator.journal.owner import start_of, this_host
from translator.journal.rows import now_ms
from translator.journal.sqlite import appending, claiming
from translator.journal.sqlite.database import VERSION
from translator.parcels import Dead, Done, Refusal

DAY = 86_400_000


@pytest.fixture
def engine():
    return "sqlite"


def names(journal):
    return [call.message_id for call in journal.read()]


def test_a_full_disk_refuses_whole_appends_and_later_ones_succeed(journal, call, path):
    journal.append([call("m0")])
    connection = journal._accepting._connection  # the hook: SQLite's own limit stands for a full disk
    pages = connection.pragma("page_count")
    connection.pragma("max_page_count", pages)
    big = call("big")
    big.body["properties"] = {"text": "x" * 200_000}
    with pytest.raises(JournalUnavailable, match="disk is full") as caught:
        journal.append([call("m1"), big])
    assert caught.value.reason == "full"
    connection.pragma("max_page_count", 2**30)
    journal.append([call("m2")])
    assert names(journal) == ["m0", "m2"]


def test_an_append_gives_up_when_another_process_holds_the_lock_too_long(make, call, path):
    journal = make(wait_seconds=0.3)
    journal.attach({"amplitude": "now"})
    holder = subprocess.Popen(
        [sys.executable, "-c", f"import fcntl,os,time; f=os.open({path + '-writer'!r}, os.O_RDWR); "
         "fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); time.sleep(60)"],
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert holder.stdout
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(JournalUnavailable, match="could not be written within"):
        journal.append([call("m1")])
    with pytest.raises(JournalUnavailable, match="could not be written within"):
        journal.append([call("m2")])
    holder.kill()
    holder.wait()
    holder.stdout.close()
    assert journal.append([call("m3")])[0].status == "accepted"
    assert "m2" not in names(journal), "one that was withdrawn is never written"


def test_files_are_readable_by_their_owner_only(journal, call, path):
    journal.append([call("m1")])
    files = list(Path(path).parent.iterdir())
    assert {one.name for one in files} >= {"journal.db", "journal.db-wal", "journal.db-writer"}
    assert {stat.S_IMODE(one.stat().st_mode) for one in files} == {0o600}
    assert stat.S_IMODE(Path(path).parent.stat().st_mode) == 0o700


def test_the_file_is_wal_and_shrinks_in_steps(journal, path):
    journal.check()
    with apsw.Connection(path) as other:
        assert other.pragma("journal_mode") == "wal"
        assert other.pragma("auto_vacuum") == 2
    assert journal._accepting._open().pragma("synchronous") == 2


def test_a_later_connection_drops_no_lock_of_an_earlier_one(journal, call, path):
    """Seen in a soak: without its lock another process takes the -wal away, with the calls that are written to it."""
    inode = f":{os.stat(path).st_ino} "

    def locks():
        return [
            line for line in Path("/proc/locks").read_text().splitlines() if inode in line and str(os.getpid()) in line
        ]

    assert locks()
    journal.append([call("a")])
    journal.counts()
    assert locks()


def full(journal, call):
    """A closed journal with 500 calls, all in its file."""
    journal.append([call(f"m{number}") for number in range(500)])
    journal.close()


def test_a_file_of_something_else_stops_loudly(journal, call, make, path):
    full(journal, call)
    Path(path).write_bytes(b"\x5a" * Path(path).stat().st_size)
    with pytest.raises(JournalUnsafe, match="damaged"):
        list(make().read())


@pytest.mark.parametrize("seed", range(25))
def test_a_flipped_bit_stops_loudly_or_is_not_read(journal, call, make, path, seed):
    """Wherever it is: what is read is right, or nothing is."""
    full(journal, call)
    chance = random.Random(seed)
    data = bytearray(Path(path).read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    Path(path).write_bytes(data)
    try:
        found = [(one.message_id, one.body, one.received_at) for one in make().read()]
    except JournalUnsafe:
        return
    expected = [call(f"m{number}") for number in range(500)]
    assert found == [(one.message_id, one.body, one.received_at) for one in expected]


def test_a_flipped_bit_in_a_call_stops_loudly(journal, call, make, path):
    full(journal, call)
    data = bytearray(Path(path).read_bytes())
    data[data.index(b'"messageId":"m250"') + 14] ^= 1
    Path(path).write_bytes(data)
    with pytest.raises(JournalUnsafe, match="damaged"):
        list(make().read())


@pytest.mark.parametrize("left", [0.0, 0.5, 0.9])
def test_a_cut_wal_stops_loudly(make, call, path, left, tmp_path):
    """The process was killed, so that the newest calls are only in the -wal; then somebody cuts or loses it."""
    child = os.fork()
    if child == 0:
        journal = make()
        for number in range(50):
            journal.append([call(f"m{number}")])
        os._exit(0)
    os.waitpid(child, 0)
    wal = Path(f"{path}-wal")
    os.truncate(wal, int(wal.stat().st_size * left))
    with pytest.raises(JournalUnsafe, match="accepted calls are missing"):
        make().append([call("later")])
    Path(f"{path}-writer").unlink()
    make().append([call("later")])


def test_a_journal_of_a_newer_version_is_refused(journal, make, path):
    journal.check()
    with apsw.Connection(path) as other:
        other.pragma("user_version", 99)
    with pytest.raises(JournalUnsafe, match=f"version 99; this program knows version {VERSION}:"):
        make().check()


def test_versions_name_engine_and_file(journal, path):
    versions = journal.versions()
    assert (versions["engine"], versions["path"]) == ("sqlite", path)
    assert json.dumps(versions)


def test_counters_survive_pruning_and_are_the_real_counts(journal, call, clock, path):
    journal.append([call(f"m{number}", f"u{number % 3}") for number in range(30)])
    lease = journal.claim("amplitude", 10, 30)
    verdicts = {item.id: Dead("x") if index % 5 == 0 else Done() for index, item in enumerate(lease.items)}
    journal.settle(lease, verdicts, {})
    journal.prune(clock.ms + DAY)
    journal.claim("amplitude", 7, 30)
    tally = journal.counts().destinations["amplitude"]
    with apsw.Connection(path) as db:

        def count(query, *bindings):
            (found,) = [row[0] for row in db.execute(query, bindings)]
            return found

        position = count("SELECT position FROM destinations")
        unfinished = count("SELECT count(*) FROM open") + count("SELECT count(*) FROM calls WHERE seq > ?", position)
        assert tally.waiting == unfinished == 20
        assert tally.dead == count("SELECT count(*) FROM dead") == 2
    assert (tally.accepted, tally.delivered) == (30, 8)
    assert tally.oldest_waiting == clock.ms


def test_what_was_purged_is_not_in_the_files(journal, call, path):
    journal.append([], [Refusal("webhook", 1, {"x": ["y"]}, b'{"userId":"u0","secret":"hush-hush"}')])
    secret = call("a", "u0")
    secret.body["secret"] = "hush-hush"
    journal.append([secret])
    assert b"hush-hush" in Path(path).read_bytes() + Path(f"{path}-wal").read_bytes()
    assert journal.purge("u0") == 2
    assert b"hush-hush" not in Path(path).read_bytes() + Path(f"{path}-wal").read_bytes()


def test_a_journal_of_version_1_is_brought_up_to_date_and_keeps_everything(make, path, call, tmp_path, clock):
    (tmp_path / "data").mkdir()
    with apsw.Connection(path) as old:
        old.execute(files("translator.journal.sqlite").joinpath("migrations", "0001.sql").read_text())
        old.execute("INSERT INTO destinations (name, position, base) VALUES ('amplitude', 0, 0)")
        old.execute("INSERT INTO memory VALUES (1, 'u1', '{\"groups\": {}}')")
        old.pragma("user_version", 1)
    old.close()
    journal = make()
    journal.append([call("a")])
    assert journal.claim("amplitude", 10, 30).memory == {"u1": {"groups": {}}}
    assert journal.fade(1_700_000_000_000) == 0, "what it remembered counts from the day it was brought up to date"


def test_tables_are_not_changed_under_an_older_program_that_delivers(plain, path, tmp_path):
    (tmp_path / "data").mkdir()
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    row = (this_host(), other.pid, start_of(other.pid), now_ms(), '["amplitude"]', 1)
    with apsw.Connection(path) as old:
        for step in range(1, 6):
            old.execute(files("translator.journal.sqlite").joinpath("migrations", f"{step:04}.sql").read_text())
        old.execute("INSERT INTO processes VALUES (?, ?, ?, ?, ?, ?)", row)
        old.pragma("user_version", 5)
    old.close()
    with pytest.raises(
        JournalUnavailable, match=rf"an older version .* still runs on it \(process {other.pid}\): stop it"
    ):
        plain.check()
    other.communicate()
    plain.check()
    assert plain.newest(1) == []


def test_refused_messages_of_version_6_are_kept_and_then_each_sources_newest(make, path, tmp_path):
    (tmp_path / "data").mkdir()
    with apsw.Connection(path) as old:
        for step in range(1, 7):
            old.execute(files("translator.journal.sqlite").joinpath("migrations", f"{step:04}.sql").read_text())
        for number in range(6):
            row = ("web" if number % 2 else "webhook", b"x" * 70_000)
            old.execute("INSERT INTO refused (source, received_at, faults, body) VALUES (?, 1, '{}', ?)", row)
        old.pragma("user_version", 6)
    old.close()
    journal = make(keep_refused=2)
    assert [one.id for one in journal.letters("")] == ["r1", "r2", "r3", "r4", "r5", "r6"]
    journal.append([], [Refusal("web", 1, {}, b"{}")])
    assert [(one.id, one.source) for one in journal.letters("")] == [
        ("r1", "webhook"), ("r3", "webhook"), ("r5", "webhook"), ("r6", "web"), ("r7", "web"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "index"), [(appending.EVICT, "refused_source"), (appending.EVICT_LARGE, "refused_large")]
)
def test_what_to_evict_is_looked_for_by_its_index(journal, path, query, index):
    journal.check()
    with apsw.Connection(path) as db:
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {query}", ("web", 1)) if "SEARCH" in row[3]]
    assert len(plan) == 2
    assert all(f"INDEX {index} (source=?" in step for step in plan)


@pytest.mark.parametrize("query", [claiming.IS_OPEN, claiming.LEASED, claiming.FIRST, claiming.BLOCK, claiming.ROWS])
def test_a_subject_is_looked_for_by_its_index(journal, path, query):
    journal.check()
    with apsw.Connection(path) as db:
        plan = " ".join(str(row) for row in db.execute(f"EXPLAIN QUERY PLAN {query}", [1] * query.count("?")))
    assert "open_subject (destination=? AND subject=?" in plan

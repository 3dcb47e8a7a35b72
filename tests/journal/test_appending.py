"""What is receipted is on disk, whole, once."""

import json
import os
import random
import signal
import stat
import subprocess
import sys
import threading
from pathlib import Path

import apsw
import pytest

from translator.errors import JournalUnavailable, JournalUnsafe, SettingsError
from translator.journal import open_journal
from translator.parcels import Refusal
from translator.settings.values import JournalSettings

CHILD = """
import sys, threading
from translator.journal import open_journal
from translator.parcels import Call
from translator.settings.values import JournalSettings
journal = open_journal(JournalSettings(url="sqlite:///" + sys.argv[1]))
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
    assert (first.id, first.subject, first.ip, first.body) == ("1", "u1", "192.0.2.1", call("m1").body)
    assert second.subject == "u2"


def test_every_receipt_of_a_killed_process_is_in_the_journal(path, make):
    child = subprocess.Popen([sys.executable, "-c", CHILD, path], stdout=subprocess.PIPE, text=True)
    assert child.stdout
    printed = [child.stdout.readline().strip() for _ in range(300)]
    child.send_signal(signal.SIGKILL)
    printed += [line.strip() for line in child.stdout if line.endswith("\n")]
    child.wait()
    child.stdout.close()
    kept = names(make())
    assert set(printed) <= set(kept)
    assert len(kept) == len(set(kept))


def test_a_known_message_is_a_counted_duplicate_also_within_one_append(journal, call):
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
    assert journal.commits < 400


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
    with pytest.raises(JournalUnavailable, match="locked too long"):
        journal.append([call("m1")])
    with pytest.raises(JournalUnavailable, match="locked too long"):
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
    with pytest.raises(JournalUnsafe, match="version 99; this program knows version 4"):
        make().check()


@pytest.mark.parametrize("url", ["postgresql://u:hush@h/db", "kafka://h", "journal.db", "sqlite:///", "sqlite://x"])
def test_other_urls_say_what_it_may_be_and_keep_passwords(url):
    with pytest.raises(SettingsError, match=r"journal\.url: .* it may be sqlite:///relative") as caught:
        open_journal(JournalSettings(url=url))
    assert "hush" not in str(caught.value)


def test_versions_name_engine_and_file(journal, path):
    versions = journal.versions()
    assert (versions["engine"], versions["path"]) == ("sqlite", path)
    assert json.dumps(versions)

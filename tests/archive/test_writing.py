"""The archive gets every call once, whatever happens; people who are forgotten go from it."""

import json
import subprocess
import sys
import time
from dataclasses import replace

import pytest

from tests.archive.conftest import opened
from tests.processes import environment
from translator.archive import writing
from translator.archive.names import SUBJECTS
from translator.archive.objects import delete, made, put
from translator.errors import ArchiveDamaged, ArchiveUnavailable, LeaseLost

HOUR = 3_600_000
DAY = 24 * HOUR


def now():
    return int(time.time() * 1000)


def read(archive, *span):
    return [(one.message_id, one.subject) for one in archive.read(*span)]


def paths(archive):
    return sorted(name.path for name, _ in archive.objects())


def consistent(archive):
    """Each object is whole, has what says whose it is, and no such thing is left without one."""
    found = [name for name, _ in archive.objects()]
    for name in found:
        archive.verify(name)
    assert sorted(path for path, _ in archive.store.names(SUBJECTS)) == sorted(name.subjects for name in found)


def test_what_waited_for_others_long_enough_is_archived(journal, archive, archivist, call, settings):
    old = now() - settings.every_minutes * 60_000
    journal.append([call("a", received_at=now())])
    assert archivist.work()
    assert read(archive) == []
    journal.append([call("b", "ü", received_at=old)])
    assert archivist.work()
    assert read(archive) == [], "the first decides"
    assert archivist.work(everything=True)
    assert read(archive) == [("a", "u1"), ("b", "ü")]
    journal.append([call("c", received_at=old)])
    archivist.work()
    assert read(archive) == [("a", "u1"), ("b", "ü"), ("c", "u1")]
    archivist.work(everything=True)
    assert len(paths(archive)) == 2
    found = journal.archived()
    assert (found.calls, found.behind, found.oldest, found.said) == (3, 0, None, None)
    assert found.bytes == sum(size for _, size in archive.objects())
    consistent(archive)


def test_a_place_that_has_nothing_of_before_is_not_written_unless_that_is_meant(
    journal, archive, archivist, call, settings, tmp_path
):
    journal.append([call("a", "u1")])
    assert archivist.work(everything=True)
    elsewhere = opened(replace(settings, url=f"file://{tmp_path}/elsewhere"))
    journal.append([call("b", "u2")])
    journal.purge("u1")
    with pytest.raises(ArchiveUnavailable, match=r"has nothing of what this journal has archived so far.*--new-place"):
        elsewhere.archivist(journal).work(everything=True)
    assert "is the disk mounted" in journal.archived().said
    assert (read(elsewhere), read(archive), journal.archived().behind) == ([], [("a", "u1")], 1)
    assert archivist.work(everything=True), "the place of before is back"
    assert (read(archive), journal.erasures()) == ([("b", "u2")], [])
    journal.append([call("c", "u3")])
    assert elsewhere.archivist(journal).work(everything=True, new_place=True)
    assert elsewhere.archivist(journal).work(everything=True)
    assert (read(elsewhere), read(archive)) == ([("c", "u3")], [("b", "u2")])


def test_every_field_of_a_call_comes_back_as_the_journal_has_it(journal, archive, archivist, call):
    journal.append([call("a\0", "u\0", digits=10**30), replaced(call("b"), ip=None, derived=True)])
    kept = journal.beyond(0, journal.horizon(), 10)
    archivist.work(everything=True)
    assert list(archive.read()) == kept
    assert len(kept) == 2


def replaced(call, **changes):
    import msgspec

    return msgspec.structs.replace(call, **changes)


def test_much_is_written_in_several_objects_and_by_day(journal, archive, archivist, call, monkeypatch):
    monkeypatch.setattr(writing, "MOST_CALLS", 300)
    noon = now() - now() % DAY
    journal.append(
        [call(f"m{number}", f"u{number % 9}", noon - 2 * DAY + (number % 2) * DAY) for number in range(1000)]
    )
    archivist.work()
    assert [one for one, _ in read(archive)] == [f"m{number}" for number in range(1000)]
    assert len({name.day for name, _ in archive.objects()}) == 2
    assert 6 <= len(paths(archive)) <= 10
    assert [one for one, _ in read(archive, noon - DAY)] == [f"m{number}" for number in range(1, 1000, 2)]
    assert [one for one, _ in read(archive, None, noon - DAY)] == [f"m{number}" for number in range(0, 1000, 2)]
    assert read(archive, noon) == []
    consistent(archive)


def test_nothing_is_pruned_that_is_not_archived(journal, archive, archivist, call, deliver):
    archivist.work()
    journal.append([call("a", received_at=now() - 9 * DAY)])
    deliver()
    assert journal.prune(now()) == 0
    archivist.work()
    assert journal.prune(now()) == 1
    assert read(archive) == [("a", "u1")]


def test_forgetting_reaches_every_object(journal, archive, archivist, call, place, monkeypatch):
    """Of both forms, and of journals before this one; what somebody sends after it stays."""
    monkeypatch.setattr(writing, "MOST_CALLS", 4)
    old = opened(replace(archive.settings, format="parquet"))
    journal.append([call(f"a{number}", f"u{number % 3}") for number in range(12)])
    archivist.work(everything=True)
    journal.append([call(f"b{number}", "u1") for number in range(3)])
    old.archivist(journal).work(everything=True)
    before = list(archive.read())
    for one in made(
        [replace(found, id=str(number)) for number, found in enumerate(before, 1)], "0" * 17, 1, 99, "jsonl"
    ):
        put(archive.store, one)
    journal.purge("u1")
    journal.append([call("after", "u1")])
    archivist.work(everything=True)
    assert journal.erasures() == []
    assert [name for name, subject in read(archive) if subject == "u1"] == ["after"]
    assert len(read(archive)) == 8 + 8 + 1
    assert {name.suffix for name, _ in archive.objects()} == {"jsonl.gz"}, "nobody else was in the other"
    consistent(archive)
    for path in (path for part in ("calls/", "subjects/") for path, _ in archive.store.names(part)):
        assert path not in journal.forsaken()


def test_calls_that_are_being_archived_while_somebody_is_forgotten(journal, archive, archivist, make, call):
    """Read before the purge, written after it: the note stays until a look that began when they were there."""
    journal.append([call("a"), call("b", "u2")])
    store = archive.store
    original = store.put

    def late(name, data):
        store.put = original
        journal.purge("u1")
        assert len(journal.erasures()) == 1
        original(name, data)

    store.put = late
    archivist.work(everything=True)
    assert read(archive) == [("b", "u2")]
    assert journal.erasures() == []
    consistent(archive)


def test_a_purge_of_what_waits_is_noted_until_it_is_archived(journal, archive, archivist, call):
    """Also the delete call itself, which other destinations still need, goes then."""
    journal.hold()
    journal.append([call("a"), call("delete"), call("b", "u2")])
    keep = next(one.id for one in journal.read() if one.message_id == "delete")
    journal.purge("u1", keep=keep)
    assert archivist.work(), "though nothing has waited for long"
    assert read(archive) == [("b", "u2")]
    assert journal.erasures() == []
    assert [one.message_id for one in journal.read()] == ["delete", "b"]


def away(archive, monkeypatch, *methods):
    def fail(*_):
        raise ArchiveUnavailable("the bucket is away")

    for method in methods:
        monkeypatch.setattr(archive.store, method, fail)


def test_an_archive_that_is_away_loses_nothing(journal, archive, archivist, make, call, deliver, monkeypatch):
    journal.append([call("a", received_at=now() - 9 * DAY)])
    deliver()
    with monkeypatch.context() as patch:
        away(archive, patch, "put", "get", "delete")
        for _ in range(3):
            with pytest.raises(ArchiveUnavailable):
                archivist.work()
        assert journal.prune(now()) == 0
        found = journal.archived()
        assert (found.behind, found.said) == (1, "the bucket is away")
        assert found.failing_since is not None
    make().work()
    assert read(archive) == [("a", "u1")]
    assert journal.archived().failing_since is None
    assert journal.prune(now()) == 1
    consistent(archive)


def test_what_nobody_expected_is_told_too(journal, archive, archivist, make, call, monkeypatch):
    def fail(*_):
        raise ValueError("of a library")

    journal.append([call("a")])
    with monkeypatch.context() as patch:
        patch.setattr(archive.store, "put", fail)
        with pytest.raises(ValueError, match="of a library"):
            archivist.work(everything=True)
    found = journal.archived()
    assert (found.behind, found.said) == (1, "unexpected: ValueError")
    assert found.failing_since is not None
    make().work(everything=True)
    assert journal.archived().failing_since is None


def test_somebody_is_forgotten_when_the_archive_is_back(journal, archive, archivist, make, call, monkeypatch):
    journal.append([call("a"), call("b", "u2")])
    archivist.work(everything=True)
    assert len(read(archive)) == 2
    for method in ("get", "put", "delete"):
        journal.purge("u1")
        with monkeypatch.context() as patch:
            away(archive, patch, method)
            with pytest.raises(ArchiveUnavailable):
                make().work(everything=True)
        assert journal.erasures(), f"{method} failed: the note stays"
    make().work(everything=True)
    assert (read(archive), journal.erasures()) == ([("b", "u2")], [])
    consistent(archive)


def test_a_process_that_stood_still_for_long_harms_nothing(journal, archive, archivist, make, call, url):
    """Its lease has ended in the middle of a write, another process has done the work, and its own write comes late: the
    name was forsaken, is no part of the archive, and is deleted again."""
    journal.append([call("a"), call("b", "u2")])
    store, original, late = archive.store, archive.store.put, []

    def stand_still(name, data):
        if name.startswith("calls/"):
            store.put = original
            lease = journal.lease_archive(60)
            assert lease is None
            expire(journal)
            make().work(everything=True)
            assert read(archive) == [("a", "u1"), ("b", "u2")]
            late.append(name)
        original(name, data)

    store.put = stand_still
    with pytest.raises(LeaseLost):
        archivist.work(everything=True)
    assert late
    assert set(late) < set(paths(archive))
    assert read(archive) == [("a", "u1"), ("b", "u2")], "each is read once, though it is there twice for now"
    make().work()
    assert not set(late) & set(paths(archive))
    assert read(archive) == [("a", "u1"), ("b", "u2")]
    consistent(archive)


def expire(journal):
    """The lease that there is ends now."""
    if hasattr(journal, "_archives"):
        with journal._accepting.writing() as db:
            db.execute("UPDATE archive SET until = 0")
    else:
        journal._database.once("UPDATE translator.archive SET until = 0")


def test_days_that_were_kept_long_enough_go(journal, archive, call):
    journal.append([call("old", received_at=now() - 4 * DAY), call("new", "u2")])
    archive.archivist(journal).work(everything=True)
    kept = opened(replace(archive.settings, keep_days=5))
    kept.archivist(journal).work()
    assert len(read(archive)) == 2
    kept = opened(replace(archive.settings, keep_days=3))
    kept.archivist(journal).work()
    assert read(archive) == [("new", "u2")]
    consistent(archive)


def test_a_journal_that_is_an_older_copy_overwrites_nothing(journal, archive, make, call, tmp_path):
    """It gives numbers out that calls in the archive have."""
    journal.append([call("a")])
    make().work(everything=True)
    lease = journal.lease_archive(60)
    for one in made([replace(next(iter(archive.read())), id="9", message_id="lost")], lease.identity, 2, 9, "jsonl"):
        put(archive.store, one)
    journal.leave_archive(lease)
    journal.append([call(f"b{number}") for number in range(20)])
    make().work(everything=True)
    assert [name for name, _ in read(archive)] == ["a", "lost", *(f"b{number}" for number in range(20))]
    assert len({name.identity for name, _ in archive.objects()}) == 2
    consistent(archive)


def test_a_journal_copied_while_somebody_was_forgotten_deletes_nothing(journal, archive, archivist, make, call):
    """It knows a replacement as not finished, which was finished: the old object is gone."""
    journal.append([call("a"), call("b", "u2")])
    archivist.work(everything=True)
    ((old, _),) = archive.objects()
    lease = journal.lease_archive(60)
    (new,) = made([one for one in archive.read() if one.subject == "u2"], old.identity, old.first, old.last, "jsonl")
    journal.writing(lease, [new.name.path], [old.path])
    put(archive.store, new)
    delete(archive.store, old)
    journal.leave_archive(lease)
    make().work(everything=True)
    assert read(archive) == [("b", "u2")]
    assert old.path in journal.forsaken()
    consistent(archive)


def test_a_standby_that_was_behind_takes_over_beneath_a_running_process(journal, archive, archivist, make, call):
    """The numbers that it gives out are those of calls that are archived: these get names of their own."""
    journal.append([call("a")])
    archivist.work(everything=True)
    lease = journal.lease_archive(60)
    for one in made([replace(next(iter(archive.read())), id="9", message_id="lost")], lease.identity, 2, 9, "jsonl"):
        put(archive.store, one)
    journal.leave_archive(lease)
    archivist._position = 9  # it has written that, and the standby has not heard of it
    journal.append([call(f"b{number}") for number in range(20)])
    archivist.work(everything=True)
    assert [name for name, _ in read(archive)] == ["a", "lost", *(f"b{number}" for number in range(20))]
    consistent(archive)


def test_a_damaged_object_is_told_and_not_passed_over(journal, archive, archivist, call, place):
    journal.append([call("a"), call("b", "u2")])
    archivist.work(everything=True)
    ((name, _),) = archive.objects()
    archive.store.put(name.path, archive.store.get(name.path)[:-1] + b"x")
    with pytest.raises(ArchiveDamaged, match="is damaged"):
        list(archive.read())
    with pytest.raises(ArchiveDamaged):
        archive.verify(name)
    journal.purge("u1")
    with pytest.raises(ArchiveDamaged):
        archivist.work(everything=True)
    assert journal.erasures()
    assert "is damaged" in journal.archived().said


def test_what_says_whose_calls_they_are_is_verified(journal, archive, archivist, call):
    """Somebody who is missing there would be passed over when she is forgotten."""
    journal.append([call("a"), call("b", "u2")])
    archivist.work(everything=True)
    ((name, _),) = archive.objects()
    archive.store.put(name.subjects, archive.store.get(name.subjects)[:4])
    with pytest.raises(ArchiveDamaged, match="says other people than the calls"):
        archive.verify(name)


def test_an_object_without_what_says_whose_it_is_is_read_for_everybody(journal, archive, archivist, call):
    journal.append([call("a"), call("b", "u2")])
    archivist.work(everything=True)
    ((name, _),) = archive.objects()
    archive.store.delete(name.subjects)
    with pytest.raises(ArchiveDamaged, match="is not there"):
        archive.verify(name)
    journal.purge("u1")
    archivist.work(everything=True)
    assert read(archive) == [("b", "u2")]
    consistent(archive)


KILLED = """
import os, signal, sys
from translator.archive import open_archive, objects, writing
from translator.journal import open_journal
from translator.settings.load import load_settings
settings = load_settings()
journal, archive, place = open_journal(settings.journal), open_archive(settings.archive), sys.argv[1]
writing.MOST_CALLS = 40
def killing(owner, name, after):
    method, passes = getattr(owner, name), []
    def run(*arguments, **more):
        passes.append(1)
        if len(passes) < int(sys.argv[2]):
            return method(*arguments, **more)
        if after:
            method(*arguments, **more)
        os.kill(os.getpid(), signal.SIGKILL)
    setattr(owner, name, run)
owner = archive.store if place.split()[1] in ("put", "delete") else type(journal)
killing(archive.store if owner is not type(journal) else journal, place.split()[1], place.split()[0] == "after")
archive.archivist(journal).work(everything=True)
"""
PLACES = [
    f"{when} {what}" for what in ("put", "delete", "writing", "written", "erased") for when in ("before", "after")
]


@pytest.mark.parametrize("killed", PLACES)
@pytest.mark.parametrize(("url", "place"), [("sqlite", "disk"), ("postgres", "s3")], indirect=True)
def test_a_process_killed_anywhere_loses_and_doubles_nothing(journal, archive, call, tmp_path, url, settings, killed):
    """SIGKILL of a real process, at several passes of a place, then another goes on."""
    journal.hold()
    program = [sys.executable, "-c", KILLED, killed]
    env = {
        f"TRANSLATOR__ARCHIVE__{key.upper()}": json.dumps(getattr(settings, key))
        for key in ("url", "endpoint", "region", "access_key_id", "secret_access_key") if getattr(settings, key)
    }  # fmt: skip
    env = environment(tmp_path, **{**env, "JOURNAL_URL": url})
    expected, deaths = [], 0
    for turn, passes in enumerate((1, 1, 2, 4)):
        sent = [(f"{turn}-{number}", f"u{number % 5}") for number in range(90)]
        journal.append([call(*one) for one in sent])
        expected += sent
        if turn:
            journal.purge(f"u{turn}")
            expected = [one for one in expected if one[1] != f"u{turn}"]
        done = subprocess.run([*program, str(passes)], env=env, timeout=60, check=False, cwd=tmp_path)
        assert done.returncode in (0, -9)
        deaths += done.returncode == -9
        everywhere = [name for name, subject in read(archive)]
        assert len(everywhere) == len(set(everywhere))
    assert deaths
    archive.archivist(journal).work(everything=True)
    assert read(archive) == expected
    assert journal.erasures() == []
    assert sum(name.count for name, _ in archive.objects()) == len(expected)
    consistent(archive)

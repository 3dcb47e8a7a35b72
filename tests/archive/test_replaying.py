"""The commands: a replay from the archive is one from the journal, and groups that were named before it count."""

import json
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime

import pytest

from tests.archive import buckets
from tests.archive.conftest import opened
from tests.processes import environment, until
from translator.journal import open_journal
from translator.parcels import Done, Facts
from translator.settings.values import JournalSettings, Segment
from translator.validate import check

DAY = 86_400_000
GROUPS = {
    "AMPLITUDE_GROUP_TYPE_TRAIT": "group_type", "AMPLITUDE_GROUP_VALUE_TRAIT": "name",
    "TRANSLATOR__GROUPS__LEVEL": "event",
}  # fmt: skip
WHERE = [("sqlite", "disk"), ("postgres", "s3"), ("kafka", "disk")]


@pytest.fixture(params=WHERE, ids=lambda one: "-".join(one))
def scene(request, tmp_path):
    """An environment with a journal and an archive, and the journal."""
    engine, place = request.param
    given = {"postgres": "database_url", "kafka": "kafka_journal"}
    url = f"sqlite:///{tmp_path}/journal.db" if engine == "sqlite" else request.getfixturevalue(given[engine])
    env = {"JOURNAL_URL": url, "TRANSLATOR__ARCHIVE__URL": f"file://{tmp_path}/archive"}
    if place == "s3":
        running = request.getfixturevalue("s3")
        env |= {
            "TRANSLATOR__ARCHIVE__URL": f"s3://{running.bucket()}", "TRANSLATOR__ARCHIVE__ENDPOINT": running.endpoint,
            "AWS_ACCESS_KEY_ID": buckets.KEY, "AWS_SECRET_ACCESS_KEY": buckets.SECRET,
            "TRANSLATOR__ARCHIVE__FORMAT": "parquet",
        }  # fmt: skip
    journal = open_journal(JournalSettings(url=url))
    journal.attach({"amplitude": "now"})
    yield env, journal
    journal.close()


@pytest.fixture
def translator(scene, tmp_path):
    def run(*arguments, code=0, **more):
        done = subprocess.run(
            [sys.executable, "-m", "translator", *arguments],
            cwd=tmp_path, env=environment(tmp_path, **{**scene[0], **more}), capture_output=True, text=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == code, (done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        for text in (done.stdout, done.stderr):
            assert buckets.SECRET not in text
            assert buckets.KEY not in text
        return done

    return run


def stamp(ms):
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def called(body, at):
    return check({"timestamp": stamp(at), **body}, Facts("webhook", at), Segment())


def track(name, at, user="user-1"):
    return called({"type": "track", "event": "e", "userId": user, "messageId": name}, at)


def group(name, at, value, user="user-1"):
    traits = {"group_type": "Organization", "name": value}
    return called({"type": "group", "userId": user, "groupId": "g", "messageId": name, "traits": traits}, at)


def emptied(journal):
    """Deliver and prune all that the archive has."""
    while journal.counts().destinations["amplitude"].waiting:
        if lease := journal.claim("amplitude", 500, 30):
            journal.settle(lease, {item.id: Done() for item in lease.items}, {})
    while journal.prune(int(time.time() * 1000) + DAY):
        pass


def test_a_replay_from_the_archive_is_the_one_from_the_journal(scene, translator, amplitude):
    _, journal = scene
    at = int(time.time() * 1000) - 3 * DAY
    journal.append([group("g1", at, "Acme"), *(track(f"m{number}", at + number) for number in range(1200))])
    journal.append([track("m1200", at + DAY)])
    said = translator("replay", "--dry-run", "--from-journal", **GROUPS).stdout
    assert translator("archive", "run").stdout.startswith("1202 calls archived")
    assert translator("replay", "--dry-run", "--from-archive", **GROUPS).stdout == said.replace(
        "the journal", "the archive"
    )
    emptied(journal)
    assert list(journal.read()) == []
    assert translator("replay", "--dry-run", "--from-archive", **GROUPS).stdout == said.replace(
        "the journal", "the archive"
    )
    destination = {"TRANSLATOR__DESTINATIONS__TEST__API_KEY": "k", "TRANSLATOR__DESTINATIONS__TEST__URL": amplitude.url}
    done = translator("replay", "--destination", "test", "--from-archive", **GROUPS, **destination)
    assert done.stdout == "1202 calls of the archive: delivered 1202\n"
    assert amplitude.store.counts["event"] >= 1201
    rows = [line.split() for line in translator("archive", "list").stdout.splitlines()[:-1]]
    assert sum(int(row[3]) for row in rows) == 1202
    days = [json.loads(line) for line in translator("archive", "list", "--json").stdout.splitlines()]
    assert [row["day"] for row in days] == sorted(row["day"] for row in days)
    assert "objects with 1202 calls are whole, 0 are damaged" in translator("archive", "verify").stdout


@pytest.mark.parametrize("source", ["--from-archive", "--from-journal"])
def test_a_group_that_was_named_before_the_replays_time_is_on_its_events(scene, translator, amplitude, source):
    """Group call before --since, track after it: the event has the group, to a destination and in a plan."""
    _, journal = scene
    now = int(time.time() * 1000)
    journal.append(
        [
            group("too-old", now - 40 * DAY, "Forgotten", "user-2"),
            group("g1", now - 10 * DAY, "Older"),
            track("before", now - 9 * DAY),
            group("g2", now - 8 * DAY, "Acme"),
            track("after", now - DAY),
            track("other", now - DAY, "user-2"),
            group("g3", now - DAY // 2, "Later"),
            track("last", now - DAY // 3),
        ]
    )
    if source == "--from-archive":
        translator("archive", "run")
        emptied(journal)
    destination = {"TRANSLATOR__DESTINATIONS__TEST__API_KEY": "k", "TRANSLATOR__DESTINATIONS__TEST__URL": amplitude.url}
    since = datetime.fromtimestamp((now - 2 * DAY) / 1000, UTC).strftime("%Y-%m-%d")
    done = translator("replay", "--destination", "test", source, "--since", since, **GROUPS, **destination)
    assert done.stdout.startswith("4 calls of the")
    assert "delivered 4" in done.stdout
    import requests

    rows = [row["body"] for row in requests.get(amplitude.url + "/api/events", timeout=10).json()]
    groups = {row["insert_id"]: row.get("groups") for row in rows if row["event_type"] == "e"}
    assert groups == {"after": {"Organization": "Acme"}, "other": None, "last": {"Organization": "Later"}}


def test_forget_says_what_becomes_of_the_copies_in_the_archive(scene, translator, tmp_path):
    env, journal = scene
    at = int(time.time() * 1000)
    journal.append([track("a", at), track("b", at, "user-2")])
    translator("archive", "run")
    emptied(journal)
    assert translator("forget", "user-1", "--yes").stdout == "0 calls deleted\nno copy is left in the archive\n"
    assert "1 calls of the archive" in translator("replay", "--dry-run", "--from-archive").stdout
    if "s3" in env["TRANSLATOR__ARCHIVE__URL"]:
        gone = {"TRANSLATOR__ARCHIVE__ENDPOINT": "http://127.0.0.1:9"}
        said = translator("forget", "user-2", "--yes", **gone).stdout
        assert "will be deleted by delivery, when it can be written: s3://" in said
        assert "cannot be reached" in said
        status = json.loads(translator("status", "--json", **gone).stdout)["archive"]
        assert (status["erasures"], status["failing_since"] is not None) == (1, True)
        assert "failing for" in translator("status").stdout
    else:
        lease = journal.lease_archive(60)
        assert "deleted by delivery" in translator("forget", "user-2", "--yes").stdout
        assert translator("archive", "run", code=1).stdout.startswith("another process writes the archive")
        journal.leave_archive(lease)
    translator("archive", "run")
    assert "0 calls of the archive" in translator("replay", "--dry-run", "--from-archive").stdout
    assert journal.erasures() == []


def test_check_proves_that_the_archive_can_be_written(scene, translator, tmp_path):
    env, _ = scene
    assert "ok   archive: " in translator("check").stdout
    if "s3" in env["TRANSLATOR__ARCHIVE__URL"]:
        said = translator("check", code=1, TRANSLATOR__ARCHIVE__URL="s3://no-such-bucket-here").stdout
        assert "bad  archive: s3://no-such-bucket-here at http://127" in said
        assert "NoSuchBucket" in said
    else:
        (tmp_path / "file").write_text("")
        said = translator("check", code=1, TRANSLATOR__ARCHIVE__URL=f"file://{tmp_path}/file/archive").stdout
        assert "bad  archive: " in said
        assert "Not a directory" in said
    shown = translator("check", "--show").stdout
    assert ('access_key_id = "***"' in shown or "access_key_id = ***" in shown) == ("AWS_ACCESS_KEY_ID" in env)


@pytest.mark.parametrize(
    ("package", "key", "value", "extra"),
    [("obstore", "URL", "s3://bucket", "s3"), ("pyarrow", "FORMAT", "parquet", "parquet")],
)
def test_a_package_that_is_missing_stops_the_start_and_is_named(tmp_path, package, key, value, extra):
    (tmp_path / f"{package}.py").write_text("raise ImportError")
    env = environment(tmp_path, TRANSLATOR__ARCHIVE__URL=f"file://{tmp_path}/archive")
    env |= {f"TRANSLATOR__ARCHIVE__{key}": value, "PYTHONPATH": f"{tmp_path}:{env['PYTHONPATH']}"}
    for command in (["deliver"], ["archive", "list"], ["serve", "--port", "0"]):
        done = subprocess.run(
            [sys.executable, "-m", "translator", *command], cwd=tmp_path, env=env, capture_output=True, text=True, timeout=60, check=False
        )  # fmt: skip
        assert done.returncode != 0
        assert f"pip install 'segment-amplitude-translator[{extra}]'" in done.stderr + done.stdout


def test_a_replay_from_an_archive_that_is_not_configured_says_so(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "translator", "replay", "--dry-run", "--from-archive"],
        cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "archive.url says where it is" in done.stderr


def test_a_service_archives_by_itself_and_keeps_what_it_cannot_archive(scene, tmp_path, amplitude):
    """Delivery beside it; a delete call that is delivered reaches the archive."""
    from tests.processes import Worker

    env, journal = scene
    at = int(time.time() * 1000) - DAY
    journal.append([track("a", at), track("b", at, "user-2")])
    more = {
        **env, "TRANSLATOR__DESTINATIONS__AMPLITUDE__API_KEY": "k", "TRANSLATOR__DESTINATIONS__AMPLITUDE__SECRET_KEY": "k",
        "TRANSLATOR__DESTINATIONS__AMPLITUDE__URL": amplitude.url, "TRANSLATOR__TRANSLATE__DELETE": "true",
    }  # fmt: skip
    worker = Worker(tmp_path, "translator", "deliver", **more)
    try:
        until(lambda: (found := journal.archived()) and found.calls == 2, 60)
        journal.append([called({"type": "delete", "userId": "user-1", "messageId": "d"}, at)])
        until(lambda: journal.archived().calls == 3 and not journal.erasures(), 60)
    finally:
        assert worker.stop() == 0
    from translator.settings.load import load_settings

    archive = opened(load_settings(environment=more).archive)
    assert [one.message_id for one in archive.read()] == ["b"]
    assert buckets.SECRET not in worker.log.read_text()


@pytest.mark.parametrize("scene", [("sqlite", "disk")], indirect=True)
def test_delivery_ends_soon_beside_a_bucket_that_hangs(scene, tmp_path, amplitude):
    from tests.processes import Worker

    env, journal = scene
    journal.append([track("a", int(time.time() * 1000) - DAY)])
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(60)
        more = {
            **env, "TRANSLATOR__ARCHIVE__URL": "s3://bucket", "AWS_ACCESS_KEY_ID": buckets.KEY,
            "TRANSLATOR__ARCHIVE__ENDPOINT": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "AWS_SECRET_ACCESS_KEY": buckets.SECRET, "TRANSLATOR__DESTINATIONS__AMPLITUDE__API_KEY": "k",
            "TRANSLATOR__DESTINATIONS__AMPLITUDE__URL": amplitude.url,
        }  # fmt: skip
        worker = Worker(tmp_path, "translator", "deliver", **more)
        try:
            held, _ = silent.accept()
            until(lambda: journal.counts().destinations["amplitude"].delivered == 1, 60)
        finally:
            worker.process.terminate()
            code = worker.process.wait(30)  # its request would take 60 s
        held.close()
    assert code == 0
    assert journal.deliveries() == 0, "it said that it ends"
    assert journal.lease_archive(60), "nobody waits for the lease of one that has ended"

"""The commands, as processes."""

import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from tests.processes import ROOT, Service, environment, free_port, until
from translator.journal import open_journal, this_host
from translator.parcels import Dead, Facts, Refusal
from translator.settings.values import JournalSettings, Segment
from translator.validate import check

GROUP = {
    "type": "group", "userId": "user-1", "groupId": "g", "messageId": "m1", "timestamp": "2024-03-10T17:04:05.678Z",
    "traits": {"group_type": "Organization", "name": "Acme"},
}  # fmt: skip
PAIR = {"AMPLITUDE_GROUP_TYPE_TRAIT": "group_type", "AMPLITUDE_GROUP_VALUE_TRAIT": "name"}


@pytest.fixture
def translator(tmp_path):
    def run(*arguments, text="", code=0, **env):
        done = subprocess.run(
            [sys.executable, "-m", "translator", *arguments],
            cwd=tmp_path, env=environment(tmp_path, **env), input=text, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done

    return run


def track(name, user="user-1"):
    return {"type": "track", "event": "e", "userId": user, "messageId": name}


def test_translate_prints_a_row_for_each_line_in_order(translator):
    lines = [
        json.dumps(GROUP),
        "not json",
        json.dumps({"type": "track"}),
        "",
        json.dumps({**track("m2"), "integrations": {"All": False}}),
    ]
    done = translator("translate", text="\n".join(lines), **PAIR)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["message_id"] for row in rows] == ["m1", None, None, "m2"]
    assert [record["kind"] for record in rows[0]["records"]] == ["identify", "group_identify"]
    assert rows[1]["error"][""][0].startswith("not JSON")
    assert set(rows[2]["error"]) == {"event", "userId"}
    assert rows[3]["ignored"] == "integrations"
    assert [sorted(row) for row in rows] == [["error", "ignored", "message_id", "notes", "records"]] * 4


def test_translate_shows_requests_with_masked_keys(translator):
    done = translator(
        "translate", "--as", "requests", text=json.dumps(GROUP), AMPLITUDE_API_KEY="hush", AMPLITUDE_REGION="eu", **PAIR
    )
    (row,) = [json.loads(line) for line in done.stdout.splitlines()]
    (request,) = row["requests"]
    assert (request["method"], request["url"]) == ("POST", "https://api.eu.amplitude.com/2/httpapi")
    assert [one["event_type"] for one in request["json"]["events"]] == ["$identify", "$groupidentify"]
    assert "hush" not in done.stdout
    assert request["json"]["api_key"] == "***"


def test_translate_takes_a_configuration_and_a_destination(translator, tmp_path):
    (tmp_path / "c.toml").write_text(
        '[destinations.a]\napi_key = "k"\n[destinations.b]\napi_key = "k"\n[destinations.b.groups]\nfallback = "none"\n'
    )
    for name, count in (("a", 1), ("b", 0)):
        done = translator("translate", "--config", "c.toml", "--destination", name, text=json.dumps(GROUP))
        assert len(json.loads(done.stdout)["records"]) == count
    said = translator("translate", "--config", "c.toml", "--destination", "c", code=2).stderr
    assert "'c' is not configured; there are: a, b" in said


def calls_in_every_shape(folder):
    (folder / "a.json").write_text(json.dumps(track("one")))
    (folder / "b.json").write_text(json.dumps([track("two"), track("three")]))
    (folder / "c.jsonl").write_text(json.dumps(track("four")) + "\n\n" + json.dumps(track("five")) + "\n")
    (folder / "d.jsonl.gz").write_bytes(gzip.compress(json.dumps(track("six")).encode()))
    (folder / "deeper").mkdir()
    (folder / "deeper" / "e.json").write_text(json.dumps({"why": "a fixture", "given": track("seven"), "expect": {}}))
    (folder / "ignored.txt").write_text("not a call")


def test_replay_dry_run_reads_every_shape_of_file(translator, tmp_path):
    (tmp_path / "calls").mkdir()
    calls_in_every_shape(tmp_path / "calls")
    done = translator("replay", "--dry-run", "calls")
    assert done.stdout == "7 calls of 5 files: would send event 7\n"


def test_replay_says_what_it_could_not_read_or_send(translator, tmp_path):
    (tmp_path / "bad.json").write_text("{")
    (tmp_path / "calls.jsonl").write_text(
        json.dumps(track("m1")) + "\n" + json.dumps({"type": "track"}) + "\nnonsense\n" + json.dumps(track("m2"))
    )
    done = translator("replay", "--dry-run", "bad.json", "calls.jsonl", code=1)
    assert done.stdout == "3 calls of 2 files: not readable 2, refused 1, would send event 2\n"
    assert "bad.json: not JSON" in done.stderr
    assert "calls.jsonl, line 3: not JSON" in done.stderr


def test_replay_to_a_destination_delivers(translator, tmp_path, amplitude):
    (tmp_path / "calls").mkdir()
    calls_in_every_shape(tmp_path / "calls")
    env = {"TRANSLATOR__DESTINATIONS__TEST__API_KEY": "k", "TRANSLATOR__DESTINATIONS__TEST__URL": amplitude.url}
    done = translator("replay", "--destination", "test", "calls", **env)
    assert done.stdout == "7 calls of 5 files: delivered 7\n"
    assert amplitude.store.counts["event"] == 7


def test_a_destination_to_which_a_process_delivers_is_not_renamed_under_it(translator, tmp_path):
    journal = open_journal(JournalSettings(url=f"sqlite:///{tmp_path}/journal.db"))
    journal.attach({"test": "now"})
    journal.beat(this_host(), os.getpid(), ["test"])
    for command in (["rename", "test", "new"], ["forget", "test", "--yes"]):
        said = translator("destination", *command, code=1).stderr
        assert "a running process delivers to test: stop it first" in said
    journal.leave(this_host(), os.getpid())
    assert translator("destination", "rename", "test", "new").stdout == "test is now new\n"
    assert "knows no destination 'test'" in translator("destination", "forget", "test", "--yes", code=1).stderr
    journal.close()


def test_replay_to_a_destination_says_what_died(translator, tmp_path, amplitude):
    (tmp_path / "calls.json").write_text(json.dumps([track("m1"), track("m2", "null")]))
    env = {"TRANSLATOR__DESTINATIONS__TEST__API_KEY": "k", "TRANSLATOR__DESTINATIONS__TEST__URL": amplitude.url}
    done = translator("replay", "--destination", "test", "calls.json", code=1, **env)
    assert done.stdout == "2 calls of 1 files: delivered 1, dead 1\n"
    assert "m2: no_valid_id" in done.stderr


def test_replay_to_a_webhook_is_signed(translator, tmp_path):
    (tmp_path / "calls").mkdir()
    calls_in_every_shape(tmp_path / "calls")
    service = Service(tmp_path, SEGMENT_SHARED_SECRET="s")
    try:
        url = f"{service.url}/webhook"
        done = translator("replay", "--to", url, "--batch", "3", "calls", SEGMENT_SHARED_SECRET="s")
        assert done.stdout == "7 calls of 5 files: accepted 7\n"
        assert (
            translator("replay", "--to", url, "calls", SEGMENT_SHARED_SECRET="s").stdout
            == "7 calls of 5 files: duplicates 7\n"
        )
        assert (
            "refused the signature: set SEGMENT_SHARED_SECRET"
            in translator("replay", "--to", url, "calls", code=2).stderr
        )
    finally:
        service.kill_all()


def test_replay_wants_to_know_where_to(translator, tmp_path):
    (tmp_path / "a.json").write_text("{}")
    assert "say where to: --to URL, --destination NAME or --dry-run" in translator("replay", "a.json", code=2).stderr


def test_dead_letters_are_listed_shown_redriven_and_dropped(translator, tmp_path, amplitude):
    service = Service(
        tmp_path, TRANSLATOR__DESTINATIONS__TEST__API_KEY="k", TRANSLATOR__DESTINATIONS__TEST__URL=amplitude.url
    )
    try:
        grouped = {"integrations": {"Amplitude": {"groups": {"team": "red"}}}}
        service.post([track("m1", "null"), {"type": "track"}, {**track("m2"), **grouped}])
        until(lambda: amplitude.store.counts["event"] == 1)
        until(lambda: service.waiting() == 0)
        rows = [json.loads(line) for line in translator("dead", "list", "--json").stdout.splitlines()]
        assert {(row["id"], row["why"]) for row in rows} == {("d1", "no_valid_id"), ("r1", "invalid")}
        assert "no_valid_id" in translator("dead", "list", "--destination", "test").stdout
        shown = translator("dead", "show", "d1", "d9")
        assert json.loads(shown.stdout)["call"]["messageId"] == "m1"
        assert json.loads(shown.stdout)["failed_attempts"] == []
        assert "no dead letter d9" in shown.stderr
        assert translator("dead", "redrive", "d1").stdout == "1 of 1 wait to be sent again\n"
        until(lambda: "d2" in translator("dead", "list").stdout)
        assert "userId: required" in translator("dead", "redrive", "r1", code=1).stderr
        assert translator("dead", "drop", "--why", "no_valid_id", "--yes").stdout == "1 dropped\n"
        status = json.loads(translator("status", "--json").stdout)
        assert (status["received"], status["refused_kept"]) == (3, 1)
        tally = status["destinations"]["test"]
        assert (tally["accepted"], tally["delivered"], tally["dead"], tally["waiting"]) == (2, 1, 1, 0)
        assert list(status["group_types"]["test"]) == ["team"]
        assert "test: 1 of 5 group types: team\n" in translator("status").stdout
        said = " ".join(translator("status").stdout.split())
        assert "received 3 = accepted 2 + duplicates 0 + refused 1 (1 kept at first; the newest 10000 of each" in said
    finally:
        service.kill_all()


def test_a_refused_message_passes_after_the_limit_was_raised(translator, tmp_path):
    service = Service(tmp_path)
    try:
        assert service.post({**track("m1"), "properties": {"t": "x" * 40_000}}).status_code == 400
    finally:
        service.kill_all()
    assert (
        translator("dead", "redrive", "r1", TRANSLATOR__SEGMENT__MAX_CALL_BYTES="100000").stdout
        == "1 of 1 wait to be sent again\n"
    )
    assert translator("dead", "list").stdout == "no dead letters\n"


def test_destinations_are_renamed_and_forgotten(translator, tmp_path):
    service = Service(
        tmp_path,
        TRANSLATOR__DESTINATIONS__OLD__API_KEY="k",
        TRANSLATOR__DESTINATIONS__OLD__URL=f"http://127.0.0.1:{free_port()}",
    )
    service.post(track("m1"))
    service.stop()
    assert translator("destination", "list").stdout == "old: 1 waiting, 0 delivered, 0 dead, not in the configuration\n"
    assert translator("destination", "rename", "old", "new").stdout == "old is now new\n"
    assert "knows no destination 'old'" in translator("destination", "forget", "old", "--yes", code=1).stderr
    assert translator("destination", "forget", "new", "--yes").stdout == "new is forgotten; 1 calls waited for it\n"


def test_forget_deletes_a_users_calls(translator, tmp_path):
    service = Service(tmp_path)
    service.post([track("m1", "ada"), track("m2", "grace")])
    service.stop()
    assert translator("forget", "ada", "--yes").stdout == "1 calls deleted\n"
    assert translator("forget", "ada", "--yes").stdout == "0 calls deleted\n"


def test_check_reports_versions_journal_and_what_may_not_be_meant(translator):
    done = translator("check", AMPLITUDE_API_KEY="hush")
    assert "sqlite 3." in done.stdout
    assert "destinations.amplitude.api_key: is not 32 hexadecimal digits" in done.stdout
    assert "calls are accepted from this machine only" in done.stdout
    assert "hush" not in done.stdout


@pytest.mark.parametrize(
    ("keys", "origins", "said"),
    [
        ("web=hush-1,backend=hush-2,web=hush-3", ["https://www.example.com", "https://*.shop.example"],
         "2 sources (backend, web); pages of: https://www.example.com, https://*.shop.example"),
        ("web=hush-1", [], "1 source (web); no page may send (segment.origins)"),
        ("", ["https://www.example.com"], "no sources (segment.write_keys); pages of: https://www.example.com"),
        ("", [], "no sources (segment.write_keys); pages of this machine only"),
    ],
)  # fmt: skip
def test_check_says_which_sources_and_pages_may_send(translator, keys, origins, said):
    done = translator("check", SEGMENT_WRITE_KEYS=keys, TRANSLATOR__SEGMENT__ORIGINS=json.dumps(origins))
    assert f"ok   segment: {said}" in done.stdout.splitlines()
    assert "hush" not in done.stdout


def test_check_shows_every_key_and_where_it_came_from(translator, tmp_path):
    config = tmp_path / "own.toml"
    config.write_text('[groups]\n[[groups.rules]]\ntype = "company"\nvalue = "context.groupId"\n')
    said = translator(
        "check", "--show", "--config", str(config), AMPLITUDE_API_KEY="hush", DASHBOARD_PASSWORD="hush-hush-hush",
        TRANSLATOR__DESTINATIONS__AMPLITUDE__URL="http://user:hush@127.0.0.1:1", PORT="8123",
    ).stdout  # fmt: skip
    lines = [line.rstrip() for line in said.splitlines()]
    for line in (
        f"{'api_key = ***':48}  # environment: AMPLITUDE_API_KEY",
        f"{'password = ***':48}  # environment: DASHBOARD_PASSWORD",
        f"{'port = 8123':48}  # environment: PORT",
        f"{'type_trait = not set':48}  # default",
        f"{'rules = [':48}  # {config}",
        '  {type = "company", value = ["context.groupId"], calls = ["group"]},',
        "ok   destination amplitude: http://user:***@127.0.0.1:1, http-v2, route events",
    ):
        assert line in lines
    assert (
        lines.index("[segment]")
        < lines.index("[destinations.amplitude]")
        < lines.index(f"ok   configuration: {config}")
    )
    assert "hush" not in said


def test_check_shows_the_configuration_where_the_journal_cannot_be(translator):
    done = translator("check", "--show", code=2, JOURNAL_URL="mysql://user:hush@host/db")
    assert f"{'url = ' + chr(34) + '***' + chr(34):48}  # environment: JOURNAL_URL" in done.stdout
    assert "hush" not in done.stdout + done.stderr


def test_check_fails_where_the_journal_cannot_be(translator, tmp_path):
    (tmp_path / "journal.db").mkdir()
    assert "bad  journal: " in translator("check", code=1).stdout


def test_check_fails_where_the_browsers_library_is_not_in_its_folder(translator):
    said = translator("check", code=1, TRANSLATOR__SEGMENT__ANALYTICS_JS="umd").stdout
    assert "bad  segment.analytics_js: 'umd' has no index.js and no standalone.js" in said


def test_the_sandbox_says_a_taken_port(translator, amplitude):
    port = amplitude.url.rpartition(":")[2]
    assert (
        f"port {port} on 127.0.0.1: Address already in use; choose another with --port"
        in translator("sandbox", "--port", port, code=1).stderr
    )


def test_the_sandbox_says_a_file_that_cannot_be(translator, tmp_path):
    said = translator("sandbox", "--port", "0", "--data", "/nonexistent/x", code=1).stderr
    assert "Error: --data /nonexistent/x: No such file or directory" in said
    assert "port" not in said


def test_the_sandbox_ends_with_the_process_that_started_it(tmp_path):
    port = free_port()
    command = [sys.executable, "-m", "translator", "sandbox", "--port", str(port), "--beside"]
    starter = "import os, subprocess, sys; subprocess.run([*sys.argv[1:], str(os.getpid())])"
    parent = subprocess.Popen(
        [sys.executable, "-c", starter, *command],
        cwd=tmp_path,
        env=environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}/api/counts"
    until(lambda: requests.get(url, timeout=5).ok)
    time.sleep(1.2)
    assert requests.get(url, timeout=5).ok, "it watches, and stays"
    parent.kill()
    parent.wait()
    until(lambda: not is_taken(port), 10)


def is_taken(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def test_the_local_amplitude_is_told_whom_to_watch(tmp_path):
    port, sandbox_port = free_port(), free_port()
    process = run_demo(tmp_path, port, sandbox_port)
    assert process.stdout
    until(lambda: is_taken(sandbox_port))
    try:
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        if children.exists():
            (child, *_) = children.read_text().split()
            words = Path(f"/proc/{child}/cmdline").read_bytes().decode().split("\0")
            assert words[words.index("--beside") + 1] == str(process.pid)
    finally:
        process.send_signal(2)
        process.communicate(timeout=30)


def test_both_end_when_the_command_that_started_them_is_killed(tmp_path):
    port, sandbox_port = free_port(), free_port()
    process = run_demo(tmp_path, port, sandbox_port)
    until(lambda: is_taken(port) and is_taken(sandbox_port))
    process.kill()
    process.communicate(timeout=30)
    until(lambda: not is_taken(port) and not is_taken(sandbox_port), 40)


def test_demo_needs_the_sandbox(translator):
    assert "--demo needs --sandbox" in translator("serve", "--demo", code=2).stderr


def run_demo(folder, port, sandbox_port):
    command = [
        sys.executable,
        "-m",
        "translator",
        "serve",
        "--sandbox",
        "--demo",
        "--port",
        str(port),
        "--sandbox-port",
        str(sandbox_port),
    ]
    return subprocess.Popen(
        command, cwd=folder, env=environment(folder), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_the_demo_shows_what_arrived_and_stays_and_runs_again(tmp_path):
    port, sandbox_port = free_port(), free_port()
    for run in (1, 2):
        process = run_demo(tmp_path, port, sandbox_port)
        assert process.stdout
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Ctrl-C ends all of it." in line:
                break
        said = "".join(lines)
        for word in (
            "14 signed Segment calls",
            "Organization",
            "[Segment] Group",
            "onboarding_coho",
            "Order Completed",
            f"accepted {14 * run} =",
        ):
            assert word in said, said
        assert requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).json()["ready"]
        process.send_signal(2)
        assert process.wait(30) == 0
        process.stdout.close()
    with pytest.raises(requests.ConnectionError):
        requests.get(f"http://127.0.0.1:{sandbox_port}/", timeout=5)


def test_the_demo_says_a_taken_port(tmp_path, amplitude):
    port = int(amplitude.url.rpartition(":")[2])
    process = run_demo(tmp_path, free_port(), port)
    said, _ = process.communicate(timeout=30)
    assert process.returncode == 2
    assert f"translator: port {port} on 127.0.0.1: Address already in use; choose another: --sandbox-port" in said


def test_every_command_has_help():
    done = subprocess.run(
        [sys.executable, "-m", "translator", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    for name in (
        "serve",
        "deliver",
        "translate",
        "replay",
        "sandbox",
        "dead",
        "destination",
        "status",
        "forget",
        "check",
    ):
        assert f"\n  {name} " in done.stdout


def test_translate_explains_each_key(translator):
    done = translator("translate", "--explain", text=json.dumps(GROUP), **PAIR)
    (row,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert row["explain"][0]["groups.Organization"] == "traits.group_type, traits.name"
    assert len(row["explain"]) == len(row["records"]) == 2


def to_test(amplitude):
    return {"TRANSLATOR__DESTINATIONS__TEST__API_KEY": "k", "TRANSLATOR__DESTINATIONS__TEST__URL": amplitude.url}


def kept(tmp_path, *messages, at=None):
    """A journal with some calls, received at ``at`` (ms)."""
    journal = open_journal(JournalSettings(url=f"sqlite:///{tmp_path}/journal.db"))
    now = int(time.time() * 1000)
    facts = [Facts("webhook", now if at is None else at[number]) for number in range(len(messages))]
    journal.append([check(one, fact, Segment()) for one, fact in zip(messages, facts, strict=True)])
    return journal


def test_replay_from_the_journal_takes_what_was_received_in_a_span(translator, tmp_path, amplitude):
    day = 24 * 60 * 60 * 1000
    base = 1_710_028_800_000  # 2024-03-10
    kept(tmp_path, track("m1"), track("m2"), track("m3"), at=[base, base + day, base + 2 * day]).close()
    span = ("--since", "2024-03-11", "--until", "2024-03-12T00:00:00")
    done = translator("replay", "--from-journal", *span, "--destination", "test", **to_test(amplitude))
    assert done.stdout == "1 calls of the journal: delivered 1\n"
    (row,) = requests.get(amplitude.url + "/api/events", timeout=5).json()
    assert row["body"]["insert_id"] == "m2"
    assert translator("replay", "--from-journal", "--dry-run").stdout == "3 calls of the journal: would send event 3\n"
    (tmp_path / "x.json").write_text("{}")
    assert "say what" in translator("replay", "--from-journal", "--dry-run", "x.json", code=2).stderr
    assert not list(tmp_path.glob("replay-*")), "nothing is left of it"


def test_an_interrupted_replay_goes_on_where_it_was(translator, tmp_path, amplitude):
    kept(tmp_path, *(track(f"m{number}", f"user-{number}") for number in range(40))).close()
    env = {**to_test(amplitude), "TRANSLATOR__DELIVERY__BATCH_EVENTS": "10", "TRANSLATOR__DELIVERY__CLAIM_CALLS": "10"}
    slow = {"path": "/2/httpapi", "next": 1, "delay_seconds": 30, "ingest": True, "status": 200, "body": {"code": 200}}
    command = [sys.executable, "-m", "translator", "replay", "--from-journal", "--destination", "test"]
    requests.post(amplitude.url + "/api/behaviour", json={**slow, "next": 1, "delay_seconds": 0}, timeout=5)
    requests.post(amplitude.url + "/api/behaviour", json=slow, timeout=5)
    first = subprocess.Popen(command, cwd=tmp_path, env=environment(tmp_path, **env), stderr=subprocess.PIPE, text=True)
    until(lambda: amplitude.store.counts["ingested"] >= 20)
    first.send_signal(signal.SIGINT)
    assert "the same command goes on where it was" in first.communicate(timeout=30)[1]
    assert first.returncode == 130
    requests.post(amplitude.url + "/api/behaviour", json={"clear": True}, timeout=5)
    done = translator("replay", "--from-journal", "--destination", "test", **env)
    assert "an interrupted replay goes on" in done.stderr
    assert done.stdout == "40 calls of the journal: duplicates 40, delivered 40\n"
    assert amplitude.store.counts["event"] == 40
    sent = sum(row["records"] for row in requests.get(amplitude.url + "/api/requests", timeout=5).json())
    assert sent <= 50, "what had been settled was not sent again"


def test_what_may_count_twice_is_only_redriven_when_that_is_allowed(translator, tmp_path, amplitude):
    journal = kept(tmp_path, track("m1"), track("m2", "user-2"))
    journal.attach({"test": "earliest"})
    now = [int(time.time() * 1000) - 7 * 24 * 60 * 60 * 1000]
    journal._claims._now = lambda: now[0]
    for _ in range(2):
        lease = journal.claim("test", 1, 30)
        journal.settle(lease, {lease.items[0].id: Dead("forbidden", "no")}, {})
        now[0] = int(time.time() * 1000)
    journal.close()
    env = to_test(amplitude)
    done = translator("dead", "redrive", "--why", "forbidden", code=1, **env)
    assert done.stdout == "1 of 2 wait to be sent again\n"
    assert "1 of 2 were last tried more than 6 days ago" in done.stderr
    assert "--allow-doubles" in done.stderr
    assert [json.loads(line)["message_id"] for line in translator("dead", "export", **env).stdout.splitlines()] == [
        "m1"
    ]
    assert translator("dead", "redrive", "d1", "--allow-doubles", **env).stdout == "1 of 1 wait to be sent again\n"


def test_dead_letters_are_exported_to_a_file_all_of_them(translator, tmp_path):
    journal = kept(tmp_path, *(track(f"m{number}", f"u{number}") for number in range(1200)))
    journal.attach({"test": "earliest"})
    lease = journal.claim("test", 5000, 30)
    verdicts = {item.id: Dead("forbidden" if int(item.id) % 2 else "silenced", "no") for item in lease.items}
    journal.settle(lease, verdicts, {})
    journal.append([], [Refusal("webhook", 1, {"": ["bad"]}, b"[]")])
    journal.close()
    translator("dead", "export", "all.jsonl")
    rows = [json.loads(line) for line in (tmp_path / "all.jsonl").read_text().splitlines()]
    assert len(rows) == 1201
    assert rows[0]["call"]["messageId"] == "m0"
    assert rows[-1]["why"] == "invalid"
    done = translator("dead", "export", "--why", "silenced", "--destination", "test")
    assert len(done.stdout.splitlines()) == 600


def test_a_delete_is_translated_as_the_webhooks(translator):
    """Not as one of an SDK, from which none is taken."""
    message = json.dumps({"type": "delete", "userId": "user-1", "messageId": "m1"})
    env = {"AMPLITUDE_API_KEY": "k", "AMPLITUDE_SECRET_KEY": "s", "TRANSLATOR__TRANSLATE__DELETE": "true"}
    done = translator("translate", text=message, **env)
    row = json.loads(done.stdout)
    assert (row["error"], [one["kind"] for one in row["records"]]) == (None, ["user_deletion"])

"""A user's own function around translation."""

import os
import signal
import subprocess
import sys
import textwrap
import time

import pytest

from translator.errors import SettingsError, Untranslatable
from translator.hooks import Translator, check_hook, translator
from translator.parcels import Facts
from translator.settings.load import settings_from
from translator.settings.values import translation_settings
from translator.validate import check

MODULE = """
import os, signal, sys, time
def nothing(call, records): return None
def drop(call, records): return []
def rename(call, records):
    if records is None: return {**call, "event": "Renamed"}
def split(call, records):
    if records is None: return [{**call, "event": "One"}, {**call, "event": "Two"}]
def add(call, records):
    if records: return [*records, {"kind": "event", "body": {"event_type": "Extra", "user_id": "u"}}]
def mutate(call, records):
    call["event"] = "changed in place"
def fail(call, records): raise ValueError("my own trouble")
def nonsense(call, records):
    if records is None: return {"type": "track"}
def odd(call, records):
    if records: return [{"kind": "party"}]
def hang(call, records):
    if call["event"] == "hang": time.sleep(60)
def leave(call, records): sys.exit(4)
def vanish(call, records):
    if call["event"] == "e": os._exit(3)
def crash(call, records): os.kill(os.getpid(), signal.SIGSEGV)
def unwritable(call, records): return {1, 2}
def half(call, records):
    if records: return [{"kind": "group_identify", "body": {"group_type": "t"}}]
def loud(call, records): print("hear me")
number = 5
"""


@pytest.fixture
def hooked(tmp_path, monkeypatch):
    (tmp_path / "my_hooks.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))

    made: dict[str, Translator] = {}

    def run(name, event="e"):
        settings = settings_from({"translate": {"hook": f"my_hooks:{name}", "hook_seconds": 1.0}})
        message = {
            "type": "track",
            "event": event,
            "userId": "u",
            "messageId": "m",
            "timestamp": "2024-03-10T17:04:05Z",
        }
        call = check(message, Facts("webhook", 1710090246000), settings.segment)
        if name not in made:
            made[name] = translator(translation_settings(settings))
        return made[name](call, None)

    yield run
    for one in made.values():
        one.close()


def events(translation):
    return [(record.body["event_type"], record.body["insert_id"]) for record in translation.records]


def test_what_it_leaves_alone_is_as_without_it(hooked):
    assert events(hooked("nothing")) == [("e", "m")]
    assert events(hooked("mutate")) == [("e", "m")], "it gets a copy"


def test_it_changes_splits_and_adds_with_insert_ids_of_their_own(hooked):
    assert events(hooked("rename")) == [("Renamed", "m")]
    assert events(hooked("split")) == [("One", "m"), ("Two", "m-h1")]
    assert events(hooked("add")) == [("e", "m"), ("Extra", "m-h1")]


def test_what_it_drops_is_ignored_with_a_reason(hooked):
    assert (hooked("drop").records, hooked("drop").ignored) == ((), "hook")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("fail", "the hook raised ValueError: my own trouble"),
        ("nonsense", "the hook's call is invalid: event: required"),
        ("odd", "the hook's answer is wrong: a record is"),
        ("half", "the hook's answer is wrong: the body of a record of kind group_identify needs group_value"),
        ("unwritable", "the hook raised TypeError: its answer cannot be written as JSON"),
        ("leave", "the hook raised SystemExit: 4"),
        ("vanish", r"the hook ended its process \(exit code 3\)"),
        ("crash", r"the hook ended its process \(signal 11\)"),
    ],
)
def test_its_errors_are_dead_letters_in_plain_words(hooked, name, said):
    with pytest.raises(Untranslatable, match=said) as caught:
        hooked(name)
    assert caught.value.reason == "hook_error"


@pytest.mark.parametrize("name", ["my_hooks:missing", "my_hooks:number", "no_such_module:f"])
def test_one_that_cannot_be_loaded_stops_the_start(hooked, name):
    settings = settings_from({"translate": {"hook": name}})
    with pytest.raises(SettingsError, match=rf"translate\.hook: '{name}' cannot be loaded: "):
        check_hook(translation_settings(settings))


def test_its_name_must_be_a_name():
    with pytest.raises(SettingsError, match=r"translate\.hook: 'os' must be package\.module:function"):
        settings_from({"translate": {"hook": "os"}})


def test_one_that_hangs_is_ended_and_the_next_call_has_a_new_one(hooked):
    with pytest.raises(Untranslatable, match="the hook took more than 1 s") as caught:
        hooked("hang", "hang")
    assert caught.value.reason == "hook_hangs"
    assert events(hooked("hang")) == [("e", "m")]


def test_one_that_ended_its_process_has_a_new_one(hooked):
    with pytest.raises(Untranslatable):
        hooked("vanish")
    assert events(hooked("vanish", "other")) == [("other", "m")]


def test_what_it_prints_is_not_among_the_rows(hooked, tmp_path):
    config = tmp_path / "translator.toml"
    config.write_text('[translate]\nhook = "my_hooks:loud"\n')
    line = b'{"type":"track","event":"e","userId":"u","messageId":"m","timestamp":"2024-03-10T17:04:05Z"}\n'
    command = [sys.executable, "-m", "translator", "translate", "--config", str(config)]
    done = subprocess.run(command, input=line, capture_output=True, cwd=tmp_path, check=True)
    assert done.stdout.count(b"\n") == 1
    assert done.stdout.startswith(b'{"message_id":"m"')
    assert b"hear me" in done.stderr


def test_its_process_ends_with_a_killed_parent_even_when_it_hangs(hooked, tmp_path):
    code = """
        import sys
        from translator.hooks.host import Host
        host = Host("my_hooks:hang", 60)
        host.begin()
        print(host._process.pid, flush=True)
        host.ask({"event": "hang"}, None)
    """
    parent = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, cwd=tmp_path, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    os.kill(child, 0)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while _runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _runs(child)


def _runs(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False

"""What a pasted configuration would change of the newest calls: told on a page, and nothing that it names is run."""

import json
import re
import sys
from html import unescape
from io import BytesIO
from typing import Any

import pytest

from tests.dashboard.conftest import LOCAL, PAIR, group, track
from translator.dashboard import looking
from translator.dashboard.mounting import STATIC
from translator.errors import SettingsError
from translator.receive.app import create_app
from translator.reports.diff import page
from translator.reports.diff.tried import MOST_CHARACTERS, tried
from translator.reports.newest import Newest
from translator.settings.load import settings_from, settings_of_text

HOSTILE = "<script>alert(1)</script>"
NEW = """[groups]
type_trait = "group_type"
value_trait = "name"
[translate]
properties_deny = ["plan"]
"""


@pytest.fixture
def client(board):
    """A browser of this machine; the service has a destination, the pair, and some calls."""
    client = board(LOCAL, groups=PAIR, destinations={"amplitude": {"api_key": "hush" * 8}})
    calls = [track(f"m{n}", properties={"plan": "pro", "text": HOSTILE}) for n in range(5)]
    assert client.post("/webhook", json=[*calls, group()]).json["accepted"] == 6
    return client


def submit(client, text, **more):
    (token,) = re.findall(r'name="csrf_token" value="([^"]+)"', client.get("/settings/diff").get_data(as_text=True))
    return client.post("/settings/diff", data={"text": text, "csrf_token": token, **more})


def plain(client, text, **more):
    answer = submit(client, text, **more, **{"as": "json"})
    assert answer.status_code == 200, answer.data
    assert answer.headers["Content-Disposition"] == 'attachment; filename="diff.json"'
    return json.loads(answer.data)


def read(answer):
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True))).split())


def test_it_is_told_on_a_page_and_stays_in_the_form(client):
    assert 'href="/settings/diff"' in client.get("/settings").get_data(as_text=True)
    answer = submit(client, f"{NEW}[destinations.amplitude]\n")
    assert answer.status_code == 200
    text = read(answer)
    assert "6 calls of the newest 1,000 of the journal, translated as configured: 5 would change (83.3 %)" in text
    assert "event event_properties.plan" in text
    assert "Groups stay as they are." in text
    assert 'properties_deny = ["plan"]' in text
    assert "hush" not in text
    assert "destinations.amplitude.api_key" not in text, "a key that is left out is the one that there is"


def test_groups_that_change_come_with_a_warning(client):
    text = read(submit(client, "[groups]\nlevel = 'user'\n[destinations.amplitude]"))
    assert "Amplitude never rewrites history" in text
    assert "Group type Organization gets nothing any more (1 call before)" in text


def test_a_file_instead_and_files_to_take_away(client):
    file = (BytesIO(NEW.encode()), "new.toml")
    assert "5 would change" in read(submit(client, "", file=file))
    found = plain(client, NEW, calls="10000")
    assert (found["calls"], found["changed"], found["cut"]) == (6, 5, False)
    assert found["source"] == "the newest 10,000 of the journal"
    answer = submit(client, NEW, **{"as": "html"})
    assert answer.headers["Content-Disposition"] == 'attachment; filename="diff.html"'
    assert "<h1>What would change</h1>" in answer.get_data(as_text=True)
    assert submit(client, "", file=(BytesIO(b"\xff"), "new.toml")).status_code == 400


def test_a_destination_is_in_both(client):
    new = "[destinations.amplitude.groups]\nlevel = 'event'\n"
    assert plain(client, f"{NEW}{new}", destination="amplitude")["destination"] == "amplitude"
    answer = submit(client, NEW, destination="amplitude")
    assert (answer.status_code, "has no destination amplitude" in read(answer)) == (400, True)


@pytest.mark.parametrize(
    "text",
    [
        "nonsense", "[groups]\nlevel = 'none'", "[nothing]", "destinations = 1", "destinations = [1]", "[destinations]\na = 1",
        "segment = 1", "a = " + "[" * 5000, f"'{HOSTILE}' = 1", "a = 0x" + "f" * 5000, "x = " + "9" * 5000, "a=1\na=2", "\x00",
        ".".join(["a"] * 40_000) + " = 1", "[" + " . ".join(['"a"'] * 15_000) + "]", f"{'a.' * 60}a = {{ {'a.' * 60}a = {{ " * 60 + "a = 1",
        "a = " + f"{{ {'a.' * 60}a = " * 60 + "1" + " }" * 60,
    ],
)  # fmt: skip
@pytest.mark.parametrize("variable", [None, "AMPLITUDE_API_KEY", "TRANSLATOR_SANDBOX_URL"])
def test_what_is_no_configuration_is_told(client, monkeypatch, text, variable):
    if variable:
        monkeypatch.setenv(variable, "http://127.0.0.1:1")
    answer = submit(client, text)
    assert answer.status_code == 400
    page = answer.get_data(as_text=True)
    assert 'class="problem"' in page
    assert "<script>" not in page


def test_no_hook_is_run_of_either_side_and_that_is_said(board, tmp_path, monkeypatch):
    (tmp_path / "trap.py").write_text(f"open({str(tmp_path / 'sprung')!r}, 'w')\ndef hook(call, records): return []\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    client = board(LOCAL, destinations={"a": {"api_key": "k"}})
    client.post("/webhook", json=track())
    hook = '[destinations.a]\n[translate]\nhook = "trap:hook"\n'
    found = plain(client, hook)
    assert (found["hooks_left_out"], found["changed"]) == (True, 0)
    assert "translate.hook" in [one["key"] for one in found["settings"]]
    found = plain(client, '[destinations.a]\n[destinations.a.translate]\nhook = "trap:hook"\n')
    assert found["hooks_left_out"]
    assert "no code is run from here" in read(submit(client, hook))
    own = board(LOCAL, translate={"hook": "trap:hook"})
    assert plain(own, "")["hooks_left_out"]
    assert not (tmp_path / "sprung").exists()


OPENS = """
import sys
from translator.parcels import Call
from translator.reports.diff.tried import tried
from translator.settings.load import settings_from
import translator.reports.diff.page, translator.settings.schema, marshmallow
class Empty:
    def newest(self, *what): return []
text = open(sys.argv[1]).read()
tried("[groups]\\n[[groups.rules]]\\ntype = 'a'\\nvalue = 'b.c'", settings_from({}), Empty(), 1, None, 1)
seen = []
sys.addaudithook(lambda name, what: seen.append((name, str(what))) if name.split(".")[0] in (
    "open", "os", "socket", "subprocess", "sqlite3", "import", "exec", "shutil", "ctypes") else None)
found = tried(text, settings_from({}), Empty(), 1, None, 1)
print([one for one in seen])
"""


def test_nothing_that_the_text_names_is_opened(tmp_path):
    """Files, hosts, modules: as the interpreter itself tells of them."""
    import subprocess

    from tests.processes import environment

    (tmp_path / "text").write_text(
        '[translate]\nhook = "antigravity:hook"\n[segment]\nanalytics_js = "/etc"\n[journal]\nurl = "sqlite:////etc/passwd"\n'
        '[server]\nhost = "192.0.2.1"\n[destinations.x]\napi_key = "k"\nurl = "http://127.0.0.1:9"\n'
        '[[groups.rules]]\ntype = "$.traits.x"\nvalue = "a.b"\n'
    )
    done = subprocess.run(
        [sys.executable, "-c", OPENS, str(tmp_path / "text")],
        cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert done.stdout == "[]\n"


def test_time_is_bounded_and_what_was_looked_at_is_said(client, monkeypatch):
    client.post("/webhook", json=[track(f"n{n}", properties={"plan": 1}) for n in range(600)])
    monkeypatch.setattr(looking, "SECONDS", -1.0)
    found = plain(client, NEW)
    assert (found["calls"], found["cut"]) == (1, True)
    assert "Not all calls were looked at: time was up after 1." in read(submit(client, NEW))


def test_only_the_newest_are_looked_at_in_the_order_in_which_they_came(client):
    client.post("/webhook", json=[track(f"n{n}") for n in range(1500)])
    settings, journal = client.application.extensions["translator"]
    for count in (1, 499, 500, 501, 1000, 1200, 5000):
        names = [one.message_id for one in Newest(journal, count)]
        every = [*(f"m{n}" for n in range(5)), "g1", *(f"n{n}" for n in range(1500))]
        assert names == every[-count:]
    assert tried(NEW, settings, journal, 1000, None, 60).changed == 0


def test_it_is_for_who_may_look_and_needs_a_token(board, client):
    assert client.post("/settings/diff", data={"text": NEW}).status_code == 400
    assert board().get("/settings/diff").status_code == 404
    guarded = board(dashboard={"password": "correct horse battery"})
    for answer in (guarded.get("/settings/diff"), guarded.post("/settings/diff", data={"text": NEW})):
        assert answer.status_code in (303, 400)
        assert "would change" not in answer.get_data(as_text=True)


def test_too_much_is_refused_and_two_at_once_too(client, monkeypatch):
    assert submit(client, "x" * (MOST_CHARACTERS + 1)).status_code == 413
    inner: list[Any] = []

    def slow(*arguments, **more):
        if not inner:
            inner.append(submit(client, NEW))
        return tried(*arguments, **more)

    monkeypatch.setattr("translator.reports.diff.tried.tried", slow)
    assert submit(client, NEW).status_code == 200
    assert (inner[0].status_code, "Somebody else looks" in read(inner[0])) == (503, True)
    assert submit(client, NEW).status_code == 200, "it was let go of"


def test_what_is_pasted_is_hostile_and_shown_as_text(client):
    text = f"[groups]\ntype_trait = '{HOSTILE}'\nvalue_trait = '{HOSTILE}'\n[fields]\nuser_id = '{HOSTILE}'\n# </textarea>{HOSTILE}"
    answer = submit(client, text)
    assert answer.status_code == 200
    page = answer.get_data(as_text=True)
    assert "<script>" not in page
    assert page.count("</textarea>") == 1
    body = page.partition("<main")[2]
    assert not re.search(r"<style|\sstyle=|\son\w+=", body)


def test_the_rules_of_both_pages_are_the_same():
    assert (STATIC / "diff.css").read_text() == page.css()


def test_environment_variables_count_over_the_text():
    found = settings_of_text("[groups]\nlevel = 'event'", "x", environment={"TRANSLATOR__GROUPS__LEVEL": "both"})
    assert (found.groups.level, found.origin) == ("both", "x")
    found = settings_of_text("[destinations.a]\n[destinations.b]\napi_key = 'own'", "x", {"a": "A", "b": "B"}, {})
    assert {name: one.api_key for name, one in found.destinations.items()} == {"a": "A", "b": "own"}
    assert create_app(settings_from({}))


def test_a_file_of_mappings_that_the_text_names_is_not_opened(tmp_path):
    one = [{"name": "A", "actionSlug": "logEventV2", "trigger": 'type = "track"', "settings": {"user_id": "u"}}]
    for name in ("runs.json", "other.json"):
        (tmp_path / name).write_text(json.dumps(one))
    for name in (str(tmp_path / "other.json"), "/dev/zero", "/nowhere"):
        with pytest.raises(SettingsError, match="is not opened for a text"):
            settings_of_text(f"[translate]\nmappings = '{name}'", "x", environment={})
    running = settings_from({"translate": {"mappings": "runs.json"}}, str(tmp_path / "translator.toml"))
    (tmp_path / "runs.json").unlink()
    text = "[translate]\nmappings = 'runs.json'\n[destinations.a]\napi_key = 'k'"
    known = {"runs.json": running.translate.subscriptions}
    found = settings_of_text(text, "x", environment={}, mappings=known)
    assert found.destinations["a"].translation.translate.subscriptions == running.translate.subscriptions != ""

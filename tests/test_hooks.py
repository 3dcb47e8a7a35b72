"""A user's own function around translation."""

import pytest

from translator.errors import SettingsError, Untranslatable
from translator.hooks import load, translator
from translator.parcels import Facts
from translator.settings.load import settings_from
from translator.settings.values import translation_settings
from translator.validate import check

MODULE = """
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
number = 5
"""


@pytest.fixture
def hooked(tmp_path, monkeypatch):
    (tmp_path / "my_hooks.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))

    def run(name):
        settings = settings_from({"translate": {"hook": f"my_hooks:{name}"}})
        message = {"type": "track", "event": "e", "userId": "u", "messageId": "m", "timestamp": "2024-03-10T17:04:05Z"}
        call = check(message, Facts("webhook", 1710090246000), settings.segment)
        return translator(translation_settings(settings))(call, None)

    return run


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
    ],
)
def test_its_errors_are_dead_letters_in_plain_words(hooked, name, said):
    with pytest.raises(Untranslatable, match=said) as caught:
        hooked(name)
    assert caught.value.reason == "hook_error"


@pytest.mark.parametrize("name", ["my_hooks:missing", "my_hooks:number", "no_such_module:f"])
def test_one_that_cannot_be_loaded_stops_the_start(hooked, name):
    with pytest.raises(SettingsError, match=r"translate\.hook: "):
        load(name)


def test_its_name_must_be_a_name():
    with pytest.raises(SettingsError, match=r"translate\.hook: 'os' must be package\.module:function"):
        settings_from({"translate": {"hook": "os"}})

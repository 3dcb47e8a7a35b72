"""What calls leave for later ones: the same as a dict would have it, and no more of it in memory than may be."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translator.parcels import Json
from translator.reports.remembered import Remembered
from translator.reports.rows import Translator
from translator.settings.load import settings_from
from translator.settings.values import translation_settings

SUBJECTS = st.sampled_from(["a", "b", "c", "d", "é\x00", "\ud800", ""])
STATES = st.dictionaries(st.sampled_from(["groups", "sessions"]), st.dictionaries(st.text(max_size=3), st.integers()))
STEPS = st.lists(st.tuples(SUBJECTS, st.none() | STATES), max_size=60)


@pytest.mark.parametrize("most", [1, 2, 3, 15])
@settings(deadline=None)
@given(STEPS)
def test_it_is_what_a_dict_would_be(most, steps):
    plain: dict[str, Json] = {}
    bounded = Remembered(most)
    for subject, state in steps:
        assert bounded.get(subject) == plain.get(subject)
        if state is not None:
            plain[subject] = bounded[subject] = state
            assert len(bounded._near) <= most
    assert {subject: bounded.get(subject) for subject in plain} == plain
    bounded.close()


def test_what_is_left_to_the_file_has_no_name_and_is_on_disk():
    bounded = Remembered(10)
    for number in range(100_000):
        bounded[f"user-{number}"] = {"groups": {"company": {"value": "acme" * 10, "at": number}}}
    (file,) = _nameless()
    assert file.stat().st_size > 5_000_000, "most is not in memory"
    assert file.stat().st_mode & 0o077 == 0, "for its owner only"
    assert bounded.get("user-7") == {"groups": {"company": {"value": "acme" * 10, "at": 7}}}
    bounded.close()
    assert _nameless() == []


def test_what_calls_become_does_not_depend_on_how_much_is_held():
    told = {
        "groups": {"type_trait": "kind", "value_trait": "name", "level": "both"},
        "translate": {"session_minutes": 5},
    }
    settings_ = settings_from(told)
    sides = [Translator(settings_.segment, translation_settings(settings_), memory=Remembered(most)) for most in (1, 9)]
    for number in range(200):
        body = {
            "userId": f"u{number * 7 % 5}",
            "messageId": f"m{number}",
            "timestamp": f"2026-11-01T00:{number % 60:02}:00Z",
        }
        traits = {"kind": f"k{number % 2}", "name": f"n{number % 3}"}
        call = (
            {**body, "type": "track", "event": "e"}
            if number % 3
            else {**body, "type": "group", "groupId": "g", "traits": traits}
        )
        one, other = (side.row(json.dumps(call).encode(), 1) for side in sides)
        assert one == other
        assert one.error is None


def _nameless():
    """Deleted files that this process has open, of SQLite's."""
    entries = [entry for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
    return [entry for entry in entries if "etilqs" in os.readlink(entry) and "deleted" in os.readlink(entry)]

"""A configuration that is kept is the one that was, without keys."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from translator.settings.load import settings_from
from translator.settings.stored import from_text, to_text
from translator.settings.values import Destination

FIXTURES = sorted(Path(__file__).parents[2].joinpath("fixtures").rglob("*.json"))
CASES = {str(path): json.loads(path.read_text()).get("settings") or {} for path in FIXTURES}


def destination(tree, **own):
    return settings_from(
        {**tree, "destinations": {"a": {"api_key": "k" * 32, "secret_key": "hush-hush", **own}}}
    ).destinations["a"]


@pytest.mark.parametrize(
    "tree", [one for one in CASES.values() if set(one) <= {"translate", "groups", "fields"}], ids=str
)
def test_every_configuration_of_the_fixtures_comes_back(tree):
    one = destination(tree)
    assert from_text(to_text(one), "a") == replace(one, api_key="", secret_key=None)


def test_what_decides_the_requests_comes_back_without_keys():
    one = destination(
        {}, region="eu", endpoint="batch", route="identify-apis", min_id_length=3,
        url="https://user:hush@proxy.example:8443", gzip=True,
    )  # fmt: skip
    text = to_text(one)
    assert "hush" not in text
    assert "kkkk" not in text
    assert from_text(text, "a") == replace(one, api_key="", secret_key=None, url="https://proxy.example:8443")


def test_a_configuration_of_another_version_is_read_as_far_as_it_is_known():
    found = json.loads(to_text(Destination("a")))
    found["translation"]["translate"]["of_tomorrow"] = 1
    found["of_tomorrow"] = 1
    assert from_text(json.dumps(found), "b") == Destination("b")


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"translation": 1}', '{"translation": {"translate": 1}}'])
def test_anything_else_is_no_configuration(text):
    with pytest.raises(ValueError, match=r".*"):
        from_text(text, "a")

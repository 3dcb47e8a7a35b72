"""Answers of the API, well and badly formed, and what was pulled, read again."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from translator.errors import TaxonomyUnavailable
from translator.taxonomy.definitions import Definition, Present, definitions_of, present_of

PAGE: list[dict[str, Any]] = [
    {
        "group_type": "Group 1", "group_property": "grp:Group Property 1", "description": "First Group Property",
        "type": "string", "enum_values": None, "regex": None, "is_array_type": False, "classifications": ["PII"],
    },
    {"group_type": "Group 1", "group_property": "grp:tier", "type": "enum", "enum_values": "red, yellow,blue ,,red", "is_hidden": True},
    {"group_type": None, "group_property": "first_seen", "type": "STRING", "is_array_type": True, "regex": "x"},
    {"group_type": "Group 2", "group_property": "grp:of another"},
]  # fmt: skip
"""As Amplitude's page shows them, and otherwise."""

TEXTS = st.text(st.characters(codec="utf-8"), max_size=6)
NAMES = TEXTS.filter(str.strip)
LISTED = st.lists(NAMES.map(str.strip).filter(lambda one: one and "," not in one), max_size=3, unique=True).map(tuple)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from([*PAGE[0].keys(), "is_hidden", "name", "is_custom"])


def definitions(group_type):
    kinds = st.sampled_from(["any", "string", "number", "boolean", "enum"])
    return st.builds(
        Definition, NAMES, st.just(group_type), TEXTS, kinds, LISTED, TEXTS, st.booleans(), st.booleans(), st.booleans(), LISTED,
    )  # fmt: skip


@st.composite
def presents(draw):
    types = draw(st.lists(NAMES, max_size=3, unique=True))
    found = {name: tuple(draw(st.lists(definitions(name), max_size=3))) for name in types}
    missing = draw(st.lists(NAMES, max_size=2))
    return Present(found, tuple(missing), tuple(draw(st.lists(definitions(None), max_size=3))))


def test_an_answer_is_read_as_amplitudes_page_shows_it():
    assert definitions_of(PAGE, "Group 1") == (
        Definition("Group Property 1", "Group 1", "First Group Property", "string", classifications=("PII",)),
        Definition("tier", "Group 1", type="enum", values=("red", "yellow", "blue"), is_hidden=True),
        Definition("first_seen", "Group 1", type="string", regex="x", is_list=True, is_custom=False),
    )
    assert [one.group_type for one in definitions_of(PAGE, None)] == [None] * 4
    assert definitions_of([{"group_property": "grp:grp:x"}], None)[0].name == "grp:x"


@pytest.mark.parametrize("data", [None, {}, "x", [None], [{}], [{"group_property": 1}], [{"group_property": ""}]])
def test_what_is_no_answer_is_said_to_be_none(data):
    with pytest.raises(TaxonomyUnavailable, match="the Taxonomy API"):
        definitions_of(data, "Group 1")


@settings(max_examples=100, deadline=None)
@given(JSON | st.lists(st.dictionaries(KEYS, JSON, max_size=9), max_size=3))
def test_any_answer_is_read_or_refused(data):
    try:
        found = definitions_of(data, "Group 1")
    except TaxonomyUnavailable:
        return
    for one in found:
        assert all(isinstance(text, str) for text in (one.name, one.description, one.type, one.regex, *one.values))


@settings(max_examples=100, deadline=None)
@given(presents())
def test_what_was_pulled_is_read_as_it_was(present):
    assert present_of(json.loads(json.dumps(present.plain("test")))) == present


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({}, "is not what"), ([], "is not what"), ("x", "is not what"), ({"version": 2}, "version must be 1"),
        ({"version": 1, "group_types": [1], "missing_group_types": [], "properties": []}, "is not what"),
        ({"version": 1, "group_types": [], "missing_group_types": [], "properties": [{"name": "x"}]}, "is not what"),
    ],
)  # fmt: skip
def test_what_is_no_pulled_file_is_said_to_be_none(data, said):
    with pytest.raises(TaxonomyUnavailable, match=said):
        present_of(data)


@settings(max_examples=100, deadline=None)
@given(
    JSON
    | st.fixed_dictionaries(
        {
            "version": st.just(1),
            "group_types": JSON,
            "missing_group_types": JSON,
            "properties": st.lists(st.dictionaries(KEYS, JSON, max_size=9), max_size=2) | JSON,
        }
    )
)
def test_any_pulled_file_is_read_or_refused(data):
    with suppress(TaxonomyUnavailable):
        assert isinstance(present_of(data), Present)

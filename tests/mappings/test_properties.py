"""Whatever a mapping, a message or a query is: a result or MappingError, in bounded time and depth."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator import jsontext
from translator.mappings import ABSENT, MappingError, check, matches, parse, transform

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
DIRECTIVES = (
    "@if", "@case", "@replace", "@arrayPath", "@path", "@template", "@literal", "@flatten", "@json", "@merge",
    "@transform", "@excludeWhenNull", "@liquid", "@other",
)  # fmt: skip
KEYS = st.sampled_from(
    ["exists", "blank", "then", "else", "operator", "value", "pattern", "replacement", "pattern2", "ignorecase",
     "global", "separator", "omitArrays", "mode", "objects", "direction", "apply", "mapping", "a", "_metadata",
     "__segment_internal_directive"]
) | st.sampled_from(DIRECTIVES) | st.text(max_size=4)  # fmt: skip
PATHS = st.sampled_from(
    ["$.a", "a.b", "$", "", ".", "$.a[0]", "a.length", "a['b']", "[", "{{a}}", "{{{a}}} {{b.c}}", "{{ a | upcase }}",
     "{% if a %}x{% else %}y{% endif %}", "{{ a | divided_by: 0 }}", "lower", "upper", "encode", "decode", "left", "right", "$&", "$$", "."]
)  # fmt: skip
VALUES = st.recursive(
    SCALARS | PATHS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.builds(lambda name, value: {name: value}, st.sampled_from(DIRECTIVES), inner)
    ),
    max_leaves=20,
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc") | st.text(max_size=3), inner),
    max_leaves=12,
)
ARGUMENTS = st.fixed_dictionaries(
    {},
    optional={
        "value": VALUES,
        "exists": VALUES,
        "blank": VALUES,
        "then": VALUES,
        "else": VALUES,
        "operator": st.sampled_from(["lower", "upper", "other", 1]),
        "pattern": st.text(min_size=1, max_size=11),
        "replacement": st.text(max_size=11) | PATHS,
        "pattern2": st.text(max_size=3),
        "global": st.booleans() | SCALARS,
        "ignorecase": st.booleans(),
        "separator": PATHS | SCALARS,
        "mode": st.sampled_from(["encode", "decode", "other"]),
        "objects": st.lists(VALUES, max_size=3) | SCALARS,
        "direction": st.sampled_from(["left", "right", "up"]),
        "apply": VALUES,
        "mapping": VALUES,
    },
)
MAPPINGS = VALUES | st.dictionaries(
    KEYS, st.builds(lambda name, value: {name: value}, st.sampled_from(DIRECTIVES), ARGUMENTS | VALUES), max_size=4
)


@given(MAPPINGS, JSON)
def test_any_mapping_and_message_give_a_result_or_a_named_error(mapping, payload):
    before = jsontext.dumps([mapping, payload])
    try:
        found = transform(mapping, payload)
    except MappingError as error:
        found = error.faults
    assert found is ABSENT or jsontext.dumps(found) is not None
    assert jsontext.dumps([mapping, payload]) == before


WORDS = st.sampled_from(
    ["type", "event", "properties.a", "traits", "context.ip", "userId", "name", "=", "!=", "<", ">=", "!", "and", "or",
     "null", "true", '"x"', "'x'", "5", "-1.5", "(", ")", "contains", "match", '"x*"', ",", "[", "]", ".", "\\", " "]
)  # fmt: skip


@given(st.lists(WORDS | st.text(max_size=3), max_size=12).map(" ".join) | st.text(max_size=30), JSON)
def test_any_query_is_read_or_refused_and_matches_any_message(query, event):
    try:
        found = parse(query)
    except MappingError:
        return
    assert matches(found, event) in (True, False)


def nested(levels, around, inner):
    for _ in range(levels):
        inner = around(inner)
    return inner


@pytest.mark.parametrize(
    "around",
    [
        lambda inner: {"a": inner},
        lambda inner: [inner],
        lambda inner: {"@literal": inner},
        lambda inner: {"@merge": {"objects": [inner], "direction": "left"}},
        lambda inner: {"@transform": {"apply": inner, "mapping": inner}},
        lambda inner: {"x": {"@if": {"exists": inner, "then": inner}}},
    ],
)
def test_a_mapping_that_is_too_deep_is_refused(around):
    with suppress(MappingError):  # what is not too deep has a result, or is wrong for another reason
        transform({"a": nested(12, around, "x")}, {})
    with pytest.raises(MappingError, match="levels deep"):
        transform({"a": nested(400, lambda inner: {"@literal": inner}, around("x"))}, {})


@pytest.mark.parametrize(
    "mapping",
    [
        {"a": {"@path": "$.deep"}},
        {"a": {"@template": "{{deep}}"}},
        {"a": {"@liquid": "{{ deep }}"}},
        {"a": {"@flatten": {"value": {"@path": "$.deep"}, "separator": "."}}},
        {"a": {"@json": {"mode": "encode", "value": {"@path": "$.deep"}}}},
        {"a": {"@excludeWhenNull": {"@path": "$.deep"}}},
        {"a": {"@if": {"blank": {"@path": "$.deep"}, "then": 1}}},
    ],
)
@pytest.mark.parametrize("around", [lambda inner: [inner], lambda inner: {"a": inner}])
def test_a_message_may_be_as_deep_as_the_journal_takes(mapping, around):
    said = "levels deep"
    try:
        transform(mapping, {"deep": nested(900, around, 1)})
    except MappingError as error:
        said = str(error)
    assert "levels deep" in said


LONG = 100_000


@pytest.mark.parametrize(
    ("mapping", "payload"),
    [
        ({"a": {"@template": {"@path": "$.t"}}}, {"t": "{" * LONG}),
        ({"a": {"@template": {"@path": "$.t"}}}, {"t": "{{a" * LONG}),
        ({"a": {"@template": {"@path": "$.t"}}}, {"t": "{{a}" * LONG}),
        ({"a": {"@path": {"@path": "$.t"}}}, {"t": "a[" * LONG}),
        (
            {"a": {"@replace": {"pattern": "a+a*(a)$", "replacement": "$`$'$&", "value": {"@path": "$.t"}}}},
            {"t": "a" * LONG},
        ),
        ({"a": {"@replace": {"pattern": "a", "replacement": "$`$'$&", "value": {"@path": "$.t"}}}}, {"t": "a" * LONG}),
    ],
)
def test_no_text_takes_the_square_of_its_length(mapping, payload):
    """Which would be minutes: the time limit of a test."""
    assert transform(mapping, payload).keys() <= {"a"}


@pytest.mark.parametrize(
    "template",
    [
        "{% assign x = t | replace: 'a', t %}{{ x }}",
        "{% assign x = t %}" + "{% assign x = x | append: x %}" * 25 + "{{ x }}",
        "{{ t }}" * 40,
    ],
)
def test_what_liquid_makes_is_bounded(template):
    with pytest.raises(MappingError, match="characters"):
        transform({"a": {"@liquid": template}}, {"t": "a" * LONG})


def test_numbers_of_liquid_do_not_grow_without_bound():
    template = "{% assign x = n %}" + "{% assign x = x | times: x %}" * 30 + "{{ x }}"
    assert transform({"a": {"@liquid": template}}, {"n": 7})["a"] in ("Infinity", "NaN")


def test_the_present_day_is_nothing_that_a_mapping_knows():
    with pytest.raises(MappingError, match="now"):
        transform({"a": {"@liquid": "{{ 'now' | date: '%Y' }}"}}, {})


def test_every_fault_of_a_mapping_is_said():
    with pytest.raises(MappingError) as caught:
        check({"a": {"@path": 1}, "b": {"@nothing": 1}, "c": {"@json": {"mode": "x", "value": 1}}})
    assert len(caught.value.faults) == 3


def doubled(inner):
    return {"@transform": {"apply": {"a": {"@path": ""}, "b": {"@path": ""}}, "mapping": inner}}


def printed_twice(inner):
    return {"@transform": {"apply": {"t": {"@template": "{{t}}{{t}}"}}, "mapping": inner}}


@pytest.mark.parametrize("around", [doubled, printed_twice])
def test_a_mapping_that_doubles_what_it_has_is_bounded(around):
    with pytest.raises(MappingError, match="more than"):
        transform({"x": nested(20, around, {"y": {"@path": "t"}})}, {"t": "text"})


def test_a_template_that_a_message_writes_is_bounded():
    mapping = {"a": {"@template": {"@template": "{{t}}{{t}}"}}}
    with pytest.raises(MappingError, match="more than"):
        transform(mapping, {"t": "{{t}}" * 5000})


@pytest.mark.parametrize(
    "template",
    [
        "{{ big | round }}", "{{ big | ceil }}", "{{ large | plus: large | modulo: 2 }}", "{{ large | round: 15 }}",
        '{% assign n = 1 | divided_by: 0 %}{{ "abc" | slice: n }}', '{% assign n = 1 | divided_by: 0 %}{{ 1 | round: n }}',
    ],
)  # fmt: skip
def test_numbers_that_are_none_in_liquid_are_mapping_errors(template):
    with pytest.raises(MappingError, match="filter"):
        transform({"a": {"@liquid": template}}, {"big": 10**400, "large": 1.7e308})


def test_no_directive_makes_more_than_its_bound():
    """Of 36 KB ``@flatten`` made 32 MB of names; each ``@replace`` in another a hundred times what it was given."""
    nested: dict[str, Any] = dict.fromkeys(map(str, range(2000)), 1)
    for _ in range(40):
        nested = {"k" * 400: nested}
    replaced: Any = {"@path": "a"}
    for _ in range(4):
        again = {"pattern": "a", "replacement": "a" * 10, "pattern2": "a", "replacement2": "a" * 10}
        replaced = {"@replace": {**again, "value": replaced}}
    for mapping, payload in (
        ({"@flatten": {"value": {"@path": "a"}, "separator": "."}}, nested),
        ({"@literal": {"@path": "a"}}, {"k" * 600_000: 1, "l" * 600_000: 1}),
        (replaced, "a" * 30),
        ({"@liquid": '{{ a | split: "" | join: a }}'}, "a" * 15_000),
    ):
        with pytest.raises(MappingError, match="more than 1000000"):
            transform({"a": mapping}, {"a": payload})

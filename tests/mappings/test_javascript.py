"""What JavaScript thinks of a value: texts of numbers as node 20 printed them (String(value), 2026-11-28)."""

import pytest

from translator.mappings import lookup
from translator.mappings.javascript import ABSENT, is_blank, kind, number_text, text, truthy


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0.1, "0.1"), (5.0, "5"), (-0.0, "0"), (1e21, "1e+21"), (1.5e300, "1.5e+300"), (1e-6, "0.000001"),
        (1e-7, "1e-7"), (1.25e-7, "1.25e-7"), (123456789012345680000.0, "123456789012345680000"), (123.456, "123.456"),
        (-1e-7, "-1e-7"), (0.30000000000000004, "0.30000000000000004"), (2**60, "1152921504606846976"),
        (float("nan"), "NaN"), (float("inf"), "Infinity"), (float("-inf"), "-Infinity"),
    ],
)  # fmt: skip
def test_numbers(value, said):
    assert number_text(value) == said


@pytest.mark.parametrize(
    ("value", "said"),
    [(None, ""), (True, "true"), ([1, [2, None], "x"], "1,2,,x"), ({"a": 1}, "[object Object]"), ([{}], "[object Object]"), (ABSENT, "")],
)  # fmt: skip
def test_texts(value, said):
    assert text(value) == said


@pytest.mark.parametrize("value", [None, False, 0, 0.0, "", float("nan"), ABSENT])
def test_what_counts_as_false(value):
    assert not truthy(value)


@pytest.mark.parametrize("value", [True, 1, "0", [], {}])
def test_what_counts_as_true(value):
    assert truthy(value)


def test_what_is_loosely_equal_to_nothing():
    assert all(map(is_blank, ([], [[]], 0, False, "", None)))


def test_what_is_no_such_value():
    assert not any(map(is_blank, ([0], {}, " ", True, 1, "0")))


def test_names_of_types():
    every: list[object] = [None, 1, "", [], {}, True, ABSENT]
    assert [kind(value) for value in every] == [
        "null", "number", "string", "array", "object", "boolean", "undefined",
    ]  # fmt: skip


def test_long_paths_of_calls_are_not_kept():
    before = lookup._keys.cache_info().currsize
    assert lookup.at({"a": {"b": 1}}, "a.b" + "." * 300) == 1
    assert lookup._keys.cache_info().currsize == before

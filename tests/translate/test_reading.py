"""Times, amounts, paths and ids as people and machines write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.times import millis
from translator.translate.amounts import amount
from translator.translate.paths import at, first, text


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("2024-03-10T17:04:05.678Z", 1710090245678),
        ("2024-03-10T18:04:05.678+01:00", 1710090245678),
        ("2024-03-10T17:04:05.678", 1710090245678),
        ("2024-03-10T17:04:05.678999Z", 1710090245678),
        ("2024-03-10t17:04:05z", 1710090245000),
        ("2024-03-10", 1710028800000),
        ("2024-03", 1709251200000),
        ("2024", 1704067200000),
        ("03/10/2024", 1710028800000),
        ("Sun, 10 Mar 2024 18:04:05 +0100", 1710090245000),
        ("Sun Mar 10 2024 18:04:05 GMT+0100 (CET)", 1710090245000),
        ("Sun, 10 Mar 2024 12:04:05 EST", 1710090245000),
        (1710090245678, 1710090245678),
        (1710090245, 1710090245000),
        ("1710090245678", 1710090245678),
        ("1710090245", 1710090245000),
        (1710090245678123, 1710090245678),
    ],
)
def test_times_are_read(given_, expected):
    assert millis(given_) == expected


@pytest.mark.parametrize(
    "given_",
    ["", None, 0, True, [], {}, "now", "   ", "10:00", "March", "2024-02-30", "2024-13-01", "0000",
     "Sun, 10 Mar 2024 18:04:05 CEST", "x" * 200, 1e30],
)  # fmt: skip
def test_what_is_no_whole_time_is_none(given_):
    assert millis(given_) is None


@given(st.text(max_size=40) | st.integers() | st.floats() | st.from_regex(r"\d{1,4}[-/ :.]\d{1,2}[-/ T]\d{1,4}.{0,8}"))
def test_a_time_is_whole_milliseconds_or_none(value):
    assert isinstance(millis(value), (int, type(None)))


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (19.99, 19.99), ("19.99", 19.99), ("1e3", 1000.0), (" 12 ", 12), ("0x10", 16), ("+5", 5), (".5", 0.5),
        ("$19.99", 19.99), ("-$5.00", -5.0), ("1,299.00", 1299.0), ("12,345,678", 12345678), ("19,99 €", 19.99),
        ("1.299,00", 1299.0), ("EUR 12", 12), (True, 1), ([5], 5), (0, 0),
        ("1,299", None), ("free", None), ("NaN", None), ("Infinity", None), ("", None), (None, None), ({}, None),
        ("1.299 €", None), ("€1.299", None), ("1.299", 1.299), ("$0.999", 0.999), ([1, 2], None), ("9" * 500, None), ("1e999", None),
    ],
)  # fmt: skip
def test_amounts_are_read_where_they_are_clearly_a_number(given_, expected):
    assert amount(given_) == expected


@given(st.text(max_size=30))
def test_an_amount_is_finite_or_none(value):
    found = amount(value)
    assert found is None or abs(found) < float("inf")


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a.b", 1),
        ("$.a.b", 1),
        ("list.0.c", 2),
        ("list.9.c", None),
        ("a.b.c", None),
        ("no", None),
        ("flag.x", None),
    ],
)
def test_paths_reach_what_is_there_and_nothing_else(path, expected):
    assert at({"a": {"b": 1}, "list": [{"c": 2}], "flag": False}, path) == expected


def test_the_first_path_that_says_something_wins():
    assert first({"a": "", "b": [], "c": 0, "d": 1}, ("x", "a", "b", "c", "d")) == 0


@pytest.mark.parametrize(
    ("value", "expected"),
    [("x", "x"), (1.0, "1"), (False, "false"), (["x"], "x"), ("", None), ({}, None), (["a", "b"], None)],
)
def test_scalars_become_text_as_segment_coerces_them(value, expected):
    assert text(value) == expected

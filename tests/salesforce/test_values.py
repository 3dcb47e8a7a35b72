"""Salesforce's values as Amplitude takes them."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.salesforce.values import of_api, of_export


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Acme", "Acme"),
        (" Acme ", " Acme "),
        ("2026-11-28T05:00:00.000+0000", "2026-11-28T05:00:00.000+0000"),
        ("2026-11-28", "2026-11-28"),
        ("10115", "10115"),
        ("half \ud83d", "half \ufffd"),  # of an emoji, cut by a formula
        ({"city": "\ud83d"}, {"city": "\ufffd"}),
        (5000000.0, 5000000),
        (0.5, 0.5),
        (-3.0, -3),
        (0, 0),
        (True, True),
        (False, False),
        (None, None),
        ("", None),
        ("  ", None),
        ({"city": "Berlin", "geocodeAccuracy": None}, {"city": "Berlin"}),
        ({"attributes": {"type": "User"}, "Name": "Ann"}, {"Name": "Ann"}),
        ({"city": None}, None),
        (["a", None, "b"], ["a", "b"]),
        ([], None),
        (float("inf"), None),
    ],
)
def test_of_the_api(value, expected):
    found = of_api(value)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Acme", "Acme"),
        ("", None),
        (" ", None),
        ("true", True),
        ("false", False),
        ("TRUE", "TRUE"),
        ("5000000.0", 5000000),
        ("5000000", 5000000),
        ("0", 0),
        ("-1.5", -1.5),
        ("01115", "01115"),  # a postal code
        ("+49 30 1234", "+49 30 1234"),
        ("1e5", "1e5"),
        ("5,000", "5,000"),
        ("1234567890123456", "1234567890123456"),  # more than 15 digits
        ("\u0663", "\u0663"),  # a digit, but not of ours
        ("5\n", "5\n"),
    ],
)
def test_of_an_export(text, expected):
    found = of_export(text)
    assert (found, type(found)) == (expected, type(expected))


@given(st.floats(-1e14, 1e14).map(lambda number: round(number, 2)) | st.integers(-(10**14), 10**14) | st.booleans())
def test_an_export_and_the_api_say_the_same(value):
    """Unless repr has an exponent, which Salesforce does not write."""
    text = json.dumps(value)
    if "e" not in text or isinstance(value, bool):
        assert of_export(text) == of_api(value)
        assert type(of_export(text)) is type(of_api(value))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_nothing_is_left_that_amplitude_does_not_take(value):
    def look(one):
        assert one is not None
        assert one not in ("", [], {})
        assert not (isinstance(one, float) and not math.isfinite(one))
        for inner in one.values() if isinstance(one, dict) else one if isinstance(one, list) else ():
            assert not (isinstance(one, list) and isinstance(inner, list))
            look(inner)

    if (found := of_api(value)) is not None:
        look(found)


def test_half_a_character_is_replaced_as_in_calls():
    assert of_api("cut \ud83d") == "cut \ufffd"
    assert of_api({"street": "a\udc00", "list": ["\ud83d"]}) == {"street": "a\ufffd", "list": ["\ufffd"]}

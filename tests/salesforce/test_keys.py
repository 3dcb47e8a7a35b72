"""Ids of 15 and 18 characters, and what is nearly a key."""

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.salesforce.keys import (
    BLANKS,
    CASE,
    LONGER,
    SHORTER,
    as_form,
    checksum,
    difference,
    folded,
    is_id,
    nearest,
)

SHORT = "0015g00000AbcDe"
LONG = "0015g00000AbcDeAAJ"
IDS = st.text(string.ascii_letters + string.digits, min_size=15, max_size=15)
BLANK = st.text(" \t\u00a0", max_size=2)


@pytest.mark.parametrize(
    ("short", "expected"),
    [
        ("001A0000006Vm9r", "IAC"),
        ("0013000000OyE6J", "AAV"),
        ("a0B000000000000", "EAA"),
        ("000000000000000", "AAA"),
        ("ABCDEABCDEABCDE", "555"),
    ],
)
def test_the_checksum_says_the_case_of_each_character(short, expected):
    assert checksum(short) == expected
    assert is_id(short + expected)
    assert is_id(short)


@pytest.mark.parametrize(
    "text", ["", "Acme", "0015g00000AbcDeAAK", "0015g00000AbcD!", SHORT + "A", f" {SHORT}", SHORT + "\n"]
)
def test_what_is_no_id(text):
    assert not is_id(text)
    assert as_form(text, "18") == text


@given(IDS)
def test_both_forms_are_each_others(short):
    long = as_form(short, "18")
    assert (len(long), is_id(long), as_form(long, "15")) == (18, True, short)
    assert as_form(long, "18") == long
    assert as_form(short, "15") == short
    assert as_form(long, "as-is") == long


@pytest.mark.parametrize(
    ("value", "key", "how"),
    [
        (LONG, LONG, set()),
        (f" {LONG}", LONG, {BLANKS}),
        (f"{LONG}\u00a0", LONG, {BLANKS}),
        (SHORT, LONG, {SHORTER}),
        (LONG, SHORT, {LONGER}),
        (LONG.lower(), LONG, {CASE}),
        (LONG.upper(), LONG, {CASE}),
        (SHORT.lower(), LONG, {SHORTER, CASE}),
        (LONG.lower(), SHORT, {LONGER, CASE}),
        (f"{SHORT} ", LONG, {SHORTER, BLANKS}),
        ("acme  corp", "Acme Corp", {BLANKS, CASE}),
        ("Acme Corp", "Acme Corp.", None),
        ("0015g00000AbcDf", LONG, None),
        ("0015g00000AbcDeAAK", SHORT, None),
        ("0015g00000AbcDE", LONG, None),  # another account's: its case was not lost
        ("0015g00000AbcDE", SHORT, None),
        (as_form("0015g00000AbcDE", "18"), SHORT, None),
        (as_form("0015g00000AbcDE", "18"), LONG, None),
        (SHORT.upper(), SHORT, {CASE}),
        (SHORT.lower(), SHORT, {CASE}),
        (as_form("0015g00000AbcDE", "18").lower(), SHORT, None),
        ("", LONG, None),
    ],
)
def test_in_what_a_value_differs(value, key, how):
    assert difference(value, key) == how


@given(IDS, st.booleans(), st.sampled_from([str, str.lower, str.upper]), BLANK, BLANK)
def test_whatever_is_nearly_a_key_is_found_by_its_fold(short, is_long, cased, before, after):
    key = as_form(short, "18")
    value = before + cased(key if is_long else short) + after
    assert folded(value) == folded(key) == folded(short)
    found = difference(value, key)
    assert found is not None
    assert (BLANKS in found) == (value != value.strip())
    assert (SHORTER in found) == (not is_long)
    assert not found if value == key else found


@given(st.text(max_size=20), st.text(max_size=20))
def test_what_is_near_has_the_same_fold(value, key):
    if difference(value, key) is not None:
        assert folded(value) == folded(key)
    assert (difference(value, key) == frozenset()) == (value == key)


def test_numbers_of_18_digits_are_no_ids_and_have_nothing_in_common():
    assert len({folded(f"{number:018}") for number in range(555)}) == 555
    assert folded("000000000000000AAA") == folded("000000000000000")


def test_of_several_keys_the_one_that_differs_least():
    other = as_form(SHORT.swapcase(), "18")
    assert nearest(SHORT, [other, LONG]) == (LONG, frozenset({SHORTER}))
    assert nearest(SHORT.swapcase(), [LONG, other]) == (other, frozenset({SHORTER}))
    assert nearest("Acme", [LONG]) is None

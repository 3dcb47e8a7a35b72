import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator import jsontext
from translator.errors import NotJson

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=20,
)


@given(JSON)
def test_what_is_written_is_read_again(value):
    assert jsontext.loads(jsontext.dumps(value)) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_not_json(data):
    try:
        value = jsontext.loads(data)
    except NotJson:
        return
    assert jsontext.loads(jsontext.dumps(value)) == value


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b'{"a":1', b"NaN", b"[Infinity]", b'"\xff"', b"[" * 10_000, b'{"a":' * 10_000, b"{'a':1}", b"1 2",
     b"[" * 10_000 + b"1234567890123456789012", b"9" * 2_000],
    ids=lambda text: repr(text[:12]),
)  # fmt: skip
def test_text_that_is_not_json_is_refused(text):
    with pytest.raises(NotJson, match="not JSON"):
        jsontext.loads(text)


def test_integers_keep_all_their_digits():
    assert jsontext.loads(b'{"id":123456789012345678901234567890}') == {"id": 123456789012345678901234567890}
    assert jsontext.dumps({"id": 2**70}) == b'{"id":1180591620717411303424}'


@pytest.mark.parametrize("levels", [jsontext.MOST_READ + 1, 5000])
@pytest.mark.parametrize(("opening", "closing"), [(b"[", b"]"), (b'{"a":', b"}")])
def test_what_is_too_deep_is_refused_by_every_python(levels, opening, closing):
    with pytest.raises(NotJson, match=r"depth|deep"):
        jsontext.loads(opening * levels + b"1" + closing * levels)


def test_a_flat_text_of_many_objects_is_read():
    assert jsontext.loads(b"[" + b'{"a":12345678901234567890123},' * 3000 + b"[]]")[2999:] == [
        {"a": 12345678901234567890123},
        [],
    ]


@pytest.mark.parametrize("before", [0, 1, 7, 494, 499, 500, 501, 505, 993, 998, 999, 1000, 1001, 2500, 20_003])
@pytest.mark.parametrize("sign", ["", "-"])
def test_an_integer_of_a_thousand_digits_is_the_longest_wherever_it_stands(before, sign):
    text = f'{{"{"x" * before}":{sign}{"9" * jsontext.MOST_DIGITS}}}'
    assert jsontext.loads(text.encode()) == {"x" * before: int(sign + "9" * 1000)}
    with pytest.raises(NotJson, match="more than 1,000 digits"):
        jsontext.loads(text.replace("9}", "99}").encode())


NUMBERS = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)


@given(st.recursive(NUMBERS | st.text(), lambda inner: st.lists(inner, max_size=3)))
def test_what_pythons_json_writes_is_read_as_python_reads_it(value):
    text = json.dumps(value).encode()
    assert repr(jsontext.loads(text)) == repr(json.loads(text))


def test_half_an_emoji_becomes_the_replacement_character():
    assert jsontext.loads(b'{"\\ud83d":"a\\ud83d"}') == {"�": "a�"}


def test_a_number_beyond_a_double_becomes_null_as_javascript_writes_it():
    assert jsontext.loads(b"[1e400,-1e400,1]") == [None, None, 1]


def test_of_a_repeated_key_the_last_counts():
    assert jsontext.loads(b'{"a":1,"a":2}') == {"a": 2}


@pytest.mark.parametrize(
    ("text", "first"),
    [
        (b'[{"a":1},2]', b'{"a":1}'),
        (b' \n[ {"a": "],\\"}{" } , 2]', b'{"a": "],\\"}{" }'),
        (b"[null,{}]", b"null"),
        (b"[[1,2],3]", b"[1,2]"),
        (b"[1]", b"1"),
        (b"[]", None),
        (b"[ ]", None),
        (b'{"a":1}', None),
        (b'[{"a":1', None),
        (b"", None),
    ],
)
def test_the_first_element_is_found_as_it_stands(text, first):
    assert jsontext.first_element(text) == first


@given(st.lists(JSON, min_size=1, max_size=4), st.sampled_from([None, 2]))
def test_the_first_element_of_any_array_is_its_text(values, indent):
    text = json.dumps(values, indent=indent).encode()
    found = jsontext.first_element(text)
    assert found is not None
    assert json.loads(found) == values[0]


@given(st.binary(max_size=100))
def test_looking_for_a_first_element_never_fails(data):
    assert jsontext.first_element(b"[" + data) is None or data


@pytest.mark.parametrize(
    ("value", "text"), [(12.0, "12"), (12.5, "12.5"), (True, "true"), (False, "false"), (2**60, str(2**60)), ("x", "x")]
)
def test_scalars_print_as_in_javascript(value, text):
    assert jsontext.text_of(value) == text


def test_nan_beside_a_long_integer_becomes_null_too():
    assert (
        jsontext.dumps({"a": [float("nan"), 2**70, {"b": float("inf")}]})
        == b'{"a":[null,1180591620717411303424,{"b":null}]}'
    )

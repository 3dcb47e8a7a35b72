"""What runs for each call says what the schemas say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import fields

from benchmarks.lines import lines
from translator import jsontext
from translator.parcels import CALL_TYPES
from translator.validate.compiling import shape_of, shapes
from translator.validate.faults import faults_of
from translator.validate.quick import is_surely_good
from translator.validate.schemas import SCHEMAS, CallSchema, Scalar

IDS = ("messageId", "userId", "anonymousId", "groupId", "previousId", "event", "name", "category")
VALUES = (
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False) | st.sampled_from(["", "x", "y" * 100, "z" * 101])
    | st.sampled_from([[], {}, ["x"], {"a": 1}, 10**100, 10**101])
)  # fmt: skip
MESSAGES = st.fixed_dictionaries(
    {"type": st.sampled_from([*CALL_TYPES, "Track", "", None, 5, [], {}])},
    optional={
        **dict.fromkeys((*IDS, "traits", "properties", "integrations"), VALUES),
        "context": st.sampled_from([None, 5, {}, {"device": 5}, {"device": {"id": "d"}}, {"device": {"id": True}}]),
    },
)


@given(MESSAGES)
def test_what_is_surely_good_has_no_fault(message):
    if is_surely_good(message):
        assert faults_of(message) == {}


@given(MESSAGES)
def test_a_call_with_its_ids_is_asked_about_only_where_something_is_odd(message):
    """So that the schemas are asked for few of the calls that are good."""
    usual = all(message.get(key) is None or type(message[key]) in (str, int, float) for key in IDS)
    usual = usual and all(
        type(message.get(key)) in (dict, type(None)) for key in ("traits", "properties", "integrations")
    )
    someone = message.get("userId") not in (None, "") or message.get("anonymousId") not in (None, "")
    if usual and someone and message["type"] in CALL_TYPES and faults_of(message) == {}:
        assert is_surely_good(message)


def test_usual_calls_are_surely_good():
    assert all(is_surely_good(jsontext.loads(text)) for text in lines(500))


@pytest.mark.parametrize("kind", CALL_TYPES)
def test_every_schema_can_be_read(kind):
    shape = shapes()[kind]
    assert shape is not None
    assert {*shape.scalars, *shape.objects} == set(SCHEMAS[kind].fields)
    assert set(shape.required) == {name for name, field in SCHEMAS[kind].fields.items() if field.required}
    assert shape.limited == ("messageId",)


class Other(CallSchema):
    count = fields.Integer()


class Longer(CallSchema):
    event = Scalar(validate=len)


class Renamed(CallSchema):
    event = Scalar(data_key="name")


@pytest.mark.parametrize("schema", [Other, Longer, Renamed])
def test_a_schema_that_says_more_is_asked(schema):
    assert shape_of(schema()) is None

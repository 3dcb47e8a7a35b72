"""Which calls somebody looks for."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.dashboard.searching import Query, body_of, ended, fits, query_of
from translator.sights import Fate, Kept

CALL = {
    "type": "track", "event": "Signed Up", "userId": "user-1", "anonymousId": "a-1", "messageId": "m",
    "context": {"groupId": "g-ctx"}, "properties": {"plan": "Pro", "teams": ["red", "blue"], "seats": 5},
    "integrations": {"Amplitude": {"groups": {"org": "Acme"}}, "All": True}, "name": "Überschrift",
}  # fmt: skip


def kept(body):
    return Kept("1", "webhook", "m", "user-1", 1, json.dumps(body, ensure_ascii=False).encode())


@pytest.mark.parametrize(
    "asked",
    [
        {}, {"type": "track"}, {"event": "Signed Up"}, {"event": "Überschrift"}, {"user": "user-1"}, {"user": "a-1"},
        {"group": "g-ctx"}, {"group": "Pro"}, {"group": "blue"}, {"group": "5"}, {"group": "Acme"},
        {"text": "signed up"}, {"text": "überSCHRIFT"}, {"text": '"plan"'}, {"type": "track", "text": "acme"},
    ],
    ids=str,
)  # fmt: skip
def test_a_call_that_fits(asked):
    one = kept(CALL)
    assert fits(Query(**asked), one)


@pytest.mark.parametrize(
    "asked",
    [
        {"type": "group"}, {"event": "signed up"}, {"user": "user"}, {"group": "acme"}, {"group": "user-1"},
        {"text": "nowhere"}, {"type": "track", "text": "nowhere"},
    ],
    ids=str,
)  # fmt: skip
def test_a_call_that_does_not(asked):
    one = kept(CALL)
    assert not fits(Query(**asked), one)


def test_a_text_with_signs_that_json_escapes_is_found():
    for text in ('say "hi"', "a\\b", "line\nbreak", "tab\t"):
        one = kept({"type": "track", "event": text})
        assert fits(Query(text=text), one), text


def test_what_became_of_it():
    fates = [Fate("a", "delivered"), Fate("b", "dead", 1, "invalid_fields")]
    assert ended(Query(state="dead"), fates)
    assert ended(Query(state="dead", reason="invalid_fields"), fates)
    assert ended(Query(reason="invalid_fields"), fates)
    assert not ended(Query(state="delivered", reason="invalid_fields"), fates), "of one destination, both"
    assert not ended(Query(state="waiting"), fates)
    assert not ended(Query(state="waiting"), [])


def test_an_address_says_what_is_asked_and_nothing_that_may_not_be():
    asked = query_of({"type": "group", "state": "<b>", "text": "  x ", "user": "u" * 5000, "more": "y"})
    assert asked == Query(type="group", text="x", user="u" * 1000)
    assert query_of(asked.plain()) == asked
    assert query_of({}).plain() == {}
    assert not query_of({}).asks


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=20,
)
KEYS = st.sampled_from(
    ["messageId", "type", "event", "userId", "groupId", "context", "integrations", "traits", "properties"]
)


@given(st.dictionaries(KEYS, ANY) | ANY, st.text(max_size=5))
def test_whatever_is_kept_it_can_be_looked_at(body, text):
    one = Kept("1", "s", "m", "u", 1, json.dumps(body).encode())
    for name in ("text", "event", "user", "group"):
        fits(Query(**{name: text}), one)


@pytest.mark.parametrize("empty", [None, "", [], {}])
def test_a_call_without_a_message_id_is_found_by_its_user_alone(empty):
    one = kept({**CALL, "messageId": empty})
    assert fits(Query(user="a-1"), one)
    assert not fits(Query(user="m"), one)


def test_a_message_id_that_is_a_number_is_no_user():
    assert not fits(Query(user="5"), kept({**CALL, "messageId": 5}))


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[1]", b"not json"])
def test_what_is_no_call_has_no_parts(body):
    one = Kept("1", "s", "m", "u", 1, body)
    assert body_of(one) == {}
    assert not fits(Query(text="x"), one)


def test_a_source_is_compared_as_a_whole():
    assert fits(Query(source="webhook", text="signed"), kept(CALL))
    for other in (Query(source="web"), Query(source="web", text="signed"), Query(source="webhook", text="nowhere")):
        assert not fits(other, kept(CALL))

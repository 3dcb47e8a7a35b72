"""The record of a partition's progress, and what is made of it when a process is gone."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journal.kafka.records import MINUTE, NOW
from translator.errors import JournalUnsafe
from translator.journal.kafka.reach import Reach, runs
from translator.journal.kafka.state import Books, Posting, State, Tried, begun, decoded, encoded, takeover

TIMES = st.integers(1, 2**53)
COUNTS = st.integers(0, 2**53)
REACHES = st.builds(
    lambda position, offsets: Reach(position).including(runs(offsets)),
    st.integers(0, 2**40),
    st.lists(st.integers(0, 2**40)),
)
TRIED = st.dictionaries(
    st.integers(0, 2**40),
    st.builds(
        Tried,
        st.integers(0, 1000),
        st.just(0) | TIMES,
        st.none() | TIMES,
        st.sampled_from([None, "throttled", "timeout", "lost", "wärme 🧯"]),
        st.just(0) | TIMES,
    ),
)
STATES = st.builds(
    State,
    REACHES,
    REACHES,
    REACHES,
    st.fixed_dictionaries({"calls": TRIED, "parked": TRIED}),
    st.builds(Books, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS),
)


@settings(deadline=None)
@given(STATES)
def test_a_state_is_read_as_it_was_written(state):
    assert decoded(encoded(state)) == state


def test_a_state_is_small():
    state = State(
        Reach(1_000_000, tuple((1_000_000 + 7 * one + 1, 1_000_000 + 7 * one + 7) for one in range(100))),
        tried={
            "calls": {1_000_000 + 7 * one: Tried(3, NOW + one, NOW, "throttled", NOW - one) for one in range(100)},
            "parked": {},
        },
    )
    text = encoded(state)
    assert json.loads(text)["v"] == 1
    assert len(text) < 100 * (len("1,6,") + len("[7,3,1,1,0,99],") + 6) + 250


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'{"v":2,"more":1}', "version 2"),
        (b'{"v":1}', "cannot be read"),
        (b'{"v":1,"calls":[0,1],"parked":[0],"requests":[0],"books":{}}', "cannot be read"),
        (b'{"v":1,"calls":[],"parked":[0],"requests":[0],"books":{}}', "cannot be read"),
        (
            b'{"v":1,"calls":[0],"parked":[0],"requests":[0],"books":{},"tried":{"calls":{"steps":[0],"attempts":[1],'
            b'"due":[null],"unknown":[null],"why":[3],"since":[0]}}}',
            "cannot be read",
        ),
        (b"\xff", "cannot be read"),
        (b"", "cannot be read"),
    ],
)
def test_what_is_no_state_of_this_version_is_said(text, said):
    with pytest.raises(JournalUnsafe, match=said):
        decoded(text)


def test_a_destination_begins_where_it_is_told():
    state = begun(500, 480)
    assert (state.position, state.books) == (500, Books(base=480))


def test_what_was_posted_and_not_answered_was_tried_with_an_unknown_outcome():
    old = {
        5: Tried(2, NOW + MINUTE, None, "throttled", NOW - 9),
        6: Tried(1, NOW + MINUTE, NOW - 7, "timeout", NOW - 7),
    }
    state = State(Reach(5, ((8, 9),)), Reach(2), Reach(20, ((22, 23),)), {"calls": old, "parked": {}}, Books(5))
    postings = [
        Posting(NOW + 20, (5, 6, 7, 8, 3), (2,), offset=21),
        Posting(NOW + 10, (5,), (1,), offset=24),
        Posting(NOW, (9,), offset=25, ended=True),
        Posting(NOW, (9,), offset=22),
        Posting(NOW, (9,), offset=19),
    ]
    found = takeover(state, postings, 26)
    assert found.tried == {
        "calls": {
            5: Tried(3, 0, NOW + 10, "lost", NOW - 9),
            6: Tried(2, 0, NOW - 7, "lost", NOW - 7),
            7: Tried(1, 0, NOW + 20, "lost", NOW + 20),
        },
        "parked": {2: Tried(1, 0, NOW + 20, "lost", NOW + 20)},
    }
    assert found.requests == Reach(26)
    assert (found.calls, found.parked, found.books) == (state.calls, state.parked, state.books)
    assert takeover(found, postings, 26) == found, "these were read"

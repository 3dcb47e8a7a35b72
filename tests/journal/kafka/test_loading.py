"""The state of a partition as it is taken up: of a destination that was away, and of a log that lost its end."""

import pytest

from translator.journal.kafka.loading import cut, further
from translator.journal.kafka.reach import Reach
from translator.journal.kafka.state import Books, State, Stream, Tried

TRIED: dict[Stream, dict[int, Tried]] = {
    "calls": {3: Tried(1, 5, None, "busy", 2), 12: Tried(2, 6, None, "busy", 2)},
    "parked": {1: Tried(1)},
}


@pytest.mark.parametrize(
    ("reach", "end", "expected", "lost"),
    [
        (Reach(50), 40, Reach(40), 10),
        (Reach(3, ((4, 12), (14, 20))), 10, Reach(3, ((4, 10),)), 8),
        (Reach(3, ((4, 12), (14, 20))), 13, Reach(3, ((4, 12),)), 6),
        (Reach(3, ((4, 12),)), 2, Reach(2), 9),
    ],
)
def test_what_a_partition_has_lost_is_not_finished_and_the_books_add_up(reach, end, expected, lost):
    found = cut(State(reach, Reach(7), tried=TRIED, books=Books(delivered=30, base=1)), end)
    assert (found.calls, found.parked) == (expected, Reach(7))
    assert found.books == Books(delivered=30, base=1 - lost)
    assert set(found.tried["calls"]) == {at for at in (3, 12) if at < end}
    assert set(found.tried["parked"]) == {1}


def test_a_destination_that_was_away_begins_where_it_was_attached_again():
    found = further(State(Reach(10, ((12, 14),)), tried=TRIED, books=Books(delivered=12)), 20)
    assert (found.calls, found.books.base) == (Reach(20), 8)
    assert set(found.tried["calls"]) == set()
    assert further(found, 15) is found

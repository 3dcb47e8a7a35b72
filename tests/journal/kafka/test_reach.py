"""What is finished, as a position and ranges: held against a set of numbers."""

from hypothesis import given, settings
from hypothesis import strategies as st

from translator.journal.kafka.reach import Reach, runs, without

OFFSETS = st.lists(st.integers(0, 40))


def test_offsets_become_the_fewest_ranges():
    assert runs([5, 3, 4, 9, 4]) == [(3, 6), (9, 10)]
    assert runs([]) == []


def test_a_position_moves_over_what_is_finished_behind_it():
    reach = Reach(2).including([(3, 5), (7, 8)])
    assert reach == Reach(2, ((3, 5), (7, 8)))
    assert reach.including([(2, 3)]) == Reach(5, ((7, 8),))
    assert reach.including([(5, 7)]) == Reach(2, ((3, 8),))
    assert reach.including([(0, 9)]) == Reach(9)


def test_all_but_a_few():
    assert without([], 7) == Reach(7)
    assert without([3, 4, 6], 8) == Reach(3, ((5, 6), (7, 8)))


@settings(deadline=None)
@given(st.integers(0, 10), st.lists(OFFSETS))
def test_what_is_finished_is_what_was_put_in(position, parts):
    reach, finished = Reach(position), set(range(position))
    for offsets in parts:
        reach = reach.including(runs(offsets))
        finished |= set(offsets)
        assert {offset for offset in range(50) if reach.has(offset)} == finished
        assert not reach.has(reach.position)
        assert reach.end == max(finished, default=-1) + 1
        edges = [reach.position, *(edge for one in reach.done for edge in one)]
        assert edges == sorted(set(edges)), "something unfinished stands between any two"


@settings(deadline=None)
@given(st.sets(st.integers(0, 30)), st.integers(0, 10))
def test_all_but_some_is_the_rest(unfinished, more):
    end = max(unfinished, default=-1) + 1 + more
    reach = without(sorted(unfinished), end)
    assert {offset for offset in range(50) if reach.has(offset)} == set(range(end)) - unfinished

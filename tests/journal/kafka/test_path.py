"""Numbers for the calls of many partitions: one after another, the same for everybody, today and after a crash."""

from hypothesis import given
from hypothesis import strategies as st

from translator.journal.kafka.path import Path, begun, path_of


@st.composite
def paths(draw):
    partitions = draw(st.integers(1, 4))
    path = begun(partitions)
    for steps in draw(st.lists(st.lists(st.integers(0, 4), min_size=partitions, max_size=partitions), max_size=6)):
        path = path.longer([begin + more for begin, more in zip(path.end, steps, strict=True)])
    return path


def numbered(path, position=0, horizon=10**9):
    """Number, partition and offset of each call."""
    return [
        (one.before + more + 1, one.partition, one.begin + more)
        for one in path.stretches(position, horizon)
        for more in range(one.end - one.begin)
    ]


def test_calls_are_numbered_from_point_to_point_by_partition_and_offset():
    path = begun(2).longer([2, 1]).longer([2, 1]).longer([1, 3])
    assert path == Path(((0, 0), (2, 1), (2, 3)))
    assert numbered(path) == [(1, 0, 0), (2, 0, 1), (3, 1, 0), (4, 1, 1), (5, 1, 2)]
    assert path.row() == {"from": [0, 0], "steps": [[2, 1], [0, 2]]}
    assert (path.last, path.point(1), path.point(4), path.point(9)) == (5, (1, 0), (2, 2), (2, 3))


@given(paths())
def test_every_call_has_one_number_without_a_gap(path):
    assert path_of(path.row()) == path
    calls = numbered(path)
    assert [number for number, _, _ in calls] == list(range(1, path.last + 1))
    assert {one[1:] for one in calls} == {(part, at) for part, end in enumerate(path.end) for at in range(end)}
    for number, partition, offset in calls:
        assert path.numbers(partition).of(offset) == number


@given(paths(), st.data())
def test_a_span_of_numbers_and_a_shorter_path_say_the_same(path, data):
    low, high = sorted(data.draw(st.tuples(*[st.integers(0, path.last + 2)] * 2)))
    calls = numbered(path)
    assert numbered(path, low, high) == [one for one in calls if low < one[0] <= high]
    point = path.point(low)
    assert all((offset < point[partition]) == (number <= low) for number, partition, offset in calls)
    shorter = path.shorter(low)
    assert (numbered(shorter, low), shorter.point(low), shorter.end) == (numbered(path, low), point, path.end)


@given(paths(), st.data())
def test_what_is_added_changes_no_number(path, data):
    point = data.draw(st.lists(st.integers(0, 30), min_size=len(path.end), max_size=len(path.end)))
    assert numbered(path.longer(point))[: path.last] == numbered(path)

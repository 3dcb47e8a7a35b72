"""Refused messages: the newest of each source are kept, so that no source pushes out another's."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from translator.journal.kafka import index as of_kafka
from translator.journal.postgres import appending as of_postgres
from translator.journal.rows import LARGE_BYTES, MOST_LARGE
from translator.journal.sqlite import appending as of_sqlite
from translator.parcels import Refusal

SOURCES = ("webhook", "web", "<script>alert(1)</script>")
_examples = itertools.count()


def refusal(source, number, size=0):
    """``size``: bytes of its body."""
    return Refusal(source, 1, {"userId": ["required"]}, (b'{"n":%d}' % number).ljust(size))


def kept(journal, source):
    """The numbers of a source's refused messages, in their order."""
    found = [one for one in journal.letters("") if one.source == source]
    return [int(one.body.strip()[5:-1]) for one in found]


@pytest.fixture
def few_large(monkeypatch):
    for engine in (of_sqlite, of_postgres, of_kafka):
        monkeypatch.setattr(engine, "MOST_LARGE", 2)


@pytest.fixture
def keeper(make):
    return make(keep_refused=4)


def test_a_source_pushes_out_its_own_messages_alone(make):
    journal = make(keep_refused=50)
    journal.append([], [refusal("webhook", number) for number in range(3)])
    for batch in range(5):
        journal.append([], [refusal("web", 100 * batch + number) for number in range(100)])
    assert kept(journal, "webhook") == [0, 1, 2]
    assert kept(journal, "web") == list(range(450, 500))
    counts = journal.counts()
    assert (counts.received, counts.refused_kept, counts.refused) == (503, 503, 503), "the books say what came"
    (reason,) = journal.reasons()
    assert reason.count == 53


def test_of_large_messages_the_newest_hundred_of_each_source_are_kept(make):
    journal = make()
    journal.append([], [refusal("web", number, LARGE_BYTES) for number in range(3)], 0)
    journal.append([], [refusal("webhook", number, LARGE_BYTES + 1) for number in range(2)], 0)
    for start in range(10, 10 + MOST_LARGE + 20, 20):
        journal.append([], [refusal("web", number, LARGE_BYTES + 1) for number in range(start, start + 20)])
    assert MOST_LARGE == 100
    assert kept(journal, "web") == [0, 1, 2, *range(30, 130)], "of 64 KB to the byte is not large"
    assert kept(journal, "webhook") == [0, 1]


def test_what_was_dropped_makes_room_for_others(make):
    journal = make(keep_refused=3)
    journal.append([], [refusal("web", number) for number in range(3)])
    assert journal.drop(["r2", "r3"]) == 2
    journal.append([], [refusal("web", 3)])
    journal.append([], [refusal("web", 4)])
    assert kept(journal, "web") == [0, 3, 4]


def test_none_are_kept_where_none_are_wanted(make):
    journal = make(keep_refused=0)
    journal.append([], [refusal("web", 1), refusal("webhook", 2, LARGE_BYTES + 1)], 1)
    assert list(journal.letters("")) == []
    assert journal.counts().refused == 3


def test_an_append_without_refusals_pushes_out_nothing(make, call, deletes_one_by_one):
    make().append([], [refusal("web", number) for number in range(5)])
    journal = make(keep_refused=2)
    journal.append([call("a")])
    journal.append([], [refusal("webhook", 1)])
    assert kept(journal, "web") == [0, 1, 2, 3, 4], "a source that was not written to is left alone"
    journal.append([], [refusal("web", 5)])
    assert kept(journal, "web") == [4, 5]


def newest(refusals, keep, large):
    """What the journal promises to keep of a source's refusals, by their numbers: pairs of a number and a size."""
    beyond = [number for number, size in refusals if size > LARGE_BYTES][:-large]
    return [number for number, _ in refusals if number not in beyond][-keep:]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from(SOURCES), st.sampled_from([0, 100, LARGE_BYTES + 1])), max_size=6),
        max_size=8,
    )
)
@pytest.mark.usefixtures("few_large")
def test_any_sequence_of_refusals_leaves_exactly_the_newest_of_each_source(keeper, appends):
    example, numbers = next(_examples), itertools.count()
    written: dict[str, list[tuple[int, int]]] = {f"{source} {example}": [] for source in SOURCES}
    for append in appends:
        numbered = [(f"{source} {example}", next(numbers), size) for source, size in append]
        for source, number, size in numbered:
            written[source].append((number, size))
        keeper.append([], [refusal(*one) for one in numbered])
    assert {source: kept(keeper, source) for source in written} == {
        source: newest(refusals, keep=4, large=2) for source, refusals in written.items()
    }
    keeper.drop([one.id for one in keeper.letters("")])

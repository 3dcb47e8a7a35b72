"""People who were forgotten, on logs in memory: what is hidden, from whom, until when."""

import pytest

from translator.journal.kafka import gone
from translator.journal.kafka.gone import KEPT_MS
from translator.journal.kafka.log import MemoryLog
from translator.journal.kafka.subjects import LOGS, Subjects
from translator.parcels import Leased
from translator.sights import mark_of

NOW = 1710090245678


class Clock:
    ms = NOW

    def __call__(self):
        return self.ms


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def logs(clock):
    return {name: MemoryLog(clock) for name in LOGS}


@pytest.fixture
def make(logs, clock):
    return lambda: Subjects(logs.__getitem__, clock)


def call(name, subject="u1"):
    return Leased(name, "s", "m", subject, NOW, b"{}")


def hidden(subjects, *names, subject="u1"):
    return [name for name in names if subjects.gone.hides(call(name, subject))]


def test_of_a_person_what_came_before_is_hidden_but_for_what_is_kept(make):
    one = make()
    assert hidden(one, "2-1") == []
    one.gone.note(mark_of("u1"), 2, 5, ["2-3"])
    names = ["2-0", "2-3", "2-4", "2-5", "1-0", "x"]
    assert hidden(one, *names) == hidden(make(), *names) == ["2-0", "2-4"]
    assert hidden(one, *names, subject="u2") == []
    assert [(gone.until, gone.keep) for gone in one.gone.of(2)] == [(5, frozenset({"2-3"}))]
    assert one.gone.of(1) == []


def test_who_is_forgotten_again_is_noted_once(make):
    one = make()
    one.gone.note(mark_of("u1"), 2, 5, ["2-3"])
    one.gone.note(mark_of("u2"), 2, 5)
    one.gone.note(mark_of("u1"), 2, 9)
    assert sorted((gone.mark == mark_of("u1"), gone.until) for gone in one.gone.of(2)) == [(False, 5), (True, 9)]
    assert hidden(one, "2-3", "2-8", "2-9") == ["2-3", "2-8"]


def test_one_who_knew_of_less_takes_nothing_back(make):
    one = make()
    one.gone.note(mark_of("u1"), 2, 9)
    one.gone.note(mark_of("u1"), 2, 5, ["2-3"])
    assert hidden(one, "2-3", "2-8", "2-9") == ["2-3", "2-8"]


def test_others_hear_of_it_within_a_moment(make, monkeypatch):
    one, other = make(), make()
    assert hidden(other, "2-1") == []
    one.gone.note(mark_of("u1"), 2, 5)
    monkeypatch.setattr(gone, "FRESH_SECONDS", 0.0)
    assert hidden(other, "2-1") == ["2-1"]


def unasked(partition):
    raise AssertionError(partition)


def test_it_tells_when_something_changed(make, monkeypatch):
    monkeypatch.setattr(gone, "FRESH_SECONDS", 0.0)
    one, other = make(), make()
    one.gone.note(mark_of("u1"), 2, 5)
    other.gone.look()
    before = other.gone.changes
    other.gone.look()
    assert other.gone.changes == before
    one.gone.note(mark_of("u1"), 2, 6)
    other.gone.look()
    assert other.gone.changes == before + 1


def test_a_word_goes_when_nothing_of_the_person_is_kept_and_all_had_time_to_hear_it(make, clock):
    one = make()
    one.gone.note(mark_of("u1"), 2, 5)
    clock.ms += KEPT_MS + 1
    assert one.gone.sweep({0: 9, 1: 9, 2: 4}, unasked) == 0
    assert one.gone.sweep({2: 5}, lambda partition: partition == 2) == 0, "something of it is set aside"
    one.gone.note(mark_of("u2"), 2, 5)
    assert one.gone.sweep({2: 5}, lambda partition: False) == 1, "the other was just noted"
    assert (hidden(one, "2-1"), hidden(one, "2-1", subject="u2")) == ([], ["2-1"])
    assert hidden(make(), "2-1", subject="u2") == ["2-1"]


def test_what_is_known_stays_when_the_board_is_begun_anew_while_words_are_swept(make, clock):
    one = make()
    one.gone.note(mark_of("u1"), 2, 5)
    clock.ms += KEPT_MS + 1

    def sets_aside(partition):
        # as where it was not read for hours, and cannot be now
        one.board("board")._begin_anew()
        return True

    assert one.gone.sweep({2: 5}, sets_aside) == 0
    assert hidden(one, "2-1") == ["2-1"]

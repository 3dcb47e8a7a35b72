"""Segment's libraries for servers send here: segment-analytics-python, with gzip, and @segment/analytics-node."""

import pytest

from tests.clients import trials
from tests.clients.sdks import NODE, PYTHON

SDKS = {"python": PYTHON, "node": NODE}

pytestmark = pytest.mark.parametrize("name", SDKS)


def test_every_kind_of_call_arrives_as_it_was_meant(scene, name):
    trials.every_kind_of_call(scene, SDKS[name], f"{name}-every")


def test_an_answer_that_is_lost_costs_nothing(scene, name):
    trials.lost_answers(scene, SDKS[name], f"{name}-lost")


def test_a_journal_that_takes_nothing_is_waited_for(scene, more, name):
    trials.full_disk(scene, more(), SDKS[name], f"{name}-full")


def test_a_source_that_sends_too_much_is_slowed_down_and_loses_nothing(scene, more, name):
    trials.too_fast(scene, more(calls_per_second=2), SDKS[name], f"{name}-fast")


def test_killed_in_the_middle_nothing_is_lost_and_nothing_counts_twice(scene, name):
    trials.killed_in_the_middle(scene, SDKS[name], f"{name}-killed")


def test_an_unknown_key_is_given_up_at_once_and_counted(scene, name):
    trials.an_unknown_key(scene, SDKS[name], f"{name}-unknown")

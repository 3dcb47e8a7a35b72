"""Segment's library for node sends here: @segment/analytics-node."""

from tests.clients import trials
from tests.clients.sdks import NODE


def test_every_kind_of_call_arrives_as_it_was_meant(scene):
    trials.every_kind_of_call(scene, NODE, "node-every")


def test_an_answer_that_is_lost_costs_nothing(scene):
    trials.lost_answers(scene, NODE, "node-lost")


def test_a_journal_that_takes_nothing_is_waited_for(scene, more):
    trials.full_disk(scene, more(), NODE, "node-full")


def test_a_source_that_sends_too_much_is_slowed_down_and_loses_nothing(scene, more):
    trials.too_fast(scene, more(calls_per_second=2), NODE, "node-fast")


def test_killed_in_the_middle_nothing_is_lost_and_nothing_counts_twice(scene):
    trials.killed_in_the_middle(scene, NODE, "node-killed")


def test_an_unknown_key_is_given_up_at_once_and_counted(scene):
    trials.an_unknown_key(scene, NODE, "node-unknown")

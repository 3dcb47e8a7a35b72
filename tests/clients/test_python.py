"""Segment's Python library sends here: segment-analytics-python, with gzip."""

import subprocess

from tests.clients import sdks, trials
from tests.clients.scene import KEYS
from tests.clients.sdks import PYTHON

LARGEST = """
import json, sys
from segment.analytics import Client
from segment.analytics.consumer import MAX_MSG_SIZE

host, key, user = sys.argv[1:]
_, message = Client(key, send=False).track(user, "Large", {"text": ""})
client = Client(key, host=host)
room = MAX_MSG_SIZE - len(json.dumps(message))
client.track(user, "Large", {"text": "x" * room})
client.flush()
try:
    client.track(user, "Too large", {"text": "x" * (room + 1)})
except RuntimeError:
    print(room)
"""


def test_every_kind_of_call_arrives_as_it_was_meant(scene):
    trials.every_kind_of_call(scene, PYTHON, "python-every")


def test_an_answer_that_is_lost_costs_nothing(scene):
    trials.lost_answers(scene, PYTHON, "python-lost")


def test_a_journal_that_takes_nothing_is_waited_for(scene, more):
    trials.full_disk(scene, more(), PYTHON, "python-full")


def test_a_source_that_sends_too_much_is_slowed_down_and_loses_nothing(scene, more):
    trials.too_fast(scene, more(calls_per_second=2), PYTHON, "python-fast")


def test_killed_in_the_middle_nothing_is_lost_and_nothing_counts_twice(scene):
    trials.killed_in_the_middle(scene, PYTHON, "python-killed")


def test_an_unknown_key_is_given_up_at_once_and_counted(scene):
    trials.an_unknown_key(scene, PYTHON, "python-unknown")


def test_the_largest_call_that_the_library_lets_through_is_taken(scene):
    who = "python-large"
    command = [str(sdks.python()), "-c", LARGEST, scene.service.url, KEYS["backend"], who]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    scene.settled()
    (record,) = scene.records(who)
    assert record["body"]["event_type"] == "Large"
    assert int(done.stdout) > 32_000

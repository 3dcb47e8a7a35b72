"""What is of Segment's Python library alone: segment-analytics-python."""

import subprocess

from tests.clients import sdks
from tests.clients.scene import KEYS

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


def test_the_largest_call_that_the_library_lets_through_is_taken(scene):
    who = "python-large"
    command = [str(sdks.python()), "-c", LARGEST, scene.service.url, KEYS["backend"], who]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    scene.settled()
    (record,) = scene.records(who)
    assert record["body"]["event_type"] == "Large"
    assert int(done.stdout) > 32_000

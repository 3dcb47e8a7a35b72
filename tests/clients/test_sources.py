"""Two keys are two sources, and each call says whose it is; the same call by several ways counts once."""

import re

from tests.clients import seen
from tests.clients.scene import KEYS
from tests.clients.sdks import PYTHON


def test_two_keys_show_as_two_sources(scene):
    for source, key in KEYS.items():
        done = PYTHON.send(scene.service.url, key, seen.track("somebody"), **PYTHON.quick)
        page = scene.service.get(f"/calls?text={done.ids[0]}").text
        (call,) = set(re.findall(r'href="(/calls/\d+)"', page))
        text = scene.service.get(call).text
        assert [name for name in KEYS if f"from {name}, 127.0.0.1" in text] == [source]


def test_the_same_call_by_the_webhook_and_by_two_sources_counts_once(scene):
    who = "source-both"
    call = {"userId": who, "event": "e", "messageId": "both-1"}
    assert scene.service.post({"type": "track", **call}).json()["accepted"] == 1
    for key in KEYS.values():
        assert PYTHON.send(scene.service.url, key, [("track", call)], **PYTHON.quick).failed == []
    scene.settled()
    assert seen.inserted(scene, who) == ["both-1"]

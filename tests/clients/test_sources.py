"""Two keys are two sources, and each call says whose it is."""

import re

from tests.clients import seen
from tests.clients.scene import KEYS
from tests.clients.sdks import PYTHON


def test_two_keys_show_as_two_sources(scene):
    for source, key in KEYS.items():
        done = PYTHON.send(scene.service.url, key, seen.track(f"source-of-{source}"), **PYTHON.quick)
        page = scene.service.get(f"/calls?text={done.ids[0]}").text
        (call,) = set(re.findall(r'href="(/calls/\d+)"', page))
        assert source in scene.service.get(call).text
        other = next(name for name in KEYS if name != source)
        assert f">{other}<" not in scene.service.get(call).text

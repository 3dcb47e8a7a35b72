"""A refused message leaves nothing that only the collector can free: it looks rarely (translator/heap.py)."""

import gc

import pytest

from translator.errors import Invalid
from translator.parcels import Facts
from translator.settings.values import Segment
from translator.validate import check

BAD = [
    {"type": "track"},
    {"type": "track", "event": "e"},
    {"type": "nothing"},
    {"type": "track", "event": {"a": 1}, "userId": "u", "properties": 7},
    {"type": "group", "traits": [], "messageId": "m" * 5000},
]


@pytest.mark.parametrize("message", BAD)
def test_what_is_refused_is_gone_at_once(message):
    gc.collect()
    gc.disable()
    try:
        for _ in range(3):
            with pytest.raises(Invalid):
                check(message, Facts("webhook", 1710090245678), Segment())
        assert gc.collect() < 3, "the frames of a request, and its body in them"
    finally:
        gc.enable()

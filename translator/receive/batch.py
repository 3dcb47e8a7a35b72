"""A body of many calls, as Segment's HTTP API has it: ``{"batch": [...], "context", "integrations", "sentAt"}``.

Pure.
"""

from __future__ import annotations

from translator import jsontext
from translator.errors import NotJson, TooLarge
from translator.receive.completing import SHARED
from translator.settings.values import Segment


def calls_of(value: object, segment: Segment) -> list[object] | None:
    """The calls of a parsed body, unchecked; None where it is no batch.

    Raises TooLarge for more calls than a batch may have, or where what it says once is larger than a call may be: it
    is merged into each, and some kilobytes could keep a process busy for long.
    """
    batch = value if isinstance(value, dict) else {}
    calls = batch.get("batch")
    if not isinstance(calls, list):
        return None
    most, largest = segment.max_batch_calls, segment.max_call_bytes
    if len(calls) > most:
        raise TooLarge(most, f"a batch may have at most {most} calls")
    if any(_size(batch.get(key)) > largest for key in SHARED):
        raise TooLarge(largest, f"what a batch says once may have at most {largest} bytes, as a call")
    return calls


def _size(value: object) -> int:
    """Bytes of JSON; none of what is nested too deeply, which the check says of each call."""
    try:
        return len(jsontext.dumps(value))
    except NotJson:
        return 0

"""A body of many calls, as Segment's HTTP API has it: ``{"batch": [...], "context", "integrations", "sentAt"}``.

Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from translator import jsontext
from translator.errors import NotJson, TooLarge
from translator.receive.completing import SHARED, without_key
from translator.settings.values import Segment

MOST_REPEATED = 4
"""Times ``max_batch_bytes``: what a batch says once makes no more than that when it is merged into each of its calls.
So some kilobytes of a body cannot fill a disk, or keep a process busy for long."""


@dataclass(frozen=True, slots=True)
class Batch:
    """``calls``: unchecked, without write keys. ``repeated``: bytes of what is merged into them, all together."""

    calls: list[object]
    repeated: int = 0


def batch_of(value: object, segment: Segment) -> Batch | None:
    """The batch of a parsed body; None where it is none.

    Raises TooLarge for more calls than a batch may have, or where what it says once is too much for so many.
    """
    found = value if isinstance(value, dict) else {}
    calls = found.get("batch")
    if not isinstance(calls, list):
        return None
    if len(calls) > segment.max_batch_calls:
        raise TooLarge(segment.max_batch_calls, f"a batch may have at most {segment.max_batch_calls} calls")
    once = sum(_size(found[key]) for key in SHARED if isinstance(found.get(key), dict))
    most = MOST_REPEATED * segment.max_batch_bytes
    if once * len(calls) > most:
        raise TooLarge(most, f"what a batch says once may make at most {most} bytes in all of its calls together")
    return Batch([without_key(one) for one in calls], once * len(calls))


def _size(value: object) -> int:
    """Bytes of JSON; none of what is nested too deeply, which the check says of each call."""
    try:
        return len(jsontext.dumps(value))
    except NotJson:
        return 0

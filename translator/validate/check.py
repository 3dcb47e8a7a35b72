"""One message in, a Call out, or every fault of it at once. Pure."""

from __future__ import annotations

import hashlib
import re
from importlib import import_module
from typing import Any

from translator import jsontext
from translator.errors import Invalid, NotJson
from translator.parcels import Call, Facts
from translator.settings.values import WEBHOOK_SOURCE, Segment
from translator.validate.common import device_id, is_absent
from translator.validate.quick import is_surely_good

_DERIVED = "derived-"
DERIVED = re.compile(rf"{_DERIVED}[0-9a-f]{{40}}")
TIMES = ("timestamp", "originalTimestamp", "sentAt", "receivedAt")


def check(message: object, facts: Facts, segment: Segment, sent: object = None) -> Call:
    """The checked call of a parsed message.

    ``facts``: of the request that brought it. ``segment``: how large a call may be. ``sent``: the message as it came,
    where something was added to it since; then its size counts. The body of the call is the message itself, unchanged.
    Raises Invalid with all faults, by path.
    """
    if not isinstance(message, dict):
        raise Invalid({"": [f"must be an object, not {_kind(message)}"]})
    try:
        text = jsontext.dumps(message)
    except NotJson as error:
        raise Invalid({"": [str(error)]}) from None
    faults = {} if is_surely_good(message) else _faults(message)
    if message.get("type") == "delete" and facts.source != WEBHOOK_SOURCE:
        # whoever reads a page has its write key
        faults["type"] = ["delete is taken from Segment's webhook only, which is signed"]
    most = segment.max_call_bytes
    if len(text) > most and (size := _size(text, sent, most)) > most:
        faults[""] = [f"must be at most {segment.max_call_bytes} bytes of JSON; this has {size}"]
    if faults:
        raise Invalid(faults)
    given = _text(message.get("messageId"))
    derived = not given or (given.startswith(_DERIVED) and DERIVED.fullmatch(given) is not None)
    name = given or derived_id(message, facts)
    return Call("", facts.source, name, _subject(message), facts.received_at, message, facts.ip, derived, text)


def _size(text: bytes, sent: object, most: int) -> int:
    """Bytes of a call; of one that has more than may be, as it was sent: SDKs let calls through that are exactly as
    large as that (segment-analytics-python 2.4, 2026-11-25), and to those more was added here."""
    return len(text) if sent is None or len(text) <= most else len(jsontext.dumps(sent))


def derived_id(message: dict[str, Any], facts: Facts) -> str:
    """A messageId made from source and content, the same whenever the same message comes again.

    A message without any time could be a repetition that was meant, so the second of its arrival joins in.
    """
    moment = None if any(not is_absent(message.get(key)) for key in TIMES) else facts.received_at // 1000
    digest = hashlib.sha256(jsontext.canonical([facts.source, moment, message])).hexdigest()
    return f"derived-{digest[:40]}"


def _subject(message: dict[str, Any]) -> str:
    """The user, else the device, else the group: one subject's calls are delivered in order."""
    user = message.get("userId")
    if user and type(user) is str:  # nearly always
        return user
    for key in ("userId", "anonymousId", "groupId"):
        if found := _text(message.get(key)):
            return found
    return device_id(message)


def prepare() -> None:
    """Import the schemas now, in a process where the first call with a fault shall not wait for them."""
    import_module("translator.validate.faults")


def _faults(message: dict[str, Any]) -> dict[str, list[str]]:
    # marshmallow takes 100 ms to import, and the schemas 10 to make; most processes see good calls only (2026-11-28)
    from translator.validate.faults import faults_of

    return faults_of(message)


def _text(value: object) -> str:
    return value if type(value) is str else "" if is_absent(value) else jsontext.text_of(value)


def _kind(value: object) -> str:
    names = {list: "an array", str: "text", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")

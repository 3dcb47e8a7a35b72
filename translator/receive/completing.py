"""What Segment's servers add to a call of its SDKs before a destination sees it. Pure.

Source: Segment's spec, common fields and HTTP API (reference: segment-actions.md section 13, segment-docs 747b35d,
2025-11-07). Nothing that a call brings is overwritten but ``receivedAt``, which is the clock of who received it, and
``timestamp``, which is corrected by it. What is no call is left for the check to name.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from translator.errors import Faults, NotJson
from translator.parcels import Facts
from translator.times import iso, millis
from translator.validate import TIMES, derived_id, is_absent

CHANNELS = {
    "analytics.js": "browser",
    "analytics-android": "mobile",
    "analytics-flutter": "mobile",
    "analytics-ios": "mobile",
    "analytics-kotlin": "mobile",
    "analytics-react-native": "mobile",
    "analytics-swift": "mobile",
    "@segment/analytics-react-native": "mobile",
    "Analytics-CSharp": "mobile",
}
"""``context.library.name`` of Segment's client-side SDKs. All others are server libraries, or plain HTTP."""

CLIENTS = ("browser", "mobile")
"""Channels whose requests come from the user's own device: only then is the connection's address the user's."""

SHARED = ("context", "integrations")
"""What a batch may say once for all its calls."""


@dataclass(frozen=True, slots=True)
class Door:
    """``type``: of the calls that come in here, or None where each says it (a batch). ``facts``: of the request.

    ``is_page``: whether a page in a browser sent it.
    """

    type: str | None
    facts: Facts
    is_page: bool = False


class Completer:
    """Completes the calls of one request, in order. ``batch``: the body that they came in; empty for a lone call."""

    def __init__(self, door: Door, batch: Mapping[str, Any] | None = None) -> None:
        self._door = door
        self._batch = batch or {}
        self._repeats: Counter[str] = Counter()

    def complete(self, message: object) -> tuple[object, Faults]:
        """A call as destinations get it, and what is wrong with it here; what is no object, as it is."""
        if not isinstance(message, dict):
            return message, {}
        call = dict(message)
        faults = _add_type(call, self._door.type)
        for key in SHARED:
            _add_shared(call, key, self._batch.get(key))
        if is_absent(call.get("messageId")):
            self._add_message_id(call)
        _add_sent_at(call, self._batch.get("sentAt"))
        _add_times(call, self._door.facts.received_at)
        if is_absent(call.get("channel")):
            call["channel"] = _channel(call, self._door.is_page)
        _add_ip(call, self._door.facts.ip)
        return call, faults

    def _add_message_id(self, call: dict[str, Any]) -> None:
        """From what was sent: a repetition of the request gets the same ones. A call without any time has the batch's,
        which is sent anew by who tries again by a library, but those give ids. Calls that are alike within a batch are
        meant."""
        sent = dict(call)
        if all(is_absent(call.get(key)) for key in TIMES):
            _add_sent_at(sent, self._batch.get("sentAt"))
        try:
            first = derived_id(sent, self._door.facts)
            self._repeats[first] += 1
            nth = self._repeats[first]
            call["messageId"] = first if nth == 1 else derived_id({**sent, "nth": nth}, self._door.facts)
        except NotJson:
            return  # nested too deeply: the check says so


def without_key(message: Any) -> Any:
    """A copy of what was sent, without its write key, which is of no use any further; what is no object, as it is."""
    return {key: value for key, value in message.items() if key != "writeKey"} if isinstance(message, dict) else message


def _add_type(call: dict[str, Any], of_door: str | None) -> Faults:
    if of_door is None:
        return {}
    if is_absent(call.get("type")):
        call["type"] = of_door
    if call["type"] != of_door:
        return {"type": [f"must be {of_door}, or absent, since it was sent to /v1/{of_door}"]}
    return {}


def _add_sent_at(call: dict[str, Any], of_batch: object) -> None:
    if is_absent(call.get("sentAt")) and not is_absent(of_batch):
        call["sentAt"] = of_batch


def _add_shared(call: dict[str, Any], key: str, shared: object) -> None:
    """What the call says itself counts more, key by key."""
    own = call.get(key)
    if not isinstance(shared, dict):
        return
    if is_absent(own):
        call[key] = shared
    elif isinstance(own, dict):
        call[key] = {**shared, **own}


def _add_times(call: dict[str, Any], received_at: int) -> None:
    """``timestamp`` = receivedAt - (sentAt - originalTimestamp): when it happened, by the clock of the server.

    A call with both ``timestamp`` and ``originalTimestamp`` was corrected before, as Segment's exports are. Without
    sentAt there is nothing to correct by, and without a time it happened when it came.
    """
    call["receivedAt"] = iso(received_at)
    original, corrected = call.get("originalTimestamp"), call.get("timestamp")
    if not is_absent(original) and millis(corrected) is not None:
        return
    if is_absent(original):
        original = corrected
    happened, sent = millis(original), millis(call.get("sentAt"))
    if not is_absent(original):
        call["originalTimestamp"] = original
    if happened is None:
        call["timestamp"] = call["receivedAt"]
    elif sent is None:
        call["timestamp"] = original
    else:
        call["timestamp"] = iso(received_at - (sent - happened)) or original


def _channel(call: dict[str, Any], is_page: bool) -> str:
    context = call.get("context")
    context = context if isinstance(context, dict) else {}
    said = context.get("channel")
    if isinstance(said, str) and said:
        return said
    library = context.get("library")
    name = library.get("name") if isinstance(library, dict) else library
    known = CHANNELS.get(name) if isinstance(name, str) else None
    return known or ("browser" if is_page else "server")


def _add_ip(call: dict[str, Any], ip: str | None) -> None:
    """Of a call from the user's own device: the address that it came from. Server libraries know their users', and say
    it or do not."""
    context = call.get("context")
    if ip is None or call["channel"] not in CLIENTS or not (context is None or isinstance(context, dict)):
        return
    if is_absent((context or {}).get("ip")):
        call["context"] = {**(context or {}), "ip": ip}

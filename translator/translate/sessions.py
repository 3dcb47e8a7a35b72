"""Sessions for calls that bring none, where ``translate.session_minutes`` asks for them. Pure.

In memory: ``{"sessions": {device: {"id", "last"}}}``, ms since the epoch. A session id is the time of its first event
(amplitude-api.md section 5.3).
"""

from __future__ import annotations

from typing import Any

from translator.parcels import Json
from translator.translate.paths import mapping
from translator.translate.reading import Reading

DEVICES = 5
"""Devices of a subject whose session is remembered: those with the newest events."""


def session(reading: Reading, state: Json | None) -> tuple[int | None, Json | None]:
    """The session id of an event, and what changes of the subject's memory (None: nothing)."""
    minutes = reading.settings.translate.session_minutes
    if reading.options.session_id is not None or not minutes or not reading.ids:
        return reading.options.session_id, None
    device = reading.ids.get("device_id") or reading.ids["user_id"]
    known = mapping((state or {}).get("sessions"))
    began, last = _times(known.get(device), reading.time, minutes * 60_000)
    if reading.time < began:
        return None, None  # an event from before the session that is known: of one that nobody remembers
    entry: Json = {"id": began, "last": max(last, reading.time)}
    newest = sorted({**known, device: entry}.items(), key=lambda one: one[1]["last"], reverse=True)
    return began, {"sessions": {device: entry, **{name: None for name, _ in newest[DEVICES:]}}}


def _times(entry: Any, time: int, gap: int) -> tuple[int, int]:
    """When the session of an event at ``time`` began, and its newest event."""
    found = mapping(entry)
    if not found or time - found["last"] > gap:
        return time, time
    return found["id"], found["last"]

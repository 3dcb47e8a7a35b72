"""What a call says under ``integrations`` (differences 15). Pure.

Segment's Actions destination reads ``integrations["Actions Amplitude"]``, its Classic one ``integrations.Amplitude``;
here both are read, key by key, Actions first.
"""

from __future__ import annotations

from typing import Any

from msgspec import Struct, field

from translator.times import millis
from translator.translate.amounts import whole
from translator.translate.notes import Notes
from translator.translate.paths import mapping, present, scalar

NAMES = ("Actions Amplitude", "Amplitude")
READ = ("groups", "session_id", "sessionId", "event_id", "unmap")


class Options(Struct, frozen=True, gc=False):
    """``sent``: whether the call wants to go to Amplitude at all. ``session_id``: ms since the epoch, or -1."""

    sent: bool = True
    groups: dict[str, Any] = field(default_factory=dict)
    session_id: int | None = None
    event_id: int | None = None
    unmap: bool = False


NONE = Options()


def read(body: dict[str, Any], own_names: tuple[str, ...], notes: Notes) -> Options:
    """The options of a call. ``own_names``: names under ``integrations`` that mean this webhook."""
    integrations = mapping(body.get("integrations"))
    if not integrations:
        return NONE
    own = [mapping(integrations.get(name)) for name in NAMES]
    for name, options in zip(NAMES, own, strict=True):
        for key in options.keys() - set(READ):
            notes.add("options_unread", f"integrations.{name}.{key}")
    return Options(
        sent=_sent(integrations, own_names),
        groups={**mapping(own[1].get("groups")), **mapping(own[0].get("groups"))},
        session_id=_session(own, notes),
        event_id=whole(_first(own, "event_id")),
        unmap=_first(own, "unmap") is True,
    )


def _sent(integrations: dict[str, Any], own_names: tuple[str, ...]) -> bool:
    named = [integrations[name] for name in NAMES if name in integrations]
    if False in [value for value in named if isinstance(value, bool)]:
        return False
    if integrations.get("All") is not False or any(value is True or isinstance(value, dict) for value in named):
        return True
    # Segment's replay rewrites integrations to All: false plus the destination it chose: this webhook
    return any(integrations.get(name) is True for name in own_names)


def _first(own: list[dict[str, Any]], key: str) -> Any:
    return next((options[key] for options in own if present(options.get(key))), None)


def _session(own: list[dict[str, Any]], notes: Notes) -> int | None:
    given = (options.get(key) for options in own for key in ("session_id", "sessionId"))
    value = scalar(next((one for one in given if present(one)), None))
    moment = session_time(value)
    if moment is None and value not in (None, 0, "0"):
        notes.add("session_unread", "integrations.session_id")
    return moment


def session_time(value: Any) -> int | None:
    """A session id, which is a time, in ms since the epoch, or -1 for no session; None for anything else."""
    value = scalar(value)
    if value in (-1, "-1"):
        return -1
    return None if value in (None, 0, "0") else millis(value)

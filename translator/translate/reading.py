"""One call, read once: what every translator needs of it. Pure."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

from translator.errors import Untranslatable
from translator.parcels import Call
from translator.settings.values import TranslationSettings
from translator.times import millis
from translator.translate import options
from translator.translate.limits import is_refused_id
from translator.translate.notes import Notes
from translator.translate.options import Options
from translator.translate.paths import at, mapping, present, text
from translator.translate.screening import screened

FUTURE_MS = 24 * 60 * 60 * 1000
"""A time further ahead of its receipt is a wrong clock: Amplitude would show the user as active years from now, for
ever (amplitude-api.md section 5.2 names no bound and advises one's own clamp, 2026-11-24)."""

ANCIENT_MS = 946_771_200_000
"""2000-01-02: an earlier time is a clock that was never set (1970, 1980 and 2000-01-01 are where such clocks start).
Amplitude would take it for the user's first day, for ever (section 5.2 names no bound, 2026-11-24)."""

_USER = ("userId",)
_DEVICE_FIRST = ("context.device.id", "anonymousId")
_ANONYMOUS_FIRST = ("anonymousId", "context.device.id")
"""Paths of a user's id, and of a device's."""


class Reading(Struct, frozen=True, gc=False):
    """A call as its translator finds it.

    ``body``: the message; ``kind``: its type; ``context``, ``traits``, ``properties``: of it, {} where there are none.
    ``time``: ms since the epoch. ``ids`` and ``short``: see ``fitting``. ``notes``: what translation collects.
    """

    call: Call
    settings: TranslationSettings
    notes: Notes
    options: Options
    time: int
    ids: dict[str, str]
    short: dict[str, str]
    body: dict[str, Any]
    kind: str
    context: dict[str, Any]
    traits: dict[str, Any]
    properties: dict[str, Any]

    def sendable(self, values: dict[str, Any], path: str) -> dict[str, Any]:
        """Properties or traits as the configuration lets them be sent."""
        return screened(values, path, self.settings.translate, self.notes)

    def insert_id(self, place: int) -> str:
        """The insert id of the record at a place: ``messageId``, then ``messageId-2``, ``messageId-3``, …"""
        return self.call.message_id if place == 1 else f"{self.call.message_id}-{place}"

    def someone(self) -> dict[str, str]:
        """The ids. Raises Untranslatable when Amplitude would refuse each of them."""
        if not self.ids:
            said = "every id of this call is one that Amplitude refuses (such as 0, null, unknown, anonymous)"
            if "short_id" in {note.rule for note in self.notes.all()}:
                said = "no id of this call is long enough (min_id_length, translate.short_ids)"
            raise Untranslatable("no_valid_id", {"userId": [said]})
        return self.ids


def read(call: Call, settings: TranslationSettings) -> Reading:
    """Read a call."""
    body, notes = call.body, Notes()
    ids, short = fitting(_ids(body, settings, notes), settings, notes)
    return Reading(
        call=call,
        settings=settings,
        notes=notes,
        options=options.read(body, settings.own_names, notes),
        time=_time(call, notes),
        ids=ids,
        short=short,
        body=body,
        kind=body["type"],
        context=mapping(body.get("context")),
        traits=mapping(body.get("traits")),
        properties=mapping(body.get("properties")),
    )


def _time(call: Call, notes: Notes) -> int:
    """The timestamp; else the message's receivedAt, else when it arrived here."""
    found = moment(call.body.get("timestamp"), call, notes)
    if found is not None:
        return found
    received = millis(call.body.get("receivedAt"))
    return call.received_at if received is None or _time_fault(received, call) else received


def moment(given: Any, call: Call, notes: Notes) -> int | None:
    """A timestamp in ms since the epoch; None for one that cannot be, which is noted, or that is not there."""
    found = millis(given)
    fault = _time_fault(found, call)
    if found is not None and fault is None:
        return found
    if fault or present(given):
        notes.add(fault or "time_fallback", "timestamp")
    return None


def _time_fault(time: int | None, call: Call) -> str | None:
    """The rule that a time breaks."""
    if time is None:
        return None
    if time > call.received_at + FUTURE_MS:
        return "time_future"
    return "time_ancient" if time < ANCIENT_MS else None


def _ids(body: dict[str, Any], settings: TranslationSettings, notes: Notes) -> dict[str, str]:
    """user_id and device_id; an empty one of a device's two ids falls back to the other (differences 6)."""
    user: tuple[str, ...] = _USER
    device: tuple[str, ...] = _ANONYMOUS_FIRST if settings.translate.prefer_anonymous_id else _DEVICE_FIRST
    if settings.fields:
        user, device = settings.fields.get("user_id", user), settings.fields.get("device_id", device)
    found = {}
    if value := _first_valid(body, user, notes):
        found["user_id"] = value
    if value := _first_valid(body, device, notes):
        found["device_id"] = value
    return found


def _first_valid(body: dict[str, Any], paths: tuple[str, ...], notes: Notes) -> str | None:
    for path in paths:
        value = valid_id(at(body, path) if "." in path else body.get(path), path, notes)
        if value is not None:
            return value
    return None


def valid_id(given: Any, path: str, notes: Notes) -> str | None:
    """An id that Amplitude takes; None where there is none, or, noted, one that it refuses."""
    value = text(given)
    if value is not None and is_refused_id(value):
        notes.add("invalid_id", path)
        return None
    return value


def fitting(ids: dict[str, str], settings: TranslationSettings, notes: Notes) -> tuple[dict[str, str], dict[str, str]]:
    """Ids to send, and those too short that become user properties instead (``translate.short_ids``)."""
    rule = settings.translate.short_ids
    if rule == "send":
        return ids, {}
    short = {key: value for key, value in ids.items() if len(value) < settings.min_id_length}
    if not short:
        return ids, {}
    for key in short:
        notes.add("short_id", key)
    return {key: value for key, value in ids.items() if key not in short}, short if rule == "move" else {}

"""One call, read once: what every translator needs of it. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from translator.errors import Untranslatable
from translator.parcels import Call
from translator.settings.values import TranslationSettings
from translator.translate import options
from translator.translate.limits import INVALID_IDS
from translator.translate.notes import Notes
from translator.translate.options import Options
from translator.translate.paths import at, mapping, present, text
from translator.translate.times import millis


@dataclass(frozen=True, slots=True)
class Reading:
    """A call with its time (ms since the epoch), ids and options, and the notes that its translation collects."""

    call: Call
    settings: TranslationSettings
    notes: Notes
    options: Options
    time: int
    ids: dict[str, str]

    @property
    def body(self) -> dict[str, Any]:
        """The message."""
        return self.call.body

    @property
    def traits(self) -> dict[str, Any]:
        """The call's own traits; {} where there are none."""
        return mapping(self.body.get("traits"))

    @property
    def properties(self) -> dict[str, Any]:
        """The call's properties; {} where there are none."""
        return mapping(self.body.get("properties"))

    def insert_id(self, place: int) -> str:
        """The insert id of the record at a place: ``messageId``, then ``messageId-2``, ``messageId-3``, …"""
        return self.call.message_id if place == 1 else f"{self.call.message_id}-{place}"

    def someone(self) -> dict[str, str]:
        """The ids. Raises Untranslatable when Amplitude would refuse each of them."""
        if not self.ids:
            said = "every id of this call is one that Amplitude refuses (such as 0, null, unknown, anonymous)"
            raise Untranslatable("no_valid_id", {"userId": [said]})
        return self.ids


def read(call: Call, settings: TranslationSettings) -> Reading:
    """Read a call."""
    notes = Notes()
    return Reading(
        call=call,
        settings=settings,
        notes=notes,
        options=options.read(call.body, settings.own_names, notes),
        time=_time(call, notes),
        ids=_ids(call.body, settings.translate.prefer_anonymous_id, notes),
    )


def _time(call: Call, notes: Notes) -> int:
    given = call.body.get("timestamp")
    found = millis(given)
    if found is not None:
        return found
    if present(given):
        notes.add("time_fallback", "timestamp")
    fallback = millis(call.body.get("receivedAt"))
    return call.received_at if fallback is None else fallback


def _ids(body: dict[str, Any], prefer_anonymous_id: bool, notes: Notes) -> dict[str, str]:
    """user_id and device_id; an empty one of a device's two ids falls back to the other (differences 6)."""
    first, second = ("context.device.id", "anonymousId")[:: -1 if prefer_anonymous_id else 1]
    found = {
        "user_id": _valid(body, "userId", notes),
        "device_id": _valid(body, first, notes) or _valid(body, second, notes),
    }
    return {key: value for key, value in found.items() if value}


def _valid(body: dict[str, Any], path: str, notes: Notes) -> str | None:
    value = text(at(body, path))
    if value is None or value.strip().lower() not in INVALID_IDS:
        return value
    notes.add("invalid_id", path)
    return None

"""User properties that were sent before with the same value, where ``translate.unchanged_hours`` asks for it. Pure.

Amplitude drops property updates of a user beyond 1,800 an hour in silence (amplitude-api.md section 2.3, 2026-11-24).
Only calls with a user id are looked at: an anonymous subject's properties may be another's tomorrow.
"""

from __future__ import annotations

from hashlib import blake2b

from msgspec.structs import replace

from translator import jsontext
from translator.parcels import Json, Record
from translator.translate.memory import changed
from translator.translate.notes import Notes
from translator.translate.operations import said
from translator.translate.paths import mapping

MOST = 300
"""Properties of a subject whose last value is remembered: those sent last."""

HOUR = 60 * 60 * 1000
WHOLE = "*"
"""The entry of all that an identify has beside properties: ids, device, groups."""

_NOT_COMPARED = frozenset({"time", "insert_id", "user_properties"})


def fingerprint(value: object) -> str:
    """A short hash of a value's JSON text."""
    return blake2b(jsontext.dumps(value), digest_size=9).hexdigest()


class Sent:
    """One call's user properties held against what was sent before.

    ``entries``: operation and name to ``{"at", "hash"}``; ``now``, ``at``: ms since the epoch.
    """

    def __init__(self, entries: Json, now: int, hours: int, notes: Notes) -> None:
        self._entries = entries
        self._now = now
        self._span = hours * HOUR
        self._notes = notes
        self._changes: Json = {}

    def changes(self) -> Json | None:
        """What changes of the subject's memory, or None; beyond MOST the oldest entries go."""
        if not self._changes:
            return None
        entries = changed(self._entries, self._changes)
        oldest = sorted(entries, key=lambda name: entries[name]["at"])[: max(0, len(entries) - MOST)]
        return {"sent": {**self._changes, **dict.fromkeys(oldest)}}

    def record(self, record: Record) -> Record | None:
        """A record as it still goes, or None."""
        if not self._span or record.kind not in ("identify", "event") or "user_id" not in record.body:
            return record
        given = record.body.get("user_properties", {})
        if not isinstance(given, dict) or not all(isinstance(values, dict) for values in given.values()):
            return record  # of a hook's making
        pairs = mapping(record.body.get("groups")) if record.kind == "identify" else {}
        news = {
            (operation, name)
            for operation, values in given.items()
            for name, value in values.items()
            if self._news(operation, name, value)
        }
        if record.kind == "identify" and not self._rest_is_news(record.body) and not news:
            self._notes.add("unchanged", "identify")
            return None
        kept = {
            operation: {name: value for name, value in values.items() if name in pairs or (operation, name) in news}
            for operation, values in given.items()
        }
        body = {key: value for key, value in record.body.items() if key != "user_properties"}
        return replace(record, body={**body, "user_properties": said(kept)} if said(kept) else body)

    def _rest_is_news(self, body: Json) -> bool:
        return self._differs(WHOLE, {key: value for key, value in body.items() if key not in _NOT_COMPARED})

    def _news(self, operation: str, name: str, value: object) -> bool:
        if operation not in ("$set", "$setOnce"):
            # what it leaves is not known here
            self._changes |= {f"$set.{name}": None, f"$setOnce.{name}": None}
            return True
        if self._differs(f"{operation}.{name}", value):
            return True
        self._notes.add("unchanged", f"user_properties.{operation}.{name}")
        return False

    def _differs(self, name: str, value: object) -> bool:
        entry = mapping(self._changes.get(name, self._entries.get(name)))
        fresh = {"at": self._now, "hash": fingerprint(value)}
        if entry.get("hash") == fresh["hash"] and 0 <= self._now - entry["at"] < self._span:
            return False
        self._changes[name] = fresh
        return True

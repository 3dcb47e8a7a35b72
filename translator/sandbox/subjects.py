"""Users and groups, as the local Amplitude knows them."""

from __future__ import annotations

import zlib
from array import array
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from translator.sandbox.rules import DEVICE, LOCATION, UPDATES_AN_HOUR, Lost

DAY_MS = 86_400_000
KEEP_DAYS = 400
_BLOCKS = (("device_reset", DEVICE), ("location_reset", LOCATION))
_BLOCK_NAMES = frozenset(DEVICE + LOCATION)


def _numbers() -> array[int]:
    return array("q")


@dataclass(slots=True)
class User:
    """A user, under its user_id; or a device, while no user_id is known of it. ``rows``: numbers of its records."""

    key: str
    user_id: str | None = None
    device_ids: list[str] = field(default_factory=list)
    user_properties: dict[str, Any] = field(default_factory=dict)
    groups: dict[str, Any] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    events: int = 0
    mapped_to: str | None = None
    deletion_requested: bool = False
    rows: array[int] = field(default_factory=_numbers)
    _hour: int = 0
    _updates: int = 0

    def facts(self) -> dict[str, Any]:
        """What is known, for JSON and pages; a copy."""
        return {
            "key": self.key,
            "amplitude_id": amplitude_id(self.key),
            "user_id": self.user_id,
            "device_ids": list(self.device_ids),
            "user_properties": dict(self.user_properties),
            "groups": dict(self.groups),
            "fields": dict(self.fields),
            "events": self.events,
            "mapped_to": self.mapped_to,
            "deletion_requested": self.deletion_requested,
        }

    def set_fields(self, body: dict[str, Any], lost: list[Lost]) -> None:
        """Take device and location fields of a record: one of a block resets the others of it (section 2.1.4)."""
        if _BLOCK_NAMES.isdisjoint(body):
            return
        for rule, block in _BLOCKS:
            new = {name: body[name] for name in block if body.get(name) is not None}
            if new:
                gone = [name for name in block if name in self.fields and name not in new]
                for name in gone:
                    lost.append((rule, name, str(self.fields.pop(name))))
                self.fields |= new

    def count_update(self, now: float, lost: list[Lost]) -> None:
        """Count a property update; 1,800 an hour are safe (section 2.1.3)."""
        hour = int(now // 3600)
        if hour != self._hour:
            self._hour, self._updates = hour, 0
        self._updates += 1
        if self._updates > UPDATES_AN_HOUR:
            lost.append(("updates", "user_properties", f"update {self._updates} of this hour"))


@dataclass(slots=True)
class Group:
    """A group of a type, who was seen in it, and its events by day (of their own time, UTC)."""

    group_type: str
    group_value: str
    group_properties: dict[str, Any] = field(default_factory=dict)
    users: dict[str, None] = field(default_factory=dict)
    events: int = 0
    days: dict[int, int] = field(default_factory=dict)
    rows: array[int] = field(default_factory=_numbers)

    def facts(self) -> dict[str, Any]:
        """What is known, for JSON; a copy."""
        return {
            "group_type": self.group_type,
            "group_value": self.group_value,
            "group_properties": dict(self.group_properties),
            "users": list(self.users),
            "events": self.events,
            "events_by_day": {day_name(day): self.days[day] for day in sorted(self.days)},
        }

    def line(self) -> dict[str, Any]:
        """The same in short, its members and events only counted; a copy."""
        return {
            "group_type": self.group_type,
            "group_value": self.group_value,
            "group_properties": dict(self.group_properties),
            "size": len(self.users),
            "events": self.events,
        }

    def count_event(self, user: str, day: int) -> None:
        """Count an event of a member on a day; the oldest day is forgotten when there are too many."""
        self.users[user] = None
        self.events += 1
        self.days[day] = self.days.get(day, 0) + 1
        if len(self.days) > KEEP_DAYS:
            del self.days[min(self.days)]


def amplitude_id(key: str) -> int:
    """A number for a user, as deletions take it; made up here, and always the same."""
    return zlib.crc32(key.encode("utf-8"))


def user_key(body: dict[str, Any]) -> str | None:
    """The key of the user of a record, None where it has none; a group identify may bring anything as one."""
    user_id, device_id = body.get("user_id"), body.get("device_id")
    if isinstance(user_id, str) and user_id:
        return user_id
    return f"device:{device_id}" if isinstance(device_id, str) and device_id else None


def day_name(day: int) -> str:
    """A day since 1970 as a date, or as its number where no calendar reaches."""
    try:
        return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date().isoformat()
    except OverflowError:
        return f"day {day}"

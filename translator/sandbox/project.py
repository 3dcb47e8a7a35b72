"""What Amplitude counts for a whole project: group types, and the names that charts can find."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from translator.sandbox.operations import ORDER
from translator.sandbox.rules import (
    EVENT_PROPERTIES,
    EVENT_TYPES,
    GROUP_PROPERTIES,
    GROUP_TYPES,
    GROUP_VALUES,
    USER_PROPERTIES,
    Lost,
    excerpt,
)  # fmt: skip


@dataclass
class Project:
    """The names that a project has had, up to its limits."""

    name: str
    group_types: dict[str, None] = field(default_factory=dict)
    event_types: set[str] = field(default_factory=set)
    event_properties: set[str] = field(default_factory=set)
    user_properties: set[str] = field(default_factory=set)
    group_properties: set[str] = field(default_factory=set)

    def groups(self, groups: Any, lost: list[Lost]) -> dict[str, Any]:
        """Groups of a record within the limits; what is over them is dropped in silence, as Amplitude does."""
        kept: dict[str, Any] = {}
        if not groups or not isinstance(groups, dict):
            return kept
        room = GROUP_VALUES
        for kind, value in groups.items():
            values = [str(one) for one in (value if isinstance(value, list) else [value]) if one is not None]
            path = f"groups.{kind}"
            if not values:
                lost.append(("group_null", path, excerpt(value)))
            elif not self._has_type(kind):
                lost.append(("group_types", path, excerpt(", ".join(values))))
            else:
                if len(values) > room:
                    lost.append(("group_values", path, excerpt(", ".join(values[room:]))))
                    values = values[:room]
                room -= len(values)
                if values:
                    kept[kind] = values[0] if len(values) == 1 else values
        return kept

    def event(self, event_type: str, properties: Any, lost: list[Lost]) -> None:
        """Count the names of an event."""
        if event_type not in self.event_types and _beyond(self.event_types, EVENT_TYPES, (event_type,)):
            lost.append(("event_types", "event_type", excerpt(event_type)))
        if properties:
            _names(self.event_properties, EVENT_PROPERTIES, properties, ("event_properties", "event_properties"), lost)

    def user(self, change: dict[str, Any], lost: list[Lost]) -> None:
        """Count the names of user properties."""
        _names(self.user_properties, USER_PROPERTIES, _named(change), ("user_properties", "user_properties"), lost)

    def group(self, change: dict[str, Any], lost: list[Lost]) -> None:
        """Count the names of group properties."""
        about = ("group_property_names", "group_properties")
        _names(self.group_properties, GROUP_PROPERTIES, _named(change), about, lost)

    def _has_type(self, kind: str) -> bool:
        if kind not in self.group_types:
            if len(self.group_types) >= GROUP_TYPES:
                return False
            self.group_types[kind] = None
        return True


def _names(known: set[str], limit: int, names: dict[str, Any], about: tuple[str, str], lost: list[Lost]) -> None:
    if names.keys() <= known:
        return
    beyond = _beyond(known, limit, names)
    if beyond:
        rule, path = about
        lost.append((rule, f"{path}.{beyond[0]}" if len(beyond) == 1 else path, excerpt(", ".join(beyond))))


def _beyond(known: set[str], limit: int, names: Iterable[str]) -> list[str]:
    """Take names as long as there is room; those for which there is none."""
    beyond = []
    for name in names:
        if name not in known:
            if len(known) < limit:
                known.add(name)
            else:
                beyond.append(name)
    return beyond


def _named(change: dict[str, Any]) -> dict[str, Any]:
    """The properties that a dictionary names, through its operations."""
    if not any(key in ORDER for key in change):
        return change
    named: dict[str, Any] = {}
    for key, value in change.items():
        if key not in ORDER:
            named[key] = value
        elif key not in ("$unset", "$clearAll") and isinstance(value, dict):
            named |= value
    return named


@lru_cache(maxsize=1000)
def project_of(api_key: str) -> str:
    """A name for the project of a key that does not give the key away."""
    return "project-" + hashlib.sha256(api_key.encode()).hexdigest()[:8]

"""A plan of some calls, for tests."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from translator.reports.plan.made import Plan
from translator.reports.plan.planning import planned
from translator.reports.reading import Source
from translator.settings.load import settings_from

NOW = 1_790_000_000_000
"""2026-09-21, in ms."""

LATER = NOW + 90 * 24 * 60 * 60 * 1000


def plan_of(messages: Iterable[Any], settings: dict[str, Any] | None = None, destination: str | None = None) -> Plan:
    kept = list(messages)

    def sources(aloud: bool) -> Source:
        return Source(iter(kept), "some calls")

    return planned(settings_from(settings or {}), destination, sources, LATER, lambda what, count: None)


def group(user: str, group_id: Any = None, at: int = 0, **traits: Any) -> dict[str, Any]:
    found = {"type": "group", "userId": user, "traits": traits, "timestamp": _time(at), "messageId": f"g-{user}-{at}"}
    return found | ({"groupId": group_id} if group_id is not None else {})


def track(user: str, event: str = "Opened", at: int = 0, context: Any = None, **properties: Any) -> dict[str, Any]:
    found = {"type": "track", "userId": user, "event": event, "properties": properties, "timestamp": _time(at)}
    return {**found, "messageId": f"t-{user}-{event}-{at}"} | ({"context": context} if context else {})


def identify(user: str, at: int = 0, **traits: Any) -> dict[str, Any]:
    return {"type": "identify", "userId": user, "traits": traits, "timestamp": _time(at), "messageId": f"i-{user}-{at}"}


def _time(minutes: int) -> int:
    return NOW + minutes * 60_000

"""Segment calls as tests of QA make them, and what is found in them."""

import itertools
from typing import Any

from translator.parcels import Json
from translator.reports.plan.planned import Planned
from translator.reports.qa.comparing import compared
from translator.reports.qa.findings import Report
from translator.reports.qa.of_calls import of_calls
from translator.reports.reading import Source, Summary
from translator.settings.load import settings_from

PAIR = {"groups": {"type_trait": "group_type", "value_trait": "name"}}
EVENT_LEVEL = {"groups": {**PAIR["groups"], "level": "event"}}


def group(
    value: Any = "Acme", name: Any = None, user: Any = "user-1", kind: Any = "Organization", **traits: Any
) -> Json:
    given = {"group_type": kind, "name": value, **traits}
    return {
        "type": "group", "userId": user, "groupId": "g-1", "timestamp": "2026-11-01T10:00:00.000Z",
        "traits": {key: one for key, one in given.items() if one is not None},
        **({"messageId": name} if name else {}),
    }  # fmt: skip


def track(event: str = "Clicked", name: str | None = None, user: str = "user-1", groups: Json | None = None) -> Json:
    options = {"integrations": {"Amplitude": {"groups": groups}}} if groups else {}
    named = {"messageId": name} if name else {}
    return {
        "type": "track", "event": event, "userId": user, "timestamp": "2026-11-01T11:00:00.000Z", **options, **named,
    }  # fmt: skip


def numbered(*calls: Json) -> list[Json]:
    """Calls with messageIds m1, m2 …, where they have none."""
    return [{"messageId": f"m{number}", **call} for number, call in zip(itertools.count(1), calls, strict=False)]


def qa(plan: Planned, calls: list[Any], **tables: Any) -> Report:
    summary = Summary()
    seen = of_calls(plan, Source(iter(calls), "some calls"), summary, settings_from(tables or PAIR))
    return compared(plan, seen)


def found(report: Report) -> list[tuple[Any, ...]]:
    """Kind, severity, subject, count, of and the messageIds of examples, for each finding."""
    return [
        (one.kind, one.severity, one.subject, one.count, one.of, [example.message_id for example in one.examples])
        for one in report.findings()
    ]

"""Planned events beside those that came. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from translator.reports.plan.planned import Planned, PlannedEvent
from translator.reports.qa.findings import Check, Finding, finding, said_count
from translator.reports.qa.seen import Seen, SeenEvent
from translator.reports.qa.types_compared import NEVER, extras


def checks(plan: Planned, seen: Seen) -> Iterator[Check]:
    """What is expected of each event, and that there are no others; nothing where no events are planned."""
    if not plan.events:
        return
    for one in plan.events:
        yield from _of_event(one, seen.events.get(one.name, SeenEvent()), seen.events_read)
    found = extras("event_extra", "warning", seen.extra_events, "events", seen.events_read)
    yield Check("Events", "no other events", tuple(found))


def _of_event(one: PlannedEvent, seen: SeenEvent, events: int) -> Iterator[Check]:
    missing = Finding(
        "event_missing", "warning", one.name, f"planned, and none of {said_count(events, 'events')} is one", 0, "events"
    )
    yield Check("Events", f"{one.name} comes", () if seen.count else (missing,))
    for group_type in one.groups:
        name = f"{one.name} is in {group_type}"
        why = "" if seen.count else NEVER
        yield Check("Events", name, () if why else tuple(_without(one.name, group_type, seen)), why)


def _without(name: str, group_type: str, seen: SeenEvent) -> Iterator[Finding]:
    tally, of = seen.lacking.get(group_type), seen.judged.get(group_type, 0)
    if tally is not None and tally.count:
        share = f"{max(100 * tally.count / of, 0.1):.3g} %"
        said = f"{tally.count:,} of {said_count(of, 'events')} ({share}) without {group_type}"
        yield finding("event_without_group", "error", f"{name}: {group_type}", said, tally, "events", of)

"""Planned group types beside those that came. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from translator.reports.plan.planned import Planned, PlannedType
from translator.reports.qa.findings import Check, Finding, Severity, finding, said_count
from translator.reports.qa.seen import Extras, Seen, SeenType, Tally
from translator.translate.groups import SEGMENT_GROUP

NEVER = "never came"


def checks(plan: Planned, seen: Seen) -> Iterator[Check]:
    """What is expected of each type, and that there is no other."""
    for one in plan.types:
        yield from _of_type(one, seen.types.get(one.name, SeenType()), seen)
    planned = {one.name for one in plan.types}
    if SEGMENT_GROUP not in planned:
        yield Check("Group types", f"no group call falls back to {SEGMENT_GROUP}", tuple(_fallbacks(seen)))
    yield Check("Group types", "no other group types", tuple(_extras(seen)))


def _of_type(planned: PlannedType, seen: SeenType, everything: Seen) -> Iterator[Check]:
    name = planned.name
    if not seen.named.count:
        said = f"planned, and none of {said_count(everything.read, everything.read_unit)} names it"
        missing = Finding("group_type_missing", "error", name, said, 0, everything.read_unit, everything.read)
        yield Check("Group types", f"{name} comes", (missing,))
        yield Check("Group types", f"{name} is at level {planned.level}", skipped=NEVER)
        if planned.values:
            yield Check("Group types", f"{name} has planned values only", skipped=NEVER)
        return
    yield Check("Group types", f"{name} comes")
    yield _level(planned, seen, everything)
    if planned.values:
        yield Check("Group types", f"{name} has planned values only", tuple(_values(planned, seen, everything)))


def _values(planned: PlannedType, seen: SeenType, everything: Seen) -> Iterator[Finding]:
    if seen.values.count:
        said = f"{_have(seen.values.count, everything.unit)} a value that is not in the plan"
        yield finding("group_value", "error", planned.name, said, seen.values, everything.unit, seen.named.count)


def _level(planned: PlannedType, seen: SeenType, everything: Seen) -> Check:
    """User level: users joined it. Event level: events had it themselves. Nobody's events say nothing."""
    name = f"{planned.name} is at level {planned.level}"
    if planned.level == "user":
        found = list(_user_level(planned.name, seen))
    else:
        found = list(_event_level(planned, seen, everything))
        if planned.level == "event" and not everything.events_read and not found:
            return Check("Group types", name, skipped="no events came")
    return Check("Group types", name, tuple(found))


def _user_level(name: str, seen: SeenType) -> Iterator[Finding]:
    if seen.events.count:
        severity: Severity = "warning" if seen.joins.count else "error"
        also = "" if seen.joins.count else ", and no user joined it"
        said = f"planned at user level; {_have(seen.events.count, 'events')} it at event level{also}"
        yield finding("level", severity, name, said, seen.events, "events")
    elif not seen.joins.count:
        yield finding(
            "level", "error", name, "planned at user level; no user joined it: only its properties came", Tally()
        )


def _event_level(planned: PlannedType, seen: SeenType, everything: Seen) -> Iterator[Finding]:
    name, level, events, unit = planned.name, planned.level, everything.events_read, everything.read_unit
    if level == "event" and seen.joins.count:
        said = f"planned at event level; {said_count(seen.joins.count, unit)} made users join it, for ever"
        yield finding("level", "error", name, said, seen.joins, unit)
    if level == "both" and not seen.joins.count:
        yield finding("level", "error", name, "planned at both levels; no user joined it", seen.events, "events")
    if events and not seen.events.count:
        at = "at event level" if level == "event" else "at both levels"
        said = f"planned {at}; none of {said_count(events, 'events')} had it"
        yield Finding("level", "error", name, said, 0, "events", events)


def _have(count: int, unit: str) -> str:
    return f"{said_count(count, unit)} {'has' if count == 1 else 'have'}"


def _fallbacks(seen: Seen) -> Iterator[Finding]:
    for missing, tally in seen.fallbacks.items():
        said = f"{said_count(tally.count, 'group calls')} became {SEGMENT_GROUP}, for lack of {missing}"
        yield finding("group_fallback", "error", missing, said, tally)
    known = seen.extra_types.names.get(SEGMENT_GROUP)
    if known and not seen.fallbacks:
        said = f"{said_count(known.count, seen.unit)} in it; for lack of which trait is not known here"
        yield finding("group_fallback", "error", SEGMENT_GROUP, said, known, seen.unit)
    nothing = seen.ignored.get("group_traits_missing")
    if nothing:
        said = f"{said_count(nothing.count, 'group calls')} became nothing, for lack of the mapped traits"
        yield finding("group_fallback", "warning", "groups.fallback = none", said, nothing)


def _extras(seen: Seen) -> Iterator[Finding]:
    names = {name: one for name, one in seen.extra_types.names.items() if name != SEGMENT_GROUP}
    of = seen.read if seen.unit == seen.read_unit else None
    yield from extras("group_type_extra", "error", Extras(names, seen.extra_types.others), seen.unit, of)


def extras(
    kind: str, severity: Severity, found: Extras, unit: str, of: int | None = None, prefix: str = ""
) -> Iterator[Finding]:
    """A finding for each name that is not planned, and one for all beyond those that are kept."""
    for name, tally in found.names.items():
        said = f"not planned; in {said_count(tally.count, unit)}"
        yield finding(kind, severity, prefix + name, said, tally, unit, of)
    if found.others:
        said = f"further names that are not planned; {said_count(found.others, 'times')}"
        yield Finding(kind, severity, f"{prefix}…", said, found.others, unit)

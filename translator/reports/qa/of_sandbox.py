"""What a running sandbox has → what was seen of a plan. By HTTP, since the sandbox shares no code with the rest."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from translator.reports.plan.planned import Planned, PlannedEvent
from translator.reports.qa.asking import Event, Record, Totals, records_of, totals_of
from translator.reports.qa.counting import EXAMPLES, Count, Names
from translator.reports.qa.groups_seen import Groups
from translator.reports.qa.seen import NONE, Example, Extras, Seen, SeenEvent, SeenType, Tally

DROPS = {
    "group_types": "group_types_limit",
    "group_values": "group_values_limit",
    "group_property_names": "group_properties_limit",
    "text": "string_limit",
    "layers": "depth_limit",
    "group_null": "group_value_unusable",
}
"""The sandbox's rules (docs/sandbox.md) by the names that translation has for the same."""

REMARKS = (
    "A sandbox shows what arrived: calls that were refused before, became nothing or are dead letters are not in it",
    "Group properties are looked at as they are now; what a group had in between is not seen",
)


def of_sandbox(plan: Planned, url: str, timeout: float = 60.0) -> Seen:
    """What the sandbox at an address has. ``timeout``: seconds. Raises SandboxUnreadable."""
    base = url.rstrip("/")
    totals = totals_of(base, timeout)
    groups = Groups(plan)
    for one in totals.groups:
        groups.see(one.group_type, one.group_value, {"$set": one.group_properties}, None)
    events = {one.event_type: one for one in totals.events}
    alone = len(totals.projects) <= 1
    return Seen(
        source=f"the sandbox at {base}",
        read=totals.records,
        read_unit="records",
        unit="groups",
        types=_types(plan, totals, groups),
        properties=groups.properties(),
        events={one.name: _event(one, events[one.name], base, timeout) for one in plan.events if one.name in events},
        extra_types=_extra_types(plan, totals),
        extra_properties=groups.extras(),
        extra_events=_extra_events(plan, totals),
        noted={DROPS[rule]: Tally(count) for rule, count in totals.drops.items() if rule in DROPS},
        type_names=tuple(dict.fromkeys(one.group_type for one in totals.groups)) if alone else (),
        property_names=groups.names() if alone else 0,
        events_read=sum(one.count for one in totals.events) + totals.other_events,
        remarks=tuple(_remarks(totals, groups)),
    )


def _types(plan: Planned, totals: Totals, groups: Groups) -> dict[str, SeenType]:
    counts, of_types = groups.counts(), {one.group_type: one for one in totals.group_types}
    named = {one.name: Count() for one in plan.types}
    wrong = {one.name: Count() for one in plan.types}
    allowed = {one.name: frozenset(one.values) for one in plan.types}
    for one in totals.groups:
        if one.group_type in named:
            named[one.group_type].add(one.group_value, None)
            if allowed[one.group_type] and one.group_value not in allowed[one.group_type]:
                wrong[one.group_type].add(one.group_value, None)
    return {
        name: SeenType(
            count.tally(),
            Tally(of_types[name].joins) if name in of_types else NONE,
            Tally(of_types[name].events) if name in of_types else NONE,
            wrong[name].tally(),
            counts[name],
        )
        for name, count in named.items()
    }


def _extra_types(plan: Planned, totals: Totals) -> Extras:
    planned = {one.name for one in plan.types}
    names = Names()
    for one in totals.groups:
        if one.group_type not in planned:
            names.add(one.group_type, one.group_value, None)
    return names.extras()


def _extra_events(plan: Planned, totals: Totals) -> Extras:
    planned = {one.name for one in plan.events}
    names = Names()
    for one in totals.events if planned else ():
        if one.event_type not in planned:
            names.add(one.event_type, "", None, one.count)
    if planned:
        names.others += totals.other_events
    return names.extras()


def _event(planned: PlannedEvent, found: Event, base: str, timeout: float) -> SeenEvent:
    lacks = {kind: found.count - found.groups.get(kind, 0) for kind in planned.groups}
    if not any(lacks.values()):
        return SeenEvent(found.count, {}, dict.fromkeys(planned.groups, found.count))
    records = records_of(base, planned.name, timeout)
    lacking = {kind: Tally(count, tuple(_examples(kind, records))) for kind, count in lacks.items() if count}
    return SeenEvent(found.count, lacking, dict.fromkeys(planned.groups, found.count))


def _examples(kind: str, records: Iterable[Record]) -> Iterator[Example]:
    """The insert ids of some events without a group of a type: the first record of a call has its messageId."""
    without = (one.body.insert_id for one in records if kind not in one.groups_in_force)
    named = dict.fromkeys(one for one in without if isinstance(one, str))
    yield from (Example("", one) for one in list(named)[:EXAMPLES])


def _remarks(totals: Totals, groups: Groups) -> Iterator[str]:
    yield from REMARKS
    if totals.first_kept > 1:
        yield f"Counts are of all records, examples of those that it still has: from number {totals.first_kept:,} on"
    if len(totals.projects) > 1:
        yield f"It has records of {len(totals.projects)} projects, shown together: their limits are not looked at"
    yield from groups.remarks()

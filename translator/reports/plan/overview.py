"""What stands at the top of a plan: what was read, the advice, what to try in a test project. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from translator.reports.plan.made import Plan
from translator.reports.plan.sketch import few
from translator.times import iso
from translator.translate.groups import SEGMENT_GROUP

TITLE = "Accounts plan"
QA_COMMAND = "translator qa plan.xlsx calls-of-the-test-project.jsonl"


@dataclass(frozen=True, slots=True)
class Check:
    """Something to look at in a test project: what, where, and what should be there."""

    what: str
    where: str
    expected: str


def facts(plan: Plan) -> tuple[tuple[str, str], ...]:
    """What was read, by name."""
    return tuple(_facts(plan))


def _facts(plan: Plan) -> Iterator[tuple[str, str]]:
    seen = plan.observed
    total = sum(seen.calls.values())
    kinds = ", ".join(
        f"{kind} {count:,}" for kind, count in sorted(seen.calls.items(), key=lambda one: (-one[1], one[0]))
    )
    yield "Made from", plan.source
    yield "Calls", f"{total:,} ({kinds})" if total else "0"
    refused = sum(seen.refused.values())
    if refused:
        yield "Refused", f"{refused:,} messages are no calls: see Fallbacks"
    if plan.unreadable:
        yield "Not readable", f"{plan.unreadable:,} files or lines"
    if seen.first_at is not None and seen.last_at is not None:
        yield "From, to", f"{_time(seen.first_at)} to {_time(seen.last_at)} (UTC)"
    yield "Users", f"{seen.users} known, {seen.devices} anonymous ids"
    if plan.destination:
        yield "Destination", plan.destination
    if plan.hook:
        yield "Hook", f"{plan.hook} was used on every call, so that groups are counted as it leaves them"


def checks(plan: Plan) -> tuple[Check, ...]:
    """A checklist for a test project, with what to look at filled in."""
    return tuple(_checks(plan))


def _checks(plan: Plan) -> Iterator[Check]:
    yield Check(f"Run {QA_COMMAND}", "a terminal", "no findings, or each of them is meant")
    for kind in plan.planned.types:
        values = [one for one in plan.became.values if one.type == kind.name]
        shown = few(one.value for one in sorted(values, key=lambda one: (-one.calls, one.value)))
        yield Check(f"The group type {kind.name} is there", "Amplitude: Settings, Projects, Group types", shown)
        named = next((one for one in values if one.label), None)
        if named:
            yield Check(f"{kind.name} {named.value} can be read", "Amplitude: the group's profile", named.label)
    for prop in [one for one in plan.planned.properties if one.required][:10]:
        where = f"Amplitude: group by {prop.group_type}: {prop.name}"
        yield Check(f"{prop.group_type}: every group has {prop.name}", where, "no (none)")
    for event in [one for one in plan.planned.events if one.groups][:10]:
        where = f"Amplitude: {event.name}, measured by group"
        yield Check(f"{event.name} has its groups", where, ", ".join(event.groups))
    fallbacks = sum(plan.became.tally.fallbacks.values())
    yield Check(
        f"How many users are in {SEGMENT_GROUP}", "translator status, or the page Groups", f"{fallbacks:,} calls here"
    )
    moved = [one for one in plan.became.movements if one.who_moved]
    for one in moved[:2]:
        expected = (
            "events before the change in the former group" if plan.advice.level == "event" else "the newest group only"
        )
        yield Check(f"A user who changed {one.type}", f"Amplitude: user {one.who_moved[0]}", expected)


def _time(moment: int) -> str:
    return iso(moment)[:16].replace("T", " ")

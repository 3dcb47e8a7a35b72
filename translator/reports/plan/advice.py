"""Event-level or user-level groups, and why. Pure.

Accounts guide, "Define event level or user level groups" and "Approach for event level groups" (amplitude-docs 6e7e48e,
2026-03-13): if users can leave groups or perform events without a group association occasionally, an event-level group
is recommended; users cannot be removed from user-level groups.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from translator.reports.plan.made import Advice, Level, Proposal
from translator.reports.plan.seen import Became, Movement, Observed
from translator.reports.plan.sketch import few
from translator.translate.groups import SEGMENT_GROUP

SOME = 0.01
"""Of users that change groups, or are in several, from which on it is no matter of a few."""

FOREVER = "user-level groups cannot be unset in Amplitude, only overwritten: a user who leaves stays a member"


def advised(observed: Observed, became: Became) -> Advice:
    """What to choose, and the reasons, the decisive one first."""
    movements = [one for one in became.movements if one.type != SEGMENT_GROUP] or list(became.movements)
    if not movements:
        return Advice("user", ("no user was seen in a group, so that nothing speaks for either level", FOREVER))
    leaving = [one for one in movements if one.moved + one.at_once >= SOME * one.looked and one.moved + one.at_once]
    only_on_events = not any(one.joins for one in became.types if one.name in {of.type for of in movements})
    level: Level = "event" if leaving or only_on_events else "user"
    reasons = [_choice(level, leaving)]
    reasons += [said for one in movements for said in _movement(one)]
    reasons += _events(observed, became, level)
    return Advice(level, (*reasons, FOREVER))


def levelled(proposal: Proposal, advice: Advice) -> Proposal:
    """The proposal with the level that is advised."""
    rules = tuple(
        replace(rule, level="event") if _joins(rule.calls) and advice.level == "event" else rule
        for rule in proposal.rules
    )
    return replace(proposal, level=advice.level, rules=rules)


def _joins(calls: tuple[str, ...]) -> bool:
    return "identify" in calls


def _choice(level: Level, leaving: list[Movement]) -> str:
    if level == "user":
        return "user-level: users stay in their groups, and all that they do counts for these"
    if leaving:
        named = few(one.type for one in leaving)
        return (
            f"event-level: users change groups, or are in several ({named}); an event counts for the group of its time"
        )
    return "event-level: groups stand in events alone"


def _movement(one: Movement) -> Iterator[str]:
    of = f"{'a sample of ' if one.is_cut else ''}{one.looked:,} users with a group"
    if not one.moved and not one.at_once:
        yield f"{one.type}: none of {of} was in more than one"
    if one.moved:
        yield f"{one.type}: {one.moved:,} of {of} went from one to another ({few(one.who_moved)})"
    if one.at_once:
        yield f"{one.type}: {one.at_once:,} of {of} were in several, or went to and fro ({few(one.who_at_once)})"


def _events(observed: Observed, became: Became, level: Level) -> Iterator[str]:
    total = sum(one.count for one in became.events)
    without = total - sum(one.grouped if level == "event" else one.joined for one in became.events)
    anonymous = sum(one.anonymous for one in became.events)
    if total:
        share = f"{without / total:.1%}"
        yield f"{without:,} of {total:,} events have no group ({share}); {anonymous:,} are of anonymous users"
    if observed.devices.number:
        yield f"{observed.devices} anonymous ids made {observed.anonymous:,} calls: in no group before they are known"

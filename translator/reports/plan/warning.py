"""What about the groups may not be meant, before history is written. For people, each a line. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from translator.reports.accounts import NUMERIC
from translator.reports.plan.made import Limit, Proposal
from translator.reports.plan.seen import Became, Observed
from translator.reports.plan.sketch import few, folded
from translator.translate.groups import SEGMENT_GROUP

TOO_MANY = 0.9
"""Groups to users: with more it is hardly a group."""

MOST_LINES = 20

PERMANENT = (
    "History stays as it is: groups and their properties count from the moment they arrive, and nothing earlier is "
    "updated. Use a test project first (accounts guide, Considerations)."
)
UNSETTABLE = "Users cannot be removed from user-level groups, only put into another one of the same type."
ADD_ON = (
    "Groups need Amplitude's Accounts add-on, of a Growth or Enterprise plan. Without it they vanish in silence, but "
    "for the user property of the same name."
)


def warnings(observed: Observed, became: Became, proposal: Proposal, limits: Sequence[Limit]) -> tuple[str, ...]:
    """All of them, the general ones first."""
    return (PERMANENT, UNSETTABLE, ADD_ON, *_particular(observed, became, proposal, limits))


def _particular(observed: Observed, became: Became, proposal: Proposal, limits: Sequence[Limit]) -> Iterator[str]:
    for one in limits:
        if one.used.number > one.most:
            yield f"{one.name}: {one.used} of {one.most:,}. {one.who or 'Amplitude drops the rest in silence'}."
    yield from _fallen(became)
    yield from _unreadable(became)
    yield from _spellings(became)
    yield from _misspelt(observed, became, proposal)
    yield from _twice(became)
    yield from _mixed(became)
    yield from _too_many(became)
    if observed.places_cut:
        yield "There are more traits and properties than were looked at."
    if became.cut:
        yield f"Counted in part: {'; '.join(became.cut)}."


def _fallen(became: Became) -> Iterator[str]:
    for missing, count in sorted(became.tally.fallbacks.items()):
        yield f"{_are(count, 'group call')} {SEGMENT_GROUP}, a group type of its own, for lack of {missing}."


def _are(count: int, what: str) -> str:
    return f"{count:,} {what} becomes" if count == 1 else f"{count:,} {what}s become"


def _unreadable(became: Became) -> Iterator[str]:
    found: dict[str, list[str]] = defaultdict(list)
    for one in became.values:
        if not one.label and NUMERIC.fullmatch(one.value):
            found[one.type].append(one.value)
    for kind, ids in sorted(found.items()):
        said = _count(ids, "value is an id", "values are ids")
        yield f"{kind}: {said} without a name that people can read: {few(sorted(ids))}."


def _spellings(became: Became) -> Iterator[str]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in became.values:
        found[one.type, folded(one.value)].add(one.value)
    told = ((kind, several) for (kind, _), several in found.items() if len(several) > 1)
    yield from _listed(f"{kind}: {_quoted(several)} are different groups for Amplitude." for kind, several in told)


def _misspelt(observed: Observed, became: Became, proposal: Proposal) -> Iterator[str]:
    """Several spellings in the trait that is the name: a group keeps the newest one only."""
    paths = {f"traits.{proposal.name_trait}"} | {path for rule in proposal.rules for path in rule.name}
    found: dict[str, set[str]] = {key: set(several) for key, several in became.spellings.items()}
    for place in observed.places:
        if place.path in paths:
            for text in place.known:
                found.setdefault(folded(text), set()).add(text)
    several = (found[key] for key in sorted(found) if len(found[key]) > 1)
    yield from _listed(f"{_quoted(one)} are spellings of one name." for one in several)


def _twice(became: Became) -> Iterator[str]:
    found: dict[str, set[str]] = defaultdict(set)
    for one in became.values:
        found[one.value].add(one.type)
    shared: dict[str, list[str]] = defaultdict(list)
    for value, kinds in sorted(found.items()):
        if len(kinds) > 1:
            shared[few(sorted(kinds), 5)].append(value)
    for named, values in shared.items():
        yield f"{named}: {_count(values, 'value is', 'values are')} in each of these group types: {few(values)}."


def _mixed(became: Became) -> Iterator[str]:
    for one in became.properties:
        if len(one.kinds) > 1:
            kinds = ", ".join(f"{kind} {count:,}" for kind, count in sorted(one.kinds.items()))
            yield f"{one.type}: the property {one.name} has values of several kinds: {kinds}."


def _too_many(became: Became) -> Iterator[str]:
    for one in became.types:
        if one.members >= 20 and one.values.number > TOO_MANY * one.members and one.name != SEGMENT_GROUP:
            yield f"{one.name}: {one.values} values for {one.members:,} users: hardly groups, more like users."


def _listed(lines: Iterator[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        if number == MOST_LINES:
            yield "… and more of this kind."
            return
        yield line


def _count(values: Sequence[str], one: str, many: str) -> str:
    return f"{len(values):,} {one if len(values) == 1 else many}"


def _quoted(texts: set[str]) -> str:
    return ", ".join(f"“{one}”" for one in sorted(texts))

"""The groups that a destination has had: types, values, properties, fallbacks, and what about them may not be meant."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from translator.journal import Journal
from translator.settings.values import KPI_JOB, MAX_GROUP_TYPES, Destination
from translator.sights import Sighting
from translator.translate import MAX_GROUP_PROPERTIES, PROPERTIES, TYPES

MOST_VALUES = 200
"""Values that are shown, the last seen."""

MOST_WARNED = 1_000
MOST_SEARCHED = 10_000
"""Values that warnings look at, those seen last; and those that are looked through for a type or text, which are all
that a journal keeps."""

EXAMPLES = 3
MADE_BY = "made by: "
NUMERIC = re.compile(r"[\d\s.,:_-]+|[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}|[0-9a-fA-F]{24,}")
"""Numbers, UUIDs and long hexadecimal ids: nobody can read from them which account it is."""


@dataclass(frozen=True)
class GroupType:
    """``makers``: who made it (call type and path or rule). ``joins``, ``events``: on how many calls users joined it,
    and how many events had it. ``is_over``: beyond Amplitude's limit, and not tracked."""

    name: str
    first_at: int
    last_at: int
    count: int
    makers: tuple[str, ...]
    joins: int
    events: int
    is_over: bool


@dataclass(frozen=True)
class GroupValue:
    """``label``: the readable name, "" for none. ``members``: the users seen last, at most sights.SAMPLES of them.
    ``is_among_others``: users joined it together with other values of its type."""

    type: str
    value: str
    label: str
    first_at: int
    last_at: int
    count: int
    joins: int
    events: int
    members: tuple[str, ...]
    is_among_others: bool


@dataclass(frozen=True)
class Figures:
    """What was computed of a group and set (see kpi): names to values, and when that was, ms since the epoch."""

    type: str
    value: str
    label: str
    figures: Mapping[str, float]
    at: int


@dataclass(frozen=True)
class GroupProperty:
    """``kinds``: what its values were (text, number, …) and how often. ``examples``: the newest."""

    type: str
    name: str
    count: int
    kinds: Mapping[str, int]
    examples: tuple[str, ...]
    last_at: int


@dataclass(frozen=True)
class Fallback:
    """Group calls that became ``[Segment] Group`` for lack of these traits. ``calls``: ids of the newest."""

    missing: str
    count: int
    last_at: int
    calls: tuple[str, ...]


@dataclass(frozen=True)
class Coverage:
    """Delivered calls of a type, and how many of them had a group."""

    type: str
    count: int
    grouped: int


@dataclass(frozen=True)
class Accounts:
    """``figures``: of those of the values that have some. ``properties_count``: of Amplitude's limit, for the whole
    project. ``warnings``: for people, each a line."""

    types: tuple[GroupType, ...]
    values: tuple[GroupValue, ...]
    figures: tuple[Figures, ...]
    properties: tuple[GroupProperty, ...]
    fallbacks: tuple[Fallback, ...]
    coverage: tuple[Coverage, ...]
    properties_count: int
    warnings: tuple[str, ...]

    types_limit: int = MAX_GROUP_TYPES
    properties_limit: int = MAX_GROUP_PROPERTIES


def accounts(
    journal: Journal, destination: str, group_type: str = "", text: str = "", configured: Destination | None = None
) -> Accounts:
    """What a destination has had of groups. Raises JournalError.

    ``group_type``: only values of this type; ``text``: only those in whose value or readable name it stands, in any
    case. ``configured``: the destination as it is now, of whose project figures are; None: of any.
    """
    over = set(types_over(journal, destination))
    types = tuple(_type(one, over) for one in journal.seen(destination, "type"))
    most = MOST_SEARCHED if group_type or text else MOST_WARNED
    every = tuple(map(_value, journal.seen(destination, "value", most)))
    properties = tuple(map(_property, journal.seen(destination, "property")))
    chosen = tuple(_chosen(every, group_type, text))
    figures = _figures(journal, destination, chosen, configured)
    known = journal.recall(destination, [PROPERTIES]).get(PROPERTIES, {})
    return Accounts(
        tuple(sorted(types, key=lambda one: (one.is_over, one.first_at))),
        chosen,
        figures,
        tuple(sorted(properties, key=lambda one: (one.type, one.name))),
        tuple(map(_fallback, journal.seen(destination, "fallback"))),
        tuple(map(_coverage, journal.seen(destination, "calls"))),
        len(known.keys() | {name for one in figures for name in one.figures}),
        tuple(_warnings(types, every, properties)),
    )


def types_over(journal: Journal, destination: str) -> list[str]:
    """The group types beyond Amplitude's limit. Raises JournalError."""
    known = journal.recall(destination, [TYPES]).get(TYPES, {})
    return [name for name, entry in known.items() if "over" in entry]


def _type(one: Sighting, over: set[str]) -> GroupType:
    makers = tuple(word.removeprefix(MADE_BY) for word in sorted(one.facets) if word.startswith(MADE_BY))
    joins, events = one.facets.get("joins", 0), one.facets.get("event", 0)
    return GroupType(one.name, one.first_at, one.last_at, one.count, makers, joins, events, one.name in over)


def _chosen(values: Sequence[GroupValue], group_type: str, text: str) -> Iterator[GroupValue]:
    folded = text.casefold()
    fitting = (
        one
        for one in values
        if group_type in ("", one.type) and (folded in one.value.casefold() or folded in one.label.casefold())
    )
    return islice(fitting, MOST_VALUES)


def _value(one: Sighting) -> GroupValue:
    kind, value = json.loads(one.name)
    return GroupValue(
        kind,
        value,
        one.label,
        one.first_at,
        one.last_at,
        one.count,
        one.facets.get("joins", 0),
        one.facets.get("event", 0),
        tuple(text for text, _ in one.samples),
        "among others" in one.facets,
    )


def _figures(
    journal: Journal, destination: str, values: Sequence[GroupValue], configured: Destination | None
) -> tuple[Figures, ...]:
    # here: plans and pages know of groups without the libraries of delivery
    from translator.jobs import known, state_key

    keys = [state_key(destination, one.type, one.value) for one in values]
    states = journal.job_states(KPI_JOB, keys)
    return tuple(
        Figures(one.type, one.value, one.label, state.get("set", {}), state["at"])
        for key, one in zip(keys, values, strict=True)
        if (state := states.get(key)) is not None and (configured is None or known(configured, state) is not None)
    )


def _property(one: Sighting) -> GroupProperty:
    kind, name = json.loads(one.name)
    examples = tuple(text for text, _ in one.samples[:EXAMPLES])
    return GroupProperty(kind, name, one.count, one.facets, examples, one.last_at)


def _fallback(one: Sighting) -> Fallback:
    return Fallback(one.name, one.count, one.last_at, tuple(text for text, _ in one.samples))


def _coverage(one: Sighting) -> Coverage:
    return Coverage(one.name, one.count, one.facets.get("with a group", 0))


def _warnings(
    types: Sequence[GroupType], values: Sequence[GroupValue], properties: Sequence[GroupProperty]
) -> Iterator[str]:
    yield from _unreadable(values)
    yield from _twice(values)
    yield from _cases(values)
    yield from _moved(values)
    for one in types:
        if one.is_over:
            yield f"{one.name}: a project has {MAX_GROUP_TYPES} group types; Amplitude does not track this one"
    for prop in properties:
        if len(prop.kinds) > 1:
            kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(prop.kinds.items()))
            yield f"{prop.type}: the property {prop.name} has values of several kinds: {kinds}"
    joined = [one.name for one in types if one.joins]
    if joined:
        yield f"Users joined {', '.join(joined)} for ever: Amplitude cannot unset a user-level group, only overwrite it"


def _unreadable(values: Sequence[GroupValue]) -> Iterator[str]:
    found: dict[str, list[str]] = defaultdict(list)
    for one in values:
        if not one.label and NUMERIC.fullmatch(one.value):
            found[one.type].append(one.value)
    for kind, ids in found.items():
        said = _count(ids, "value is an id", "values are ids")
        yield (
            f"{kind}: {said} without a readable name ({_few(ids)}): set groups.name_trait, or the name of its rule, to "
            "the trait that people know the account by"
        )


def _twice(values: Sequence[GroupValue]) -> Iterator[str]:
    found: dict[str, set[str]] = defaultdict(set)
    for one in values:
        found[one.value].add(one.type)
    for value, kinds in found.items():
        if len(kinds) > 1:
            yield f"{value}: the same value in several group types: {', '.join(sorted(kinds))}"


def _cases(values: Sequence[GroupValue]) -> Iterator[str]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in values:
        found[one.type, " ".join(one.value.casefold().split())].add(one.value)
    for (kind, _), spellings in found.items():
        if len(spellings) > 1:
            said = ", ".join(f"“{one}”" for one in sorted(spellings))
            yield f"{kind}: {said} are different groups for Amplitude"


def _moved(values: Sequence[GroupValue]) -> Iterator[str]:
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for one in values:
        if one.joins and not one.is_among_others:
            for member in one.members:
                found[one.type, member].add(one.value)
    moved: dict[str, list[str]] = defaultdict(list)
    for (kind, member), joined in found.items():
        if len(joined) > 1:
            moved[kind].append(member)
    for kind, members in moved.items():
        said = _count(members, "user was", "users were")
        yield (
            f"{kind}: {said} in more than one value ({_few(members)}): their newest group takes the place of the one "
            'before; if users change accounts, use level = "event"'
        )


def _count(names: Sequence[str], one: str, many: str) -> str:
    return f"{len(names)} {one if len(names) == 1 else many}"


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (", …" if len(names) > 3 else "")

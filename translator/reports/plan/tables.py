"""A plan as tables for people: the same ones in the workbook, on the page and in Markdown. Pure.

The sheets that ``translator qa`` reads back begin with the columns of planned.SHEETS; others are for people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from translator.parcels import Json
from translator.reports.plan.celltext import as_cell
from translator.reports.plan.made import Candidate, Plan
from translator.reports.plan.planned import SHEETS
from translator.reports.plan.seen import EventSeen, Movement, PropertySeen, Tally, TypeSeen
from translator.reports.plan.shown import Cell, Column, Table, shortened
from translator.translate import IGNORED, RULES

ROLES = {
    "type": "Group type",
    "value": "Group value",
    "name": "Readable name",
    "rule": "Group value, by a rule",
}


_READ_SHAPES: Mapping[str, Column] = {
    "Group type": Column("Group type", width=20),
    "Group types": Column("Group types", "list", 20),
    "Group property": Column("Group property", width=24),
    "Event": Column("Event", width=32),
    "Level": Column("Level", width=10),
    "From": Column("From", "long", 36),
    "Type": Column("Type", width=10),
    "Required": Column("Required", "flag", 10),
    "Allowed values": Column("Allowed values", "list", 24),
    "Regex": Column("Regex", width=18),
    "Description": Column("Description", "long", 30),
}


def tables(plan: Plan) -> tuple[Table, ...]:
    """All tables, in the order of the sheets."""
    return (_plan(plan), _taxonomy(plan), _events(plan), _candidates(plan), _fallbacks(plan), _values(plan))


def _planned(number: int, plain: Json) -> tuple[tuple[Column, ...], list[tuple[Cell, ...]]]:
    """The columns that QA reads, and their cells."""
    sheet = SHEETS[number]
    columns = tuple(_READ_SHAPES[title] for title in sheet.columns)
    return columns, [tuple(_cell(one[key]) for key in sheet.columns.values()) for one in plain[sheet.part]]


def _cell(value: Any) -> Cell:
    return tuple(value) if isinstance(value, list) else value


def _kept(row: tuple[Cell, ...]) -> Iterator[Cell]:
    """Cells that QA reads back as they are."""
    for cell in row:
        if isinstance(cell, tuple):
            yield tuple(map(as_cell, cell))
        else:
            yield as_cell(cell) if isinstance(cell, str) else cell


def _plan(plan: Plan) -> Table:
    columns, cells = _planned(0, plan.planned.plain())
    seen = {one.name: one for one in plan.became.types}
    moves = {one.type: one for one in plan.became.movements}
    more = (
        Column("Values", "text", 12), Column("Users", "count", 10), Column("Joins", "count", 10),
        Column("Events", "count", 10), Column("Users in one after another", "count", 14),
        Column("Users in several", "count", 14), Column("Examples", "list", 28),
    )  # fmt: skip
    rows = [(*_kept(row), *_of_type(seen[str(row[0])], moves.get(str(row[0]), Movement("")))) for row in cells]
    about = (
        "Group types, as Amplitude will show them, at most 5. Edit them as they are meant: translator qa reads them."
    )
    return Table("Plan", about, (*columns, *more), tuple(rows))


def _of_type(one: TypeSeen, moves: Movement) -> tuple[Cell, ...]:
    return (str(one.values), one.members, one.joins, one.events, moves.moved, moves.at_once, one.examples)


def _taxonomy(plan: Plan) -> Table:
    columns, cells = _planned(1, plan.planned.plain())
    seen = {(one.type, one.name): one for one in plan.became.properties}
    more = (
        Column("Groups that have it", "share", 12), Column("Calls that have it", "share", 12),
        Column("Values", "text", 12), Column("Kinds seen", "list", 16), Column("Examples", "list", 30),
    )  # fmt: skip
    rows = [(*_kept(row), *_of_property(seen[str(row[0]), str(row[1])])) for row in cells]
    about = "Group properties of each group type. Required: every group had it, in every call."
    return Table("Taxonomy", about, (*columns, *more), tuple(rows))


def _of_property(one: PropertySeen) -> tuple[Cell, ...]:
    kinds = tuple(f"{kind} {count:,}" for kind, count in sorted(one.kinds.items()))
    return (
        one.groups / max(1, one.of_groups),
        one.calls / max(1, one.of_calls),
        str(one.distinct),
        kinds,
        one.examples,
    )


def _events(plan: Plan) -> Table:
    columns, cells = _planned(2, plan.planned.plain())
    more = (
        Column("Events", "count", 10), Column("With a group", "count", 12), Column("Without a group", "count", 12),
        Column("Share with a group", "share", 12), Column("Of anonymous users", "count", 12),
    )  # fmt: skip
    seen = {one.name: one for one in plan.became.events}
    rows = [(*_kept(row), *_of_event(seen[str(row[0])], plan.advice.level == "event")) for row in cells]
    about = "Events, and the group types that all of them had."
    return Table("Events", about, (*columns, *more), tuple(rows))


def grouped(one: EventSeen, is_event_level: bool) -> int:
    """How many events have a group, at a level."""
    return one.grouped if is_event_level else one.joined


def _of_event(one: EventSeen, is_event_level: bool) -> tuple[Cell, ...]:
    has = grouped(one, is_event_level)
    return (one.count, has, one.count - has, has / one.count, one.anonymous)


def _candidates(plan: Plan) -> Table:
    columns = (
        Column("For", width=26), Column("Rank", "count", 8), Column("Call", width=10), Column("Path", width=28),
        Column("Proposed", "flag", 10), Column("Reason", "long", 60), Column("Calls that have it", "share", 12),
        Column("Calls", "count", 10), Column("Values", "text", 12), Column("Groups looked at", "count", 12),
        Column("Groups with more than one", "count", 12), Column("Groups that share one", "count", 12),
        Column("Users with more than one", "count", 12), Column("Unreadable values", "share", 12),
        Column("Kinds", "list", 16), Column("Examples", "list", 30),
    )  # fmt: skip
    ranks: dict[str, int] = {}
    rows: list[tuple[Cell, ...]] = []
    for one in plan.candidates:
        ranks[one.role] = ranks.get(one.role, 0) + 1
        rows.append(_of_candidate(one, ranks[one.role], is_proposed(plan, one)))
    about = "Which traits may be group type, group value and readable name, the best first."
    return Table("Candidates", about, columns, tuple(rows))


def is_proposed(plan: Plan, one: Candidate) -> bool:
    """Whether the proposed configuration uses a candidate for its role."""
    found, place = plan.proposal, one.place
    trait = {"type": found.type_trait, "value": found.value_trait, "name": found.name_trait}.get(one.role)
    if trait is not None and (
        place.key == trait or (place.path == "groupId" and trait == "id" and one.role == "value")
    ):
        return True
    rules = [rule for rule in found.rules if place.kind in rule.calls]
    if one.role == "type":
        return any(rule.type == f"$.{place.path}" for rule in rules)
    return any(place.path in (rule.name if one.role == "name" else rule.value) for rule in rules)


def _of_candidate(one: Candidate, rank: int, chosen: bool) -> tuple[Cell, ...]:
    place = one.place
    groups, users = place.by_group, place.by_user
    return (
        ROLES[one.role], rank, place.kind, place.path, chosen, one.why, place.coverage, place.calls,
        str(place.distinct), groups.looked, groups.changing, groups.shared, users.changing, place.opaque,
        tuple(f"{kind} {count:,}" for kind, count in sorted(place.kinds.items())),
        tuple(shortened(value, 80) for value, _ in place.frequent[:3]),
    )  # fmt: skip


def _fallbacks(plan: Plan) -> Table:
    columns = (
        Column("Under", width=18), Column("What", width=28), Column("Why", "long", 60), Column("Calls", "count", 10),
        Column("Examples (messageId)", "list", 28),
    )  # fmt: skip
    rows: list[tuple[Cell, ...]] = [
        ("any configuration", "refused", reason, count, ()) for reason, count in _ordered(plan.observed.refused)
    ]
    for under, tally in (("the proposed one", plan.became.tally), ("today's", plan.today)):
        if tally:
            rows += _of_tally(under, tally)
    about = "Group calls that fall back, and for lack of what; calls that become nothing; what is clipped or noted."
    return Table("Fallbacks", about, columns, tuple(rows))


def _of_tally(under: str, tally: Tally) -> Iterator[tuple[Cell, ...]]:
    for what, counts in (("fallbacks", tally.fallbacks), ("failed", tally.failed), ("ignored", tally.ignored)):
        for reason, count in _ordered(counts):
            yield (under, _WORDS[what], IGNORED.get(reason, reason), count, tally.samples.get(f"{what}: {reason}", ()))
    for rule, count in _ordered(tally.notes):
        if rule != "group_fallback":
            yield (under, f"noted: {rule}", RULES.get(rule, rule), count, tally.samples.get(f"notes: {rule}", ()))


_WORDS = {"fallbacks": "[Segment] Group, without", "failed": "cannot be translated", "ignored": "becomes nothing"}


def _values(plan: Plan) -> Table:
    columns = (
        Column("Group type", width=20), Column("Group value", width=28), Column("Name", width=28),
        Column("Calls", "count", 10), Column("Users", "count", 10), Column("First seen", "time", 18),
        Column("Last seen", "time", 18),
    )  # fmt: skip
    ordered = sorted(plan.became.values, key=lambda one: (one.type, -one.calls, one.value))
    rows = tuple((one.type, one.value, one.label, one.calls, one.members, one.first_at, one.last_at) for one in ordered)
    return Table("Values", "Groups, those of most calls first.", columns, rows)


def _ordered(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))

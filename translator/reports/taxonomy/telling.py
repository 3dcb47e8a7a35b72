"""A comparison of a plan with a taxonomy, and what became of it, as lines for a terminal. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from translator.reports.qa.findings import few
from translator.reports.qa.text import printable
from translator.taxonomy.comparing import NO_TYPE, Action, Change, Comparison
from translator.taxonomy.pushing import Outcome
from translator.taxonomy.wanted import Difference, said_of

MOST_NAMES = 20
"""Names of what is left alone, of a group type."""

DONE: dict[Action, str] = {"create": "created", "update": "changed"}


def dry_run(comparison: Comparison) -> Iterator[str]:
    """What would be done, by group type, and what is left alone."""
    for group_type in comparison.types:
        yield printable(group_type)
        if group_type in comparison.missing:
            yield f"  cannot  {NO_TYPE}"
            yield f"  group properties planned for it: {len(comparison.of(group_type)):,}"
            continue
        for one in comparison.of(group_type, "create", "update", "cannot"):
            yield from _change(one)
        yield from _left(comparison, group_type)


def outcome(one: Outcome) -> Iterator[str]:
    """Lines for a change that was made or refused."""
    subject = _subject(one.change)
    if one.why:
        yield printable(f"refused {subject}: {one.why}")
    else:
        yield printable(f"{DONE[one.change.action]} {subject}: {_what(one.change)}")
        yield from _notes(one.change)


def blocked(comparison: Comparison) -> Iterator[str]:
    """Lines for what cannot be done, where it is not a dry run."""
    for group_type in comparison.missing:
        yield printable(f"cannot  {group_type}: {NO_TYPE}")
    for one in comparison.changes:
        if one.action == "cannot" and one.wanted.group_type not in comparison.missing:
            yield printable(f"cannot  {_subject(one)}: {_what(one)}")


def totals(comparison: Comparison) -> str:
    """One line: how much there is to do."""
    parts = [(comparison.count("create"), "to create"), (comparison.count("update"), "to change")]
    parts += [(comparison.count("same"), "as planned"), (comparison.count("cannot"), "cannot be")]
    parts += [(len(comparison.extra), "not in the plan, left alone")]
    return ", ".join(f"{count:,} {said}" for count, said in parts)


def done(outcomes: Sequence[Outcome], comparison: Comparison) -> str:
    """One line: what was done."""
    good = [one.change.action for one in outcomes if not one.why]
    refused = sum(bool(one.why) for one in outcomes) + comparison.count("cannot")
    made = f"{good.count('create'):,} created, {good.count('update'):,} changed"
    return f"{made}, {comparison.count('same'):,} were as planned, {refused:,} not done"


def differences(differs: Sequence[Difference]) -> str:
    """What is otherwise than planned: ``type any, planned number``."""
    return "; ".join(f"{one.what} {one.present}, planned {one.planned}" for one in differs)


def _change(one: Change) -> Iterator[str]:
    yield printable(f"  {one.action:6}  {one.wanted.name}: {_what(one)}")
    if one.action != "cannot":
        yield from _notes(one)


def _notes(one: Change) -> Iterator[str]:
    yield from (printable(f"        but {note}") for note in one.wanted.notes)


def _what(one: Change) -> str:
    if one.action == "create":
        return said_of(one.wanted)
    if one.action == "update":
        return "; ".join(f"{change.what} {change.present} → {change.planned}" for change in one.differs)
    return f"{one.why}{f' ({differences(one.differs)})' if one.differs else ''}"


def _left(comparison: Comparison, group_type: str) -> Iterator[str]:
    same = comparison.of(group_type, "same")
    if same:
        yield printable(f"  same    {len(same):,}: {few((one.wanted.name for one in same), MOST_NAMES)}")
    extra = [one.name for one in comparison.extra if one.group_type == group_type]
    if extra:
        yield printable(f"  not in the plan, left alone: {few(extra, MOST_NAMES)}")
    if not comparison.of(group_type) and not extra:
        yield "  no group properties, neither planned nor there"


def _subject(one: Change) -> str:
    return f"{one.wanted.group_type}: {one.wanted.name}"

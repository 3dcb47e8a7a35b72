"""A Difference as text for a terminal: groups first. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap

from translator.reports.diff.changes import Counted, Difference, Example
from translator.reports.diff.texts import MOST_VALUE, short
from translator.reports.diff.words import HISTORY, count, reservations, summary, warnings, where, words

WIDTH = 100
MOST_ROWS = 200
"""Changes that are shown of a section."""

NONE = "-"


def told(found: Difference) -> str:
    """The whole text, with a line feed at its end."""
    parts = [[summary(found)], reservations(found), _groups(found), _outcomes(found), *_others(found), _settings(found)]
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _groups(found: Difference) -> list[str]:
    said = warnings(found)
    changes = [one for one in found.changes if one.is_of_groups]
    if not said and not changes:
        return []
    lines = ["GROUPS, and what cannot be taken back", *_wrapped(HISTORY, "  ")]
    for one in said:
        lines += _wrapped(one, "  ! ", "    ")
    if changes:
        lines += ["", *_types(found), *_changes(changes)]
    return lines


def _types(found: Difference) -> list[str]:
    rows = [(short(one.name, 60), f"{one.old:,}", f"{one.new:,}") for one in found.types]
    return [*_table(("group type", "calls, OLD", "NEW"), rows, left=1), ""] if rows else []


def _outcomes(found: Difference) -> list[str]:
    if not found.changed or all(old == new for old, new in found.outcomes.values()):
        return []
    rows = [(name, f"{old:,}", f"{new:,}") for name, (old, new) in found.outcomes.items()]
    return ["CALLS", *_table(("what becomes of them", "OLD", "NEW"), rows, left=1)]


def _others(found: Difference) -> Iterator[list[str]]:
    for title, chosen in sections(found):
        if chosen:
            yield [title, *_changes(chosen)]


def sections(found: Difference) -> list[tuple[str, list[Counted]]]:
    """The changes that are not of groups, under their titles."""
    rest = [one for one in found.changes if not one.is_of_groups]
    notes = ("note_gained", "note_lost")
    return [
        ("CALLS THAT BECOME SOMETHING ELSE", [one for one in rest if one.what == "outcome"]),
        ("RECORDS AND KEYS", [one for one in rest if one.what not in ("outcome", *notes)]),
        ("NOTES (what translation clips, drops or replaces)", [one for one in rest if one.what in notes]),
    ]


def _changes(chosen: Sequence[Counted]) -> list[str]:
    head = ("calls", "call", "what", "record and key")
    shown = chosen[:MOST_ROWS]
    rows = [(f"{one.calls:,}", one.call or NONE, words(one), where(one)) for one in shown]
    lines = _table(head, rows, right=1)
    found = lines[:1]
    for one, line in zip(shown, lines[1:], strict=True):
        found += [line, *(f"      {_example(example)}" for example in one.examples), *_more(one)]
    if len(chosen) > MOST_ROWS:
        found.append(f"  and {len(chosen) - MOST_ROWS:,} more: JSON has all of them")
    return found


def _example(one: Example) -> str:
    sides = [short(side, MOST_VALUE) for side in (one.old, one.new) if side is not None]
    sign = "" if one.old is not None else "+ "
    sign = sign if one.new is not None else "- "
    return f"{one.message_id or NONE}: {sign}{' → '.join(sides)}" if sides else one.message_id or NONE


def _more(one: Counted) -> Iterable[str]:
    left = one.pairs - len(one.examples)
    if left > 0:
        yield f"      and {'more than ' if one.has_more_pairs else ''}{count(left, 'other pair')} of values"


def _settings(found: Difference) -> list[str]:
    if not found.settings:
        return ["SETTINGS: none differ"]
    lines = ["SETTINGS that differ"]
    for one in found.settings:
        lines.append(f"  {one.key}")
        for sign, value in (("-", one.old), ("+", one.new)):
            lines += [f"    {sign} {short(line, 300)}" for line in value.split("\n")]
    return lines


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 0, right: int = 0) -> list[str]:
    """Aligned lines. ``left``: how many columns are texts before the numbers; ``right``: how many are numbers before
    the texts; the last text is not filled up."""
    every = [head, *rows]
    widths = [max(len(row[column]) for row in every) for column in range(len(head))]
    found = []
    for row in every:
        cells = [
            cell.rjust(width) if (column < right or (left and column >= left)) else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        found.append(("  " + "  ".join(cells)).rstrip())
    return found


def _wrapped(text: str, first: str, next_: str = "") -> list[str]:
    return wrap(text, WIDTH, initial_indent=first, subsequent_indent=next_ or first)

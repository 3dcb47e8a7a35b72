"""A plan as Markdown, in short: for a terminal, a pull request, a wiki. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from translator.reports.plan.made import Limit, Plan
from translator.reports.plan.overview import TITLE, facts
from translator.reports.plan.shown import Column, Table, said, shortened
from translator.reports.plan.tables import tables

MOST_ROWS = 15
MOST_CHARACTERS = 120
BAR = 20

SHOWN: dict[str, tuple[str, ...]] = {
    "Plan": ("Group type", "Level", "From", "Values", "Users", "Users in one after another", "Users in several"),
    "Taxonomy": (
        "Group type",
        "Group property",
        "Type",
        "Required",
        "Allowed values",
        "Groups that have it",
        "Examples",
    ),
    "Events": ("Event", "Group types", "Events", "Share with a group", "Of anonymous users"),
    "Candidates": ("For", "Call", "Path", "Proposed", "Reason", "Examples"),
    "Fallbacks": ("Under", "What", "Why", "Calls", "Examples (messageId)"),
    "Values": ("Group type", "Group value", "Name", "Calls", "Users"),
}
"""Tables and the columns of them that are shown."""

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~!&])")
_BLANK = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def markdown(plan: Plan) -> str:
    """The text."""
    return "\n".join(_lines(plan)) + "\n"


def _lines(plan: Plan) -> Iterator[str]:
    yield f"# {TITLE}"
    yield ""
    yield from (f"- {escaped(name)}: {escaped(text)}" for name, text in facts(plan))
    yield from ("", f"## Advice: {plan.advice.level}-level groups", "")
    yield from (f"- {escaped(reason)}" for reason in plan.advice.reasons)
    yield from ("", "## Limits", "")
    yield from _rows(("Limit", "Used", "Of", "", ""), [_limit(one) for one in plan.limits], "lrrll")
    yield from ("", "## Warnings", "")
    yield from (f"- {escaped(one)}" for one in plan.warnings)
    yield from ("", "## Configuration", "", *_fenced(plan.configuration))
    for table in tables(plan):
        yield from ("", f"## {table.name}", "", escaped(table.about), "")
        yield from _table(table)


def escaped(text: str) -> str:
    """A text on one line, in which nothing is markup."""
    return _SPECIAL.sub(r"\\\1", _BLANK.sub(" ", text).encode("utf-8", "replace").decode("utf-8")).strip()


def _limit(one: Limit) -> list[str]:
    bar = "█" * min(BAR, round(one.share * BAR))
    return [escaped(one.name), str(one.used), f"{one.most:,}", bar, escaped(one.who)]


def _table(table: Table) -> Iterator[str]:
    picked = [(number, column) for number, column in enumerate(table.columns) if column.title in SHOWN[table.name]]
    columns = [column for _, column in picked]
    rows = [[_cell(said(row[number], column.shape)) for number, column in picked] for row in table.rows[:MOST_ROWS]]
    if not rows:
        yield "None."
        return
    yield from _rows([column.title for column in columns], rows, "".join(map(_side, columns)))
    if len(table.rows) > MOST_ROWS:
        yield from ("", f"… and {len(table.rows) - MOST_ROWS:,} more.")


def _side(column: Column) -> str:
    return "r" if column.shape in ("count", "share") else "l"


def _cell(text: str) -> str:
    return escaped(shortened(text.replace("\n", "; "), MOST_CHARACTERS))


def _rows(titles: list[str] | tuple[str, ...], rows: list[list[str]], sides: str) -> Iterator[str]:
    yield f"| {' | '.join(titles)} |"
    yield f"|{'|'.join(' ---: ' if side == 'r' else ' --- ' for side in sides)}|"
    yield from (f"| {' | '.join(row)} |" for row in rows)


def _fenced(text: str) -> Iterator[str]:
    """A block of code; its fence is longer than any inside."""
    longest = max((len(one) for one in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}toml"
    yield from text.rstrip("\n").split("\n")
    yield fence

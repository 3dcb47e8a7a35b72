"""A plan as HTML (Jinja2): one file, which needs neither network nor scripts, or its body for the dashboard. Pure
but for the files of its templates."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from translator.reports.plan.made import Plan
from translator.reports.plan.overview import TITLE, checks, facts
from translator.reports.plan.shown import Cell, Column, Table, said
from translator.reports.plan.tables import grouped, tables

FOLDER = Path(__file__).parent / "templates"
MOST_ROWS = 100
"""Of a table; the workbook has more."""

MOST_BARS = 20
LEFT_OUT = {
    "Groups looked at",
    "Groups with more than one",
    "Groups that share one",
    "Users with more than one",
    "Unreadable values",
    "Kinds",
}
"""Columns whose numbers the reason says in words: a page is not as wide as a sheet."""

NUMBERS = ("count", "share", "time")


def page(plan: Plan) -> str:
    """The file."""
    found = _environment().get_template("plan.html")
    return found.render(title=TITLE, plan=plan, body=body(plan), css=Markup(css()))  # noqa: S704  our own rules


def body(plan: Plan) -> Markup:
    """What stands on the page below its title; without scripts and inline styles, with the classes of ``css``."""
    text = _environment().get_template("body.html").render(
        plan=plan, facts=facts(plan), checks=checks(plan), tables=tuple(map(_short, tables(plan))), bars=_bars(plan),
        said=_said, most=MOST_ROWS, numbers=NUMBERS,
    )  # fmt: skip
    return Markup(text)  # noqa: S704  of a template that escapes


def css() -> str:
    """The rules for ``body``, with the colours of the dashboard's variables."""
    return (FOLDER / "plan.css").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(FOLDER)
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _short(table: Table) -> Table:
    """A table without the columns that nothing stands in, or that a page has no room for."""
    kept = [
        number
        for number, column in enumerate(table.columns)
        if column.title not in LEFT_OUT and any(row[number] not in ("", ()) for row in table.rows)
    ]
    rows = tuple(tuple(row[number] for number in kept) for row in table.rows)
    return Table(table.name, table.about, tuple(table.columns[number] for number in kept), rows)


def _said(cell: Cell, column: Column) -> list[str]:
    """The lines of a cell."""
    text = said(cell, column.shape)
    return text.split("\n") if column.shape == "list" else [text]


def _bars(plan: Plan) -> list[dict[str, object]]:
    """Of the most frequent events: name, how many, and widths in per cent of the largest."""
    largest = max((one.count for one in plan.became.events), default=1)
    found: list[dict[str, object]] = []
    for one in plan.became.events[:MOST_BARS]:
        has = grouped(one, plan.advice.level == "event")
        widths = {"has": 100 * has / largest, "lacks": 100 * (one.count - has) / largest}
        found.append({"name": one.name, "count": one.count, "grouped": has, **widths})
    return found

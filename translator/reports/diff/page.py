"""A Difference as HTML: a page of its own, or its body for the dashboard."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader
from markupsafe import Markup

from translator.reports.diff.changes import Difference
from translator.reports.diff.telling import sections
from translator.reports.diff.texts import short
from translator.reports.diff.words import HISTORY, count, reservations, summary, warnings, where, words

TEMPLATES = Path(__file__).parent / "templates"
MOST_ROWS = 300
"""Changes that are shown of a section."""


def page(found: Difference) -> str:
    """One page, whole: it loads nothing."""
    return _environment().get_template("page.html").render(body=body(found), css=Markup(css()))  # noqa: S704  our own rules


def body(found: Difference) -> Markup:
    """What stands on the page below its title; without scripts and inline styles, with the classes of ``css``."""
    text = _environment().get_template("body.html").render(
        found=found,
        summary=summary(found),
        reservations=reservations(found),
        warnings=warnings(found),
        history=HISTORY,
        sections=[(title.capitalize(), chosen) for title, chosen in sections(found)],
        words=words,
        where=where,
        count=count,
        short=short,
        most=MOST_ROWS,
    )  # fmt: skip
    return Markup(text)  # noqa: S704  of a template that escapes


def css() -> str:
    """The rules for ``body``, with the colours of the dashboard's variables."""
    return (TEMPLATES / "diff.css").read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    found = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    found.filters["number"] = lambda value: f"{value:,}"
    return found

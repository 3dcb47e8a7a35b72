"""The report as HTML: one file that loads nothing, for people to send around, or its body for the dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import groupby
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from translator.reports.qa.findings import KINDS, PARTS, Report, said_count
from translator.reports.qa.text import example, printable, totals

TEMPLATES = Path(__file__).parent / "templates"
OUTCOMES = (("failed", "failed"), ("warning", "warnings"), ("skipped", "not looked at"), ("passed", "as planned"))


def page(report: Report) -> bytes:
    """The report as HTML in UTF-8."""
    found = _environment().get_template("qa.html")
    text = found.render(report=report, body=body(report), css=Markup(css()))  # noqa: S704  our own rules
    return text.encode("utf-8", "replace")


def body(report: Report) -> Markup:
    """What stands on the page below its title; without scripts and inline styles, with the classes of ``css``."""
    findings = [(KINDS[kind], list(group)) for kind, group in groupby(report.findings(), key=lambda one: one.kind)]
    parts = [(part, [one for one in report.checks if one.part == part]) for part in PARTS]
    bar = [(outcome, said, report.count(outcome)) for outcome, said in OUTCOMES]  # type: ignore[arg-type]  # of a table
    text = _environment().get_template("body.html").render(
        report=report, findings=findings, parts=[one for one in parts if one[1]], bar=bar, bars=list(_bars(report)),
        totals=totals(report), all=len(report.checks), read=said_count(report.read, report.unit),
    )  # fmt: skip
    return Markup(text)  # noqa: S704  of a template that escapes


def css() -> str:
    """The rules for ``body``, with the colours of the dashboard's variables."""
    return (TEMPLATES / "qa.css").read_text(encoding="utf-8")


def _bars(report: Report) -> Iterator[tuple[str, float, float]]:
    """How each part of the bar is called, where it begins and how wide it is, in per cent."""
    begins = 0.0
    for outcome, _ in OUTCOMES:
        share = 100 * report.count(outcome) / max(1, len(report.checks))  # type: ignore[arg-type]  # of a table
        if share:
            yield outcome, round(begins, 2), round(share, 2)
        begins += share


@cache
def _environment() -> Environment:
    loader = FileSystemLoader(TEMPLATES)
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"printable": printable, "example": example}
    return environment

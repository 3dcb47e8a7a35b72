"""The report as one HTML file that loads nothing, for people to send around."""

from __future__ import annotations

from functools import cache
from itertools import groupby

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from translator.reports.qa.findings import KINDS, PARTS, Report, said_count
from translator.reports.qa.text import example, printable, totals

OUTCOMES = (("failed", "failed"), ("warning", "warnings"), ("skipped", "not looked at"), ("passed", "as planned"))


def page(report: Report) -> bytes:
    """The report as HTML in UTF-8."""
    findings = [(KINDS[kind], list(group)) for kind, group in groupby(report.findings(), key=lambda one: one.kind)]
    parts = [(part, [one for one in report.checks if one.part == part]) for part in PARTS]
    bar = [(outcome, said, report.count(outcome)) for outcome, said in OUTCOMES]  # type: ignore[arg-type]  # of a table
    return _template().render(
        report=report, findings=findings, parts=[one for one in parts if one[1]], bar=bar, totals=totals(report),
        all=len(report.checks), read=said_count(report.read, report.unit),
    ).encode("utf-8", "replace")  # fmt: skip


@cache
def _template() -> Template:
    loader = PackageLoader("translator.reports.qa", "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"printable": printable, "example": example}
    return environment.get_template("qa.html")

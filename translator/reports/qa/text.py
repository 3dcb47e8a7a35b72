"""The report for a terminal: findings by kind, in columns, and how many expectations are met."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from itertools import groupby

from translator.reports.qa.findings import KINDS, Finding, Report, said_count
from translator.reports.qa.seen import Example

WIDTH = 110
MOST_SHOWN = 10
"""Findings of a kind that a terminal shows."""

SUBJECT = 40
"""How wide the column of subjects becomes at most; a longer one stands on a line of its own."""


def text(report: Report) -> str:
    """The report, with a line feed at its end."""
    return "\n".join(map(printable, _lines(report))) + "\n"


def totals(report: Report) -> str:
    """One line: findings and expectations, counted."""
    errors, warnings = report.severities("error"), report.severities("warning")
    skipped = report.count("skipped")
    parts = [said_count(errors, "errors"), said_count(warnings, "warnings"), f"{report.count('passed')} as planned"]
    return ", ".join([*parts, *([f"{skipped} not looked at"] if skipped else [])])


def _lines(report: Report) -> Iterator[str]:
    yield f"{report.plan} against {report.source}: {said_count(report.read, report.unit)} read"
    found = list(report.findings())
    width = min(max((len(printable(one.subject)) for one in found), default=0), SUBJECT)
    for (severity, kind), group in groupby(found, key=lambda one: (one.severity, one.kind)):
        yield ""
        yield f"{severity.upper()}  {KINDS[kind]}"
        alike = list(group)
        for one in alike[:MOST_SHOWN]:
            yield from _finding(one, width)
        if len(alike) > MOST_SHOWN:
            yield f"  and {len(alike) - MOST_SHOWN} more: the other formats have them all"
    yield ""
    if report.ignored:
        yield "Became nothing, as configured: " + ", ".join(f"{count:,} {reason}" for reason, count in report.ignored)
    for remark in report.remarks:
        yield from textwrap.wrap(printable(remark), WIDTH)
    yield totals(report)


def _finding(one: Finding, width: int) -> Iterator[str]:
    subject = printable(one.subject)
    indent = " " * (width + 4)
    if len(subject) > width:
        yield f"  {subject}"
        subject = ""
    yield from textwrap.wrap(
        printable(one.said), WIDTH, initial_indent=f"  {subject:{width}}  ", subsequent_indent=indent
    )  # fmt: skip
    if one.examples:
        for line in textwrap.wrap("e.g. " + examples(one.examples), WIDTH - len(indent)):
            yield indent + line


def examples(found: Sequence[Example]) -> str:
    """Examples on a line: each value and the messageId of its call."""
    return ", ".join(printable(example(one)) for one in found)


def example(one: Example) -> str:
    """``Acme (m-17)``, or what of the two there is."""
    if not one.text or one.message_id is None:
        return one.text or one.message_id or "a call without messageId"
    return f"{one.text} ({one.message_id})"


def printable(text: str) -> str:
    """A text that cannot move the cursor of a terminal, nor break its line: other characters are escaped."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)

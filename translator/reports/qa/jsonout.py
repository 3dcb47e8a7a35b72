"""The report for machines. The keys are described in docs/workbench.md, and stay."""

from __future__ import annotations

from translator import jsontext
from translator.parcels import Json
from translator.reports.qa.findings import Check, Finding, Report

VERSION = 1


def as_json(report: Report) -> bytes:
    """The report as one JSON text, with a line feed at its end."""
    return jsontext.dumps(plain(report)) + b"\n"


def plain(report: Report) -> Json:
    """The report as JSON."""
    return {
        "version": VERSION,
        "plan": report.plan,
        "source": report.source,
        "read": report.read,
        "unit": report.unit,
        "errors": report.severities("error"),
        "warnings": report.severities("warning"),
        "as_planned": report.count("passed"),
        "skipped": report.count("skipped"),
        "findings": [_finding(one) for one in report.findings()],
        "checks": [_check(one) for one in report.checks],
        "ignored": dict(report.ignored),
        "remarks": list(report.remarks),
    }


def _finding(one: Finding) -> Json:
    return {
        "kind": one.kind,
        "severity": one.severity,
        "subject": one.subject,
        "said": one.said,
        "count": one.count,
        "unit": one.unit,
        "of": one.of,
        "examples": [{"text": example.text, "message_id": example.message_id} for example in one.examples],
    }


def _check(one: Check) -> Json:
    return {"part": one.part, "name": one.name, "outcome": one.outcome, "skipped": one.skipped or None}

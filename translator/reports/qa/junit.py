"""The report as JUnit XML, which CI systems show: each expectation is a testcase of its part's testsuite.

The shape is the one that Jenkins, GitLab and GitHub's reporters read (testmoapp/junitxml, 2026-11-28).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from translator.reports.qa.findings import PARTS, Check, Finding, Report
from translator.reports.qa.text import examples

FORBIDDEN = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot have, not even escaped."""


def junit(report: Report, strict: bool = False) -> bytes:
    """The report; with ``strict`` warnings are failures too, else they pass and say so in ``system-out``."""
    name = f"{report.plan} against {report.source}"
    root = _element(Element("testsuites"), name=name)
    for part in PARTS:
        checks = [one for one in report.checks if one.part == part]
        if checks:
            _suite(root, part, checks, strict)
    for key in ("tests", "failures", "skipped"):
        root.set(key, str(sum(int(suite.get(key, "0")) for suite in root)))
    _element(root, errors="0", time="0")
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def _suite(root: Element, part: str, checks: Sequence[Check], strict: bool) -> None:
    suite = SubElement(root, "testsuite")
    failures = sum(bool(_failing(one, strict)) for one in checks)
    skipped = sum(one.outcome == "skipped" for one in checks)
    _element(suite, name=part, tests=str(len(checks)), failures=str(failures), skipped=str(skipped))
    _element(suite, errors="0", time="0")
    for check in checks:
        _case(suite, check, strict)


def _case(suite: Element, check: Check, strict: bool) -> None:
    case = _element(SubElement(suite, "testcase"), name=check.name, classname=f"qa.{check.part}", time="0")
    if check.skipped:
        _element(SubElement(case, "skipped"), message=check.skipped)
    failing = _failing(check, strict)
    if failing:
        failure = _element(SubElement(case, "failure"), message=_line(failing[0]), type=failing[0].kind)
        failure.text = whole("\n".join(map(_whole_line, failing)))
    others = [one for one in check.findings if one not in failing]
    if others:
        SubElement(case, "system-out").text = whole("\n".join(f"warning: {_whole_line(one)}" for one in others))


def _failing(check: Check, strict: bool) -> list[Finding]:
    return [one for one in check.findings if strict or one.severity == "error"]


def _line(one: Finding) -> str:
    return f"{one.subject}: {one.said}"


def _whole_line(one: Finding) -> str:
    return f"{_line(one)}{f', e.g. {examples(one.examples)}' if one.examples else ''}"


def _element(element: Element, **attributes: str) -> Element:
    for key, value in attributes.items():
        element.set(key, whole(value))
    return element


def whole(text: str) -> str:
    """A text that XML can have: what it cannot is a replacement character."""
    return FORBIDDEN.sub("\ufffd", text)

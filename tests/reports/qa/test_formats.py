"""Every format of a report is what its readers need, whatever is in it."""

import json
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reports.qa.calls import PAIR, group, numbered, qa, track
from tests.reports.qa.plans import plans
from translator.reports.plan.planned import Planned, PlannedEvent, PlannedProperty, PlannedType
from translator.reports.qa.findings import KINDS, Check, Finding, Report
from translator.reports.qa.jsonout import plain
from translator.reports.qa.junit import junit
from translator.reports.qa.running import FORMATS
from translator.reports.qa.seen import Example

PLAN = Planned(
    (PlannedType("Organization"),),
    (
        PlannedProperty("Organization", "group_type"),
        PlannedProperty("Organization", "name"),
        PlannedProperty("Organization", "employees", "number", True),
    ),
    (PlannedEvent("Clicked", ("Organization",)), PlannedEvent("Bought")),
)
CALLS = numbered(group(employees="20"), group("B", color="<b>"), track(), track(user="user-9"))
HOSTILE = "<script>alert(1)</script>&\"'\x1b[31m\x00\u202e\n"


def report(calls: Any = CALLS, plan: Planned = PLAN) -> Report:
    return qa(plan, list(calls), **PAIR)


def test_text_is_short_and_aligned():
    assert FORMATS["text"](report(), False).decode().splitlines() == [
        "the plan against some calls: 4 calls read",
        "",
        "ERROR  Group properties that some groups lack",
        "  Organization: employees  required; 1 of 2 groups without it (50 % have it)",
        "                           e.g. B (m2)",
        "",
        "WARNING  Group properties that are not planned",
        "  Organization: color      not planned; in 1 call",
        "                           e.g. <b> (m2)",
        "",
        "ERROR  Group properties of another kind",
        "  Organization: employees  planned number, came as text in 1 call",
        "                           e.g. 20 (m1)",
        "",
        "WARNING  Events that never came",
        "  Bought                   planned, and none of 2 events is one",
        "",
        "ERROR  Events without their groups",
        "  Clicked: Organization    1 of 2 events (50 %) without Organization",
        "                           e.g. m4",
        "",
        "Calls count in the order in which they stand: what a user joins later says nothing of earlier events",
        "3 errors, 2 warnings, 14 as planned",
    ]


def test_a_terminal_shows_the_first_of_many():
    said = FORMATS["text"](report([group(**{f"p{number}": 1 for number in range(14)})]), False).decode().splitlines()
    assert "  and 4 more: the other formats have them all" in said
    assert len([line for line in said if "not planned; in 1 call" in line]) == 10


def test_json_has_these_keys():
    found = json.loads(FORMATS["json"](report(), False))
    assert {key: found[key] for key in ("version", "plan", "source", "read", "unit", "errors", "warnings", "as_planned", "skipped")} == {
        "version": 1, "plan": "the plan", "source": "some calls", "read": 4, "unit": "calls", "errors": 3, "warnings": 2,
        "as_planned": 14, "skipped": 0,
    }  # fmt: skip
    assert found["findings"][0] == {
        "kind": "group_property_incomplete", "severity": "error", "subject": "Organization: employees",
        "said": "required; 1 of 2 groups without it (50 % have it)", "count": 1, "unit": "groups", "of": 2,
        "examples": [{"text": "B", "message_id": "m2"}],
    }  # fmt: skip
    assert found["checks"][0] == {"part": "Calls", "name": "calls were read", "outcome": "passed", "skipped": None}
    assert set(found) == {
        "version",
        "plan",
        "source",
        "read",
        "unit",
        "errors",
        "warnings",
        "as_planned",
        "skipped",
        "findings",
        "checks",
        "ignored",
        "remarks",
    }


def suites(content: bytes) -> ElementTree.Element:
    """A JUnit file whose counts add up, as its readers need it."""
    root = ElementTree.fromstring(content)  # noqa: S314  our own
    assert root.tag == "testsuites"
    for key, tag in (("tests", "testcase"), ("failures", "failure"), ("skipped", "skipped")):
        assert int(root.attrib[key]) == sum(int(suite.attrib[key]) for suite in root) == len(list(root.iter(tag)))
        assert all(int(suite.attrib[key]) == len(list(suite.iter(tag))) for suite in root)
    for suite in root:
        assert suite.tag == "testsuite"
        assert all(case.tag == "testcase" and case.attrib["name"] and case.attrib["classname"] for case in suite)
        assert all(len(case.findall("failure")) <= 1 for case in suite)
    return root


def test_junit_names_each_expectation():
    root = suites(junit(report()))
    assert (root.attrib["tests"], root.attrib["failures"], root.attrib["errors"]) == ("19", "3", "0")
    assert [suite.attrib["name"] for suite in root] == ["Calls", "Group types", "Group properties", "Events", "Limits"]
    failing = {case.attrib["name"]: case for case in root.iter("testcase") if case.find("failure") is not None}
    assert set(failing) == {
        "Organization: employees is on every group",
        "Organization: employees is a number",
        "Clicked is in Organization",
    }
    failure = failing["Clicked is in Organization"][0]
    assert failure.attrib == {
        "type": "event_without_group",
        "message": "Clicked: Organization: 1 of 2 events (50 %) without Organization",
    }
    assert failure.text == "Clicked: Organization: 1 of 2 events (50 %) without Organization, e.g. m4"
    warned = [case.findtext("system-out") for case in root.iter("testcase") if case.find("system-out") is not None]
    assert warned == [
        "warning: Organization: color: not planned; in 1 call, e.g. <b> (m2)",
        "warning: Bought: planned, and none of 2 events is one",
    ]


def test_warnings_are_failures_where_they_are_asked_to_be():
    root = suites(junit(report(), strict=True))
    assert root.attrib["failures"] == "5"
    assert root.find(".//system-out") is None


class Page(HTMLParser):
    """What tags and texts there are."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.append(tag)
        assert not {name for name, _ in attrs} & {"src", "href", "onclick", "onload"}

    def handle_data(self, data: str) -> None:
        self.text += data


def page(content: bytes) -> Page:
    found = Page()
    found.feed(content.decode())
    assert not {"script", "link", "img", "iframe"} & set(found.tags)
    return found


def test_the_page_says_findings_and_expectations_and_loads_nothing():
    found = page(FORMATS["html"](report(), False))
    said = " ".join(found.text.split())
    assert (
        "the plan against some calls: 4 calls read ✗ 3 failed ! 2 warnings ✓ 14 as planned of 19 expectations" in said
    )
    assert "error Organization: employees required; 1 of 2 groups without it (50 % have it) e.g. B (m2)" in said
    assert "✗Clicked is in Organization" in said
    assert "url(" not in FORMATS["html"](report(), False).decode()


def test_all_as_planned_is_said():
    fine = report([group(employees=20)], Planned((PlannedType("Organization"),)))
    assert "All as planned" in page(FORMATS["html"](fine, False)).text
    assert FORMATS["text"](fine, False).decode().splitlines()[-1] == "0 errors, 0 warnings, 10 as planned"


@pytest.mark.parametrize("shape", FORMATS)
def test_hostile_texts_are_only_texts(shape):
    every = [
        Finding(kind, "error", HOSTILE, HOSTILE, 1, examples=(Example(HOSTILE, HOSTILE), Example("", None)))
        for kind in KINDS
    ]
    checks = (Check("Calls", HOSTILE, tuple(every)), Check("Events", HOSTILE, skipped=HOSTILE))
    content = FORMATS[shape](Report(HOSTILE, HOSTILE, 1, "calls", checks, ((HOSTILE, 1),), (HOSTILE,)), False)
    reads(shape, content)
    assert b"\x1b" not in content
    assert b"\x00" not in content
    if shape == "html":
        assert b"<script>" not in content


def reads(shape: str, content: bytes) -> None:
    """Fails where a reader of the format could not read it."""
    if shape == "junit":
        suites(content)
    elif shape == "html":
        page(content)
    elif shape == "json":
        json.loads(content)
    else:
        assert all(one.isprintable() for one in content.decode().splitlines())


NAMES = st.sampled_from(["A", "B", "Organization", "e", "p", "[Segment] Group"])
JSON: Any = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.text(max_size=4) | NAMES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)  # fmt: skip
MESSAGES = JSON | st.fixed_dictionaries(
    {"type": st.sampled_from(["group", "track", "identify", "page", "alias"]), "userId": NAMES | JSON, "event": NAMES | JSON, "groupId": JSON},
    optional={
        "traits": st.dictionaries(st.sampled_from(["group_type", "name", "p", "A", "$set", "$add", "$unset", "$append"]), JSON | NAMES, max_size=4) | JSON,
        "integrations": st.fixed_dictionaries({"Amplitude": st.fixed_dictionaries({"groups": st.dictionaries(NAMES, JSON, max_size=3)})}) | JSON,
        "previousId": JSON, "properties": JSON, "messageId": JSON,
    },
)  # fmt: skip
TABLES = st.sampled_from(
    [{}, PAIR, {"groups": {**PAIR["groups"], "level": "both"}}, {"groups": {**PAIR["groups"], "level": "event", "fallback": "none"}}]
)  # fmt: skip


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(plans(NAMES), st.lists(MESSAGES, max_size=6), TABLES, st.booleans())
def test_any_plan_and_any_calls_make_a_report_in_every_format(plan, calls, tables, strict):
    found = qa(plan, calls, **tables)
    for shape, made in FORMATS.items():
        reads(shape, made(found, strict))
    said = plain(found)
    assert said["read"] == len(calls)
    assert {one["kind"] for one in said["findings"]} <= set(KINDS)
    assert bool(said["errors"]) == any(one["outcome"] == "failed" for one in said["checks"])

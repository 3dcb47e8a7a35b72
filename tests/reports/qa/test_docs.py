"""What docs/workbench.md says of QA is so."""

import json
import re

import pytest

from tests.processes import ROOT
from tests.reports.qa.books import EVENTS, PLAN, TAXONOMY, workbook
from tests.reports.qa.calls import group, qa
from translator.reports.plan.planned import KINDS as OF_VALUES
from translator.reports.plan.planned import SHEETS, Planned, PlannedType
from translator.reports.qa import (
    counting,
    events_seen,
    findings,
    groups_seen,
    jsonout,
    reading_plan,
    running,
    schema,
    workbook_in,
)

SAID = (ROOT / "docs" / "workbench.md").read_text().split("## QA")[1].split("\n## ")[0]


def test_every_kind_of_finding_is_described_in_its_order():
    assert re.findall(r"^\| `(\w+)` \| (?:error|warning) \|", SAID, re.M) == list(findings.KINDS)


def test_every_sheet_and_column_is_described():
    rows = dict(re.findall(r"^\| (Plan|Taxonomy|Events) \| (.*) \|$", SAID, re.M))
    for sheet in SHEETS:
        names = [re.sub(r" \(.*", "", one) for one in re.split(r", (?=[A-Z*])", rows[sheet.name])]
        needless = [f"*{name}*" if key in workbook_in.NEEDLESS else name for name, key in sheet.columns.items()]
        assert names == needless
    for word in (*schema.LEVELS, *OF_VALUES):
        assert f"`{word}`" in SAID


def test_every_key_of_the_json_is_described():
    found = jsonout.plain(qa(Planned((PlannedType("Team"),)), [group(name="m1")]))
    said = SAID.split("### Formats")[1]
    examples = [one for finding in found["findings"] for one in finding["examples"]]
    for key in {*found, *found["findings"][0], *found["checks"][0], *examples[0]}:
        assert f"`{key}`" in said, key
    for shape in running.FORMATS:
        assert f"- `{shape}`: " in said


def test_the_bounds_are_those_of_the_code():
    for bound in (counting.MOST_NAMES, groups_seen.MOST_GROUPS, events_seen.MOST_USERS):
        assert f"{bound:,}" in SAID
    assert counting.EXAMPLES == 3


def test_the_plan_that_is_shown_as_json_is_one():
    block = re.search(r'`(\{"version": 1.*?\]\})`', SAID, re.S)
    assert block
    keys = re.findall(r'"(\w+)"', block[1])
    entries = {key for table in (schema.TypeEntry, schema.PropertyEntry, schema.EventEntry) for key in _keys(table)}
    assert set(keys) == set(Planned().plain()) | entries


def _keys(table):
    return {field.data_key or name for name, field in table().fields.items()}


def test_the_fault_that_is_shown_is_said_so():
    with pytest.raises(reading_plan.PlanUnreadable) as raised:
        reading_plan.plan_of(workbook(Plan=[*PLAN, ("A",), ("B", "usr")], Taxonomy=TAXONOMY, Events=EVENTS))
    assert str(raised.value).splitlines()[1].strip() in SAID


def test_the_example_plan_is_as_plain_as_it_can_be():
    text = (ROOT / "docs" / "examples" / "qa-plan.json").read_bytes()
    assert len(json.loads(text)["types"]) == len(reading_plan.plan_of(text).types)

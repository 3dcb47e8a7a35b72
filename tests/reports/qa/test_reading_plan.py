"""Plans that people wrote, well and badly."""

import io
import json
import zipfile
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reports.qa.books import EVENTS, PLAN, TAXONOMY, of_plan, workbook
from tests.reports.qa.plans import plans
from translator.reports.plan.planned import Planned, PlannedEvent, PlannedProperty, PlannedType
from translator.reports.qa.reading_plan import PlanUnreadable, plan_of, read_plan

WHOLE = Planned(
    (PlannedType("Organization", "user", "traits.name", ("ExampleCorp, LLC", "123"), "customers"), PlannedType("Team", "event")),
    (
        PlannedProperty("Organization", "employees", "number", True, ("20", "30"), "how many"),
        PlannedProperty("Team", "color", "text", description="of its shirts", regex="#[0-9a-f]{6}"),
    ),
    (PlannedEvent("Clicked", ("Organization", "Team"), "a click"), PlannedEvent("Seen")),
)  # fmt: skip


def faults(data):
    with pytest.raises(PlanUnreadable) as raised:
        plan_of(data, "plan.xlsx")
    return [line.strip() for line in str(raised.value).splitlines()]


def read(data):
    """The plan, or why it is none."""
    try:
        return plan_of(data)
    except PlanUnreadable as error:
        return error


def lines(plan: Any = (), taxonomy: Any = (), events: Any = ()) -> bytes:
    return workbook(Plan=PLAN + list(plan), Taxonomy=TAXONOMY + list(taxonomy), Events=EVENTS + list(events))


def test_a_plan_is_read_as_it_was_written(tmp_path):
    for name, data in (("plan.json", json.dumps(WHOLE.plain()).encode()), ("plan.xlsx", of_plan(WHOLE))):
        (tmp_path / name).write_bytes(data)
        assert read_plan(tmp_path / name) == WHOLE


@settings(max_examples=40, deadline=None)
@given(plans())
def test_any_plan_is_read_as_it_was_written(plan):
    assert plan_of(json.dumps(plan.plain()).encode()) == plan
    assert plan_of(of_plan(plan)) == plan


def test_a_workbook_that_people_rearranged_is_read_all_the_same():
    data = workbook(
        Notes=[("buy milk",)],
        _TAXONOMY_=[("Owner", "required", "Group property", "group  type", "TYPE", "Allowed Values"),
                    ("Ann", "X", "employees", "Organization", "Number", 20.0),
                    (),
                    ("Bob", False, "since", " Organization ", "", True)],
        Plan=[("Our plan, 2026",), (), ("Level", "Why", " Group Type", "Allowed values"),
              (None, None, None, None), ("EVENT", "because", 123.0, "1\n\n 2.5 \n2.5"), ("  ", None, "Organization", 7)],
        events=[("Group types", "event"), ("Organization\n123", "Clicked"), ("", "Seen")],
    )  # fmt: skip
    assert plan_of(data) == Planned(
        (PlannedType("123", "event", values=("1", "2.5")), PlannedType("Organization", values=("7",))),
        (
            PlannedProperty("Organization", "employees", "number", True, ("20",)),
            PlannedProperty("Organization", "since", values=("true",)),
        ),
        (PlannedEvent("Clicked", ("Organization", "123")), PlannedEvent("Seen")),
    )


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (lines([("Organization", "usr")]), ['sheet "Plan", row 2, column "Level": "usr" must be user, event or both']),
        (lines([(), ("", "user")]), ['sheet "Plan", row 3, column "Group type": required']),
        (lines([("A",), ("B",), ("A",)]), ['sheet "Plan", row 4, column "Group type": "A" is there twice']),
        (lines([(name,) for name in "ABCDEFG"]), ['sheet "Plan": a project has at most 5 group types; these are over: F, G']),
        (lines([("A",)], [("B", "p")]), ['sheet "Taxonomy", row 2, column "Group type": "B" is not a group type of this plan; there are: A']),
        (lines([], [("B", "p")]), ['sheet "Taxonomy", row 2, column "Group type": "B" is not a group type of this plan; there are: none']),
        (lines([("A",)], [("A", "p"), ("A", "q"), ("A", "p")]), ['sheet "Taxonomy", row 4, column "Group property": "p" is there twice']),
        (lines([("A",)], [("A", "p", "txt", "perhaps")]), [
            'sheet "Taxonomy", row 2, column "Type": "txt" must be text, number, boolean, list, object or any',
            'sheet "Taxonomy", row 2, column "Required": "perhaps" must be yes or no (true or false)',
        ]),
        (lines([("A",)], [], [("e", "A\nB"), ("e",)]), [
            'sheet "Events", row 2, column "Group types": "B" is not a group type of this plan; there are: A',
            'sheet "Events", row 3, column "Event": "e" is there twice',
        ]),
        (workbook(Plan=PLAN, Events=EVENTS), ['sheet "Taxonomy": the sheet is missing']),
        (workbook(Plan=[("Group type", "Lvl", "Group type")], Taxonomy=[], Events=EVENTS), [
            'sheet "Plan", column "Group type": the column is there twice',
            'sheet "Plan", column "Level": the column is missing',
            'sheet "Plan", column "Allowed values": the column is missing',
            *(f'sheet "Taxonomy", column "{name}": the column is missing' for name in TAXONOMY[0][:-1]),
        ]),
        (b'{"types": [{"name": "A", "levle": "user"}], "version": 2, "more": {}}', [
            'types.0.levle: "user" is not a key of a plan', 'version: "2" must be 1', "more: is not a key of a plan",
        ]),
        (b'{"types": [1, {"level": null}], "events": {}}', [
            'types.0: "1" must be an object', "types.1.name: required", 'types.1.level: "null" must be text', "events: must be a list",
        ]),
        (b'{"types": [{"name": "A", "values": ["", 1]}]}', ['types.0.values.0: "" required', 'types.0.values.1: "1" must be text']),
        (b"[]", ["must be an object"]),
    ],
)  # fmt: skip
def test_every_fault_is_said_with_its_place(data, said):
    assert faults(data) == ["plan.xlsx: the plan cannot be used:", *sorted(said, key=faults(data).index)]
    assert len(faults(data)) == len(said) + 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "is no workbook (.xlsx), and not JSON"),
        (b"Group type,Level\n", "is no workbook (.xlsx), and not JSON"),
        (b"PK\x03\x04", "is no workbook (.xlsx) that can be read"),
        (of_plan(WHOLE)[:2000], "is no workbook (.xlsx) that can be read"),
    ],
)
def test_what_is_no_plan_is_said(data, said):
    assert said in faults(data)[0]


def test_a_zip_that_is_no_workbook_is_said():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("calls.json", "[]")
    assert faults(file.getvalue()) == ["plan.xlsx: is no workbook (.xlsx)"]


def test_a_cell_far_out_does_not_take_all_memory():
    file = io.BytesIO()
    with xlsxwriter.Workbook(file) as book:
        for name, head in (("Plan", PLAN), ("Taxonomy", TAXONOMY), ("Events", EVENTS)):
            book.add_worksheet(name).write_row(0, 0, head[0])
        book.get_worksheet_by_name("Plan").write(1_048_575, 16_383, "!")
    assert faults(file.getvalue()) == [
        "plan.xlsx: has a sheet of 1,048,576 rows and 16,384 columns: delete what stands far out"
    ]


def test_a_workbook_that_unpacks_to_too_much_is_refused():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/workbook.xml", "w") as part:
        for _ in range(101):
            part.write(bytes(1024 * 1024))
    assert faults(file.getvalue()) == ["plan.xlsx: is larger than 100 MB when it is unpacked"]


def test_a_plan_that_is_not_there_is_said(tmp_path):
    with pytest.raises(PlanUnreadable, match="No such file"):
        read_plan(tmp_path / "plan.json")
    with pytest.raises(PlanUnreadable, match="Is a directory"):
        read_plan(tmp_path)


def test_of_many_faults_the_first_are_said():
    said = faults(lines([("A",)], [("B", f"p{number}") for number in range(80)]))
    assert len(said) == 52
    assert said[-1] == "and 30 more"


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=2000))
def test_any_bytes_are_a_plan_or_said_to_be_none(data):
    for one in (data, b"PK\x03\x04" + data):
        with pytest.raises(PlanUnreadable):
            plan_of(one)


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["version", "types", "properties", "events", "name", "group_type", "level", "values", "groups", "kind"]) | st.text(max_size=3),
        inner, max_size=4,
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_any_json_is_a_plan_or_said_to_be_none(value):
    assert isinstance(read(json.dumps(value).encode()), (Planned, PlanUnreadable))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_damaged_workbook_is_read_or_said(data):
    """Bytes changed inside its parts, which are packed anew, so that the damage reaches calamine."""
    source = zipfile.ZipFile(io.BytesIO(of_plan(WHOLE)))
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in source.namelist():
            content = bytearray(source.read(name))
            for _ in range(data.draw(st.integers(0, 3))):
                content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
            archive.writestr(name, bytes(content))
    assert isinstance(read(file.getvalue()), (Planned, PlanUnreadable))

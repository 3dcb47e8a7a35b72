"""The workbook, read back by another library."""

import io
import re
import zipfile
from datetime import datetime

import pytest
from python_calamine import CalamineWorkbook

from tests.reports.plan import traffic
from tests.reports.plan.making import group, plan_of, track
from translator.reports.plan.cells import MOST_CHARACTERS, safe
from translator.reports.plan.celltext import as_cell
from translator.reports.plan.planned import SHEETS
from translator.reports.plan.workbook import workbook
from translator.reports.qa.reading_plan import plan_of as read_plan

EVIL = (
    "=1+1",
    "+1",
    "-1",
    "@SUM(A1)",
    '=HYPERLINK("http://evil.example")',
    "https://example.com",
    "mailto:a@example.com",
    "\t=1",
)


@pytest.fixture(scope="module")
def plan():
    return plan_of(traffic.calls())


@pytest.fixture(scope="module")
def book(plan):
    return CalamineWorkbook.from_filelike(io.BytesIO(workbook(plan)))


def rows(book, name):
    return book.get_sheet_by_name(name).to_python()


def parts(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {one.filename: archive.read(one).decode() for one in archive.infolist()}


def test_the_sheets_are_those_of_the_guide(book):
    assert book.sheet_names == [
        "Overview", "Plan", "Taxonomy", "Events", "Candidates", "Fallbacks", "Values", "QA", "Configuration",
    ]  # fmt: skip


@pytest.mark.parametrize("sheet", SHEETS, ids=lambda sheet: sheet.name)
def test_the_columns_that_qa_reads_come_first_and_say_the_plan(book, plan, sheet):
    header, *found = rows(book, sheet.name)
    assert header[: len(sheet.columns)] == list(sheet.columns)
    plain = plan.planned.plain()[sheet.part]
    assert len(found) == len(plain)
    for row, one in zip(found, plain, strict=True):
        for cell, key in zip(row, sheet.columns.values(), strict=False):
            assert cell == ("\n".join(one[key]) if isinstance(one[key], list) else one[key]), key


def test_the_numbers_are_numbers(book, plan):
    header, *found = rows(book, "Events")
    counts = {row[0]: dict(zip(header, row, strict=True)) for row in found}
    assert counts["Viewed Pricing"]["Events"] == traffic.WORKBENCH.strangers
    assert counts["Viewed Pricing"]["Share with a group"] == 0
    assert sum(row["Events"] for row in counts.values()) == sum(one.count for one in plan.became.events)
    header, *found = rows(book, "Taxonomy")
    shares = {row[1]: row[header.index("Groups that have it")] for row in found}
    assert shares["website"] == pytest.approx(7 / 12)
    assert [row[header.index("Required")] for row in found if row[1] in ("website", "name")] == [True, False]
    header, *found = rows(book, "Values")
    assert isinstance(found[0][header.index("First seen")], datetime)


def test_the_overview_says_what_was_read_the_advice_limits_and_warnings(book):
    text = "\n".join(str(cell) for row in rows(book, "Overview") for cell in row if cell != "")
    for said in (
        "394 (track 288",
        "Advice: event-level groups",
        "4 of 40 users",
        "Group types of a project",
        "cannot be removed",
    ):
        assert said in text
    (limit,) = [row for row in rows(book, "Overview") if row[0] == "Group types of a project"]
    assert limit[1:4] == [2, 5, 0.4]


def test_the_configuration_is_a_line_in_each_row(book, plan):
    assert [row[0] for row in rows(book, "Configuration")] == plan.configuration.rstrip("\n").split("\n")


def test_the_checklist_says_how_to_run_qa(book):
    header, *found = rows(book, "QA")
    assert header == ["What", "Where", "Expected", "Found", "OK", "By", "On"]
    assert found[0][0].startswith("Run translator qa")
    assert any("Company" in row[0] for row in found)


@pytest.mark.parametrize("evil", EVIL)
def test_no_text_becomes_a_formula_a_number_or_a_link(evil):
    calls = [
        group(f"u{number}", f"{evil}{number % 2}", number, group_type=evil, name=evil, **{evil: evil})
        for number in range(6)
    ]
    data = workbook(plan_of([*calls, *[track(f"u{number}", evil, 99, **{evil: evil}) for number in range(6)]]))
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    assert rows(book, "Plan")[1][0] == as_cell(evil)
    assert as_cell(evil) in {row[1] for row in rows(book, "Taxonomy")}
    assert rows(book, "Events")[1][0] == as_cell(evil)
    for name, text in parts(data).items():
        if name.startswith("xl/worksheets/"):
            assert "<f>" not in text
            assert "<hyperlink" not in text
    styles = parts(data)["xl/styles.xml"]
    assert ('quotePrefix="1"' in styles) == (evil[0] in "=+-@\t")


def test_headers_stay_and_rows_can_be_filtered_and_choices_are_offered(plan):
    found = parts(workbook(plan))
    for number in range(2, 9):
        text = found[f"xl/worksheets/sheet{number}.xml"]
        assert 'state="frozen"' in text
        assert "<autoFilter" in text
    choices = re.findall(
        r'<dataValidation type="list".*?sqref="(\w+):?\w*".*?<formula1>"?(.*?)"?</formula1>',
        found["xl/worksheets/sheet2.xml"],
    )
    assert choices == [("B2", "user,event,both")]
    assert "text,number,boolean,list,object,any" in found["xl/worksheets/sheet3.xml"]
    assert "TRUE,FALSE" in found["xl/worksheets/sheet3.xml"]
    assert "dataBar" in found["xl/worksheets/sheet1.xml"]
    assert "Events and" not in found["xl/charts/chart1.xml"]
    assert "<c:barChart>" in found["xl/charts/chart1.xml"]


def test_the_same_calls_make_the_same_bytes(plan):
    assert workbook(plan) == workbook(plan_of(traffic.calls()))


def test_what_a_cell_cannot_hold_is_cut_and_replaced():
    assert safe("x" * 40_000) == "x" * (MOST_CHARACTERS - 1) + "…"
    assert safe("\U0001f600" * 20_000) == "\U0001f600" * (MOST_CHARACTERS // 2) + "…"
    assert safe("a\ud800b") == "a\ufffdb"


def test_times_that_a_sheet_cannot_show_stand_there_as_text():
    calls = [
        {**group(f"u{number}", "1", 0, group_type="T"), "timestamp": "0001-01-01T00:00:00Z"} for number in range(2)
    ]
    assert workbook(plan_of(calls))


def test_qa_reads_names_and_values_as_they_are():
    odd = (" pad ", "a\nb", '"quoted"', '"', "Viewed ", "Viewed", "\u2028x", "\x01", "\t=1")
    calls = [
        group(f"u{number}", f"g{number % 6}", number, group_type=" Org\n", **{" lead": "x", "tier": odd[number % 2]})
        for number in range(36)
    ]
    calls += [track(f"u{number}", name, at=50) for number, name in enumerate((*odd, "\u2028"))]
    plan = plan_of(calls)
    assert {one.name for one in plan.planned.events} == set(odd)
    assert {one.values for one in plan.planned.properties} == {(), (" pad ", "a\nb")}
    read = read_plan(workbook(plan))
    assert read.plain() == plan.planned.plain()

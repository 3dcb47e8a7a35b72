"""A plan as a workbook (XlsxWriter): the sheets of Amplitude's planning workbook, for people to edit and QA to read.

The same plan gives the same bytes. No text becomes a formula, a number or a link.
"""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from translator.reports.plan.cells import Formats, put, safe
from translator.reports.plan.made import Plan
from translator.reports.plan.overview import QA_COMMAND, TITLE, checks, facts
from translator.reports.plan.planned import KINDS
from translator.reports.plan.shown import Table
from translator.reports.plan.tables import tables

FIXED = datetime(2026, 1, 1, tzinfo=UTC)
"""When a workbook says that it was made: always the same, so that the same calls make the same file."""

MOST_ROWS = 50_000
SPARE = 200
"""Empty rows below a table in which its choices are offered too, for what people add."""

CHOICES: dict[str, list[str]] = {"Level": ["user", "event", "both"], "Type": list(KINDS), "Required": ["TRUE", "FALSE"]}
OFF = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
QA_COLUMNS = (("What", 44), ("Where", 44), ("Expected", 36), ("Found", 30), ("OK", 8), ("By", 14), ("On", 12))
MOST_BARS = 12


def workbook(plan: Plan) -> bytes:
    """The file."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, OFF)
    book.set_properties({"title": TITLE, "created": FIXED.replace(tzinfo=None)})
    formats = Formats(book)
    found = tables(plan)
    overview = book.add_worksheet("Overview")
    for table in found:
        _table(book.add_worksheet(table.name), table, formats)
    _overview(book, overview, plan, found, formats)
    _qa(book.add_worksheet("QA"), plan, formats)
    _configuration(book.add_worksheet("Configuration"), plan, formats)
    book.close()
    return out.getvalue()


def _table(sheet: Worksheet, table: Table, formats: Formats) -> None:
    """A header that stays, filters, and a row each."""
    rows = table.rows[:MOST_ROWS]
    for number, column in enumerate(table.columns):
        sheet.set_column(number, number, column.width)
        sheet.write_string(0, number, column.title, formats.header)
    sheet.set_row(0, 32)
    for number, row in enumerate(rows, 1):
        for place, (cell, column) in enumerate(zip(row, table.columns, strict=True)):
            put(sheet, number, place, cell, column.shape, formats)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, max(1, len(rows)), len(table.columns) - 1)
    _choices(sheet, table, len(rows) + SPARE)
    _to_print(sheet, table.about)


def _choices(sheet: Worksheet, table: Table, last: int) -> None:
    if table.name not in ("Plan", "Taxonomy"):
        return
    for number, column in enumerate(table.columns):
        if column.title in CHOICES:
            said = {
                "validate": "list",
                "source": CHOICES[column.title],
                "error_message": ", ".join(CHOICES[column.title]),
            }
            sheet.data_validation(1, number, last, number, said)


def _to_print(sheet: Worksheet, about: str) -> None:
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)
    sheet.set_footer(f"&L{about.replace('&', '&&')[:200]}&R&P / &N")


def _overview(book: Any, sheet: Worksheet, plan: Plan, found: tuple[Table, ...], formats: Formats) -> None:
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, 3, 14)
    sheet.set_column(4, 4, 70)
    sheet.hide_gridlines(2)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.write_string(0, 0, TITLE, formats.title)
    row = 2
    for name, text in facts(plan):
        sheet.write_string(row, 0, name, formats.name)
        sheet.merge_range(row, 1, row, 4, "", formats.long)
        sheet.write_string(row, 1, safe(text), formats.long)
        row += 1
    row = _lines(sheet, row + 1, f"Advice: {plan.advice.level}-level groups", plan.advice.reasons, formats)
    row = _limits(sheet, row + 1, plan, formats)
    row = _lines(sheet, row + 1, "Warnings", plan.warnings, formats)
    _chart(book, sheet, row + 1, found)


def _lines(sheet: Worksheet, row: int, title: str, lines: tuple[str, ...], formats: Formats) -> int:
    sheet.write_string(row, 0, title, formats.heading)
    for number, line in enumerate(lines, row + 1):
        sheet.merge_range(number, 0, number, 4, "", formats.long)
        sheet.write_string(number, 0, safe(line), formats.quoted(line, formats.long))
        sheet.set_row(number, 15 * (1 + len(line) // 140))
    return row + 1 + len(lines)


def _limits(sheet: Worksheet, row: int, plan: Plan, formats: Formats) -> int:
    """Each limit, with a bar of how much is used."""
    for number, title in enumerate(("Limit", "Used", "Of", "Share", "Who, or what")):
        sheet.write_string(row, number, title, formats.header)
    for number, one in enumerate(plan.limits, row + 1):
        sheet.write_string(number, 0, one.name, formats.name)
        if one.used.about:
            sheet.write_string(number, 1, str(one.used), formats.right)
        else:
            sheet.write_number(number, 1, one.used.number, formats.count)
        sheet.write_number(number, 2, one.most, formats.count)
        sheet.write_number(number, 3, one.share, formats.share)
        sheet.write_string(number, 4, safe(one.who), formats.long)
    last = row + len(plan.limits)
    bar = {
        "type": "data_bar",
        "min_type": "num",
        "min_value": 0,
        "max_type": "num",
        "max_value": 1,
        "bar_color": "#5B8DEF",
    }
    sheet.conditional_format(row + 1, 3, last, 3, bar)
    return last + 1


def _chart(book: Any, sheet: Worksheet, row: int, found: tuple[Table, ...]) -> None:
    """Events with and without a group, of the most frequent."""
    (events,) = [one for one in found if one.name == "Events"]
    last = min(MOST_BARS, len(events.rows))
    if not last:
        return
    titles = [column.title for column in events.columns]
    chart = book.add_chart({"type": "bar", "subtype": "stacked"})
    for title, colour in (("With a group", "#2F6FDE"), ("Without a group", "#C9CED6")):
        place = titles.index(title)
        chart.add_series({
            "name": ["Events", 0, place], "categories": ["Events", 1, 0, last, 0],
            "values": ["Events", 1, place, last, place], "fill": {"color": colour}, "gap": 60,
        })  # fmt: skip
    chart.set_title({"name": "Events with and without a group", "name_font": {"size": 12}})
    chart.set_y_axis({"reverse": True})
    chart.set_x_axis({"num_format": "#,##0", "label_position": "low"})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 760, "height": 140 + 26 * last})
    sheet.insert_chart(row, 0, chart)


def _qa(sheet: Worksheet, plan: Plan, formats: Formats) -> None:
    """A checklist for people."""
    for number, (title, width) in enumerate(QA_COLUMNS):
        sheet.set_column(number, number, width)
        sheet.write_string(0, number, title, formats.header)
    found = checks(plan)
    for number, one in enumerate(found, 1):
        for place, text in enumerate((one.what, one.where, one.expected)):
            sheet.write_string(number, place, safe(text), formats.quoted(text, formats.long))
        for place in range(3, len(QA_COLUMNS)):
            sheet.write_blank(number, place, None, formats.filled)
    sheet.freeze_panes(1, 1)
    sheet.autofilter(0, 0, len(found), len(QA_COLUMNS) - 1)
    sheet.data_validation(1, 4, len(found) + SPARE, 4, {"validate": "list", "source": ["yes", "no"]})
    _to_print(sheet, f"Send the configuration's calls to a test project, then: {QA_COMMAND}")


def _configuration(sheet: Worksheet, plan: Plan, formats: Formats) -> None:
    """The TOML, a line in each row, to be copied as it is."""
    sheet.set_column(0, 0, 120)
    for number, line in enumerate(plan.configuration.rstrip("\n").split("\n")):
        sheet.write_string(number, 0, safe(line), formats.code)
    sheet.hide_gridlines(2)

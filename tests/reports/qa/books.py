"""Workbooks as people leave them, for tests."""

import io
from typing import Any

import xlsxwriter

from translator.reports.plan.celltext import as_cell
from translator.reports.plan.planned import SHEETS, Planned

PLAN = [("Group type", "Level", "From", "Allowed values", "Description")]
TAXONOMY = [("Group type", "Group property", "Type", "Required", "Allowed values", "Description")]
EVENTS = [("Event", "Group types", "Description")]


def workbook(**sheets: Any) -> bytes:
    """A workbook of these sheets, each a list of rows."""
    file = io.BytesIO()
    with xlsxwriter.Workbook(file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        for name, rows in sheets.items():
            sheet = book.add_worksheet(name.replace("_", " "))
            for number, cells in enumerate(rows):
                for place, cell in enumerate(cells):
                    if cell is not None:
                        sheet.write(number, place, cell)
    return file.getvalue()


def of_plan(plan: Planned) -> bytes:
    """The workbook of a plan, as SHEETS says."""
    plain = plan.plain()
    return workbook(
        **{
            sheet.name: [
                tuple(sheet.columns),
                *(tuple(map(cell, (one[key] for key in sheet.columns.values()))) for one in plain[sheet.part]),
            ]
            for sheet in SHEETS
        }
    )


def cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "\n".join(map(as_cell, value)) if isinstance(value, list) else as_cell(value)

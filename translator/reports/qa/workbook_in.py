"""A workbook that people edited → the same plain JSON that ``Planned.plain`` writes, and where each entry stood.

Read by calamine, which takes a sheet as the rectangle of its cells: how large that may be is looked at before.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from translator import jsontext
from translator.reports.plan.celltext import of_cell
from translator.reports.plan.planned import SHEETS, VERSION, Sheet
from translator.reports.qa.plan_faults import Fault

MOST_BYTES = 100 * 1024 * 1024
"""Of a workbook's parts, inflated."""

MOST_CELLS = 5_000_000
HEAD_ROWS = 20
"""Within so many rows the head of a sheet is looked for: people write titles above it."""

CELL = re.compile(rb'<(?:\w+:)?c\s[^>]*?\br=["\']([A-Z]{1,3})([0-9]{1,7})["\']')
CHUNK, OVERLAP = 1 << 20, 256
NEEDLESS = frozenset({"from", "description", "regex"})
"""Keys that QA of calls does not look at: their columns may be missing."""

LISTS = frozenset({"values", "groups"})
LOWERED = frozenset({"level", "kind"})
TRUTHS = {
    "yes": True,
    "y": True,
    "true": True,
    "1": True,
    "x": True,
    "no": False,
    "n": False,
    "false": False,
    "0": False,
}
Cells = Sequence[Any]


class NoWorkbook(Exception):
    """The bytes are no workbook that can be read; the message says why."""


@dataclass
class Book:
    """``plain``: as JSON. ``rows``: part and index of an entry to its row, from 1. ``faults``: of sheets, columns."""

    plain: dict[str, Any] = field(default_factory=lambda: {"version": VERSION})
    rows: dict[tuple[str, int], int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def book(data: bytes) -> Book:
    """What stands in a workbook. Raises NoWorkbook."""
    _look_at_size(data)
    found = Book()
    there = {_folded(name): rows for name, rows in _sheets(data)}
    for sheet in SHEETS:
        rows = there.get(_folded(sheet.name))
        if rows is None:
            found.faults.append(Fault((sheet.part,), "the sheet is missing"))
        else:
            _read(sheet, rows, found)
    return found


def _sheets(data: bytes) -> list[tuple[str, list[Cells]]]:
    wanted = {_folded(sheet.name) for sheet in SHEETS}
    try:
        opened = CalamineWorkbook.from_filelike(io.BytesIO(data))
        names = [name for name in opened.sheet_names if _folded(name) in wanted]
        return [(name, list(opened.get_sheet_by_name(name).to_python(skip_empty_area=False))) for name in names]
    except (CalamineError, ValueError, OSError) as error:
        raise NoWorkbook(f"is no workbook (.xlsx) that can be read: {error}") from None
    except BaseException as error:
        # a panic of calamine's Rust is no Exception (pyo3, 2026-11-28)
        if type(error).__name__ != "PanicException":
            raise
        raise NoWorkbook("is no workbook (.xlsx) that can be read") from None


def _look_at_size(data: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if sum(one.file_size for one in parts) > MOST_BYTES:
                raise NoWorkbook(f"is larger than {MOST_BYTES // 1024**2} MB when it is unpacked")
            if "xl/workbook.xml" not in {one.filename.lower() for one in parts}:
                raise NoWorkbook("is no workbook (.xlsx)")
            for one in parts:
                if one.filename.lower().startswith("xl/worksheets/"):
                    _look_at_cells(archive, one)
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, ValueError, NotImplementedError, RuntimeError) as error:
        raise NoWorkbook(f"is no workbook (.xlsx) that can be read: {error}") from None


def _look_at_cells(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Raises NoWorkbook where the rectangle of all cells is too large."""
    width = height = 0
    before = b""
    with archive.open(part) as file:
        while chunk := file.read(CHUNK):
            for letters, digits in CELL.findall(before + chunk):
                width, height = max(width, _column(letters)), max(height, int(digits))
            before = chunk[-OVERLAP:]
    if width * height > MOST_CELLS:
        raise NoWorkbook(f"has a sheet of {height:,} rows and {width:,} columns: delete what stands far out")


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _read(sheet: Sheet, rows: Sequence[Cells], found: Book) -> None:
    head, columns = _head(sheet, rows)
    twice = [name for name, places in columns.items() if len(places) > 1]
    missing = [name for name, key in sheet.columns.items() if name not in columns and key not in NEEDLESS]
    faulty = [(name, "the column is there twice") for name in twice]
    faulty += [(name, "the column is missing") for name in missing]
    found.faults += (Fault((sheet.part, "", sheet.columns[name]), said) for name, said in faulty)
    if missing:
        return
    entries = found.plain[sheet.part] = []
    for number, cells in enumerate(rows[head + 1 :], head + 2):
        entry = dict(_entry(sheet, columns, cells))
        if entry:
            found.rows[sheet.part, len(entries)] = number
            entries.append(entry)


def _head(sheet: Sheet, rows: Sequence[Cells]) -> tuple[int, dict[str, list[int]]]:
    """The row whose cells name most of a sheet's columns, and where each of these stands."""
    names = {_folded(name): name for name in sheet.columns}
    best: tuple[int, dict[str, list[int]]] = (0, {})
    for number, cells in enumerate(rows[:HEAD_ROWS]):
        columns: dict[str, list[int]] = {}
        for place, cell in enumerate(cells):
            if isinstance(cell, str) and (name := names.get(_folded(cell))):
                columns.setdefault(name, []).append(place)
        if len(columns) > len(best[1]):
            best = number, columns
    return best


def _entry(sheet: Sheet, columns: Mapping[str, Sequence[int]], cells: Cells) -> Iterator[tuple[str, Any]]:
    """The keys of a row and what stands for them; empty cells are left out, so that defaults count."""
    for name, places in columns.items():
        key, cell = sheet.columns[name], cells[places[0]] if places[0] < len(cells) else ""
        text = _text(cell)
        if not text:
            continue
        if key in LISTS:
            yield key, [of_cell(line.strip()) for line in text.splitlines() if line.strip()]
        elif key == "required":
            yield key, TRUTHS.get(text.casefold(), text)
        else:
            yield key, text.casefold() if key in LOWERED else of_cell(text)


def _text(cell: Any) -> str:
    """A cell as people see it: 123.0 is 123, a day is its date."""
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == datetime.min.time() else cell.isoformat(" ")
    return cell.isoformat() if isinstance(cell, date) else jsontext.text_of(cell).strip()


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())

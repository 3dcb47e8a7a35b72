"""Cells of a workbook: formats, and values written as what they are, never as formulas. Pure."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from xlsxwriter.worksheet import Worksheet

from translator.reports.plan.shown import Cell, Shape, said
from translator.times import EPOCH

MOST_CHARACTERS = 32_767
"""Of a cell (Microsoft, "Excel specifications and limits", 2026-11-28)."""

FIRST_DAY, LAST_DAY = -2_208_988_800_000, 253_402_300_799_000
"""1900 and 9999: times that a sheet can show, in ms."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A text that begins so is marked as text, so that it stays one when somebody edits its cell."""

_SURROGATE = re.compile("[\ud800-\udfff\ufffe\uffff]")


class Formats:
    """The formats of a workbook."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._quoted: dict[int, Any] = {}
        top: dict[str, Any] = {"valign": "top"}
        self._known: dict[int, dict[str, Any]] = {}
        self.title = self._made(bold=True, font_size=18)
        self.heading = self._made(bold=True, font_size=13)
        self.name = self._made(**top, font_color="#555555")
        self.header = self._made(
            bold=True,
            bg_color="#1F2A44",
            font_color="#FFFFFF",
            text_wrap=True,
            valign="vcenter",
            border=1,
            border_color="#1F2A44",
        )
        self.text = self._made(**top)
        self.right = self._made(**top, align="right")
        self.long = self._made(**top, text_wrap=True)
        self.count = self._made(**top, num_format="#,##0")
        self.share = self._made(**top, num_format="0.0%")
        self.time = self._made(**top, num_format="yyyy-mm-dd hh:mm")
        self.code = self._made(font_name="Courier New", font_size=10)
        self.filled = self._made(**top, bg_color="#FFF8E1", text_wrap=True, border=1, border_color="#E0D8B8")

    def quoted(self, text: str, usual: Any) -> Any:
        """The format of a text: the usual one, or the same with a quote before it."""
        if not text.startswith(FORMULA):
            return usual
        if id(usual) not in self._quoted:
            self._quoted[id(usual)] = self._book.add_format({**self._known[id(usual)], "quote_prefix": True})
        return self._quoted[id(usual)]

    def _made(self, **properties: Any) -> Any:
        made = self._book.add_format(properties)
        self._known[id(made)] = properties
        return made


def put(sheet: Worksheet, row: int, column: int, cell: Cell, shape: Shape, formats: Formats) -> None:
    """Write a cell."""
    if cell is None or cell in ("", ()):
        sheet.write_blank(row, column, None, formats.long)
    elif isinstance(cell, bool):
        sheet.write_boolean(row, column, cell, formats.text)
    elif shape == "time" and isinstance(cell, int) and FIRST_DAY <= cell <= LAST_DAY:
        sheet.write_datetime(row, column, (EPOCH + timedelta(milliseconds=cell)).replace(tzinfo=None), formats.time)
    elif isinstance(cell, (int, float)) and shape in ("count", "share"):
        sheet.write_number(row, column, cell, formats.share if shape == "share" else formats.count)
    else:
        text = said(cell, shape)
        sheet.write_string(
            row, column, safe(text), formats.quoted(text, formats.long if shape != "text" else formats.text)
        )


def safe(text: str) -> str:
    """A text that a cell can hold: of so many characters at most, and of characters that XML has."""
    found = _SURROGATE.sub("\ufffd", text)
    return found if _units(found) <= MOST_CHARACTERS else f"{_clipped(found)}…"


def _units(text: str) -> int:
    """Characters as a sheet counts them: UTF-16 units."""
    return len(text) + sum(ord(one) > 0xFFFF for one in text) if len(text) > MOST_CHARACTERS // 2 else len(text)


def _clipped(text: str) -> str:
    return text.encode("utf-16-le")[: 2 * (MOST_CHARACTERS - 1)].decode("utf-16-le", "ignore")

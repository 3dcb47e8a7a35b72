"""What a table is, for a workbook, a page or Markdown alike, and its cells in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from translator.times import iso

Shape = Literal["text", "long", "list", "count", "share", "time", "flag"]
Cell = str | int | float | bool | tuple[str, ...] | None
"""A share is a number from 0 to 1; a time is ms since the epoch."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``width``: in characters."""

    title: str
    shape: Shape = "text"
    width: int = 18


@dataclass(frozen=True, slots=True)
class Table:
    """``about``: what it shows, in a sentence or two."""

    name: str
    about: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


def shortened(text: str, most: int) -> str:
    """A text of at most so many characters."""
    return text if len(text) <= most else text[: most - 1] + "…"


def said(cell: Cell, shape: Shape) -> str:
    """A cell in words, for what has no formats of its own."""
    if cell is None or cell == ():
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if shape == "share":
        return f"{float(cell):.1%}" if isinstance(cell, (int, float)) else str(cell)
    if shape == "time" and isinstance(cell, int):
        return iso(cell)[:16].replace("T", " ")
    if isinstance(cell, int):
        return f"{cell:,}"
    return "\n".join(cell) if isinstance(cell, tuple) else str(cell)

"""What would be set, for people and for programs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from translator import jsontext
from translator.kpi.running import Row

COLUMNS = ("group", "property", "value", "before", "")
WIDTHS = (32, 28, 14, 14, 0)


@dataclass
class Counted:
    """``groups``, ``changes``: how many groups there are, and of how many something changes; ``fallen``: figures that
    are 0 now and were not."""

    groups: int = 0
    changes: int = 0
    fallen: int = 0

    def said(self) -> str:
        """In a line."""
        return f"{self.groups} groups: {self.changes} would change; {self.fallen} figures fell to 0. Nothing was sent."


def lines(rows: Iterable[Row], shape: str, counted: Counted) -> Iterator[str]:
    """A line for each row: a table as ``text``, or ``json``. ``counted`` is filled meanwhile."""
    last: tuple[str, str, str] | None = None
    is_counted = False
    for row in rows:
        group = (row.destination, row.group_type, row.group_value)
        if shape == "text" and (last is None or last[0] != row.destination):
            yield f"{row.destination}:"
            yield _line(COLUMNS)
        if group != last:
            counted.groups, is_counted, last = counted.groups + 1, False, group
        counted.changes += row.changes and not is_counted
        is_counted = is_counted or row.changes
        counted.fallen += row.changes and row.value == 0 and bool(row.before)
        if shape == "json":
            yield jsontext.dumps(asdict(row)).decode("utf-8")
        else:
            before = "" if row.before is None else str(row.before)
            name = printable(f"{row.group_type} {row.group_value}")
            yield _line((name, printable(row.name), str(row.value), before, "changes" if row.changes else ""))


def printable(text: str) -> str:
    """A text in one line, without what a terminal would take for an order."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _line(cells: tuple[str, ...]) -> str:
    return "  ".join(f"{cell:{width}}" for cell, width in zip(cells, WIDTHS, strict=True)).rstrip()

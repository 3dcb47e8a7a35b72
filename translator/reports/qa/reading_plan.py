"""A file with a plan, a workbook or JSON → the frozen plan. Every problem is said at once, with its place."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from translator import jsontext
from translator.errors import NotJson, TranslatorError
from translator.reports.plan.planned import SHEETS, Planned
from translator.reports.qa import plan_faults, workbook_in
from translator.reports.qa.plan_faults import Fault, Faulty
from translator.reports.qa.workbook_in import Book, NoWorkbook

MOST_BYTES = 20 * 1024 * 1024
MOST_SAID = 50
SHOWN_CHARACTERS = 60
ZIP = b"PK\x03\x04"


class PlanUnreadable(TranslatorError):
    """The plan cannot be used; the message has a line for each problem: where it is, what stands there, what may."""


def read_plan(path: Path) -> Planned:
    """The plan of a file. Raises PlanUnreadable."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise PlanUnreadable(f"{path}: cannot be read: {error.strerror or error}") from None
    if len(data) > MOST_BYTES:
        raise PlanUnreadable(f"{path}: is larger than {MOST_BYTES // 1024**2} MB")
    return plan_of(data, str(path))


def plan_of(data: bytes, name: str = "the plan") -> Planned:
    """The plan of a file's bytes; ``name`` says which file it is. Raises PlanUnreadable."""
    return _of_workbook(data, name) if data.startswith(ZIP) else _of_json(data, name)


def _of_json(data: bytes, name: str) -> Planned:
    try:
        given = jsontext.loads(data.removeprefix(b"\xef\xbb\xbf"))
    except NotJson as error:
        raise PlanUnreadable(f"{name}: is no workbook (.xlsx), and {error}") from None
    try:
        return plan_faults.planned_of(given)
    except Faulty as error:
        raise _unreadable(name, (_said(".".join(map(str, one.path)), given, one) for one in error.faults)) from None


def _of_workbook(data: bytes, name: str) -> Planned:
    try:
        read = workbook_in.book(data)
    except NoWorkbook as error:
        raise PlanUnreadable(f"{name}: {error}") from None
    faults: Sequence[Fault] = read.faults
    try:
        plan = plan_faults.planned_of(read.plain)
    except Faulty as error:
        # without a sheet or column, what follows from its lack is not said too
        faults = faults or error.faults
    if faults:
        raise _unreadable(name, (_said(_cell(one, read), read.plain, one) for one in faults))
    return plan


def _cell(fault: Fault, read: Book) -> str:
    """Where in a workbook a fault is: sheet, row, column."""
    if not fault.path:
        return ""
    part, *rest = fault.path
    sheet = next((one for one in SHEETS if one.part == part), None)
    if sheet is None:
        return str(part)
    words = [f'sheet "{sheet.name}"']
    if rest and (row := read.rows.get((str(part), int(rest[0]) if rest[0] != "" else -1))):
        words.append(f"row {row}")
    if len(rest) > 1:
        words += [f'column "{name}"' for name, key in sheet.columns.items() if key == rest[1]]
    return ", ".join(words)


def _said(where: str, given: Any, fault: Fault) -> str:
    there, value = _at(given, fault.path)
    if there and not isinstance(value, (dict, list)):
        text = value if isinstance(value, str) else jsontext.dumps(value).decode()
        shown = text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
        return ": ".join(filter(None, (where, f'"{shown}" {fault.said}')))
    return ": ".join(filter(None, (where, fault.said)))


def _at(given: Any, path: Iterable[Any]) -> tuple[bool, Any]:
    """Whether there is something at a path, and what."""
    for key in path:
        try:
            given = given[key]
        except (KeyError, IndexError, TypeError):
            return False, None
    return True, given


def _unreadable(name: str, lines: Iterable[str]) -> PlanUnreadable:
    said = list(lines)
    more = [f"and {len(said) - MOST_SAID} more"] if len(said) > MOST_SAID else []
    return PlanUnreadable("\n  ".join([f"{name}: the plan cannot be used:", *said[:MOST_SAID], *more]))

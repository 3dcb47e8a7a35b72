"""A plan → a file, or the terminal: what it becomes is told by the file's ending."""

from __future__ import annotations

import json
from pathlib import Path

from translator.reports.plan.made import Plan
from translator.reports.private import write_private

ENDINGS = (".xlsx", ".html", ".md", ".json")


def contents(plan: Plan, ending: str) -> bytes:
    """The bytes of a file with one of ENDINGS. JSON is what ``translator qa`` reads: the plan alone."""
    if ending == ".xlsx":
        from translator.reports.plan.workbook import workbook

        return workbook(plan)
    if ending == ".html":
        from translator.reports.plan.page import page

        return page(plan).encode("utf-8", "replace")
    if ending == ".md":
        from translator.reports.plan.markdown import markdown

        return markdown(plan).encode("utf-8", "replace")
    text = json.dumps(plan.planned.plain(), indent=2, ensure_ascii=False) + "\n"
    return text.encode("utf-8", "replace")


def write(plan: Plan, file: Path) -> None:
    """Write a file that only its owner may read, since it quotes calls. Raises OSError."""
    write_private(file, contents(plan, file.suffix.lower()))

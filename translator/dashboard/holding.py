"""A plan that people edited held against the newest calls (QA). Sends and keeps nothing, and runs no hook."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request

from translator.dashboard import looking
from translator.dashboard.house import House

KINDS = {"html": ("html", "HTML"), "json": ("json", "JSON"), "xml": ("junit", "JUnit XML")}
"""As what findings can be taken away: the ending, the format's name, and what people call it."""

MOST_BYTES = 4 * 1024 * 1024
"""Of a plan's file."""

MOST_HELD = 200_000
"""Characters of a plan that the page gives back in a field, so that its file need not be chosen again."""

NO_PLAN = "Choose a plan: the workbook (.xlsx) or JSON that the page Plan gives, edited to what is meant."
NAME = "the plan"


@dataclass(frozen=True)
class Given:
    """A plan's file: what it is called, and what is in it."""

    name: str = NAME
    data: bytes = b""


def add_holding(pages: Blueprint, house: House) -> None:
    """The form and what is found."""

    @pages.get("/qa")
    def qa() -> str:
        return _page(house)

    @pages.post("/qa")
    def qa_made() -> str | Response | tuple[str, int]:
        given = _given()
        if not given.data:
            return _page(house, said=NO_PLAN), 400
        if len(given.data) > MOST_BYTES:
            return _page(house, said=f"{given.name}: is larger than {MOST_BYTES // 1024**2} MB"), 413
        if not house.busy.acquire(blocking=False):
            return _page(house, said=looking.BUSY), 503
        try:
            return _answered(house, given)
        finally:
            house.busy.release()


def _given() -> Given:
    """The file that was chosen, else the plan that the page before held."""
    file = request.files.get("plan")
    if file is not None and file.filename:
        return Given(_short(file.filename), bytes(file.read(MOST_BYTES + 1)))
    held = request.form.get("held", "")
    return Given(_short(request.form.get("name", "")) or NAME, held.encode("utf-8", "replace"))


def _short(name: str) -> str:
    """A file's own name, without folders that some browsers tell."""
    return name.replace("\\", "/").rpartition("/")[2][:100]


def _answered(house: House, given: Given) -> str | Response | tuple[str, int]:
    from translator.reports.qa.of_newest import of_newest
    from translator.reports.qa.reading_plan import PlanUnreadable, plan_of
    from translator.reports.qa.running import FORMATS

    try:
        plan = plan_of(given.data, given.name)
    except PlanUnreadable as error:
        return _page(house, said=str(error)), 400
    count, destination = looking.calls_asked(), looking.destination_asked(house)
    found = of_newest(plan, given.name, house.settings, house.journal, count, destination, looking.SECONDS)
    kind = request.form.get("as", "")
    if kind in KINDS:
        return looking.file(FORMATS[KINDS[kind][0]](found, False), "qa", kind)
    return _page(house, found, json.dumps(plan.plain(), ensure_ascii=False), given.name)


def _page(house: House, found: Any = None, held: str = "", name: str = "", said: str | None = None) -> str:
    shown = None
    if found is not None:
        from translator.reports.qa.page import body

        shown = body(found)
    return render_template(
        "dashboard/qa.html",
        said=said.split("\n") if said else [],
        shown=shown,
        held=held if len(held) <= MOST_HELD else "",
        name=name,
        kinds={ending: said for ending, (_, said) in KINDS.items()},
        **looking.fields(house),
    )

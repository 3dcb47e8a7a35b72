"""The plan of the newest calls, to look at and to take away. Sends and keeps nothing, and runs no hook."""

from __future__ import annotations

import time
from typing import Any

from flask import Blueprint, Response, render_template, request

from translator.dashboard import looking
from translator.dashboard.house import House

KINDS = {"xlsx": "workbook", "html": "HTML", "md": "Markdown", "json": "JSON"}
"""As what a plan can be taken away: the ending, and what people call it."""


def add_planning(pages: Blueprint, house: House) -> None:
    """The form and what is made of it; ``?destination=NAME`` chooses."""

    @pages.get("/plan")
    def plan() -> str:
        return _page(house)

    @pages.post("/plan")
    def plan_made() -> str | Response | tuple[str, int]:
        if not house.busy.acquire(blocking=False):
            return _page(house, said=looking.BUSY), 503
        try:
            made = _made(house)
            kind = request.form.get("as")
            return _file(made, kind) if kind in KINDS else _page(house, made)
        finally:
            house.busy.release()


def _made(house: House) -> Any:
    from translator.reports.plan.of_newest import of_newest

    count, destination, now = looking.calls_asked(), looking.destination_asked(house), int(time.time() * 1000)
    return of_newest(house.settings, house.journal, count, destination, now, looking.SECONDS)


def _page(house: House, made: Any = None, said: str | None = None) -> str:
    shown = None
    if made is not None:
        from translator.reports.plan.page import body

        shown = body(made)
    return render_template("dashboard/plan.html", said=said, shown=shown, kinds=KINDS, **looking.fields(house))


def _file(made: Any, kind: str) -> Response:
    from translator.reports.plan.writing import contents

    return looking.file(contents(made, f".{kind}"), "plan", kind)

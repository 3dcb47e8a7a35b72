"""What a new configuration would change of the newest calls. Sends and keeps nothing, and runs no hook."""

from __future__ import annotations

import json
from threading import Lock
from typing import Any

from flask import Blueprint, Response, render_template, request

from translator.dashboard.house import House
from translator.errors import SettingsError

CALLS = (1000, 10_000)
"""How many of the newest calls may be looked at."""

SECONDS = 10.0
"""How long a look takes at most."""

FILES = {"html": "text/html; charset=utf-8", "json": "application/json; charset=utf-8"}


def add_differing(pages: Blueprint, house: House) -> None:
    """The form and what it finds; one at a time in a process, since it takes one of its processors."""
    busy = Lock()

    @pages.get("/settings/diff")
    def settings_diff() -> str:
        return _page(house)

    @pages.post("/settings/diff")
    def settings_diff_made() -> str | Response | tuple[str, int]:
        from translator.reports.diff.tried import MOST_CHARACTERS, tried

        text = _text(MOST_CHARACTERS)
        if text is None:
            return _page(house, said="The file is not UTF-8 text."), 400
        if len(text) > MOST_CHARACTERS:
            return _page(house, said=f"More than {MOST_CHARACTERS:,} characters."), 413
        if not busy.acquire(blocking=False):
            return _page(house, text, said="Somebody else compares at this moment: try again in some seconds."), 503
        try:
            found = tried(text, house.settings, house.journal, _calls(), _destination(house), SECONDS)
        except SettingsError as error:
            return _page(house, text, said=str(error)), 400
        finally:
            busy.release()
        return _file(found, request.form["as"]) if request.form.get("as") in FILES else _page(house, text, found)


def _text(most: int) -> str | None:
    """What was pasted, or the file that was chosen; None for one that is no text."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return request.form.get("text", "")
    try:
        return bytes(file.read(4 * most + 1)).decode("utf-8")
    except UnicodeDecodeError:
        return None


def _calls() -> int:
    given = request.form.get("calls", "")
    return next((one for one in CALLS if str(one) == given), CALLS[0])


def _destination(house: House) -> str | None:
    name = request.form.get("destination", "")
    return name if name in house.settings.destinations else None


def _page(house: House, text: str = "", found: Any = None, said: str | None = None) -> str:
    from translator.reports.diff.page import body

    return render_template(
        "dashboard/settings_diff.html",
        text=text,
        said=said,
        shown=None if found is None else body(found),
        counts=CALLS,
        count=_calls(),
        destinations=list(house.settings.destinations),
        destination=_destination(house),
    )


def _file(found: Any, kind: str) -> Response:
    if kind == "html":
        from translator.reports.diff.page import page

        text = page(found)
    else:
        from translator.reports.diff import plain

        text = json.dumps(plain(found), indent=2, ensure_ascii=False) + "\n"
    headers = {"Content-Disposition": f'attachment; filename="diff.{kind}"'}
    return Response(text, content_type=FILES[kind], headers=headers)

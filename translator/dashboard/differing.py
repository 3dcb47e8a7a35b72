"""What a new configuration would change of the newest calls. Sends and keeps nothing, and runs no hook."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, Response, render_template, request

from translator.dashboard import looking
from translator.dashboard.house import House
from translator.errors import SettingsError

KINDS = ("html", "json")


def add_differing(pages: Blueprint, house: House) -> None:
    """The form and what it finds."""

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
        if not house.busy.acquire(blocking=False):
            return _page(house, text, said=looking.BUSY), 503
        try:
            count, destination = looking.calls_asked(), looking.destination_asked(house)
            found = tried(text, house.settings, house.journal, count, destination, looking.SECONDS)
        except SettingsError as error:
            return _page(house, text, said=str(error)), 400
        finally:
            house.busy.release()
        return _file(found, request.form["as"]) if request.form.get("as") in KINDS else _page(house, text, found)


def _text(most: int) -> str | None:
    """What was pasted, or the file that was chosen; None for one that is no text."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return request.form.get("text", "")
    try:
        return bytes(file.read(4 * most + 1)).decode("utf-8")
    except UnicodeDecodeError:
        return None


def _page(house: House, text: str = "", found: Any = None, said: str | None = None) -> str:
    from translator.reports.diff.page import body

    return render_template(
        "dashboard/settings_diff.html",
        text=text,
        said=said,
        shown=None if found is None else body(found),
        **looking.fields(house),
    )


def _file(found: Any, kind: str) -> Response:
    if kind == "html":
        from translator.reports.diff.page import page

        text = page(found)
    else:
        from translator.reports.diff import plain

        text = json.dumps(plain(found), indent=2, ensure_ascii=False) + "\n"
    return looking.file(text, "diff", kind)

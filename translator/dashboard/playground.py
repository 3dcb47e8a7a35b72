"""A call tried out: paste it, choose preset and traits, see the records and the requests. Sends nothing unless asked,
and then only to a sandbox or a destination for tests."""

from __future__ import annotations

import json
import time
from typing import Any, get_args

from flask import Blueprint, Response, render_template, request

from translator.dashboard.house import House
from translator.dashboard.searching import body_of
from translator.settings.values import Fallback, Level, Preset, may_try, translation_settings

MOST_CHARACTERS = 200_000
"""Of a pasted text; a call may have 32 KB."""

LISTS = {"preset": get_args(Preset), "fallback": get_args(Fallback), "level": get_args(Level)}
TEXTS = ("type_trait", "value_trait")


def add_playground(pages: Blueprint, house: House) -> None:
    """The page and its form."""

    @pages.get("/playground")
    def playground() -> str:
        from translator.reports.trial import examples

        found = examples()
        kept = house.journal.kept(request.args["call"]) if "call" in request.args else None
        if kept is not None:
            text = json.dumps(body_of(kept), indent=2, ensure_ascii=False)
            return _page(house, text, _configured(house))
        name = request.args.get("example", "")
        return _page(house, found.get(name, next(iter(found.values()), "")), _configured(house), example=name)

    @pages.post("/playground")
    def playground_try() -> str | Response | tuple[str, int]:
        from translator.reports.trial import tried

        text, destination = request.form.get("call", ""), _destination(house)
        if len(text) > MOST_CHARACTERS:
            return _page(house, "", _choices(), said=f"More than {MOST_CHARACTERS:,} characters."), 413
        trial = tried(text, house.settings, destination, _choices(), int(time.time() * 1000))
        if request.form.get("as") == "fixture":
            return _download(trial.case)
        to = request.form.get("send_to", "") if request.form.get("as") == "send" else ""
        if to and to not in _may_try(house):
            return _page(house, text, _choices(), trial=trial, said=f"{to} is no destination for tests."), 400
        return _page(house, text, _choices(), trial=trial, sent=_sent(house, trial, to), to=to)


def _configured(house: House) -> dict[str, str]:
    settings = translation_settings(house.settings)
    found = {key: getattr(settings.groups, key) or "" for key in (*TEXTS, "fallback", "level")}
    return {**found, "preset": settings.translate.preset}


def _choices() -> dict[str, str]:
    """What the form says, where it says what may be."""
    lists = {key: request.form[key] for key, known in LISTS.items() if request.form.get(key) in known}
    return lists | {key: request.form[key] for key in TEXTS if key in request.form}


def _destination(house: House) -> str | None:
    name = request.form.get("destination", "")
    return name if name in house.settings.destinations else None


def _may_try(house: House) -> list[str]:
    return [name for name, one in house.settings.destinations.items() if may_try(one)]


def _sent(house: House, trial: Any, name: str) -> Any:
    from translator.reports.trial import sent

    return sent(trial, house.settings.destinations[name], house.settings.delivery) if name else None


def _page(house: House, text: str, choices: dict[str, str], **more: Any) -> str:
    from translator.reports.trial import examples

    shown = {"example": request.form.get("example", ""), "trial": None, "said": None, "sent": None, "to": "", **more}
    return render_template(
        "dashboard/playground.html",
        call=text,
        choices=choices,
        examples=list(examples()),
        destinations=list(house.settings.destinations),
        destination=request.form.get("destination", ""),
        lists=LISTS,
        may_try=_may_try(house),
        **shown,
    )


def _download(case: Any) -> Response:
    headers = {"Content-Disposition": 'attachment; filename="case.json"'}
    text = json.dumps(case, indent=2, ensure_ascii=False) + "\n"
    return Response(text, content_type="application/json; charset=utf-8", headers=headers)

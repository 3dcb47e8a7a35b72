"""The switches for faults, and forgetting everything, as forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from translator.sandbox.asked import LONGEST_SECONDS
from translator.sandbox.behaviour import Behaviours
from translator.sandbox.ingestion import DOORS
from translator.sandbox.store import Store

MOST = 100_000
DONE = {
    "on": "Switched on.",
    "off": "All switches are off.",
    "refused": "Those insert ids are taken again.",
    "forgotten": "Everything is forgotten.",
}
_UNAVAILABLE = {"code": 503, "error": "Service Unavailable"}
_BAD_KEY = {"code": 400, "error": "Invalid API key"}
FAULTS: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "unavailable": lambda asked: {**asked, "status": 503, "body": _UNAVAILABLE},
    "slow": lambda asked: {**asked, "ingest": True, "delay_seconds": _number("seconds", 1.0, LONGEST_SECONDS)},
    "key": lambda asked: {**asked, "status": 400, "body": _BAD_KEY},
    "lost": lambda asked: {**asked, "ingest": True, "close": True},
}
"""What each form asks of ``Behaviours.add``, beside how many requests and at which door."""


def blueprint(store: Store, behaviours: Behaviours) -> Blueprint:
    """The routes of the switches."""
    routes = Blueprint("faults", __name__)

    @routes.get("/faults")
    def faults() -> str:
        done = DONE.get(request.args.get("done", ""))
        return render_template("faults.html", doors=DOORS, done=done, longest=int(LONGEST_SECONDS), most=MOST)

    @routes.post("/faults/add")
    def add() -> Response | tuple[str, int]:
        fault = request.form.get("fault", "")
        wrong = SETTINGS[fault](behaviours) if fault in SETTINGS else _add(behaviours, fault)
        if wrong is None:
            return redirect("/faults?done=on", 303)
        page = render_template("faults.html", doors=DOORS, wrong=wrong, longest=int(LONGEST_SECONDS), most=MOST)
        return page, 400

    @routes.post("/faults/clear")
    def clear() -> Response:
        behaviours.clear()
        return redirect("/faults?done=off", 303)

    @routes.post("/faults/refused/clear")
    def clear_refused() -> Response:
        behaviours.forget_refused()
        return redirect("/faults?done=refused", 303)

    @routes.get("/forget")
    def ask() -> str:
        return render_template("forget.html")

    @routes.post("/forget")
    def forget() -> Response:
        store.clear()
        behaviours.clear()
        return redirect("/", 303)

    return routes


def _throttle(behaviours: Behaviours) -> str | None:
    user = request.form.get("user", "").strip()
    if not user:
        return "Say which user: its user id."
    until_cleared = not request.form.get("count", "").strip()
    return behaviours.throttle({user: None if until_cleared else int(_number("count", 1, MOST))})


def _without_taxonomy(behaviours: Behaviours) -> str | None:
    return behaviours.set({"taxonomy": {"available": False}})


SETTINGS: dict[str, Callable[[Behaviours], str | None]] = {"throttle": _throttle, "no-taxonomy": _without_taxonomy}
"""Forms that ask for a setting: each says what is wrong, or None."""


def _add(behaviours: Behaviours, fault: str) -> str | None:
    if fault not in FAULTS:
        return "There is no such switch."
    door = request.form.get("door", "")
    if door and door not in DOORS:
        return "There is no such door."
    return behaviours.add(FAULTS[fault]({"next": int(_number("count", 1, MOST)), "path": door}))


def _number(name: str, least: float, most: float) -> float:
    """A number of the form within bounds; the least, where it is none."""
    try:
        value = float(request.form.get(name, ""))
    except ValueError:
        return least
    return min(max(value, least), most) if value == value else least

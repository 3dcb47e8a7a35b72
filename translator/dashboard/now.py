"""The first page: what happens at this moment, and what a person should see to."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, cast, get_args

from flask import Blueprint, Response, jsonify, render_template, request

from translator.dashboard.advice import advice
from translator.dashboard.house import House, State
from translator.dashboard.series import RANGES, Counted, Range, charts, summed
from translator.errors import JournalError
from translator.settings.effective import shown_url
from translator.sights import Sent, Wait

if TYPE_CHECKING:
    from translator.reports.clockwork import View

HOUR_MS = 3_600_000
PARKED = ("throttled", "parked", "daily_quota")
"""Why calls wait whose users or devices Amplitude asked to be left alone."""

HAPPENED = (
    ("Refused with 401 or 403", "unauthorized", 0, None),
    ("Answered 429", "limited", 0, None),
    ("Ignored", "ignored", 1, "ignored"),
    ("Put back to wait", "later", 1, ""),
    ("Dead letters", "dead", 1, "dead"),
    ("Clipped, dropped or replaced", "noted", 1, None),
    ("Amplitude's answers", "posted", 2, None),
)
"""What is listed of the last hour: a title, the happening, by which of its labels, and in which state the calls of such
a reason are found ("": any; None: none are)."""


def add_now(pages: Blueprint, house: House) -> None:
    """The page, what of it is live, and the figures of its charts."""

    @pages.get("/")
    def now() -> str:
        return render_template("dashboard/now.html", **_shown(house), span=_span(), spans=get_args(Range))

    @pages.get("/now/live")
    def now_live() -> str:
        return render_template("dashboard/now_live.html", **_shown(house))

    @pages.get("/now/series")
    def now_series() -> Response:
        span, at = _span(), int(time.time() * 1000)
        seconds, count = RANGES[span]
        spans = house.journal.spans(seconds, at - seconds * count * 1000)
        return jsonify(charts(spans, span, at, _destinations(house)))


def _span() -> Range:
    asked = request.args.get("span")
    return cast(Range, asked) if asked in RANGES else "hour"


def _destinations(house: House) -> list[str]:
    return list(house.journal.counts().destinations)


def _shown(house: House) -> dict[str, Any]:
    state = house.state()
    hour, waits, over, latest = _figures(house, state)
    return {
        "state": state,
        "keep_refused": house.settings.journal.keep_refused,
        "hour": hour,
        "advice": advice(state, hour, waits, over),
        "latest": latest,
        "parked": {name: _parked(waits, name) for name in state.counts.destinations},
        "urls": {name: shown_url(one.url) for name, one in house.settings.destinations.items() if one.url},
        "jobs": _jobs(house),
        "happened": [(title, hour.by(happening, place), state) for title, happening, place, state in HAPPENED],
    }


def _figures(house: House, state: State) -> tuple[Counted, list[Wait], list[str], dict[str, Sent]]:
    """What was counted in the last hour, why calls wait, group types beyond the limit, the last request to each
    destination; nothing where the journal cannot be read, which the state says."""
    from translator.reports.accounts import types_over

    try:
        spans = house.journal.spans(60, int(time.time() * 1000) - HOUR_MS)
        over = [name for one in state.counts.destinations for name in types_over(house.journal, one)]
        return summed(spans), house.journal.waits(), over, house.journal.latest()
    except JournalError:
        return Counted(), [], [], {}


def _jobs(house: House) -> list[View]:
    from translator.reports.clockwork import views

    try:
        return views(house.journal, house.settings)
    except JournalError:
        return []


def _parked(waits: list[Wait], destination: str) -> tuple[int, int]:
    mine = [one for one in waits if one.destination == destination and one.why in PARKED]
    return sum(one.calls for one in mine), sum(one.subjects for one in mine)

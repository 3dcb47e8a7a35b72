"""Calls: a live list with filters, and everything about one of them."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, abort, render_template, request

from translator import jsontext
from translator.dashboard.finding import SCANNED, Found, name_of, named, search
from translator.dashboard.house import House
from translator.dashboard.searching import CHOICES, Query, body_of, query_of
from translator.errors import NotJson
from translator.journal import Journal
from translator.parcels import DeadLetter
from translator.settings.values import OWN_SOURCES
from translator.sights import Kept, Sent

NAME = re.compile(r"r?[0-9]{1,18}(-[0-9]{1,18})?")
"""What a journal may call a call, or a refused message."""


def add_calls(pages: Blueprint, house: House) -> None:
    """The list, what of it is live, and a call's page."""

    @pages.get("/calls")
    def calls() -> str:
        listed = _listed(house)
        choices = {**CHOICES, "source": _sources(house, listed["query"], listed["found"])}
        return render_template("dashboard/calls.html", **listed, choices=choices)

    @pages.get("/calls/rows")
    def calls_rows() -> str:
        return render_template("dashboard/calls_rows.html", **_listed(house))

    @pages.get("/calls/<name>")
    def calls_one(name: str) -> str:
        found = house.journal.kept(name)
        if found is None:
            abort(404)
        return render_template("dashboard/call.html", **_told(house, found))


def _listed(house: House) -> dict[str, Any]:
    query, name = query_of(request.args), request.args.get("id", "").strip()
    before = request.args.get("before", "")
    before = before if NAME.fullmatch(before) else ""
    found = named(house, name) if name else search(house, query, before)
    return {
        "found": found,
        "query": query,
        "id": name,
        "most": SCANNED,
        "is_first": not before,
    }


def _sources(house: House, query: Query, found: Found) -> list[str]:
    """Which may be chosen: those that can send, those that are shown, and the one that is asked for."""
    named = sorted(set(house.settings.segment.write_keys.values()))
    shown = sorted(one.source if isinstance(one, DeadLetter) else one.kept.source for one in found.lines)
    return [one for one in dict.fromkeys([*OWN_SOURCES, *named, *shown, query.source]) if one]


def _told(house: House, kept: Kept) -> dict[str, Any]:
    from translator.reports.recomputing import recomputed

    journal = house.journal
    body, fates = body_of(kept), journal.fates([kept.id])[kept.id]
    sent, attempts, latest = journal.sent(kept.id), journal.attempts(kept.id), journal.latest()
    letters = {one.id: one for one in journal.dead(ids=[fate.letter for fate in fates if fate.letter])}
    ends = [
        {
            "fate": fate,
            "letter": letters.get(fate.letter or ""),
            "sent": [_answered(one) for one in sent if one.destination == fate.destination],
            "attempts": [one for one in attempts if one.destination == fate.destination],
            "rests": _trouble(latest.get(fate.destination)),
            "computed": recomputed(journal, house.settings, kept, fate, sent),
        }
        for fate in fates
    ]
    return {"kept": kept, "body": body, "name": name_of(body), "ends": ends, "others": _others(journal, kept)}


def _trouble(last: Sent | None) -> Sent | None:
    """The last request to a destination, where it was not taken."""
    return None if last is None or (last.answer or "").startswith("2") else last


def _answered(one: Any) -> dict[str, Any]:
    """A request, and what was said, as JSON where it is: "200", "503: busy", "400: {...}"."""
    status, _, said = (one.answer or "").partition(": ")
    try:
        value: Any = jsontext.loads(said.encode("utf-8"))
    except NotJson:
        value = said
    return {"request": one, "status": status, "said": value}


def _others(journal: Journal, kept: Kept) -> list[Kept]:
    """Other calls with the same messageId, of other sources."""
    return [
        one for one in journal.named(kept.message_id, 10) if one.message_id == kept.message_id and one.id != kept.id
    ]

"""Calls: a live list with filters, and everything about one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, abort, render_template, request

from translator import jsontext
from translator.dashboard.house import House
from translator.dashboard.searching import CHOICES, REFUSED, Query, body_of, ended, fits, query_of
from translator.errors import NotJson
from translator.journal import Journal
from translator.parcels import DeadLetter, Json
from translator.settings.values import translation_settings
from translator.sights import Fate, Kept

SHOWN = 50
SCANNED = 10_000
"""Calls that one look searches through, the newest; "Older" goes on from there."""

CHUNK = 500
NAMED = 200


@dataclass(frozen=True)
class Line:
    """A call in the list. ``name``: its event, or the name of a page. ``groups``: as text."""

    kept: Kept
    type: str
    name: str
    groups: str
    fates: Sequence[Fate]


@dataclass(frozen=True)
class Found:
    """``lines``: the newest first. ``refused``: messages of the same time that were no calls. ``before``: where a
    further look goes on; None at the end. ``scanned``: how many were looked at."""

    lines: Sequence[Line]
    refused: Sequence[DeadLetter] = ()
    before: str | None = None
    scanned: int = 0


def add_calls(pages: Blueprint, house: House) -> None:
    """The list, what of it is live, and a call's page."""

    @pages.get("/calls")
    def calls() -> str:
        return render_template("dashboard/calls.html", **_listed(house), choices=CHOICES)

    @pages.get("/calls/rows")
    def calls_rows() -> str:
        return render_template("dashboard/calls_rows.html", **_listed(house))

    @pages.get("/calls/<name>")
    def calls_one(name: str) -> str:
        found = [one for one in house.journal.named(name, NAMED) if one.id == name]
        if not found:
            abort(404)
        return render_template("dashboard/call.html", **_told(house, found[0]))


def _listed(house: House) -> dict[str, Any]:
    query, name = query_of(request.args), request.args.get("id", "").strip()
    before = request.args.get("before", "")
    before = before if before.isascii() and before.isdecimal() and len(before) < 19 else ""
    if name:
        found = _lined(house, house.journal.named(name, NAMED))
        answer = Found(found, scanned=len(found))
    else:
        answer = _search(house, query, before or None)
    return {"found": answer, "query": query, "id": name, "before": before, "most": SCANNED, "is_first": not before}


def _search(house: House, query: Query, before: str | None) -> Found:
    if query.state == REFUSED:
        return Found((), house.journal.dead("", None, SHOWN), None, 0)
    lines: list[Kept] = []
    oldest, scanned = before, 0
    while len(lines) < SHOWN and scanned < SCANNED:
        # a look without a question needs no more than what is shown
        chunk = house.journal.newest(CHUNK if query.asks else SHOWN, oldest)
        for one in _fitting(house.journal, query, chunk):
            lines.append(one)
            if len(lines) == SHOWN:
                break
        scanned += len(chunk)
        oldest = lines[-1].id if len(lines) == SHOWN else chunk[-1].id if chunk else None
        if len(chunk) < (CHUNK if query.asks else SHOWN):
            oldest = oldest if len(lines) == SHOWN and chunk and chunk[-1].id != lines[-1].id else None
            break
    refused = [] if query.asks or before else _refused_since(house.journal, lines)
    return Found(_lined(house, lines), refused, oldest, scanned)


def _fitting(journal: Journal, query: Query, chunk: Sequence[Kept]) -> list[Kept]:
    found = [one for one in chunk if fits(query, one)] if query.asks else list(chunk)
    if query.asks_fates and found:
        fates = journal.fates([one.id for one in found])
        found = [one for one in found if ended(query, fates[one.id])]
    return found


def _refused_since(journal: Journal, lines: Sequence[Kept]) -> list[DeadLetter]:
    """The refused messages that belong between the calls of the first page."""
    since = lines[-1].received_at if len(lines) == SHOWN else 0
    return [one for one in journal.dead("", None, 10) if one.received_at >= since]


def _lined(house: House, found: Sequence[Kept]) -> list[Line]:
    from translator.reports.recomputing import groups_of

    settings = translation_settings(house.settings, next(iter(house.settings.destinations), None))
    fates = house.journal.fates([one.id for one in found])
    lines = []
    for one in found:
        body = body_of(one)
        groups = "; ".join(f"{kind} = {', '.join(values)}" for kind, values in groups_of(one, settings).items())
        lines.append(Line(one, str(body.get("type", "")), _name(body), groups, fates[one.id]))
    return lines


def _name(body: Json) -> str:
    """What people know it by: its event or name, its group, or which traits it brings."""
    found = body.get("event") or body.get("name") or body.get("groupId")
    if not found and isinstance(body.get("traits"), dict):
        found = ", ".join(body["traits"])
    return str(found or "")


def _told(house: House, kept: Kept) -> dict[str, Any]:
    from translator.reports.recomputing import recomputed

    journal = house.journal
    body, fates = body_of(kept), journal.fates([kept.id])[kept.id]
    sent, attempts = journal.sent(kept.id), journal.attempts(kept.id)
    letters = {one.id: one for one in journal.dead(ids=[fate.letter for fate in fates if fate.letter])}
    ends = [
        {
            "fate": fate,
            "letter": letters.get(fate.letter or ""),
            "sent": [_answered(one) for one in sent if one.destination == fate.destination],
            "attempts": [one for one in attempts if one.destination == fate.destination],
            "computed": recomputed(journal, house.settings, kept, fate, sent),
        }
        for fate in fates
    ]
    return {"kept": kept, "body": body, "name": _name(body), "ends": ends, "others": _others(journal, kept)}


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

"""Dead letters by reason; each can be sent again, dropped or taken away. Asks before it does anything."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from flask import Blueprint, Response, abort, redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as AnyResponse

from translator.dashboard.house import House
from translator.parcels import DeadLetter
from translator.sights import Reason

SHOWN = 50
MOST_SECONDS = 20.0
"""How long one redrive or drop of a reason takes at most; it can be asked for again."""

NO_FILE_NAME = re.compile(r"[^A-Za-z0-9_]+")
ACTS = ("redrive", "drop")


@dataclass(frozen=True)
class Chosen:
    """Some letters: one (``id``), or all of a reason. ``destination`` "": refused messages."""

    id: str = ""
    destination: str = ""
    why: str = ""

    def plain(self) -> dict[str, str]:
        """For an address."""
        return {"id": self.id} if self.id else {"destination": self.destination, "why": self.why}


def add_letters(pages: Blueprint, house: House) -> None:
    """The page, a letter's page, and what can be done."""

    @pages.get("/letters")
    def letters() -> str:
        return render_template("dashboard/letters.html", **_listed(house))

    @pages.get("/letters/<name>")
    def letters_one(name: str) -> str | AnyResponse:
        from translator.reports.letters import message

        letter = _letter(house, name)
        if letter.call:
            return redirect(url_for("dashboard.calls_one", name=letter.call), 303)
        return render_template("dashboard/refused.html", letter=letter, body=message(letter))

    @pages.get("/letters/ask")
    def letters_ask() -> str:
        return render_template("dashboard/letters_ask.html", **_asked(house))

    @pages.post("/letters/do")
    def letters_do() -> str:
        return render_template("dashboard/letters_done.html", **_done(house))

    @pages.get("/letters/download")
    def letters_download() -> Response:
        from translator.reports.letters import lines

        chosen = _chosen(request.args)
        name = NO_FILE_NAME.sub("-", f"dead-letters-{chosen.destination or 'refused'}-{chosen.why}")
        headers = {"Content-Disposition": f'attachment; filename="{name}.jsonl"'}
        text: Iterator[bytes] = lines(house.journal, chosen.destination, chosen.why or None)
        first = next(text, b"")  # before 200 is said: where the journal cannot be read, that is the answer
        return Response(stream_with_context(chain([first], text)), content_type="application/x-ndjson", headers=headers)


def _chosen(given: Any) -> Chosen:
    return Chosen(given.get("id", ""), given.get("destination", ""), given.get("why", ""))


def _letter(house: House, name: str) -> DeadLetter:
    found = house.journal.dead(ids=[name])
    if not found:
        abort(404)
    return found[0]


def _listed(house: House) -> dict[str, Any]:
    chosen, below = _chosen(request.args), request.args.get("below", "")
    is_chosen = "why" in request.args
    found = house.journal.dead(chosen.destination, chosen.why or None, SHOWN, below=below or None) if is_chosen else []
    return {
        "reasons": house.journal.reasons(),
        "keep_refused": house.settings.journal.keep_refused,
        "chosen": chosen if is_chosen else None,
        "found": found,
        "below": found[-1].id if len(found) == SHOWN else None,
    }


def _is_of(reason: Reason, chosen: Chosen) -> bool:
    return reason.destination == chosen.destination and chosen.why in ("", reason.why)


def _act(given: Any) -> str:
    act = given.get("act", "")
    if act not in ACTS:
        abort(400)
    return str(act)


def _asked(house: House) -> dict[str, Any]:
    from translator.reports.redriving import may_double

    chosen = _chosen(request.args)
    letters = house.journal.dead(ids=[chosen.id]) if chosen.id else []
    mine = [] if chosen.id else [one.count for one in house.journal.reasons() if _is_of(one, chosen)]
    return {
        "act": _act(request.args),
        "chosen": chosen,
        "count": len(letters) or sum(mine),
        "letter": letters[0] if letters else None,
        "is_old": any(may_double(one, house.settings) for one in letters),
        "days": house.settings.delivery.window_days,
    }


def _done(house: House) -> dict[str, Any]:
    from translator.reports.redriving import Redriven, drop_all, redrive, redrive_all

    act, chosen = _act(request.form), _chosen(request.form)
    journal, allow = house.journal, request.form.get("allow_doubles") == "yes"
    redriven, dropped, left = Redriven(), 0, False
    if act == "redrive" and chosen.id:
        redriven = redrive(journal, house.settings, [chosen.id], allow)
    elif act == "redrive":
        redriven = redrive_all(journal, house.settings, chosen.destination, chosen.why or None, allow, MOST_SECONDS)
        left = redriven.left
    elif chosen.id:
        dropped = journal.drop([chosen.id])
    else:
        dropped, left = drop_all(journal, chosen.destination, chosen.why or None, MOST_SECONDS)
    return {"act": act, "chosen": chosen, "redriven": redriven, "dropped": dropped, "left": left}

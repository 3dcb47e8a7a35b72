"""What the pages that look at the newest calls share: what their forms ask, how long it takes, files to take away."""

from __future__ import annotations

from flask import Response, request

from translator.dashboard.house import House

CALLS = (1000, 10_000)
"""How many of the newest calls may be looked at."""

SECONDS = 10.0
"""How long a look takes at most."""

BUSY = "Somebody else looks at the newest calls at this moment: try again in some seconds."
"""One look at a time in a process, since it takes one of its processors."""

MEDIA = {
    "html": "text/html; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "xml": "application/xml",
}
"""Kinds of files that can be taken away, by their ending."""


def calls_asked() -> int:
    """Of CALLS; the first where the form has none of them."""
    given = request.values.get("calls", "")
    return next((one for one in CALLS if str(one) == given), CALLS[0])


def destination_asked(house: House) -> str | None:
    """One that there is, or None: as configured."""
    name = request.values.get("destination", "")
    return name if name in house.settings.destinations else None


def fields(house: House) -> dict[str, object]:
    """What a template needs to show ``looking_fields`` of macros.html."""
    return {
        "counts": CALLS,
        "count": calls_asked(),
        "destinations": list(house.settings.destinations),
        "destination": destination_asked(house),
    }


def file(content: bytes | str, name: str, kind: str) -> Response:
    """A file to take away, of a kind of MEDIA."""
    headers = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    return Response(content, content_type=MEDIA[kind], headers=headers)

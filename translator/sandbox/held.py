"""Which records a request brought, for the request log."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice, zip_longest
from typing import Any

from translator.sandbox.rules import TEXT, excerpt
from translator.sandbox.store import SHOWN_RECORDS, kind_of
from translator.sandbox.subjects import user_key

APIS = {
    "/2/httpapi": "http-v2", "/batch": "batch", "/identify": "identify", "/groupidentify": "groupidentify",
    "/usermap": "usermap", "/api/2/deletions/users": "deletions",
}  # fmt: skip


def lines(path: str, bodies: Iterable[Any], numbers: Sequence[int | None]) -> list[dict[str, Any]]:
    """The first records of a request at a door, well formed or not: kind, event type, user, insert id, number.

    The number is None for what was not taken.
    """
    shown = list(islice(bodies, SHOWN_RECORDS))
    return [_line(APIS[path], body, number) for body, number in zip_longest(shown, numbers[: len(shown)])]


def _line(api: str, body: Any, number: int | None) -> dict[str, Any]:
    if not isinstance(body, dict):
        return {"kind": "no object", "event_type": None, "user": None, "insert_id": None, "number": number}
    event_type, key = _text(body.get("event_type")), user_key(body)
    return {
        "kind": kind_of(api, {"event_type": event_type}),
        "event_type": event_type,
        "user": None if key is None else key[:TEXT],
        "insert_id": _text(body.get("insert_id")),
        "number": number,
    }


def _text(value: Any) -> str | None:
    return excerpt(value) if isinstance(value, str) else None

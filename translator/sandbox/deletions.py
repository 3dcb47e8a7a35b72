"""The door for deletions: it notes what is asked for and deletes nothing."""

from __future__ import annotations

import time
import zlib
from typing import Any

import orjson
from flask import request

from translator.sandbox.said import Said
from translator.sandbox.store import Store

DAY = 86_400


def deletions(store: Store, body: bytes) -> Said:
    """Judge a request for deletions, or for the jobs of some days."""
    auth = request.authorization
    if auth is None or auth.type != "basic" or not auth.username or not auth.password:
        return Said(401, {"code": 401, "message": "HTTP 401: Unauthorized", "status": "Unauthorized"})
    if request.method == "GET":
        return Said(200, _jobs(store, request.args.get("start_day", ""), request.args.get("end_day", "")))
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError:
        sent = None
    ids = sent.get("user_ids") if isinstance(sent, dict) else None
    bad = Said(400, {"code": 400, "message": "HTTP 400: Bad Request", "status": "Bad Request"})
    if not isinstance(ids, list) or not ids or len(ids) > 100 or not all(isinstance(one, str) and one for one in ids):
        return bad
    unknown = [one for one in ids if not store.knows_user(one)]
    if unknown and str(sent.get("ignore_invalid_id")).lower() != "true":
        return bad
    now, requester = time.time(), sent.get("requester")
    taken = tuple({"user_id": one, "requester": requester} for one in ids if one not in unknown)
    job = _job([(one["user_id"], requester, now) for one in taken])
    return Said(200, [{**job, "invalid_ids": unknown}], "deletions", auth.username, taken)


def _job(requests: list[tuple[str, str | None, float]]) -> dict[str, Any]:
    """A job as the deletion page shows it: it runs a week later."""
    asked = [
        {
            "amplitude_id": zlib.crc32(user_id.encode("utf-8")),
            "user_id": user_id,
            "requested_on_day": _day(at),
            "requester": requester,
        }
        for user_id, requester, at in requests
    ]
    return {"day": _day(requests[0][2] + 7 * DAY if requests else 0.0), "status": "staging", "amplitude_ids": asked}


def _jobs(store: Store, start: str, end: str) -> list[dict[str, Any]]:
    with store.lock:
        days = sorted({_day(at) for _, _, at in store.deletions})
        jobs = [_job([one for one in store.deletions if _day(one[2]) == day]) for day in days]
    return [job for job in jobs if start <= job["day"] <= end]


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))

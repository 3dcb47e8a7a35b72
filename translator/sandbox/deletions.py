"""The door for deletions: it notes what is asked for and deletes nothing."""

from __future__ import annotations

import time
from typing import Any

import orjson
from flask import request

from translator.sandbox.said import Said
from translator.sandbox.store import Store
from translator.sandbox.subjects import amplitude_id

DAY = 86_400
MOST = 100


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
    ids = _ids(sent) if isinstance(sent, dict) else []
    found = {one: _user(store, one) for one in ids}
    unknown = [one for one in ids if found[one] is None]
    lenient = isinstance(sent, dict) and str(sent.get("ignore_invalid_id")).lower() == "true"
    if not ids or (unknown and not lenient):
        return Said(400, {"code": 400, "message": "HTTP 400: Bad Request", "status": "Bad Request"})
    requester, now = sent.get("requester"), time.time()
    # a user who is named by both ids is asked for once
    users = list(dict.fromkeys(user for user in found.values() if user is not None))
    # nothing is scheduled where none is known
    job = _job([(user, requester, now) for user in users]) if users else {"amplitude_ids": []}
    taken = tuple({"user_id": user, "requester": requester} for user in users)
    return Said(200, [{**job, "invalid_ids": unknown}], "deletions", auth.username, taken)


def _ids(sent: dict[str, Any]) -> list[str | int]:
    """The user ids and Amplitude ids of a request, [] where they are none."""
    names, numbers = sent.get("user_ids", []), sent.get("amplitude_ids", [])
    if not isinstance(names, list) or not isinstance(numbers, list) or len(names) + len(numbers) > MOST:
        return []
    good = all(isinstance(one, str) and one for one in names) and all(type(one) is int for one in numbers)
    return [*names, *numbers] if good else []


def _user(store: Store, one: str | int) -> str | None:
    """The user of an id, None where nothing of such a one has come."""
    if isinstance(one, str):
        return one if store.knows_user(one) else None
    with store.lock:
        return next((key for key, user in store.users.items() if user.user_id and amplitude_id(key) == one), None)


def _job(requests: list[tuple[str, str | None, float]]) -> dict[str, Any]:
    """A job as the deletion page shows it: it runs a week later."""
    asked = [
        {
            "amplitude_id": amplitude_id(user_id),
            "user_id": user_id,
            "requested_on_day": _day(at),
            "requester": requester,
        }
        for user_id, requester, at in requests
    ]
    return {"day": _day(requests[0][2] + 7 * DAY), "status": "staging", "amplitude_ids": asked}


def _jobs(store: Store, start: str, end: str) -> list[dict[str, Any]]:
    with store.lock:
        days = sorted({_day(at) for _, _, at in store.deletions})
        jobs = [_job([one for one in store.deletions if _day(one[2]) == day]) for day in days]
    return [job for job in jobs if start <= job["day"] <= end]


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.gmtime(seconds))

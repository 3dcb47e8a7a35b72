"""What switches make of an answer: throttled users, refused records, answers on demand; and what to call that."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from translator.sandbox.asked import LONGEST_SECONDS
from translator.sandbox.behaviour import Behaviour, Behaviours
from translator.sandbox.said import Said, refused

THRESHOLDS = {"http-v2": 30, "batch": 1000, "identify": 30}
"""Events a second of a user, beyond which its door throttles it."""


def to_say(odd: Behaviour | None, said: Said, behaviours: Behaviours) -> tuple[int, Any, dict[str, str]]:
    """The answer: what was asked for, else the true one."""
    if odd is None:
        return said.status, said.body, {}
    status, answer, headers = _odd(odd, behaviours)
    if odd.ingest and said.status != 200:
        # what is refused cannot be taken all the same, and to say 200 of it would be a lie that Amplitude does not tell
        return said.status, said.body, {}
    if odd.ingest and status == 200 and odd.body is None:
        return said.status, said.body, headers
    return status, answer, headers


def _odd(odd: Behaviour, behaviours: Behaviours) -> tuple[int, Any, dict[str, str]]:
    if odd.hang:
        behaviours.cleared.wait(LONGEST_SECONDS)
    elif odd.delay_seconds:
        behaviours.cleared.wait(min(odd.delay_seconds, LONGEST_SECONDS))
    answer = {"code": odd.status} if odd.body is None else odd.body
    return odd.status, answer, odd.headers


def verdict(odd: Behaviour | None, said: Said, status: int) -> str:
    """For people: what became of the request, and by whose will."""
    if odd is None:
        if status == 200:
            return "taken" if said.records else "answered"
        return f"refused: {why(said.body)}{' (a switch)' if said.by_switch else ''}"
    if odd.close and not odd.ingest:
        return "no answer (a switch)"
    became = "not taken" if not odd.ingest else "taken" if said.status == 200 else f"refused: {why(said.body)}"
    if odd.close:
        return f"{became}, and the answer was lost (a switch)"
    return f"{became}{f', after {odd.delay_seconds:g} s' if odd.delay_seconds else ''} (a switch)"


def why(body: Any) -> str:
    """The reason in an answer, with the fields that it names."""
    if not isinstance(body, dict):
        return str(body)
    if isinstance(body.get("errors"), list):
        return ", ".join(str(one["message"]) for one in body["errors"])
    named = [
        f"{field} ({name.removeprefix('events_with_').replace('_', ' ')})"
        for name, fields in body.items()
        if name.startswith("events_with_")
        for field in fields
    ]
    missing = [body["missing_field"]] if "missing_field" in body else []
    about = ", ".join([*missing, *named])
    return f"{body.get('error') or body.get('message')}{f': {about}' if about else ''}"


def without_throttled(said: Said, behaviours: Behaviours) -> Said:
    """Refuse a request that carries a throttled user, as the pages show it: all of it, its events by index.

    (amplitude-api.md sections 2.1.5, 2.2 and 2.3, 2026-11-24; the body for Identify is not documented.)
    """
    if not behaviours.throttled or said.status != 200 or said.api not in THRESHOLDS:
        return said
    by_user: dict[str, list[int]] = {}
    for index, one in enumerate(said.records):
        user = one.get("user_id")
        if isinstance(user, str) and user in behaviours.throttled:
            by_user.setdefault(user, []).append(index)
    if not by_user:
        return said
    behaviours.count_throttled(by_user)
    if said.api == "identify":
        return Said(429, "Too many requests for some devices and users", by_switch=True)
    threshold = THRESHOLDS[said.api]
    answer = refused(
        429,
        "Too many requests for some devices and users",
        eps_threshold=threshold,
        throttled_devices={},
        throttled_users={user: threshold + len(places) for user, places in by_user.items()},
        throttled_events=sorted(place for places in by_user.values() for place in places),
    )
    return replace(answer, by_switch=True)


def without_refused(said: Said, statuses: dict[str, int]) -> Said:
    """Refuse a request that has a record which is always refused: by index where that is 400."""
    if not statuses or said.status != 200:
        return said
    found = {
        index: statuses[one["insert_id"]]
        for index, one in enumerate(said.records)
        if isinstance(one, dict) and isinstance(one.get("insert_id"), str) and one["insert_id"] in statuses
    }
    return replace(_refusal(said.api, found), by_switch=True) if found else said


def _refusal(api: str, found: dict[int, int]) -> Said:
    status = max(found.values())
    if api in ("identify", "groupidentify", "usermap"):
        return Said(status, "refused")
    if status != 400:
        return refused(status, "refused")
    # HTTP V2 names only the first (amplitude-api.md section 9.8, 2026-11-24)
    named = list(found) if api == "batch" else [next(iter(found))]
    return refused(400, "Invalid fields", events_with_invalid_fields={"event_properties": named})

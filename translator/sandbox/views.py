"""What the local Amplitude has, as JSON for tests and scripts."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import orjson
from flask import Blueprint, Response, request

from translator.sandbox import looking
from translator.sandbox.behaviour import Behaviours
from translator.sandbox.rules import RULES
from translator.sandbox.store import Store


def blueprint(store: Store, behaviours: Behaviours) -> Blueprint:
    """The routes under /api."""
    routes = Blueprint("views", __name__)

    @routes.get("/api/events")
    def events() -> Response:
        return _json(_events(store))

    @routes.get("/api/users")
    def users() -> Response:
        with store.lock:
            return _json([one.facts() for one in store.users.values()])

    @routes.get("/api/users/<path:key>")
    def user(key: str) -> Response:
        with store.lock:
            found = store.users.get(key) or store.users.get(f"device:{key}")
            return _json(found.facts()) if found else _json({"error": "no such user"}, 404)

    @routes.get("/api/groups")
    def groups() -> Response:
        with store.lock:
            return _json([one.facts() for one in store.groups.values()])

    @routes.get("/api/requests")
    def requests() -> Response:
        with store.lock:
            return _json(list(store.requests))

    @routes.get("/api/counts")
    def counts() -> Response:
        with store.lock:
            return _json(dict(store.counts))

    @routes.get("/api/totals")
    def totals() -> Response:
        return _json(_totals(store))

    @routes.delete("/api/everything")
    def everything() -> Response:
        store.clear()
        behaviours.clear()
        return _json({"cleared": True})

    @routes.get("/api/behaviour")
    def pending() -> Response:
        return _json(behaviours.pending())

    @routes.post("/api/behaviour")
    def behave() -> Response:
        return _behave(behaviours)

    @routes.get("/api/drops")
    def drops() -> Response:
        return _json(_drops(store))

    @routes.get("/api/taxonomy")
    def taxonomy() -> Response:
        return _json(looking.taxonomy(store))

    @routes.get("/api/records/<int:number>")
    def record(number: int) -> Response:
        with store.lock:
            found = store.row(number)
        return _json(found) if found else _json({"error": "no such record, or no longer kept"}, 404)

    return routes


def _events(store: Store) -> list[dict[str, Any]]:
    wanted = {key: request.args[key] for key in ("user", "event_type", "project", "kind") if key in request.args}
    limit = request.args.get("limit", type=int)
    with store.lock:
        found = [one for one in store.events if _fits(one, wanted)]
    return found[-limit:] if limit and limit > 0 else found


def _fits(row: dict[str, Any], wanted: dict[str, str]) -> bool:
    body = row["body"]
    has = {
        "user": (body.get("user_id"), body.get("device_id")),
        "event_type": (body.get("event_type"),),
        "project": (row["project"],),
        "kind": (row["kind"],),
    }
    return all(value in has[key] for key, value in wanted.items())


def _drops(store: Store) -> dict[str, Any]:
    wanted = {key: request.args[key] for key in ("rule", "user") if key in request.args}
    with store.lock:
        found = [one for one in store.drops if all(one[key] == value for key, value in wanted.items())]
        counts = dict(store.drop_counts)
    return {"counts": counts, "drops": found, "rules": {name: asdict(rule) for name, rule in RULES.items()}}


def _totals(store: Store) -> dict[str, Any]:
    """What has come since the start, exact also where the oldest records are no longer kept."""
    with store.lock:
        return {
            "records": store.number,
            "first_kept": store.first,
            "counts": dict(store.counts),
            "drops": dict(store.drop_counts),
            "projects": list(store.projects),
            "users": len(store.users),
            "groups": [one.line() for one in store.groups.values()],
            **store.totals.facts(),
        }


def _behave(behaviours: Behaviours) -> Response:
    try:
        asked = orjson.loads(request.get_data())
    except orjson.JSONDecodeError:
        asked = None
    if not isinstance(asked, dict):
        return _json({"error": 'an object is needed, such as {"next": 1, "status": 503}'}, 400)
    if asked.get("clear") is True:
        behaviours.clear()
        return _json([])
    if "settings" in asked and not isinstance(asked["settings"], dict):
        return _json({"error": "settings must be an object"}, 400)
    if "settings" in asked:
        wrong = behaviours.set(asked["settings"])
        return _json({"error": wrong}, 400) if wrong else _json(asked["settings"])
    fault = behaviours.add(asked)
    return _json({"error": fault}, 400) if fault else _json(behaviours.pending())


def _json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS), status, content_type="application/json")

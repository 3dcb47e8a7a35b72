"""The doors of the Taxonomy API for group properties."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, request

from translator.sandbox.behaviour import Behaviours
from translator.sandbox.costs import Costs
from translator.sandbox.said import Said
from translator.sandbox.store import Store
from translator.sandbox.taxonomy import Refused

PATH = "/api/2/taxonomy/group-property"
COSTS = {"GET": 1, "PUT": 2, "POST": 2}
Answered = Callable[[Callable[[bytes], Said]], Response]
"""Answers a request with what a judge of its body says, unless a switch is on; and logs it."""


def add(routes: Blueprint, store: Store, behaviours: Behaviours, keys: frozenset[str], answered: Answered) -> None:
    """Add the routes. ``keys``: the only API keys that are good; empty: any that is not."""
    costs = Costs()

    def view(name: str | None = None) -> Response:
        auth = request.authorization
        key = (auth.username if auth and auth.type == "basic" and auth.password else None) or ""
        limits = behaviours.taxonomy
        with costs.taken(key, COSTS.get(request.method, 1), limits.cost, limits.seconds) as fits:
            if not key or (keys and key not in keys):
                return answered(lambda _: _unauthorised())
            return answered(lambda _: _said(store, behaviours, key, name, fits))

    routes.add_url_rule(PATH, "taxonomy", view, methods=["GET", "POST"])
    routes.add_url_rule(f"{PATH}/<path:name>", "taxonomy_of", view, methods=["GET", "PUT"])


def _unauthorised() -> Said:
    return Said(401, {"code": 401, "message": "HTTP 401: Unauthorized", "status": "Unauthorized"})


def _said(store: Store, behaviours: Behaviours, key: str, name: str | None, fits: bool) -> Said:
    if not behaviours.taxonomy.available:
        return Said(404, "Not Found", by_switch=True)
    if not fits:
        return Said(429, "Too many requests")
    return Said(200, {"success": True}, act=lambda: _acted(store, key, name, behaviours.taxonomy.own))


def _acted(store: Store, key: str, name: str | None, own: tuple[str, ...]) -> Said:
    # Amplitude's page has the parameters of a GET in its body, or in the query
    sent = {**request.args.to_dict(), **request.form.to_dict()}
    try:
        return Said(200, _done(store, key, name, sent, own))
    except Refused as error:
        return Said(error.status, {"success": False, "errors": [{"message": str(error)}]})


def _done(store: Store, key: str, name: str | None, sent: dict[str, str], own: tuple[str, ...]) -> dict[str, Any]:
    if request.method in ("POST", "PUT"):
        named = sent.pop("group_property", "") if name is None else name
        if not named:
            raise Refused(400, "group_property is required")
        store.plan(key, {"method": request.method, "name": named, "sent": sent}, own)
        return {"success": True}
    return {"success": True, "data": store.planned(key, sent.get("group_type"), name, own)}

"""Calls to a sandbox, as its tests make them."""

import json
from typing import Any

import requests

HOSTILE = "<script>alert(1)</script>"


def event(**more: Any) -> dict[str, Any]:
    return {"user_id": "user-1", "event_type": "e", **more}


def send(running, *events, path="/2/httpapi", key="k", **options):
    body = {"api_key": key, "events": list(events), **({"options": options} if options else {})}
    return requests.post(running.url + path, json=body, timeout=10)


def form(running, path, **fields):
    data = {"api_key": "k", **{name: json.dumps(value) for name, value in fields.items()}}
    return requests.post(running.url + path, data=data, timeout=10)


def view(running, path):
    return requests.get(running.url + path, timeout=10).json()


def page(running, path, status=200):
    answer = requests.get(running.url + path, timeout=10)
    assert answer.status_code == status, answer.text
    return answer.text


def drops(running, **wanted):
    """Rule, path and what was lost, in order."""
    rows = requests.get(running.url + "/api/drops", params=wanted, timeout=10).json()["drops"]
    return [(row["rule"], row["path"], row["lost"]) for row in rows]

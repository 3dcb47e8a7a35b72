"""Amplitude's doors: HTTP V2, Batch, Identify, Group Identify, User Mapping, deletions, as its pages describe them."""

from __future__ import annotations

import gzip
import socket
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from flask import Blueprint, Response, request

from translator.sandbox.behaviour import LONGEST_SECONDS, Behaviour, Behaviours
from translator.sandbox.checks import event_faults, group_fault, identify_fault, map_fault
from translator.sandbox.store import Store

MEGABYTE = 1024 * 1024
LIMITS = {"/2/httpapi": (MEGABYTE, 2000), "/batch": (20 * MEGABYTE, 2000)}
MIN_ID_LENGTH = 5
DAY = 86_400


@dataclass(frozen=True)
class Said:
    """An answer, and the records that were taken with it."""

    status: int
    body: Any
    api: str = ""
    api_key: str = ""
    records: tuple[Any, ...] = ()


def blueprint(store: Store, behaviours: Behaviours, keys: frozenset[str]) -> Blueprint:
    """The routes. ``keys``: the only API keys that are good; empty: any that is not."""
    routes = Blueprint("ingestion", __name__)

    def route(path: str, methods: list[str], judge: Callable[[bytes], Said]) -> None:
        def view() -> Response:
            return _answered(store, behaviours, judge)

        routes.add_url_rule(path, path.replace("/", "_"), view, methods=methods)

    route("/2/httpapi", ["POST"], lambda body: _events("/2/httpapi", "http-v2", body, behaviours, keys))
    route("/batch", ["POST"], lambda body: _events("/batch", "batch", body, behaviours, keys))
    route("/identify", ["POST", "GET"], lambda _: _form("identify", "identification", identify_fault, keys))
    route("/groupidentify", ["POST", "GET"], lambda _: _form("groupidentify", "identification", group_fault, keys))
    route("/usermap", ["POST", "GET"], lambda _: _form("usermap", "mapping", map_fault, keys))
    route("/api/2/deletions/users", ["POST", "GET"], lambda body: _deletions(store, body))
    return routes


def _answered(store: Store, behaviours: Behaviours, judge: Callable[[bytes], Said]) -> Response:
    odd = behaviours.take(request.path)
    # the form parser would eat the body, so that the form is read first
    form_bytes = sum(len(key) + len(value) for key, value in request.form.items())
    body = _plain(request.get_data())
    said = _without_refused(judge(body), behaviours.refused)
    if odd is None or odd.ingest:
        fresh = store.ingest(said.api, said.api_key, list(said.records)) if said.records else 0
        store.counts["ingested"] += fresh
    status, answer, headers = _odd(odd, behaviours) if odd is not None else (said.status, said.body, {})
    if odd is not None and odd.ingest and said.status != 200:
        # what is refused cannot be taken all the same, and to say 200 of it would be a lie that Amplitude does not tell
        status, answer, headers = said.status, said.body, {}
    store.remember_request(
        method=request.method,
        path=request.path,
        status="closed" if odd is not None and odd.close else status,
        bytes=len(body) or form_bytes,
        records=len(said.records),
        answer=answer,
        at=int(time.time() * 1000),
    )
    if odd is not None and odd.close:
        _close()
    return _response(status, answer, headers)


def _without_refused(said: Said, refused: dict[str, int]) -> Said:
    """Refuse a request that has a record which is always refused: by index where that is 400."""
    if not refused or said.status != 200:
        return said
    found = {
        index: refused[one["insert_id"]]
        for index, one in enumerate(said.records)
        if isinstance(one, dict) and one.get("insert_id") in refused
    }
    if not found:
        return said
    status = max(found.values())
    if said.api in ("identify", "groupidentify"):
        return Said(status, "refused")
    if status != 400:
        return _refused(status, "refused")
    # HTTP V2 names only the first (amplitude-api.md section 9.8, 2026-11-24)
    named = list(found) if said.api == "batch" else [next(iter(found))]
    return _refused(400, "Invalid fields", events_with_invalid_fields={"event_properties": named})


def _plain(body: bytes) -> bytes:
    """A body as it was before compression; one that cannot be inflated is no JSON either."""
    if request.headers.get("Content-Encoding") != "gzip":
        return body
    try:
        return gzip.decompress(body)
    except (OSError, EOFError, zlib.error):
        return b"not gzip"


def _close() -> None:
    """End the connection, so that no answer can go out; werkzeug's server gives the socket along."""
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)


def _odd(odd: Behaviour, behaviours: Behaviours) -> tuple[int, Any, dict[str, str]]:
    if odd.hang:
        behaviours.cleared.wait(LONGEST_SECONDS)
    elif odd.delay_seconds:
        behaviours.cleared.wait(min(odd.delay_seconds, LONGEST_SECONDS))
    answer = {"code": odd.status} if odd.body is None else odd.body
    return odd.status, answer, odd.headers


def _response(status: int, body: Any, headers: dict[str, str]) -> Response:
    if isinstance(body, str):
        return Response(body, status, headers, content_type="text/plain; charset=utf-8")
    return Response(orjson.dumps(body), status, headers, content_type="application/json")


def _refused(status: int, error: str, **more: Any) -> Said:
    return Said(status, {"code": status, "error": error, **more})


def _events(path: str, api: str, body: bytes, behaviours: Behaviours, keys: frozenset[str]) -> Said:
    size, count = LIMITS[path]
    if len(body) > size:
        return _refused(413, "Payload too large")
    if not body:
        return _refused(400, "Missing request body")
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError:
        return _refused(400, "Invalid JSON request body")
    if not isinstance(sent, dict):
        return _refused(400, "Invalid JSON request body")
    return _judged(sent, api, len(body), count, behaviours, keys)


def _judged(
    sent: dict[str, Any], api: str, size: int, count: int, behaviours: Behaviours, keys: frozenset[str]
) -> Said:
    key, events = sent.get("api_key"), sent.get("events")
    if not isinstance(key, str) or not key:
        return _refused(400, "Request missing required field", missing_field="api_key")
    if keys and key not in keys:
        return _refused(400, "Invalid API key")
    if not isinstance(events, list) or not events:
        return _refused(400, "Request missing required field", missing_field="events")
    if len(events) > count:
        return _refused(413, "Payload too large")
    needs_ids = behaviours.group_identify_needs_ids
    shortest = _min_id_length(sent.get("options"))
    maps = event_faults(events, shortest, first_only=api == "http-v2", group_identify_needs_ids=needs_ids)
    if maps:
        lacking = "events_with_missing_fields" in maps
        error = "Request missing required field" if lacking else "Invalid field values on some events"
        return _refused(400, error, **maps)
    now = int(time.time() * 1000)
    good = {"code": 200, "events_ingested": len(events), "payload_size_bytes": size, "server_upload_time": now}
    return Said(200, good, api, key, tuple(events))


def _form(api: str, name: str, fault: Callable[..., str | None], keys: frozenset[str]) -> Said:
    sent = {**request.args.to_dict(), **request.form.to_dict()}
    key = sent.get("api_key", "")
    if not key or (keys and key not in keys):
        return Said(400, "invalid_api_key")
    try:
        listed = orjson.loads(sent.get(name, ""))
    except orjson.JSONDecodeError:
        return Said(400, "missing_event")
    listed = listed if isinstance(listed, list) else [listed]
    if not listed:
        return Said(400, "missing_event")
    if len(listed) > (2000 if api == "usermap" else 1024):
        return Said(413, "Payload too large")
    extra = (_min_id_length(sent.get("options")),) if api == "identify" else ()
    for one in listed:
        said = fault(one, *extra)
        if said is not None:
            return Said(400, said)
    return Said(200, "success", api, key, tuple(listed))


def _min_id_length(options: Any) -> int:
    if isinstance(options, str):
        try:
            options = orjson.loads(options)
        except orjson.JSONDecodeError:
            options = None
    length = options.get("min_id_length") if isinstance(options, dict) else None
    return length if isinstance(length, int) and not isinstance(length, bool) else MIN_ID_LENGTH


def _deletions(store: Store, body: bytes) -> Said:
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

"""Amplitude's doors: HTTP V2, Batch, Identify, Group Identify, User Mapping, deletions, Taxonomy, as its pages describe
them."""

from __future__ import annotations

import socket
import time
import zlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import orjson
from flask import Blueprint, Response, request

from translator.sandbox import planning
from translator.sandbox.behaviour import Behaviours
from translator.sandbox.checks import event_faults, group_fault, identify_fault, map_fault, maps_error
from translator.sandbox.deletions import deletions
from translator.sandbox.held import lines
from translator.sandbox.said import Said, refused
from translator.sandbox.store import Store, Taken
from translator.sandbox.switches import to_say, verdict, without_refused, without_throttled

MEGABYTE = 1024 * 1024
GZIP = 16 + zlib.MAX_WBITS
"""What zlib calls the format."""

GZIP_PARTS = 100
"""It may be in several parts; what follows each is copied, so that there may not be many."""

LIMITS = {"/2/httpapi": (MEGABYTE, 1999), "/batch": (20 * MEGABYTE, 2000)}
"""Bytes and events of a request. "Fewer than 2000" at HTTP V2 and "2000" at Batch, so that exactly 2,000 events are
refused where they may be (amplitude-api.md sections 2.1.3 and 2.2, 2026-11-24)."""

MIN_ID_LENGTH = 5
FORMS = ("/identify", "/groupidentify", "/usermap")
DOORS = ("/2/httpapi", "/batch", "/identify", "/groupidentify", "/usermap", "/api/2/deletions/users", planning.PATH)


def blueprint(store: Store, behaviours: Behaviours, keys: frozenset[str]) -> Blueprint:
    """The routes. ``keys``: the only API keys that are good; empty: any that is not."""
    routes = Blueprint("ingestion", __name__)

    def route(path: str, methods: list[str], judge: Callable[[bytes], Said]) -> None:
        def view() -> Response:
            return _answered(store, behaviours, judge, is_form=path in FORMS)

        routes.add_url_rule(path, path.replace("/", "_"), view, methods=methods)

    route("/2/httpapi", ["POST"], lambda body: _events("http-v2", body, behaviours, keys))
    route("/batch", ["POST"], lambda body: _events("batch", body, behaviours, keys))
    route("/identify", ["POST", "GET"], lambda _: _form("identify", "identification", identify_fault, keys))
    route("/groupidentify", ["POST", "GET"], lambda _: _form("groupidentify", "identification", group_fault, keys))
    route("/usermap", ["POST", "GET"], lambda _: _form("usermap", "mapping", map_fault, keys))
    route("/api/2/deletions/users", ["POST", "GET"], lambda body: deletions(store, body))
    planning.add(routes, store, behaviours, keys, lambda judge: _answered(store, behaviours, judge, is_form=True))
    return routes


def _answered(store: Store, behaviours: Behaviours, judge: Callable[[bytes], Said], *, is_form: bool) -> Response:
    odd = behaviours.take(request.path)
    # a form's parser eats the body: before it is read where a form is meant, and never where JSON is, which may come
    # without its content type
    form_bytes = sum(len(key) + len(value) for key, value in request.form.items()) if is_form else 0
    most, _ = LIMITS.get(request.path, (MEGABYTE, 0))
    body = _plain(request.get_data(), most)
    said = refused(413, "Payload too large") if len(body) > most else judge(body)
    held = said.held or said.records
    said = without_refused(said, behaviours.refused)
    takes = odd is None or odd.ingest
    if takes:
        said = said.act() if said.act else without_throttled(said, behaviours)
    size = len(body) or form_bytes
    taken = Taken(0, 0, 0)
    if takes and said.records:
        taken = store.ingest(said.api, said.api_key, list(said.records), size)
    status, answer, headers = to_say(odd, said, behaviours)
    closed = odd is not None and odd.close
    store.remember_request(
        method=request.method,
        path=request.path,
        status="closed" if closed else status,
        bytes=size,
        records=len(held),
        held=lines(request.path, held, taken.numbers),
        answer=answer,
        at=int(time.time() * 1000),
        verdict=verdict(odd, said, status),
        fresh=taken.fresh,
        duplicates=taken.duplicates,
        drops=taken.drops,
    )
    if closed:
        _close()
    return _response(status, answer, headers)


def _plain(body: bytes, most: int) -> bytes:
    """A body as it was before compression, one byte beyond the most at most; what is no gzip is no JSON either."""
    if request.headers.get("Content-Encoding") != "gzip":
        return body
    plain = b""
    try:
        for _ in range(GZIP_PARTS):
            part = zlib.decompressobj(GZIP)
            plain += part.decompress(body, most + 1 - len(plain))
            if not part.eof and len(plain) <= most:
                return b"not gzip"
            body = part.unused_data.lstrip(b"\0")
            if not body or len(plain) > most:
                return plain
    except zlib.error:
        pass
    return b"not gzip"


def _close() -> None:
    """End the connection, so that no answer can go out; werkzeug's server gives the socket along."""
    connection = request.environ.get("werkzeug.socket")
    if connection is not None:
        connection.shutdown(socket.SHUT_RDWR)


def _response(status: int, body: Any, headers: dict[str, str]) -> Response:
    if isinstance(body, str):
        return Response(body, status, headers, content_type="text/plain; charset=utf-8")
    return Response(orjson.dumps(body), status, headers, content_type="application/json")


def _events(api: str, body: bytes, behaviours: Behaviours, keys: frozenset[str]) -> Said:
    if not body:
        return refused(400, "Missing request body")
    try:
        sent = orjson.loads(body)
    except orjson.JSONDecodeError:
        return refused(400, "Invalid JSON request body")
    if not isinstance(sent, dict):
        return refused(400, "Invalid JSON request body")
    return _judged(sent, api, len(body), behaviours, keys)


def _judged(sent: dict[str, Any], api: str, size: int, behaviours: Behaviours, keys: frozenset[str]) -> Said:
    key, events = sent.get("api_key"), sent.get("events")
    if not isinstance(key, str) or not key:
        return refused(400, "Request missing required field", missing_field="api_key")
    if keys and key not in keys:
        return refused(400, "Invalid API key")
    if not isinstance(events, list) or not events:
        return refused(400, "Request missing required field", missing_field="events")
    if len(events) > LIMITS[request.path][1]:
        return replace(refused(413, "Payload too large"), held=tuple(events))
    needs_ids = behaviours.group_identify_needs_ids
    shortest = _min_id_length(sent.get("options"))
    maps = event_faults(events, shortest, first_only=api == "http-v2", group_identify_needs_ids=needs_ids)
    if maps:
        return replace(refused(400, maps_error(maps), **maps), held=tuple(events))
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
        return Said(413, "Payload too large", held=tuple(listed))
    extra = (_min_id_length(sent.get("options")),) if api == "identify" else ()
    for one in listed:
        said = fault(one, *extra)
        if said is not None:
            return Said(400, said, held=tuple(listed))
    return Said(200, "success", api, key, tuple(listed))


def _min_id_length(options: Any) -> int:
    if isinstance(options, str):
        try:
            options = orjson.loads(options)
        except orjson.JSONDecodeError:
            options = None
    length = options.get("min_id_length") if isinstance(options, dict) else None
    return length if isinstance(length, int) and not isinstance(length, bool) else MIN_ID_LENGTH

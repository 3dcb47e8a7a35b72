"""``/v1/…``: Segment's own SDKs send here, as they do to Segment's tracking API.

They throw a request away that is answered 400, 401, 403, 413 or 415, and send one again that is answered 429 or 503:
so those are only for what would never be taken. Python's waits long only where it is told for how long
(segment-analytics-python 2.4: 3 minutes without Retry-After, 30 with; 2026-11-25).
"""

from __future__ import annotations

import time
from pathlib import Path

from flask import Blueprint, Flask, Response, jsonify, request

from translator import jsontext
from translator.accept import Outcome, accept, keep_unread
from translator.errors import Invalid, NotJson, TooFast, WrongOrigin
from translator.observe import emit
from translator.parcels import Facts
from translator.receive.batch import calls_of
from translator.receive.bodies import plain
from translator.receive.completing import Completer, Door, without_key
from translator.receive.context import client_ip, house, public_place, sender
from translator.receive.origins import allow_origins, is_allowed, patterns
from translator.receive.projects import project
from translator.receive.rates import Buckets
from translator.receive.writekeys import basic_key, may_load, source_of
from translator.settings.load import RUNTIME_FOLDER, variable
from translator.settings.values import Settings

CALLS = {
    "track": "track",
    "identify": "identify",
    "group": "group",
    "page": "page",
    "screen": "screen",
    "alias": "alias",
    "t": "track",
    "i": "identify",
    "g": "group",
    "p": "page",
    "s": "screen",
    "a": "alias",
}
"""The last part of a door's path, and the type of the calls that come in there: one each."""

BATCHES = ("batch", "b", "import")
"""Doors of many calls. ``import`` is the name that Segment's older SDKs use."""

LARGEST_CALL = 32 * 1024
"""Bytes (Segment's spec, HTTP API, "Max request size", 2025-11-07)."""

SETTINGS_SECONDS = 120
"""For how long a browser may keep what it was told of a source."""


def add_tracking(app: Flask, settings: Settings) -> None:
    """Open the tracking API's doors in an application."""
    allowed = patterns(settings)
    folder = variable(RUNTIME_FOLDER)
    buckets = Buckets(settings.segment.calls_per_second, Path(folder) if folder else None)
    routes = Blueprint("tracking", __name__, url_prefix="/v1")

    @routes.before_request
    def from_allowed_page() -> None:
        if request.method != "OPTIONS" and not is_allowed(request.headers.get("Origin"), allowed):
            raise WrongOrigin

    @routes.post(f"/<any({', '.join(CALLS)}):name>")
    def one(name: str) -> Response:
        """One call. 200 only once it is on disk."""
        outcome = _received(CALLS[name], buckets)
        if outcome.rejected:
            raise Invalid(outcome.rejected[0][1])
        return jsonify(success=True)

    @routes.post(f"/<any({', '.join(BATCHES)}):name>")
    def batch(name: str) -> Response:
        """A batch. 200 once its good calls are on disk, and the others are kept as refused with their faults."""
        outcome = _received(None, buckets)
        rejected = [{"index": index, "faults": faults} for index, faults in outcome.rejected]
        return jsonify(success=True, rejected=rejected) if rejected else jsonify(success=True)

    @routes.get("/projects/<write_key>/settings")
    def source_settings(write_key: str) -> Response | tuple[Response, int]:
        """What analytics.js asks for when it starts."""
        if not may_load(sender(), write_key, settings):
            return jsonify(error="no source has this write key"), 404
        answer = jsonify(project(write_key, *public_place()))
        answer.headers["Cache-Control"] = f"private, max-age={SETTINGS_SECONDS}"
        return answer

    app.register_blueprint(routes)
    allow_origins(app, allowed)


def _received(kind: str | None, buckets: Buckets) -> Outcome:
    """Take in the calls of the request at hand: one of ``kind``, or where that is None a batch."""
    settings, journal = house()
    limit = settings.segment.max_batch_bytes
    who = sender()
    key = basic_key(who.headers)
    # before the body is looked at, where the header or the peer says enough
    known = source_of(who, key, None, settings) if key or not settings.segment.write_keys else None
    body = plain(request.get_data(cache=False), request.headers.get("Content-Encoding", ""), limit)
    try:
        value = jsontext.loads(body)
    except NotJson as error:
        if known:
            _take(buckets, known, 1, len(body))
            keep_unread(body, {"": [str(error)]}, _facts(known), journal, limit)
        raise
    source = source_of(who, key, value.get("writeKey") if isinstance(value, dict) else None, settings)
    facts = _facts(source)
    messages = [value] if kind else calls_of(value, settings.segment)
    _take(buckets, source, 1 if messages is None else len(messages), len(body))
    if messages is None:
        faults = {"batch": ["must be a list of calls"]}
        keep_unread(_without_key(value, body), faults, facts, journal, limit)
        raise Invalid(faults)
    completer = Completer(Door(kind, facts, "Origin" in request.headers), None if kind else value)
    return accept(messages, facts, journal, settings, completer.complete, limit)


def _without_key(value: object, body: bytes) -> bytes:
    try:
        return jsontext.dumps(without_key(value))
    except NotJson:  # more levels than are written: it stays as it came
        return body


def _facts(source: str) -> Facts:
    return Facts(source, int(time.time() * 1000), client_ip())


def _take(buckets: Buckets, source: str, calls: int, size: int) -> None:
    """A body counts as many calls as it has, or as it could have of the largest that Segment takes: what fills a disk
    are bytes. Raises TooFast."""
    try:
        buckets.take(source, max(calls, -(-size // LARGEST_CALL)))
    except TooFast:
        emit("limited", source=source)
        raise

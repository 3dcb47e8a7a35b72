"""``/v1/…``: Segment's own SDKs send here, as they do to Segment's tracking API.

They throw a request away that is answered 400, 401, 413 or 415 (and 403, but from pages, which cannot read that, they
try for a while), and send one again that is answered 429 or 503, for some minutes: so those are only for what would
never be taken. Python's waits long only where it is told for how long (segment-analytics-python 2.4: 3 minutes without
Retry-After, 30 with; 2026-11-25).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from flask import Blueprint, Flask, Response, jsonify, request

from translator import jsontext
from translator.accept import Outcome, accept, keep_unread
from translator.errors import Faults, Invalid, JournalError, NotJson, TooFast, WrongOrigin
from translator.observe import emit
from translator.parcels import Facts
from translator.receive.batch import Batch, batch_of
from translator.receive.bodies import plain
from translator.receive.completing import Completer, Door, without_key
from translator.receive.context import address, client_ip, house, is_unannounced, public_place, sender
from translator.receive.origins import allow_origins, is_allowed, patterns
from translator.receive.projects import project
from translator.receive.rates import Rates
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

CALL_BYTES = 4 * 1024
"""A call counts once towards its source's rate for so many bytes; most have less than half."""

SETTINGS_SECONDS = 120
"""For how long a browser may keep what it was told of a source."""


def add_tracking(app: Flask, settings: Settings) -> None:
    """Open the tracking API's doors in an application."""
    allowed = patterns(settings)
    folder = variable(RUNTIME_FOLDER)
    rates = Rates(settings.segment.calls_per_second, Path(folder) if folder else None)
    routes = Blueprint("tracking", __name__, url_prefix="/v1")

    @routes.before_request
    def from_allowed_page() -> None:
        if request.method != "OPTIONS" and not is_allowed(request.headers.get("Origin"), allowed):
            raise WrongOrigin

    @routes.post(f"/<any({', '.join(CALLS)}):name>")
    def one(name: str) -> Response:
        """One call. 200 only once it is on disk."""
        outcome = _received(CALLS[name], rates)
        if outcome.rejected:
            raise Invalid(outcome.rejected[0][1])
        return jsonify(success=True)

    @routes.post(f"/<any({', '.join(BATCHES)}):name>")
    def batch(name: str) -> Response:
        """A batch. 200 once its good calls are on disk, and the others are kept as refused with their faults."""
        outcome = _received(None, rates)
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

    @routes.after_request
    def by_origin(response: Response) -> Response:
        response.vary.add("Origin")
        return response

    allow_origins(routes, allowed)
    app.register_blueprint(routes)


def _received(kind: str | None, rates: Rates) -> Outcome:
    """Take in the calls of the request at hand: one of ``kind``, or where that is None a batch."""
    settings, journal = house()
    request.max_content_length = settings.segment.max_batch_bytes + 1  # as in create_app
    who = sender()
    key = basic_key(who.headers)
    # before the body is looked at, where the header or the peer says enough
    known = source_of(who, key, None, settings) if key or not settings.segment.write_keys else None
    raw = request.get_data(cache=False)
    try:
        body = plain(raw, request.headers.get("Content-Encoding", ""), settings.segment.max_batch_bytes)
        value = jsontext.loads(body, nan_is_null=True)
    except NotJson as error:
        if known:
            _keep(raw, {"": [str(error)]}, known, rates)
        raise
    source = source_of(who, key, value.get("writeKey") if isinstance(value, dict) else None, settings)
    batch = batch_of(value, settings.segment) if kind is None else Batch([without_key(value)])
    if batch is None:
        faults = {"batch": ["must be a list of calls"]}
        _keep(_without_key(value, body), faults, source, rates)
        raise Invalid(faults)
    facts = _facts(source)
    completer = Completer(Door(kind, facts, "Origin" in request.headers), value if kind is None else None)
    with _let_in(rates, source, len(batch.calls), len(body) + batch.repeated):
        return accept(batch.calls, facts, journal, settings, completer.complete, settings.segment.max_batch_bytes)


def _keep(body: bytes, faults: Faults, source: str, rates: Rates) -> None:
    """Keep what a known source has sent and is no call, for people to see."""
    settings, journal = house()
    with _let_in(rates, source, 1, len(body)):
        keep_unread(body, faults, _facts(source), journal, settings.segment.max_batch_bytes)


def _without_key(value: object, body: bytes) -> bytes:
    try:
        return jsontext.dumps(without_key(value))
    except NotJson:  # more levels than are written: it stays as it came
        return body


def _facts(source: str) -> Facts:
    ip = client_ip()
    if is_unannounced():
        # the proxy's address would place all users where it stands, for ever
        ip = None
        emit("proxied")
    return Facts(source, int(time.time() * 1000), ip)


@contextmanager
def _let_in(rates: Rates, source: str, calls: int, size: int) -> Iterator[None]:
    """Count a body by its calls, or by its bytes where these are many: they are what fills a disk. One that could not
    be stored is given back. Raises TooFast."""
    count = max(calls, -(-size // CALL_BYTES))
    try:
        rates.take(source, address(), count)
    except TooFast:
        emit("limited", source=source)
        raise
    try:
        yield
    except JournalError:
        rates.give_back(source, count)
        raise

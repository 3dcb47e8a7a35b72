"""``/webhook``: Segment's Webhook destination posts here."""

from __future__ import annotations

import time
from typing import Any

from flask import Blueprint, Response, current_app, jsonify, request

from translator import jsontext
from translator.accept import Outcome, accept, keep_unread
from translator.errors import BadSignature, Invalid, JournalError, JournalUnavailable, NotJson, TooLarge
from translator.journal import Journal
from translator.observe import emit
from translator.parcels import Facts
from translator.receive.credentials import Sender, authenticate
from translator.settings.values import Settings

SOURCE = "webhook"
RETRY_SECONDS = 5

routes = Blueprint("webhook", __name__)


@routes.route("/webhook", methods=["POST", "PUT", "PATCH"])
def webhook() -> Response:
    """One call, or an array of calls. 200 only once they are on disk."""
    settings, journal = house()
    body = request.get_data(cache=False)
    if len(body) > settings.server.max_body_bytes:
        raise TooLarge(settings.server.max_body_bytes)
    authenticate(sender(), body, settings)
    facts = Facts(SOURCE, int(time.time() * 1000), request.remote_addr)
    try:
        value = jsontext.loads(body)
    except NotJson as error:
        keep_unread(body, error, facts, journal)
        raise
    messages = value if isinstance(value, list) else [value]
    outcome = accept(messages, facts, journal, settings)
    if outcome.rejected and not isinstance(value, list):
        # 400, so that Segment's event delivery page shows the faults; the message is kept
        raise Invalid(outcome.rejected[0][1])
    return jsonify(_said(outcome))


def _said(outcome: Outcome) -> dict[str, Any]:
    said: dict[str, Any] = {
        "accepted": outcome.count("accepted"),
        "duplicates": outcome.count("duplicate"),
        "rejected": [{"index": index, "faults": faults} for index, faults in outcome.rejected],
    }
    derived = sum(receipt.derived for receipt in outcome.receipts)
    return {**said, "derived": derived} if derived else said


def house() -> tuple[Settings, Journal]:
    """The settings and the journal of this application."""
    return current_app.extensions["translator"]  # type: ignore[no-any-return]  # put there by create_app


def sender() -> Sender:
    """Where the request comes from."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    return Sender(request.remote_addr or "", headers)


@routes.app_errorhandler(BadSignature)
def unauthorized(error: BadSignature) -> tuple[Response, int]:
    """401 that says nothing more."""
    emit("unauthorized", reason=error.reason)
    return jsonify(error="unauthorized"), 401


@routes.app_errorhandler(TooLarge)
def too_large(error: TooLarge) -> tuple[Response, int]:
    """413."""
    return jsonify(error=str(error)), 413


@routes.app_errorhandler(NotJson)
def not_json(error: NotJson) -> tuple[Response, int]:
    """400."""
    return jsonify(error=str(error)), 400


@routes.app_errorhandler(Invalid)
def invalid(error: Invalid) -> tuple[Response, int]:
    """400 with every fault, by path."""
    return jsonify(error="invalid", faults=error.faults), 400


@routes.app_errorhandler(JournalError)
def unavailable(error: JournalError) -> tuple[Response, int, dict[str, str]]:
    """503: Segment sends it again."""
    reason = error.reason if isinstance(error, JournalUnavailable) else "unsafe"
    emit("journal_unavailable", reason=reason)
    current_app.logger.error("not accepted: %s", error)
    return jsonify(error="the calls cannot be stored now; try again"), 503, {"Retry-After": str(RETRY_SECONDS)}

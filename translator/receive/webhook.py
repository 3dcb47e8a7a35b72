"""``/webhook``: Segment's Webhook destination posts here."""

from __future__ import annotations

import time
from typing import Any

from flask import Blueprint, Response, jsonify, request

from translator import jsontext
from translator.accept import Outcome, accept, keep_unread
from translator.errors import Invalid, NotJson, TooLarge
from translator.parcels import Facts
from translator.receive.context import client_ip, house, sender
from translator.receive.credentials import authenticate
from translator.settings.values import WEBHOOK_SOURCE

routes = Blueprint("webhook", __name__)


@routes.route("/webhook", methods=["POST", "PUT", "PATCH"])
def webhook() -> Response:
    """One call, or an array of calls. 200 only once they are on disk."""
    settings, journal = house()
    body = request.get_data(cache=False)
    if len(body) > settings.server.max_body_bytes:
        raise TooLarge(settings.server.max_body_bytes)
    authenticate(sender(), body, settings)
    facts = Facts(WEBHOOK_SOURCE, int(time.time() * 1000), client_ip())
    try:
        value = jsontext.loads(body)
    except NotJson as error:
        keep_unread(body, {"": [str(error)]}, facts, journal)
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

"""Errors → answers, the same at every door. None repeats what was sent."""

from __future__ import annotations

import math

from flask import Flask, Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from translator.errors import (
    BadSignature,
    Invalid,
    JournalError,
    JournalUnavailable,
    Rejected,
    TooFast,
    TooLarge,
    WrongOrigin,
)
from translator.observe import emit

RETRY_SECONDS = 5


def add_refusals(app: Flask) -> None:
    """Answer each error of this service as it should be."""
    app.register_error_handler(BadSignature, _unauthorized)
    app.register_error_handler(WrongOrigin, _wrong_origin)
    app.register_error_handler(TooFast, _too_fast)
    app.register_error_handler(Rejected, _rejected)
    app.register_error_handler(Invalid, _invalid)
    app.register_error_handler(JournalError, _unavailable)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _unexpected)


def _unauthorized(error: BadSignature) -> tuple[Response, int]:
    """401 that says nothing more."""
    emit("unauthorized", reason=error.reason)
    return jsonify(error="unauthorized"), 401


def _wrong_origin(error: WrongOrigin) -> tuple[Response, int]:
    emit("unauthorized", reason=error.reason)
    return _rejected(error)


def _too_fast(error: TooFast) -> tuple[Response, int, dict[str, str]]:
    """429: what was sent is sent again, so long after."""
    return *_rejected(error), {"Retry-After": str(max(1, math.ceil(error.seconds)))}


def _rejected(error: Rejected) -> tuple[Response, int]:
    return jsonify(error=str(error)), error.status


def _invalid(error: Invalid) -> tuple[Response, int]:
    """400 with every fault, by path."""
    return jsonify(error="invalid", faults=error.faults), 400


def _unavailable(error: JournalError) -> tuple[Response, int, dict[str, str]]:
    """503: what was sent is sent again."""
    reason = error.reason if isinstance(error, JournalUnavailable) else "unsafe"
    emit("journal_unavailable", reason=reason)
    current_app.logger.error("not accepted: %s", error)
    return jsonify(error="the calls cannot be stored now; try again"), 503, {"Retry-After": str(RETRY_SECONDS)}


def _http_error(error: HTTPException) -> tuple[Response, int]:
    # of a path that is not there the request keeps the error, and its frames keep the request (werkzeug 3.1,
    # 2026-11-28), headers of some 100 KB included, until the collector looks, which it does rarely
    error.__traceback__ = error.__context__ = None
    if isinstance(error, RequestEntityTooLarge):
        return _rejected(TooLarge((request.max_content_length or 1) - 1))
    answer = jsonify(error=(error.name or "error").lower())
    # what the status requires beside: Allow, Content-Range
    answer.headers.update({name: value for name, value in error.get_headers() if name != "Content-Type"})
    return answer, error.code or 500


def _unexpected(error: Exception) -> tuple[Response, int]:
    current_app.logger.exception("unexpected")
    return jsonify(error="an error of the service, which is in its log; try again"), 500

"""Posting calls to this service's webhook as Segment does: signed, one connection a request."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from http.client import HTTPException
from typing import Any

from translator import jsontext
from translator.errors import NotJson, TranslatorError
from translator.receive.signature import sign
from translator.settings.values import Segment

TRIES = 8
WAIT_SECONDS = 1.0


class NotAccepted(TranslatorError):
    """The service did not take the calls; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What the webhook said: status and parsed body ({} where it was not JSON)."""

    status: int
    body: dict[str, Any]
    retry_after: float = WAIT_SECONDS


def post_calls(url: str, calls: Sequence[Any], segment: Segment, timeout: float = 30.0) -> Answered:
    """Post calls (one as it is, several as an array) until the service has them on disk. ``timeout``: seconds.

    A service that is busy (429, 503) or not there is tried again, a few times. Raises NotAccepted.
    """
    body = jsontext.dumps(calls[0] if len(calls) == 1 else list(calls))
    said = ""
    for attempt in range(TRIES):
        try:
            answer = _post(url, body, segment, timeout)
        except (OSError, HTTPException) as error:
            said, wait = f"{url} does not answer: {getattr(error, 'reason', error)}", WAIT_SECONDS * attempt
        else:
            if answer.status not in (429, 503):
                return _taken(url, answer)
            said, wait = f"{url} is busy ({answer.status})", answer.retry_after
        time.sleep(min(wait, 10.0))
    raise NotAccepted(said)


def _taken(url: str, answer: Answered) -> Answered:
    if answer.status == 401:
        raise NotAccepted(f"{url} refused the signature: set SEGMENT_SHARED_SECRET to one of the secrets that it knows")
    if answer.status not in (200, 400):
        raise NotAccepted(f"{url} answered {answer.status}: {answer.body.get('error', '')}")
    return answer


def _post(url: str, body: bytes, segment: Segment, timeout: float) -> Answered:
    if not url.startswith(("http://", "https://")):
        raise NotAccepted(f"{url!r} must begin with http:// or https://")
    request = urllib.request.Request(url, data=body, headers=_headers(body, segment))  # noqa: S310  checked above
    try:
        with urllib.request.urlopen(request, timeout=timeout) as response:  # noqa: S310  checked above
            return Answered(response.status, _json(response.read()))
    except urllib.error.HTTPError as error:
        with error:
            wait = error.headers.get("Retry-After", "")
            return Answered(error.code, _json(error.read()), float(wait) if wait.isdecimal() else WAIT_SECONDS)


def _headers(body: bytes, segment: Segment) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "User-Agent": "Segment (translator replay)"}
    if segment.shared_secret:
        headers["X-Signature"] = sign(segment.shared_secret[0], body)
    if segment.header_token:
        headers["Authorization"] = f"Bearer {segment.header_token}"
    return headers


def _json(body: bytes) -> dict[str, Any]:
    try:
        value = jsontext.loads(body)
    except NotJson:
        return {}
    return value if isinstance(value, dict) else {}

"""Carries a request to Amplitude and brings back what it said. The only place that imports requests.

Comes in: a Request. Goes out: an Answer, never an error for anything the network does.
"""

from __future__ import annotations

import traceback

import requests
from urllib3.exceptions import MaxRetryError, NewConnectionError

from translator import __version__, jsontext
from translator.deliver.answers import Answer, Failure
from translator.deliver.batches import Request
from translator.errors import NotJson
from translator.settings.values import MASK, Destination

TEXT_CHARACTERS = 10_000


class Client:
    """Requests to one destination over connections that are kept; for one thread. ``timeout``: seconds."""

    def __init__(self, destination: Destination, timeout: float) -> None:
        self._keys = tuple(key for key in (destination.api_key, destination.secret_key) if key)
        self._timeout = timeout
        self._session = requests.Session()
        self._session.headers["User-Agent"] = f"segment-amplitude-translator/{__version__}"

    def send(self, request: Request) -> Answer:
        """Send a request, and wait for the answer."""
        try:
            response = self._session.request(
                request.method,
                request.url,
                data=request.body,
                headers=_headers(request),
                auth=request.auth,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            answer = Answer(None, _failure(error), self._masked(str(error)))
            _let_go(error)
            return answer
        return self._answer(response)

    def close(self) -> None:
        """Close the kept connections."""
        self._session.close()

    def _answer(self, response: requests.Response) -> Answer:
        text = response.content[: 4 * TEXT_CHARACTERS].decode("utf-8", "replace")
        try:
            value = jsontext.loads(response.content)
        except NotJson:
            value = None
        wait = response.headers.get("Retry-After", "")
        return Answer(
            response.status_code,
            None,
            self._masked(text)[:TEXT_CHARACTERS],
            value,
            float(wait) if wait.isdecimal() else None,
        )

    def _masked(self, text: str) -> str:
        for key in self._keys:
            text = text.replace(key, MASK)
        return text


def _headers(request: Request) -> dict[str, str]:
    headers = {"Content-Type": request.content_type}
    return {**headers, "Content-Encoding": "gzip"} if request.gzipped else headers


def _let_go(error: BaseException | None) -> None:
    """Errors of urllib3 and the frames that raised them hold one another, and the request's body, until the collector
    looks, which it does rarely (urllib3 2, 2026-11-28; translator/heap.py)."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error = error.__context__


def _failure(error: requests.RequestException) -> Failure:
    """refused only where it is certain that no request was sent."""
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.SSLError, requests.exceptions.InvalidURL)):
        return "refused"
    if isinstance(error, requests.Timeout):
        return "timeout"
    inner = error.args[0] if error.args else None
    reason = inner.reason if isinstance(inner, MaxRetryError) else inner
    # NameResolutionError is a NewConnectionError (urllib3 2)
    return "refused" if isinstance(reason, NewConnectionError) else "reset"

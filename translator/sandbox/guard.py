"""Keeps other web sites out: the sandbox has no lock, and a browser would carry their requests to this machine."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit

from flask import Flask, Response, request

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
DOORS = "ingestion"
"""The blueprint of Amplitude's doors, whose GET takes data too."""


def protect(app: Flask) -> None:
    """Refuse what comes from another site, before any route; headers for all but the doors' answers."""

    @app.before_request
    def refuse() -> Response | None:
        why = _fault()
        return None if why is None else Response(why + "\n", 403, content_type="text/plain; charset=utf-8")

    @app.after_request
    def headers(response: Response) -> Response:
        if request.blueprint != DOORS or response.status_code == 403:
            response.headers.update(HEADERS)
            if request.endpoint != "static":
                response.headers["Cache-Control"] = "no-store"
        return response


def _fault() -> str | None:
    host = request.environ.get("HTTP_HOST")
    if host is not None and not is_this_machine(host):
        return f"Host is {host[:100]!r}: the sandbox answers only to localhost, 127.0.0.1 and [::1]"
    if request.method in ("GET", "HEAD", "OPTIONS") and request.blueprint != DOORS:
        return None
    origin = request.environ.get("HTTP_ORIGIN")
    if origin is not None and not _is_own(origin, host):
        return f"Origin is {origin[:100]!r}: the sandbox takes nothing from pages of other sites"
    if request.environ.get("HTTP_SEC_FETCH_SITE") == "cross-site":
        return "Sec-Fetch-Site is cross-site: the sandbox takes nothing from pages of other sites"
    return None


@lru_cache(maxsize=100)
def is_this_machine(host: str) -> bool:
    """Whether a Host header names this machine in a way that no foreign name server can decide."""
    try:
        parts = urlsplit(f"//{host}")
        name = parts.hostname or ""
        _ = parts.port  # raises, where it is no number
        if parts.username is not None or parts.path or parts.query or parts.fragment:
            return False
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _is_own(origin: str, host: str | None) -> bool:
    scheme, _, rest = origin.partition("://")
    return scheme in ("http", "https") and host is not None and rest.lower() == host.lower()

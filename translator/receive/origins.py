"""Which pages may send: an allow list of origins, for Cross-Origin Resource Sharing.

A browser asks before it sends, and reads no answer without leave; but it does send simple requests unasked, so that
another origin's are refused as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from flask import Blueprint
from flask_cors import CORS

from translator.receive.credentials import LOCAL_ORIGIN
from translator.settings.values import Settings

ALLOWED_HEADERS = ("Authorization", "Content-Type", "X-Retry-Count")
"""What analytics-next sends (1.84, read 2026-11-25)."""

ASKED_AGAIN = 7200
"""Seconds that a browser may remember the leave: Chromium takes no more (MDN, Access-Control-Max-Age)."""

Patterns = tuple[re.Pattern[str], ...]


def patterns(settings: Settings) -> Patterns:
    """The origins that may send: as configured; where neither keys nor origins are, this machine's own pages."""
    segment = settings.segment
    if not segment.origins and not segment.write_keys:
        return (LOCAL_ORIGIN,)
    return tuple(_pattern(origin) for origin in segment.origins)


def _pattern(origin: str) -> re.Pattern[str]:
    """``*`` alone is any; after ``://`` any subdomain, of any depth."""
    if origin == "*":
        return re.compile(r".*\Z", re.DOTALL)
    return re.compile(re.escape(origin).replace(r"://\*\.", r"://([^/:@\s]+\.)") + r"\Z", re.IGNORECASE)


def is_allowed(origin: str | None, allowed: Iterable[re.Pattern[str]]) -> bool:
    """Whether a request may come in; one without an origin comes from no page of another site."""
    return origin is None or any(pattern.match(origin) for pattern in allowed)


def allow_origins(doors: Blueprint, allowed: Patterns) -> None:
    """Tell browsers so, at these doors. Others are not asked: no request of Segment's waits for it."""
    CORS(
        doors,
        origins=list(allowed),
        methods=["GET", "POST"],
        allow_headers=list(ALLOWED_HEADERS),
        expose_headers=["Retry-After"],
        max_age=ASKED_AGAIN,
        always_send=False,
        vary_header=False,  # each answer of the tracking API varies, whether or not an origin is allowed
    )

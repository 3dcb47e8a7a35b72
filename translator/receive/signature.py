"""Segment's signature: hex HMAC-SHA1 with the shared secret over raw bytes. Pure.

A single call is signed as its whole body stands. Of an array Segment signs the first element only (segment-actions.md
section 11.2 and 11.3, action-destinations 970a17e, 2026-08-21).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

from translator import jsontext


def sign(secret: str, body: bytes) -> str:
    """The X-Signature of a body, 40 hexadecimal digits."""
    return hmac.new(secret.encode("utf-8"), signed_part(body), hashlib.sha1).hexdigest()


def verify(secrets: Iterable[str], body: bytes, given: str) -> bool:
    """Whether one of the secrets made the given signature; in the same time whichever it is."""
    lowered = given.strip().lower().encode("utf-8", "replace")
    matches = [hmac.compare_digest(sign(secret, body).encode("ascii"), lowered) for secret in secrets]
    return any(matches)


def is_array(body: bytes) -> bool:
    """Whether a body is an array, by its first byte that is not blank."""
    return body.lstrip(b" \t\n\r")[:1] == b"["


def signed_part(body: bytes) -> bytes:
    """The bytes that a signature covers; of an array without a first element none are."""
    return (jsontext.first_element(body) or b"") if is_array(body) else body

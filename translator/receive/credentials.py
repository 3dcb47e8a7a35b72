"""Who may send: every configured proof is required; without any, this machine only. Pure.

What the sender is told is nothing but 401; why is counted.
"""

from __future__ import annotations

import hmac
import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from translator.errors import BadSignature
from translator.receive.signature import is_array, signed_part, verify
from translator.settings.values import Settings

PASSED_ON = ("forwarded", "x-forwarded-", "x-real-ip", "via", "cf-")
"""Headers that proxies add."""

_LOCAL_HOST = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?", re.I)

LOCAL_ORIGIN = re.compile(rf"https?://{_LOCAL_HOST.pattern}\Z", re.I)
"""Of a page that this machine serves."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Where a request comes from: the peer's address, and the headers, names in lower case."""

    peer: str
    headers: Mapping[str, str]


def authenticate(sender: Sender, body: bytes, settings: Settings) -> None:
    """Let a request pass, or raise BadSignature with the reason."""
    segment = settings.segment
    if not segment.shared_secret and not segment.header_token:
        if not is_loopback(sender, settings):
            raise BadSignature("not_loopback")
        return
    if segment.header_token:
        _check_token(sender, segment.header_token)
    elif segment.arrays == "token-only" and is_array(body):
        raise BadSignature("array_needs_token")
    if segment.shared_secret:
        _check_signature(sender, body, segment.shared_secret)


def is_loopback(sender: Sender, settings: Settings) -> bool:
    """Whether a request comes from this machine and nothing says that it was passed on (house rules, "Loopback")."""
    if settings.server.behind_proxy or any(name.startswith(PASSED_ON) for name in sender.headers):
        return False
    if not LOCAL_ORIGIN.fullmatch(sender.headers.get("origin", "http://localhost")):
        return False  # a browser sends simple requests of any page here without asking
    return _is_local_peer(sender.peer) and bool(_LOCAL_HOST.fullmatch(sender.headers.get("host", "")))


@lru_cache(maxsize=1024)
def _is_local_peer(peer: str) -> bool:
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def _check_token(sender: Sender, token: str) -> None:
    given = sender.headers.get("authorization")
    if given is None:
        raise BadSignature("token_missing")
    if not hmac.compare_digest(given.encode("utf-8", "replace"), f"Bearer {token}".encode()):
        raise BadSignature("token_wrong")


def _check_signature(sender: Sender, body: bytes, secrets: tuple[str, ...]) -> None:
    given = sender.headers.get("x-signature")
    if given is None:
        raise BadSignature("signature_missing")
    if not signed_part(body) or not verify(secrets, body, given):
        raise BadSignature("signature_wrong")

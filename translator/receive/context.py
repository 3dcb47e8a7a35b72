"""What every door asks of the request at hand."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from flask import current_app, request

from translator.journal import Journal
from translator.receive.credentials import Sender, is_loopback
from translator.settings.values import Settings

ADDRESS_CHARACTERS = 100
"""No address is longer, its zone and port included; what a stranger tells is remembered, so it has to have an end."""


def house() -> tuple[Settings, Journal]:
    """The settings and the journal of this application."""
    return current_app.extensions["translator"]  # type: ignore[no-any-return]  # put there by create_app


def sender() -> Sender:
    """Where the request comes from."""
    return Sender(request.remote_addr or "", _headers(request.environ))


def from_here() -> bool:
    """Whether the request comes from this machine."""
    return is_loopback(sender(), house()[0])


def client_ip() -> str | None:
    """The address of whose request it is, or None where what is told is none."""
    found = _client()
    return None if found is None else str(found)


def is_unannounced() -> bool:
    """Whether a proxy that the configuration does not name has passed the request on: the peer is that proxy."""
    return not house()[0].server.behind_proxy and "X-Forwarded-For" in request.headers


def address() -> str:
    """By whom attempts are counted: the client's address, of IPv6 the network of 64 bits, of which somebody has all."""
    found = _client()
    if found is None:
        return _told()[:64]
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else str(found)


def public_place() -> tuple[str, str]:
    """Host (with its port, where it has one) and protocol by which whoever asks reaches this service."""
    url = house()[0].server.public_url
    if url is not None:
        parts = urlsplit(url)
        return parts.netloc, parts.scheme
    return _passed_on("Host") or request.host, _passed_on("Proto") or request.scheme


def _headers(environ: Mapping[str, str]) -> dict[str, str]:
    """Those of a request, but for its content's own. Read from where werkzeug has them from: a tenth of the time."""
    return {name[5:].replace("_", "-").lower(): value for name, value in environ.items() if name.startswith("HTTP_")}


def _client() -> IPv4Address | IPv6Address | None:
    told = _told()
    return _address_in(told) if len(told) <= ADDRESS_CHARACTERS else None


@lru_cache(maxsize=4096)
def _address_in(told: str) -> IPv4Address | IPv6Address | None:
    for text in (told, told.rpartition(":")[0].strip("[]")):  # some gateways add the port
        with suppress(ValueError):
            found = ip_address(text)
            return getattr(found, "ipv4_mapped", None) or found
    return None


def _told() -> str:
    return _passed_on("For") or request.remote_addr or ""


def _passed_on(what: str) -> str:
    """What the outermost of ``server.proxies`` heard; of a list that is shorter than that the first."""
    server = house()[0].server
    if not server.behind_proxy:
        return ""
    passed = [part.strip() for part in request.headers.get(f"X-Forwarded-{what}", "").split(",")]
    return passed[-min(server.proxies, len(passed))]

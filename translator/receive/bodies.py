"""Bodies of requests as they were before they were compressed, never more than is allowed of them. Pure."""

from __future__ import annotations

import zlib

from translator.errors import NotReadable, TooLarge, Unsupported

GZIP = 16 + zlib.MAX_WBITS
MEMBERS = 16


def plain(body: bytes, encoding: str, limit: int) -> bytes:
    """The body before ``Content-Encoding``, at most ``limit`` bytes.

    Raises TooLarge, without having inflated more than that; NotReadable for what is no gzip, or cut off; Unsupported
    for another encoding.
    """
    name = encoding.strip().lower()
    if name in ("gzip", "x-gzip"):
        body = _inflated(body, limit)
    elif name not in ("", "identity"):
        raise Unsupported("the Content-Encoding may be gzip, or none")
    if len(body) > limit:
        raise TooLarge(limit)
    return body


def _inflated(body: bytes, limit: int) -> bytes:
    """Of up to MEMBERS members, one after another (RFC 1952, section 2.2)."""
    found, rest = b"", body
    for _ in range(MEMBERS):
        inflater = zlib.decompressobj(GZIP)
        try:
            found += inflater.decompress(rest, limit + 1 - len(found))
        except zlib.error:
            raise NotReadable("not gzip, though its Content-Encoding says so") from None
        if len(found) > limit:
            raise TooLarge(limit)
        if not inflater.eof:
            raise NotReadable("a gzip body that is cut off")
        rest = inflater.unused_data
        if not rest:
            return found
    raise NotReadable(f"a gzip body of more than {MEMBERS} members")

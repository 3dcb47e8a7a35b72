"""Bodies of requests as they were before they were compressed, never more than is allowed of them. Pure."""

from __future__ import annotations

import zlib

from translator.errors import NotReadable, TooLarge, Unsupported

GZIP = 16 + zlib.MAX_WBITS


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
    """Of one gzip member, which is what Segment's SDKs send."""
    inflater = zlib.decompressobj(GZIP)
    try:
        found = inflater.decompress(body, limit + 1)
    except zlib.error:
        raise NotReadable("not gzip, though its Content-Encoding says so") from None
    if len(found) > limit:
        raise TooLarge(limit)
    if not inflater.eof or inflater.unused_data:
        raise NotReadable("a gzip body that is cut off, or has something behind its end")
    return found

"""Whose calls the tracking API takes: a write key names its source; without configured keys, this machine only. Pure.

The key is the user name of HTTP Basic authentication, or ``writeKey`` in the body; Segment's SDKs send both
(segment-analytics-python 2.4, analytics-node 3.1, analytics-next 1.84; read 2026-11-25). Write keys are public: they
stand in web pages.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping

from translator.errors import BadSignature
from translator.receive.credentials import Sender, is_loopback
from translator.settings.values import OPEN_SOURCE, Settings


def basic_key(headers: Mapping[str, str]) -> str | None:
    """The user name of HTTP Basic authentication, or None where there is no such header; names in lower case.

    Raises BadSignature for a header that is another kind, or unreadable.
    """
    given = headers.get("authorization")
    if given is None:
        return None
    kind, _, text = given.partition(" ")
    try:
        user = base64.b64decode(text.strip(), validate=True).decode("utf-8").partition(":")[0]
    except (binascii.Error, UnicodeDecodeError, ValueError):
        user = ""
    if kind.lower() != "basic" or not user:
        raise BadSignature("key_unreadable")
    return user


def source_of(sender: Sender, in_header: str | None, in_body: object, settings: Settings) -> str:
    """The source that a request's key stands for. ``in_body``: what the body has as ``writeKey``.

    Raises BadSignature with the reason: key_missing, key_unknown, keys_differ, key_unreadable or not_loopback.
    """
    if in_body is not None and not isinstance(in_body, str):
        raise BadSignature("key_unreadable")
    if in_header and in_body and in_header != in_body:
        raise BadSignature("keys_differ")
    keys = settings.segment.write_keys
    if not keys:
        if not is_loopback(sender, settings):
            raise BadSignature("not_loopback")
        return OPEN_SOURCE
    key = in_header or in_body
    if not key:
        raise BadSignature("key_missing")
    if key not in keys:
        raise BadSignature("key_unknown")
    return keys[key]


def may_load(sender: Sender, key: str, settings: Settings) -> bool:
    """Whether a page may have the settings of a key's source."""
    keys = settings.segment.write_keys
    return key in keys if keys else is_loopback(sender, settings)

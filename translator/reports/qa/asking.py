"""What a running sandbox says when it is asked, by HTTP: the only part of QA that does."""

from __future__ import annotations

import urllib.error
import urllib.request
from http.client import HTTPException
from typing import Any
from urllib.parse import urlencode

import msgspec
from msgspec import Struct

from translator.errors import TranslatorError

MOST_BYTES = 256 * 1024 * 1024
LOOKED_AT = 1000
"""Of the kept records of an event, the newest, in which examples are looked for."""


class SandboxUnreadable(TranslatorError):
    """There is no sandbox, or it does not say what is asked; the message says which."""


class Group(Struct):
    """A group of the sandbox."""

    group_type: str
    group_value: str
    group_properties: dict[str, Any]


class Event(Struct):
    """An event type; ``groups``: group type to how many of them were in one."""

    event_type: str
    count: int
    groups: dict[str, int]


class GroupType(Struct):
    """A group type: records by which users joined, events that had it themselves."""

    group_type: str
    joins: int
    events: int


class Totals(Struct):
    """``GET /api/totals``."""

    records: int
    first_kept: int
    drops: dict[str, int]
    projects: list[str]
    groups: list[Group]
    events: list[Event]
    other_events: int
    group_types: list[GroupType]


class Body(Struct):
    """What is wanted of a record's body."""

    insert_id: Any = None


class Record(Struct):
    """What is wanted of a record of ``GET /api/events``."""

    groups_in_force: dict[str, Any]
    body: Body


def totals_of(base: str, timeout: float) -> Totals:
    """Everything, counted. Raises SandboxUnreadable."""
    found: Totals = _get(f"{base}/api/totals", Totals, timeout)
    return found


def records_of(base: str, event_type: str, timeout: float) -> list[Record]:
    """The newest records of an event type that it still has. Raises SandboxUnreadable."""
    query = urlencode({"event_type": event_type, "kind": "event", "limit": LOOKED_AT})
    found: list[Record] = _get(f"{base}/api/events?{query}", list[Record], timeout)
    return found


def _get(url: str, kind: type[Any], timeout: float) -> Any:
    """What is at an address. Raises SandboxUnreadable."""
    if not url.startswith(("http://", "https://")):
        raise SandboxUnreadable(f"{url!r} must begin with http:// or https://")
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:  # noqa: S310  checked above
            content = response.read(MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise SandboxUnreadable(f"{url} answered {error.code}: it is no sandbox of this version") from None
    except (OSError, HTTPException, ValueError) as error:
        raise SandboxUnreadable(f"{url} does not answer: {getattr(error, 'reason', error)}") from None
    if len(content) > MOST_BYTES:
        raise SandboxUnreadable(f"{url} says more than {MOST_BYTES // 1024**2} MB")
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise SandboxUnreadable(f"{url} is no sandbox of this version: {error}") from None

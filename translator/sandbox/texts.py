"""Values as text for pages: addresses, times, numbers, JSON."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import orjson

LONGEST_JSON = 20_000
SHORT = 80
_PLAIN = re.compile(r"[\w@:+~-][\w.@:+~-]*", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def user_path(key: str) -> str:
    """The page of a user. A key that a browser or a path could change travels as a parameter."""
    return f"/users/{quote(key)}" if _PLAIN.fullmatch(key) else "/user?" + urlencode({"key": key})


def group_path(kind: str, value: Any) -> str:
    """The page of a group, likewise."""
    if _PLAIN.fullmatch(kind) and _PLAIN.fullmatch(str(value)):
        return f"/groups/{quote(kind)}/{quote(str(value))}"
    return "/group?" + urlencode({"type": kind, "value": str(value)})


def values_of(groups: dict[str, Any]) -> list[tuple[str, str]]:
    """Groups as pairs of type and value."""
    return [
        (kind, str(one)) for kind, value in groups.items() for one in (value if isinstance(value, list) else [value])
    ]


def pretty(value: Any) -> str:
    """JSON for people, cut where it is very long."""
    text = orjson.dumps(value, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS).decode()
    return (
        text if len(text) <= LONGEST_JSON else f"{text[:LONGEST_JSON]}\n… {len(text) - LONGEST_JSON:,} more characters"
    )


def inline(value: Any) -> str:
    """Text as it is, other values as JSON: on one line, where they fit."""
    text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    return text if len(text) <= SHORT or isinstance(value, str) else pretty(value)


def short(value: Any) -> str:
    """A value on one line."""
    text = value if isinstance(value, str) else orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    return text if len(text) <= SHORT else text[:SHORT] + "…"


def iso(milliseconds: int) -> str:
    """A time for machines; empty where no calendar reaches."""
    moment = _moment(milliseconds)
    return "" if moment is None else moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def utc(milliseconds: int) -> str:
    """A time in full."""
    moment = _moment(milliseconds)
    return f"{milliseconds} ms" if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}.{milliseconds % 1000:03} UTC"


def clock(milliseconds: int) -> str:
    """A time for a narrow column."""
    moment = _moment(milliseconds)
    return f"{milliseconds} ms" if moment is None else f"{moment:%m-%d %H:%M:%S} UTC"


def number(value: int) -> str:
    """A number with its thousands apart."""
    return f"{value:,}"


def _moment(milliseconds: int) -> datetime | None:
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None

"""What may be asked of ``POST /api/behaviour``: all is checked before any of it counts."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import orjson

LONGEST_SECONDS = 120.0
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x21-\x7e\xa1-\xff](?:[\t\x20-\x7e\xa0-\xff]*[\x21-\x7e\xa1-\xff])?")


def behaviour_fault(asked: dict[str, Any]) -> str | None:
    """What is wrong with a behaviour that is asked for, or None."""
    odd = asked.keys() - CHECKS.keys()
    if odd:
        return f"unknown: {', '.join(sorted(odd))}; there are: {', '.join(sorted(CHECKS))}, clear, settings"
    return next((f"{name} must be {CHECKS[name][1]}" for name in asked if not CHECKS[name][0](asked[name])), None)


def settings_fault(settings: dict[str, Any]) -> str | None:
    """What is wrong with settings that are asked for, or None; throttled users are checked where they are kept."""
    odd = settings.keys() - SETTINGS
    if odd:
        return f"unknown settings: {', '.join(sorted(odd))}; there are: {', '.join(sorted(SETTINGS))}"
    refused = settings.get("refuse", {})
    if not isinstance(refused, dict) or not all(_is_int(one) and 400 <= one <= 599 for one in refused.values()):
        return "refuse must be an object of insert id to status, from 400 to 599"
    if not _is_bool(settings.get("group_identify_needs_ids", False)):
        return "group_identify_needs_ids must be true or false"
    return _taxonomy_fault(settings.get("taxonomy", {}))


def _taxonomy_fault(asked: Any) -> str | None:
    if not isinstance(asked, dict) or asked.keys() - TAXONOMY.keys():
        return f"taxonomy must be an object; there are: {', '.join(sorted(TAXONOMY))}"
    return next(
        (f"taxonomy.{name} must be {TAXONOMY[name][1]}" for name in asked if not TAXONOMY[name][0](asked[name])), None
    )


def _is_int(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_bool(value: Any) -> bool:
    return isinstance(value, bool)


def _is_seconds(value: Any) -> bool:
    return (_is_int(value) or isinstance(value, float)) and 0 <= value <= LONGEST_SECONDS


def _are_headers(value: Any) -> bool:
    return isinstance(value, dict) and all(
        _NAME.fullmatch(name) and isinstance(text, str) and _VALUE.fullmatch(text) for name, text in value.items()
    )


def _can_be_shown(value: Any) -> bool:
    try:
        orjson.dumps([{"in the log": [value]}])
    except orjson.JSONEncodeError:
        return False
    return True


CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "next": (lambda value: _is_int(value) and value >= 1, "a whole number, 1 or more"),
    "path": (lambda value: isinstance(value, str), "text: the beginning of a path"),
    "status": (lambda value: _is_int(value) and 200 <= value <= 599, "a whole number from 200 to 599"),
    "body": (_can_be_shown, "an object or text that is not nested deeper than 250 layers"),
    "headers": (_are_headers, "an object of header names to texts, without line ends or blanks around them"),
    "delay_seconds": (_is_seconds, f"a number from 0 to {LONGEST_SECONDS:g}"),
    "hang": (_is_bool, "true or false"),
    "close": (_is_bool, "true or false"),
    "ingest": (_is_bool, "true or false"),
}
"""Of each field of a ``Behaviour``: whether a value is good, and what it may be."""

TAXONOMY: dict[str, tuple[Callable[[Any], bool], str]] = {
    "available": (_is_bool, "true or false"),
    "cost": (lambda value: _is_int(value) and value >= 0, "a whole number, 0 or more"),
    "seconds": (lambda value: (_is_int(value) or isinstance(value, float)) and value > 0, "a number above 0"),
    "own": (lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value), "a list of names"),
}
"""Of each key of the setting ``taxonomy``: whether a value is good, and what it may be."""

SETTINGS = frozenset({"refuse", "throttle_users", "group_identify_needs_ids", "taxonomy"})

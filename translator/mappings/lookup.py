"""What stands at a path of a message, as Segment's mappings look it up. Pure.

Dots and brackets part the keys; a parent that is false, 0, "" or null is itself the result (segment-actions.md section
9). An array's and a text's ``length`` are there, negative indexes and wildcards are not.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from translator.mappings.javascript import ABSENT, length, truthy

MAX_KEPT = 256
"""Characters of a path whose keys are kept: a mapping may read a path from a call, which may be of 32 KB."""

_KEY = re.compile(r"[^.\[\]]+")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


def at(value: Any, path: str) -> Any:
    """What is found, or ABSENT. The empty path, and ``.``, are the value itself."""
    if path in ("", "."):
        return value
    keys = _keys(path) if len(path) <= MAX_KEPT else _keys.__wrapped__(path)
    if not keys:
        return ABSENT
    for key in keys:
        if type(value) is dict:  # nearly always
            value = value.get(key, ABSENT)
        elif truthy(value):
            value = _property(value, key)
        else:
            return value
    return value


def without_root(path: str) -> str:
    """A path without the first ``$.`` in it."""
    return path.replace("$.", "", 1)


@lru_cache(maxsize=1024)
def _keys(path: str) -> tuple[str, ...]:
    return tuple(_unquoted(key) for key in _KEY.findall(path))


def _unquoted(key: str) -> str:
    return key[1:-1] if len(key) > 1 and key[0] == key[-1] and key[0] in "\"'" else key


def _property(value: Any, key: str) -> Any:
    if isinstance(value, dict):
        return value.get(key, ABSENT)
    if not isinstance(value, (list, str)):
        return ABSENT
    if key == "length":
        return length(value) if isinstance(value, str) else len(value)
    return value[int(key)] if _INDEX.fullmatch(key) and int(key) < len(value) else ABSENT

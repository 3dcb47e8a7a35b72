"""Reading a call by path, and its scalars as Segment's destination coerces them. Pure.

A part of a path that is not an object (or an array, for a number) makes the whole path absent (differences 19).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from translator.jsontext import text_of


@lru_cache(maxsize=1024)
def split(path: str) -> tuple[str, ...]:
    """The parts of ``context.device.id`` or ``$.context.device.id``."""
    return tuple(path.removeprefix("$.").split("."))


def at(value: Any, path: str) -> Any:
    """What stands at a path of dots, array indexes included (``traits.companies.0.id``), or None."""
    for part in split(path):
        if type(value) is dict:
            if (value := value.get(part)) is None:
                return None
        elif isinstance(value, list) and part.isdecimal() and int(part[:6]) < len(value):
            value = value[int(part)]
        else:
            return None
    return value


def first(value: Any, paths: tuple[str, ...]) -> Any:
    """The first value that is there, of several paths, or None."""
    return next((found for path in paths if present(found := at(value, path))), None)


def present(value: object) -> bool:
    """Whether a value says something: not null, "", [] or {}; 0 and false do (differences 14)."""
    return isinstance(value, (bool, int, float)) or bool(value)


def scalar(value: Any) -> Any:
    """A scalar, or the one scalar of an array of one (segment-actions.md section 8); anything else is None."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return None if isinstance(value, (dict, list)) else value


def text(value: Any) -> str | None:
    """A scalar as text, or None where there is none or it is empty."""
    if isinstance(value, str) or value is None:  # nearly always
        return value or None
    value = scalar(value)
    return None if value is None or value == "" else text_of(value)


def mapping(value: Any) -> dict[str, Any]:
    """An object, or an empty one where there is none."""
    return value if isinstance(value, dict) else {}

"""JSON text in and out, strictly and without losing digits. Pure.

In: bytes. Out: what they mean, or NotJson. Never here: any idea of what a message is.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Callable, Iterable
from typing import Any

import msgspec
import orjson

from translator.errors import NotJson

MAX_LEVELS = 254
"""Of a value that is written: as many as orjson writes, however deep the caller stands. Amplitude keeps 40
(amplitude-api.md section 2.1.3)."""

_read = msgspec.json.Decoder().decode
"""As quick as orjson's, and integers beyond 64 bits keep their digits, which orjson reads as floats (msgspec 0.22)."""

MOST_DIGITS = 1000
"""Of an integer. More in a row have one at one of the places MOST_DIGITS, 2 * MOST_DIGITS + 1, and so on, of the text,
so that a look there tells of nearly all texts that they have none."""

MOST_READ = 1024
"""Levels of a value that is read: as many as orjson reads."""

_READS_DEEP = sys.version_info >= (3, 12)
"""Whether msgspec may read ten thousand levels: since Python 3.12 C code has a limit of its own, far beyond 1,000."""

_DIGITS = frozenset(b"0123456789")
_LONG_NUMBER = re.compile(rb"[0-9]{19}")
"""May be more than a 64 bit integer holds."""

_CONSTANT = re.compile(rb"NaN|Infinity")
_SURROGATE = re.compile("[\ud800-\udfff]")
_TOKEN = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},]', re.DOTALL)
_BLANK = b" \t\n\r"


def loads(text: bytes, *, nan_is_null: bool = False) -> Any:
    """The value of a JSON text. Integers of any size keep all their digits; of a repeated key the last counts.

    A lone surrogate escape (half of an emoji, left by a careless cut) becomes U+FFFD, a number beyond a double becomes
    None, as JavaScript's JSON.stringify would have written it.

    Raises NotJson for anything else that RFC 8259 does not allow, NaN, invalid UTF-8 and nesting beyond about 900
    levels included. ``nan_is_null``: NaN and the infinities, which Python's json writes bare, become None.
    """
    if (
        len(text) <= MOST_DIGITS
        or _DIGITS.isdisjoint(text[MOST_DIGITS :: MOST_DIGITS + 1])
        or not _has_long_number(text)
    ):
        try:
            if _READS_DEEP and text.count(b"[") + text.count(b"{") > MOST_READ:
                orjson.loads(text)  # says no where it is deeper
            return _read(text)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            pass
    return _loads_unusual(text, nan_is_null)


def _has_long_number(text: bytes) -> bool:
    """Whether a number may have more than MOST_DIGITS: half as many before or behind one of the places are digits."""
    half = MOST_DIGITS // 2
    for place in range(MOST_DIGITS, len(text), MOST_DIGITS + 1):
        if text[place] in _DIGITS and (
            text[place - half : place + 1].isdigit() or text[place : place + half + 1].isdigit()
        ):
            return True
    return False


def _loads_unusual(text: bytes, nan_is_null: bool) -> Any:
    """What is not read at once: no JSON, which orjson says best; or what JavaScript lets pass; or deep."""
    if not _LONG_NUMBER.search(text):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            is_constant = nan_is_null and _CONSTANT.search(text)
            if "surrogate" not in str(error) and "infinity" not in str(error) and not is_constant:
                raise NotJson(f"not JSON: {error}") from None
    return _loads_carefully(text, _null if nan_is_null else _refuse_constant)


def _loads_carefully(text: bytes, of_constant: Callable[[str], Any]) -> Any:
    try:
        # orjson stops at 1,024 levels; Python's own parser at its recursion limit: both are refused the same way
        value = json.loads(text.decode("utf-8"), parse_constant=of_constant, parse_float=_finite, parse_int=_integer)
        return without_surrogates(value)
    except (ValueError, RecursionError) as error:
        said = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise NotJson(f"not JSON: {said[:200]}") from None


def _null(name: str) -> None:
    return None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a JSON number")


def _finite(digits: str) -> float | None:
    value = float(digits)
    return value if abs(value) != float("inf") else None


def _integer(digits: str) -> int:
    if len(digits.removeprefix("-")) > MOST_DIGITS:
        raise ValueError("a number of more than 1,000 digits")
    return int(digits)


def without_surrogates(value: Any) -> Any:
    """A value of JSON with U+FFFD in the place of each half of a character that stands alone, which UTF-8 has not."""
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {without_surrogates(key): without_surrogates(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_surrogates(item) for item in value]
    return value


def dumps(value: Any) -> bytes:
    """The compact UTF-8 JSON text of a value. NaN and the infinities become null, as JavaScript writes them.

    Raises NotJson for a value of more than MAX_LEVELS levels.
    """
    try:
        return orjson.dumps(value)
    except TypeError:  # an integer of more than 64 bits, or more than 254 levels
        _check_levels(value)
        return json.dumps(_without_nan(value), ensure_ascii=False, separators=(",", ":")).encode("utf-8")


def _without_nan(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    return [_without_nan(item) for item in value] if isinstance(value, list) else value


def _check_levels(value: Any) -> None:
    if _is_deeper(value, MAX_LEVELS):
        raise NotJson(f"nested too deeply: more than {MAX_LEVELS} levels")


def _is_deeper(value: Any, levels: int) -> bool:
    """Whether objects and arrays stand in each other more than so many levels deep."""
    layer = _containers([value])
    for _ in range(levels):
        layer = _containers(item for one in layer for item in (one.values() if isinstance(one, dict) else one))
    return bool(layer)


def _containers(items: Iterable[Any]) -> list[dict[str, Any] | list[Any]]:
    return [item for item in items if isinstance(item, (dict, list))]


def first_element(text: bytes) -> bytes | None:
    """The bytes of an array's first element as they stand in the text, without blanks around; None where there is none.

    The text need not be JSON: this only finds where the element ends, by counting brackets outside strings. Segment
    signs these bytes (reference: segment-actions.md section 11.3, 2026-08-21).
    """
    start = len(text) - len(text.lstrip(_BLANK))
    if text[start : start + 1] != b"[":
        return None
    depth = 0
    for token in _TOKEN.finditer(text, start + 1):
        mark = token.group()
        if mark in b"[{":
            depth += 1
        elif depth and mark in b"]}":
            depth -= 1
        elif mark in b",]}" and depth == 0:
            return text[start + 1 : token.start()].strip(_BLANK) or None
    return None


def escaped(text: str) -> bytes:
    """A text as it stands in JSON that is ASCII only, as Python writes it, without its quotes."""
    return json.dumps(text)[1:-1].encode("ascii")


def canonical(value: Any) -> bytes:
    """The JSON text of a value with its keys sorted: the same for equal values.

    Raises NotJson for a value of more than MAX_LEVELS levels.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # an integer of more than 64 bits, or more than 254 levels
        _check_levels(value)
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode("utf-8")


def text_of(value: object) -> str:
    """A scalar as JavaScript prints it, since Segment's libraries and destinations do: 12.0 is "12", true is "true"."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return str(value)

"""Liquid's filters, by name. Pure. Raises MappingError for one that is not known, or that Segment turned off."""

from __future__ import annotations

import hashlib
import html
import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, unquote_plus

from translator.errors import MappingError
from translator.mappings.javascript import is_number, text
from translator.times import EPOCH, millis

OFF = frozenset(
    {
        "array_to_sentence_string", "concat", "find", "find_exp", "find_index", "find_index_exp", "group_by",
        "group_by_exp", "has", "has_exp", "map", "newline_to_br", "reject", "reject_exp", "reverse", "sort",
        "sort_natural", "uniq", "where_exp", "type",
    }
)  # fmt: skip
"""Filters that Segment turned off."""

MAX_TEXT = 1_000_000
"""Characters that a filter may make: what ``replace`` and ``append`` put together could be without bound."""

EXACT = 2**53
"""Beyond this a result is a double, as all numbers are in JavaScript: no number can grow without bound."""


def filtered(name: str, value: Any, given: list[Any]) -> Any:
    """What a filter makes of a value (None: nil)."""
    if name in OFF:
        raise MappingError(f'filter "{name}" is disabled')
    if name not in FILTERS:
        raise MappingError(f'filter "{name}" is not known here')
    least, most, run = FILTERS[name]
    if not least <= len(given) <= most:
        raise MappingError(f'filter "{name}" takes from {least} to {most} arguments')
    try:
        found = run(value, *given)
    except (ArithmeticError, ValueError) as error:  # infinity, NaN, an integer beyond a double: 1e300 | round: 15
        raise MappingError(f'filter "{name}": {error}') from None
    if isinstance(found, str) and len(found) > MAX_TEXT:
        raise MappingError(f"liquid: more than {MAX_TEXT} characters come out")
    return found


def number(value: Any) -> int | float:
    """A value as a number; 0 for what is none."""
    if is_number(value):
        return value
    try:
        found = float(value) if isinstance(value, str) and len(value) < 100 else 0.0
    except ValueError:
        return 0
    if not math.isfinite(found):
        return 0
    return int(found) if found.is_integer() else found


def _calculated(of: Callable[[float, float], float]) -> Callable[..., Any]:
    def run(value: Any, by: Any) -> int | float:
        try:
            found = of(number(value), number(by))
        except (ZeroDivisionError, OverflowError):
            return float("nan")
        if isinstance(found, int):
            return found if abs(found) <= EXACT else float(found) if abs(found) < 10**300 else float("inf")
        return int(found) if found.is_integer() and abs(found) <= EXACT else found

    return run


def _divided(value: float, by: float) -> float:
    if by == 0:
        return math.nan
    return value // by if isinstance(value, int) and isinstance(by, int) and value % by == 0 else value / by


def _rounded(value: Any, places: Any = 0) -> int | float:
    found, digits = number(value), max(0, min(int(number(places)), 15))
    if not math.isfinite(found):
        return found
    result = math.floor(found * 10**digits + 0.5) / 10**digits
    return int(result) if result.is_integer() else result


def _whole(of: Callable[[float], int]) -> Callable[[Any], Any]:
    def run(value: Any) -> int | float:
        found = number(value)
        return of(found) if math.isfinite(found) else found

    return run


def _default(value: Any, other: Any) -> Any:
    return other if value is None or value is False or value in ("", []) else value


def _size(value: Any) -> int:
    return len(value) if isinstance(value, (str, list)) else 0


def _item(index: int) -> Callable[[Any], Any]:
    return lambda value: value[index] if isinstance(value, (str, list)) and value else ""


def _split(value: Any, by: Any) -> list[str]:
    separator = text(by)
    found = text(value).split(separator) if separator else list(text(value))
    while found and not found[-1]:
        found.pop()
    return found


def _join(value: Any, by: Any = " ") -> str:
    if not isinstance(value, list):
        return text(value)
    parts, separator = [text(item) for item in value], text(by)
    _fitting(sum(map(len, parts)) + len(parts) * len(separator))
    return separator.join(parts)


def _fitting(size: int) -> None:
    """Raises MappingError for more characters than a filter may make, before they are made."""
    if size > 2 * MAX_TEXT:
        raise MappingError(f"liquid: more than {MAX_TEXT} characters come out")


def _replaced(value: Any, what: Any, by: Any = "") -> str:
    whole, old, new = text(value), text(what), text(by)
    if not old:
        return whole
    _fitting(len(whole) + whole.count(old) * len(new))
    return whole.replace(old, new)


def _slice(value: Any, start: Any, count: Any = 1) -> Any:
    whole = value if isinstance(value, list) else text(value)
    begin = int(number(start))
    begin = max(0, begin + len(whole)) if begin < 0 else begin
    return whole[begin : begin + max(0, int(number(count)))]


def _truncated(value: Any, count: Any = 50, end: Any = "...") -> str:
    whole, most, tail = text(value), int(number(count)), text(end)
    return whole if len(whole) <= most else whole[: max(0, most - len(tail))] + tail


def _date(value: Any, shape: Any) -> Any:
    """By strftime's names, in UTC. The present day is nothing that a mapping may know: a redrive would differ."""
    if value in ("now", "today"):
        raise MappingError(f'filter "date": {value!r} is not known here: a call must become the same at any time')
    moment = millis(value)
    if moment is None:
        return value
    try:
        return _strftime(EPOCH + timedelta(milliseconds=moment), text(shape))
    except OverflowError:
        return value


def _strftime(moment: datetime, shape: str) -> str:
    parts = {
        "Y": f"{moment.year}", "y": f"{moment:%y}", "m": f"{moment:%m}", "d": f"{moment:%d}", "e": f"{moment.day:2}",
        "H": f"{moment:%H}", "I": f"{moment:%I}", "M": f"{moment:%M}", "S": f"{moment:%S}", "p": f"{moment:%p}",
        "L": f"{moment.microsecond // 1000:03}", "B": f"{moment:%B}", "b": f"{moment:%b}", "A": f"{moment:%A}",
        "a": f"{moment:%a}", "j": f"{moment:%j}", "s": str(int(moment.timestamp())), "z": "+0000",
        "F": f"{moment:%Y-%m-%d}",
        "T": f"{moment:%H:%M:%S}", "%": "%",
    }  # fmt: skip
    first, *rest = shape.split("%")
    found, pending = [first], False
    for piece in rest:
        if pending:  # the second sign of %%
            found.append(f"%{piece}")
            pending = False
        elif not piece:
            pending = True
        elif piece[0] in parts:
            found.append(parts[piece[0]] + piece[1:])
        else:
            raise MappingError(f'filter "date": %{piece[0]} is not known here')
    return "".join(found)


def _text(of: Callable[[str], str]) -> Callable[[Any], str]:
    return lambda value: of(text(value))


def _hashed(name: str) -> Callable[[Any], str]:
    return lambda value: hashlib.new(name, text(value).encode("utf-8", "replace")).hexdigest()


FILTERS: Mapping[str, tuple[int, int, Callable[..., Any]]] = {
    "upcase": (0, 0, _text(str.upper)),
    "downcase": (0, 0, _text(str.lower)),
    "capitalize": (0, 0, _text(lambda value: value[:1].upper() + value[1:].lower())),
    "strip": (0, 0, _text(str.strip)),
    "lstrip": (0, 0, _text(str.lstrip)),
    "rstrip": (0, 0, _text(str.rstrip)),
    "strip_newlines": (0, 0, _text(lambda value: value.replace("\r", "").replace("\n", ""))),
    "append": (1, 1, lambda value, more: text(value) + text(more)),
    "prepend": (1, 1, lambda value, more: text(more) + text(value)),
    "replace": (1, 2, _replaced),
    "replace_first": (1, 2, lambda value, what, by="": text(value).replace(text(what), text(by), 1)),
    "remove": (1, 1, _replaced),
    "remove_first": (1, 1, lambda value, what: text(value).replace(text(what), "", 1)),
    "slice": (1, 2, _slice),
    "truncate": (0, 2, _truncated),
    "split": (1, 1, _split),
    "join": (0, 1, _join),
    "first": (0, 0, _item(0)),
    "last": (0, 0, _item(-1)),
    "size": (0, 0, _size),
    "default": (1, 1, _default),
    "escape": (0, 0, _text(lambda value: html.escape(value).replace("&#x27;", "&#39;"))),
    "url_encode": (0, 0, _text(quote_plus)),
    "url_decode": (0, 0, _text(unquote_plus)),
    "plus": (1, 1, _calculated(lambda value, by: value + by)),
    "minus": (1, 1, _calculated(lambda value, by: value - by)),
    "times": (1, 1, _calculated(lambda value, by: value * by)),
    "divided_by": (1, 1, _calculated(_divided)),
    "modulo": (1, 1, _calculated(math.fmod)),
    "abs": (0, 0, lambda value: abs(number(value))),
    "at_least": (1, 1, lambda value, other: max(number(value), number(other))),
    "at_most": (1, 1, lambda value, other: min(number(value), number(other))),
    "round": (0, 1, _rounded),
    "ceil": (0, 0, _whole(math.ceil)),
    "floor": (0, 0, _whole(math.floor)),
    "date": (1, 1, _date),
    "sha1": (0, 0, _hashed("sha1")),
    "sha256": (0, 0, _hashed("sha256")),
    "md5": (0, 0, _hashed("md5")),
}
"""Name to the fewest and most arguments, and the function."""

"""What JavaScript thinks of a JSON value, as far as mappings show it: absence, truth, types and text. Pure.

Not copied: the prototypes' properties, and texts counted in halves of an emoji.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypeGuard

from translator.errors import MappingError


class Absent(Enum):
    """The type of ABSENT."""

    ABSENT = "absent"


ABSENT: Final = Absent.ABSENT
"""JavaScript's undefined: what a path does not find. None is its null."""

MAX_LEVELS = 100
"""Of a value that is flattened or made text; a call with more is nothing that people send."""

MAX_SIZE = 1_000_000
"""Values and characters, keys' too, together, of what a mapping makes, and of what it makes on its way: one that takes
its own result twice, again and again, would be without bound. A call has 32 KB."""

_NAMES = {bool: "boolean", int: "number", float: "number", str: "string", dict: "object", list: "array"}


def kind(value: Any) -> str:
    """The name of a value's type, in Segment's words."""
    if value is ABSENT:
        return "undefined"
    return "null" if value is None else _NAMES.get(type(value), "object")


def is_number(value: Any) -> TypeGuard[int | float]:
    """Whether a value is a number; a boolean is none."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def truthy(value: Any) -> bool:
    """Whether a value counts as true: objects and arrays do, empty ones too."""
    if isinstance(value, (dict, list)):
        return True
    return value is not ABSENT and value == value and bool(value)


def is_blank(value: Any) -> bool:
    """Whether a value is null or absent, or loosely equal to "": 0, false and empty arrays are."""
    if value is None or value is ABSENT or value == "" or value is False:
        return True
    if isinstance(value, str):
        return False
    if isinstance(value, list):
        return text(value) == ""
    return is_number(value) and value == 0


def text(value: Any, levels: int = MAX_LEVELS) -> str:
    """A value as text; null and absent have none. Raises MappingError for arrays too deep in each other."""
    if value is None or value is ABSENT:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        if levels <= 0:
            raise MappingError(f"arrays more than {MAX_LEVELS} levels deep have no text")
        return ",".join([text(item, levels - 1) for item in value])
    return "[object Object]" if isinstance(value, dict) else number_text(value)


def number_text(value: int | float) -> str:
    """A number as JavaScript prints it; of an integer all digits are kept (differences 16)."""
    if isinstance(value, int):
        return str(value)
    if value != value or value in (float("inf"), float("-inf")):
        return {"inf": "Infinity", "-inf": "-Infinity"}.get(str(value), "NaN")
    if value == 0:
        return "0"
    sign, digits, exponent = Decimal(repr(value)).as_tuple()
    shown = "".join(map(str, digits)).rstrip("0")
    point = len(digits) + int(exponent)
    minus = "-" if sign else ""
    if -6 < point <= 0:
        return f"{minus}0.{'0' * -point}{shown}"
    if 0 < point <= 21:
        fraction = f".{shown[point:]}" if len(shown) > point else ""
        return f"{minus}{shown[:point].ljust(point, '0')}{fraction}"
    rest = f".{shown[1:]}" if shown[1:] else ""
    return f"{minus}{shown[0]}{rest}e{point - 1:+d}"


def entries(value: Any) -> Iterator[tuple[str, Any]]:
    """The own properties of a value, as spreading it copies them: of a text its characters, of a number none."""
    if isinstance(value, dict):
        yield from value.items()
    elif isinstance(value, (list, str)):
        yield from ((str(index), item) for index, item in enumerate(value))


def length(value: str) -> int:
    """A text's length as JavaScript counts it: an emoji is two."""
    return len(value.encode("utf-16-le", "surrogatepass")) // 2

"""Money and counts as people write them → numbers, where they are clearly one (differences 4 and 23). Pure."""

from __future__ import annotations

import math
import re
from typing import Any

from translator.translate.paths import scalar

_HEX = re.compile(r"0[xX][0-9a-fA-F]{1,15}")
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_MONEY = re.compile(
    r"(?P<sign>[+-]?)\s*(?:[A-Z]{3}|[$€£¥₹]|US\$)?\s*(?P<minus>-?)(?P<digits>\d[\d.,' ]*)\s*(?:[A-Z]{3}|[$€£¥₹])?"
)
_ENGLISH = re.compile(r"(\d{1,3}(?:[,' ]\d{3})+|\d+)(\.\d+)?")
_CONTINENTAL = re.compile(r"(\d{1,3}(?:[.' ]\d{3})+|\d+),(\d{1,2})")
_THOUSANDS_OR_NOT = re.compile(r"[1-9]\d{0,2}\.\d{3}")
"""With a currency: thousands to one half of the world, thousandths to the other."""


def amount(value: Any) -> float | int | None:
    """The number that a value clearly is, or None: 19.99, "19.99", "1e3", "$19.99", "1,299.00", "19,99 €", true (1).

    "1,299" and "1.299 €" could each be either of two numbers and are none; so are "free", NaN and anything that is not
    finite.
    """
    if value is None or type(value) is int:  # nearly always
        return value
    value = scalar(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str):
        value = _of_text(value.strip())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (int, float)) else None


def whole(value: Any) -> int | None:
    """The whole number that a value clearly is, or None."""
    found = amount(value)
    return int(found) if found is not None and found == int(found) else None


def _of_text(text: str) -> float | int | None:
    if len(text) > 100:
        return None
    if _HEX.fullmatch(text):
        return int(text, 16)
    if _PLAIN.fullmatch(text):
        return _number(text)
    money = _MONEY.fullmatch(text)
    if not money:
        return None
    digits = _digits(money["digits"].strip())
    sign = "-" if "-" in money["sign"] + money["minus"] else ""
    return None if digits is None else _number(sign + digits)


def _digits(text: str) -> str | None:
    if found := _CONTINENTAL.fullmatch(text):
        return re.sub(r"\D", "", found[1]) + "." + found[2]
    found = _ENGLISH.fullmatch(text)
    if _THOUSANDS_OR_NOT.fullmatch(text):
        return None
    if not found or ("," in text and "." not in text and text.count(",") == 1 and not found[2]):
        return None
    return re.sub(r"\D", "", found[1]) + (found[2] or "")


def _number(text: str) -> float | int:
    return int(text) if re.fullmatch(r"[+-]?\d+", text) else float(text)

"""Names and values of a plan in a workbook's cells, where blanks around them are lost and a list has one a line. Pure.

A text that would not come back as it is stands there as a JSON string, in double quotes.
"""

from __future__ import annotations

import json
import re

_LOST = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]")
"""Characters that a cell, or a line of it, cannot hold."""


def as_cell(text: str) -> str:
    """A text as it stands in a cell."""
    is_plain = text == text.strip() and not _is_quoted(text) and not _LOST.search(text)
    return text if is_plain else json.dumps(text)


def of_cell(text: str) -> str:
    """The text that a cell means; quotes that are no JSON string are its own."""
    if not _is_quoted(text):
        return text
    try:
        return str(json.loads(text))
    except ValueError:
        return text


def _is_quoted(text: str) -> bool:
    return len(text) > 1 and text[0] == text[-1] == '"'

"""Values and names as people read them: short, and without anything that would do something to a terminal. Pure."""

from __future__ import annotations

import re
from typing import Any

from translator import jsontext
from translator.errors import NotJson

MOST_VALUE = 120
"""Characters of a value."""

MOST_NAME = 160
"""Characters of a path, and of a messageId."""

MOST_KEY = 60
"""Characters of one key in a path."""

PLAIN = re.compile(r"[^\s.\"\\\x00-\x1f\x7f-\x9f]+")
CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def value_text(value: Any) -> str:
    """A value as JSON text, whole."""
    try:
        return jsontext.dumps(value).decode("utf-8")
    except NotJson:
        return "(nested too deeply)"


def short(text: str, most: int = MOST_VALUE) -> str:
    """A text cut to so many characters, with control characters and marks of direction written out."""
    cut = text if len(text) <= most else f"{text[: most - 1]}…"
    return CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", cut)


def key_text(key: str) -> str:
    """A key as it stands in a path: with quotes where it has a dot or a blank in it."""
    if len(key) > MOST_KEY:
        key = f"{key[: MOST_KEY - 1]}…"
    return key if PLAIN.fullmatch(key) else value_text(key)

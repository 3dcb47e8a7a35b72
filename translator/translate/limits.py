"""What Amplitude drops or truncates in silence, we clip or drop ourselves and note it. What it refuses aloud, it may.

Each limit with its source (reference: amplitude-api.md; amplitude-docs 6e7e48e, 2026-03-13).
"""

from __future__ import annotations

from string import ascii_letters, digits
from typing import Any

from translator.translate.notes import Notes

MAX_TEXT = 1024
"""Characters of a text; the server truncates (section 2.1.3, "string values")."""

MAX_DEPTH = 40
"""Layers in event_properties and user_properties (section 2.1.3, "depth")."""

MAX_GROUP_VALUES = 10
"""Group values of one event, all types together (section 4.2)."""

INVALID_IDS = frozenset(
    {
        "anonymous", "nil", "none", "null", "n/a", "na", "undefined", "unknown", "",
        "00000000-0000-0000-0000-000000000000", "{}", "lmy47d", "0", "-1",
    }
)  # fmt: skip
"""Ids that Amplitude answers with 400 (section 5.4). Its docs do not say whether case counts; a user met ``Anonymous``
(Amplitude-TypeScript issue 350), so case and blanks around are ignored here, the safe side (2026-11-24)."""

_SURE_ENDS = frozenset(ascii_letters + digits) - {end for one in INVALID_IDS for end in one[-1:] + one[-1:].upper()}
"""Characters that no invalid id ends with, and most ids do: to look at one is quicker than at a whole id."""

PSEUDO_EVENTS = ("$identify", "$groupidentify")
"""Event types that Amplitude takes for something else than events (section 2.1.2)."""

RESERVED_PREFIX = "[Amplitude] "
"""Names of Amplitude's own events begin so (section 2.1.2, "Reserved event names"): not to be sent by others."""

_NUMBERS = frozenset({int, float, bool})
_DROPPED = object()


def is_refused_id(text: str) -> bool:
    """Whether Amplitude refuses an id."""
    return text[-1:] not in _SURE_ENDS and text.strip().lower() in INVALID_IDS


def clip(value: str, path: str, notes: Notes) -> str:
    """A text of at most MAX_TEXT characters."""
    if len(value) <= MAX_TEXT:
        return value
    notes.add("string_limit", path, f"clipped from {len(value)} to {MAX_TEXT} characters")
    return value[:MAX_TEXT]


def clean(properties: dict[str, Any], path: str, notes: Notes, depth: int = 1) -> dict[str, Any]:
    """Properties as Amplitude keeps them: no nulls, no arrays in arrays, texts and depth within limits. ``depth``: the
    layer that they are."""
    for item in properties.values():
        if len(item) > MAX_TEXT if type(item) is str else type(item) not in _NUMBERS:
            break
    else:  # nearly always: there is nothing to do
        return dict(properties)
    kept = {}
    for key, item in properties.items():
        kind = type(item)
        if len(item) <= MAX_TEXT if kind is str else kind in _NUMBERS:
            kept[key] = item
        elif item is None:
            notes.add("null_property", f"{path}.{key}")
        elif (item := _value(item, f"{path}.{key}", depth, notes)) is not _DROPPED:
            kept[key] = item
    return kept


def _value(value: Any, path: str, depth: int, notes: Notes) -> Any:
    if isinstance(value, str):
        return clip(value, path, notes)
    if not isinstance(value, (dict, list)):
        return value
    if depth >= MAX_DEPTH:
        notes.add("depth_limit", path)
        return _DROPPED
    if isinstance(value, dict):
        return clean(value, path, notes, depth + 1)
    return _array(value, path, depth + 1, notes)


def _array(value: list[Any], path: str, depth: int, notes: Notes) -> list[Any]:
    kept = []
    for index, item in enumerate(value):
        if isinstance(item, list):
            notes.add("nested_array", f"{path}.{index}")
        elif (item := _value(item, f"{path}.{index}", depth, notes)) is not _DROPPED:
            kept.append(item)
    return kept

"""Group types and values as text, and how many of them a record may have. Pure.

Only absent, null, "", [] and {} are missing; 0 and false are values (differences 14). Several values make the user
join each (differences 13).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from translator.jsontext import text_of
from translator.translate.limits import MAX_GROUP_VALUES, clip
from translator.translate.notes import Notes
from translator.translate.paths import present

Values = str | list[str]


def group_type(value: Any, path: str, notes: Notes) -> str | None:
    """A group type: text, or a number or boolean as text; else None, noted where there is something else."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, (dict, list)) and value:
        notes.add("group_type_unusable", path)
        return None
    return clip(text_of(value), path, notes) if present(value) else None


def group_values(value: Any, path: str, notes: Notes) -> tuple[str, ...]:
    """Group values without repetition: of a scalar one, of an array each scalar in it; () where there is none."""
    listed = value if isinstance(value, list) else [value] if present(value) else []
    usable = [item for item in listed if present(item) and not isinstance(item, (dict, list))]
    if len(usable) < len(listed):
        notes.add("group_value_unusable", path)
    found = tuple(dict.fromkeys(clip(text_of(item), path, notes) for item in usable))
    if any(not one.strip() for one in found):
        notes.add("group_value_blank", path)
    return found


def limited(groups: Iterable[tuple[str, Values]], notes: Notes) -> dict[str, Values]:
    """At most MAX_GROUP_VALUES values of all types together, in order; Amplitude drops the rest in silence."""
    kept: dict[str, Values] = {}
    room = MAX_GROUP_VALUES
    for name, value in groups:
        values = [value] if isinstance(value, str) else value
        fitting = values[:room]
        room -= len(fitting)
        if len(fitting) < len(values):
            cut = f"{len(values) - len(fitting)} of {len(values)} values cut"
            notes.add("group_values_limit", f"groups.{name}", cut)
        if fitting:
            kept[name] = fitting[0] if len(fitting) == 1 else fitting
    return kept

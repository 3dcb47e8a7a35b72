"""``@template``: ``{{path}}`` in a text becomes what stands there. Pure, in one pass however many braces there are."""

from __future__ import annotations

from typing import Any

from translator.errors import MappingError
from translator.mappings.javascript import MAX_SIZE, text
from translator.mappings.lookup import at


def rendered(template: str, payload: Any) -> str:
    """The text. Two and three braces are the same; what is no placeholder stays. Raises MappingError."""
    parts: list[str] = []
    place, size = 0, 0
    while (start := template.find("{{", place)) >= 0:
        end = template.find("}", start)
        if end < 0:
            break
        braces = _braces(template, start, end)
        if not braces:
            parts.append(template[place : end + 1])
            place = end + 1
            continue
        found = text(at(payload, template[start + braces : end].strip()))
        size += len(found)
        if size > MAX_SIZE:
            raise MappingError(f"@template makes more than {MAX_SIZE} characters")
        parts += (template[place:start], found)
        place = end + braces
    return "".join(parts) + template[place:]


def _braces(template: str, start: int, end: int) -> int:
    """How many braces a placeholder from ``start``, whose first closing brace is at ``end``, has; 0: it is none."""
    for count in (3, 2):
        if end - start > count and template.startswith("{" * count, start) and template.startswith("}" * count, end):
            return count
    return 0

"""What a mapping made, without what is absent, and within bounds. Pure."""

from __future__ import annotations

from typing import Any

from translator.errors import MappingError
from translator.mappings.javascript import ABSENT, MAX_SIZE

MAX_LEVELS = 80
"""As many as a mapping is resolved in, and some; what is deeper is a message's own, and has nothing absent."""


def present(value: Any) -> Any:
    """A copy without what is absent; in arrays that is null. Raises MappingError for more than MAX_SIZE."""
    return _Copy().of(value, MAX_LEVELS)


class _Copy:
    def __init__(self) -> None:
        self.left = MAX_SIZE

    def of(self, value: Any, levels: int) -> Any:
        self.left -= 1 + (len(value) if isinstance(value, str) else 0)
        if self.left < 0:
            raise MappingError(f"makes more than {MAX_SIZE} values and characters")
        if levels <= 0:
            return value
        if isinstance(value, dict):
            self.left -= sum(map(len, value))
            return {key: self.of(item, levels - 1) for key, item in value.items() if item is not ABSENT}
        if isinstance(value, list):
            return [None if item is ABSENT else self.of(item, levels - 1) for item in value]
        return value

"""Files that hold something of calls: readable by their owner only."""

from __future__ import annotations

import os


def write_private(path: str, text: str) -> None:
    """Write a text into a new file, or in place of what is in one. Raises OSError."""
    place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(place, "w", encoding="utf-8", errors="replace") as file:
        if file.seekable():
            os.fchmod(place, 0o600)
        file.write(text)

"""Files that hold something of calls: readable by their owner only."""

from __future__ import annotations

import os
from pathlib import Path


def write_private(path: str | Path, data: bytes) -> None:
    """Write into a new file, or in place of what is in one. Raises OSError."""
    place = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(place, "wb") as file:
        if file.seekable():
            os.fchmod(place, 0o600)
        file.write(data)

"""A place for objects: names with slashes, each written whole. What a disk and a bucket have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol


class Store(Protocol):
    """``said``: where it is, for people, without secrets. All of it raises ArchiveUnavailable."""

    said: str

    def put(self, name: str, data: bytes) -> None:
        """Write an object: whole and durable when it returns, else not there at all or (a connection that was lost)
        perhaps."""

    def get(self, name: str) -> bytes | None:
        """An object, or None where there is none."""

    def delete(self, name: str) -> None:
        """See that there is no such object."""

    def names(self, prefix: str) -> Iterator[tuple[str, int]]:
        """The objects whose names begin with a prefix (which ends with a slash), and their bytes; in any order."""

    def tidy(self) -> None:
        """Remove what writes that were killed have left."""

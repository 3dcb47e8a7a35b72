"""An archive in a folder. What is written is on the disk, under its name or not at all; readable by its owner only."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from translator.errors import ArchiveUnavailable

INCOMING = "incoming"
"""Where files are written before they get their names."""

LEFT_SECONDS = 3600
"""After so long nobody writes a file any more."""


class Disk:
    """See stores.Store. ``folder``: is made where there is none."""

    def __init__(self, folder: str) -> None:
        self.said = folder
        self._root = Path(folder)

    def put(self, name: str, data: bytes) -> None:
        """See Store."""
        path, fresh = self._root / name, self._root / INCOMING / uuid.uuid4().hex
        with _named(self.said):
            _folder(path.parent)
            _folder(fresh.parent)
            try:
                _write(fresh, data)
                fresh.replace(path)
            except OSError:
                fresh.unlink(missing_ok=True)
                raise
            _sync(path.parent)

    def get(self, name: str) -> bytes | None:
        """See Store."""
        with _named(self.said):
            try:
                return (self._root / name).read_bytes()
            except FileNotFoundError:
                return None

    def delete(self, name: str) -> None:
        """See Store."""
        path = self._root / name
        with _named(self.said):
            try:
                path.unlink()
            except FileNotFoundError:
                return
            _sync(path.parent)
        with suppress(OSError):
            path.parent.rmdir()  # a day of which nothing is left

    def names(self, prefix: str) -> Iterator[tuple[str, int]]:
        """See Store."""
        with _named(self.said):
            for folder, _, files in os.walk(self._root / prefix, onerror=_raise):
                for file in files:
                    path = Path(folder, file)
                    with suppress(FileNotFoundError):
                        yield path.relative_to(self._root).as_posix(), path.stat().st_size

    def tidy(self) -> None:
        """See Store."""
        with _named(self.said), suppress(FileNotFoundError):
            for left in list((self._root / INCOMING).iterdir()):
                if left.stat().st_mtime < time.time() - LEFT_SECONDS:
                    left.unlink(missing_ok=True)


def _write(path: Path, data: bytes) -> None:
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _folder(path: Path) -> None:
    """Make a folder and those above it, each durable."""
    if path.is_dir():
        return
    _folder(path.parent)
    with suppress(FileExistsError):
        path.mkdir(0o700)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    """Make durable which names a folder has (fsync(2): a new file's entry needs a sync of its own)."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _raise(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


@contextmanager
def _named(place: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArchiveUnavailable(f"{place}: {error.strerror}") from error

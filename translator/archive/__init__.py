"""Keeps every call, beside the journal and for longer: JSON lines or Parquet by day, on a disk or in a bucket.

Comes in: the journal's calls, in order; people who are to be forgotten. Goes out: objects of some thousand calls each,
and the calls again, for a replay. Never here: a call that the journal may lose before it is written whole, a name that
is used twice, a secret in a message, an idea of Amplitude.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote

from translator.archive.names import JOURNALS, Name
from translator.archive.objects import calls_of, names, subjects_of
from translator.archive.reading import read
from translator.archive.stores import Store
from translator.errors import ArchiveDamaged, ArchiveUnavailable
from translator.journal import Journal
from translator.settings.values import ArchiveSettings
from translator.sights import Kept

if TYPE_CHECKING:
    from translator.archive.writing import Archivist

__all__ = ["Archive", "Name", "open_archive"]


@dataclass(frozen=True)
class Archive:
    """An archive. Nothing is opened before it is used. All of it raises ArchiveError."""

    store: Store
    settings: ArchiveSettings

    @property
    def said(self) -> str:
        """Where it is, for people, without secrets."""
        return self.store.said

    def archivist(self, journal: Journal) -> Archivist:
        """Who writes it."""
        from translator.archive.writing import Archivist

        return Archivist(journal, self.store, self.settings)

    def objects(self) -> Iterator[tuple[Name, int]]:
        """All objects and their bytes, in any order."""
        return names(self.store)

    def read(self, since: int | None = None, until: int | None = None) -> Iterator[Kept]:
        """The calls received from ``since`` up to but not including ``until`` (ms since the epoch), in order of
        arrival."""
        return read(self.store, since, until)

    def see(self, journal: Journal) -> None:
        """See that something is here where the journal has archived. Raises ArchiveUnavailable: a disk that is not
        mounted would be read as one without calls."""
        archived = journal.archived()
        if archived is not None and archived.calls and next(self.store.names(JOURNALS), None) is None:
            raise ArchiveUnavailable(
                f"{self.said}: has nothing of what this journal has archived so far: is the disk mounted, and "
                "archive.url right?"
            )

    def check(self) -> None:
        """Prove that it can be written, read and deleted now."""
        name, data = f"check/{secrets.token_hex(8)}", secrets.token_bytes(16)
        self.store.put(name, data)
        found = self.store.get(name)
        self.store.delete(name)
        if found != data:
            raise ArchiveUnavailable(f"{self.said}: what was written cannot be read")

    def verify(self, name: Name) -> None:
        """Read an object, and see that it is what its name says. Raises ArchiveDamaged."""
        found = calls_of(self.store, name)
        if found is None:
            raise ArchiveDamaged(f"{name.path}: is not there")
        calls = list(found)
        numbers = [int(one.id) for one in calls]
        if len(numbers) != name.count or numbers != sorted(set(numbers)):
            raise ArchiveDamaged(f"{name.path}: has {len(numbers)} calls, or they are not in order")
        if numbers and not name.first <= numbers[0] <= numbers[-1] <= name.last:
            raise ArchiveDamaged(f"{name.path}: has calls of other numbers")
        theirs = self.store.get(name.subjects)
        if theirs is None:
            raise ArchiveDamaged(f"{name.subjects}: is not there; to forget somebody, all of the calls are read")
        if theirs != subjects_of(calls):
            raise ArchiveDamaged(f"{name.subjects}: says other people than the calls: delete it, and all are read")


def open_archive(settings: ArchiveSettings) -> Archive | None:
    """The archive that is configured, or None. Raises SettingsError where a package is missing that it needs."""
    if settings.url is None:
        return None
    if settings.format == "parquet":
        from translator.archive import columns

        columns.check()
    return Archive(_store(settings.url, settings), settings)


def _store(url: str, settings: ArchiveSettings) -> Store:
    if url.startswith("s3://"):
        from translator.archive.bucket import Bucket

        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        return Bucket(bucket, prefix.strip("/"), settings)
    from translator.archive.disk import Disk

    return Disk(unquote(url.removeprefix("file://")))

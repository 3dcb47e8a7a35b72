"""Objects of the archive: made of calls, and read again as what their names say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from translator.archive import columns, lines, subjects
from translator.archive.names import CALLS, Name, day_of, digest_of, nonce, parsed
from translator.archive.stores import Store
from translator.errors import ArchiveDamaged
from translator.settings.values import ArchiveFormat
from translator.sights import Kept, mark_of

SUFFIXES: dict[ArchiveFormat, str] = {"jsonl": "jsonl.gz", "parquet": "parquet"}


@dataclass(frozen=True, slots=True)
class Made:
    """An object to be written: ``data`` under its name, and beside it whose calls it has."""

    name: Name
    data: bytes
    subjects: bytes


def made(calls: Sequence[Kept], identity: str, first: int, last: int, form: ArchiveFormat) -> list[Made]:
    """Objects for the calls of some numbers, in order: one for each day."""
    by_day = sorted(calls, key=lambda one: day_of(one.received_at))
    return [
        _made(list(group), day, identity, first, last, form)
        for day, group in groupby(by_day, lambda one: day_of(one.received_at))
    ]


def _made(calls: list[Kept], day: str, identity: str, first: int, last: int, form: ArchiveFormat) -> Made:
    data = columns.encoded(calls) if form == "parquet" else lines.encoded(calls)
    name = Name(day, identity, first, last, len(calls), digest_of(data), nonce(), SUFFIXES[form])
    return Made(name, data, subjects_of(calls))


def subjects_of(calls: Iterable[Kept]) -> bytes:
    """What says whose calls these are."""
    return subjects.encoded({mark_of(one) for one in {call.subject for call in calls}})


def put(store: Store, one: Made) -> None:
    """Write an object. What says whose calls it has comes first, so that no calls are there without."""
    store.put(one.name.subjects, one.subjects)
    store.put(one.name.path, one.data)


def delete(store: Store, name: Name) -> None:
    """Delete an object; what says whose calls it has goes last."""
    store.delete(name.path)
    store.delete(name.subjects)


def names(store: Store) -> Iterator[tuple[Name, int]]:
    """All objects and their bytes, in any order; what is none of the archive's is passed over."""
    for path, size in store.names(CALLS):
        if name := parsed(path):
            yield name, size


def calls_of(store: Store, name: Name) -> Iterator[Kept] | None:
    """The calls of an object, in order; None where there is no such object (any more). Raises ArchiveDamaged."""
    data = store.get(name.path)
    if data is None:
        return None
    if digest_of(data) != name.digest:
        raise ArchiveDamaged(f"{name.path}: is damaged: its bytes are not those that its name says")
    return _told(name, columns.decoded(data) if name.suffix == "parquet" else lines.decoded(data))


def _told(name: Name, calls: Iterator[Kept]) -> Iterator[Kept]:
    try:
        yield from calls
    except ArchiveDamaged as error:
        raise ArchiveDamaged(f"{name.path}: {error}") from None

"""The calls of an archive in order of arrival, an object or two at a time in memory."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from itertools import groupby

from translator.archive.names import Name, day_of
from translator.archive.objects import calls_of, names
from translator.archive.stores import Store
from translator.sights import Kept

NEVER = 2**62


def read(store: Store, since: int | None = None, until: int | None = None) -> Iterator[Kept]:
    """The calls received from ``since`` up to but not including ``until`` (ms since the epoch).

    First those of the oldest journal, each journal's in the order of their numbers. A call that is there twice for a
    moment (its object is being replaced, or a machine lost power while one was written) is read once. Raises
    ArchiveError.
    """
    first, last = since or 0, NEVER if until is None else until
    days = (day_of(first), "9999" if until is None else day_of(max(0, last - 1)))
    found = sorted(_key(name) for name, _ in names(store) if days[0] <= name.day <= days[1])
    identity, newest = "", 0
    for (journal, _, _), group in groupby(found, lambda key: key[:3]):
        if journal != identity:
            identity, newest = journal, 0
        for call in _merged(store, [key[3] for key in group]):
            number = int(call.id)
            if number > newest:
                newest = number
                if first <= call.received_at < last:
                    yield call


def _key(name: Name) -> tuple[str, int, int, Name]:
    return name.identity, name.first, name.last, name


def _merged(store: Store, group: list[Name]) -> Iterator[Kept]:
    """The calls of objects with the same numbers: of several days, or of one that is being replaced."""
    return heapq.merge(*(_calls(store, name) for name in group), key=lambda call: int(call.id))


def _calls(store: Store, name: Name) -> Iterator[Kept]:
    found = calls_of(store, name)
    if found is not None:
        yield from found
        return
    # it was replaced since the names were read: by one of the same numbers and day, or nobody's calls are left
    after = [one for one, _ in names(store) if one.day == name.day and _key(one)[:3] == _key(name)[:3]]
    for one in after:
        yield from calls_of(store, one) or ()

"""What is done for the archive beside delivery: write what the journal has, take out who is to be forgotten, let go of
what is old. One process at a time, by a lease of the journal.

Nothing is deleted in the journal that is not here, and nothing here that the journal has not noted first: see
translator/journal/archiving.py.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress

from translator.archive import subjects
from translator.archive.names import JOURNALS, Name, day_of, parsed
from translator.archive.objects import Made, calls_of, delete, made, names, put
from translator.archive.stores import Store
from translator.errors import ArchiveError, ArchiveUnavailable, JournalError
from translator.journal import Journal
from translator.observe import emit
from translator.parcels import ArchiveLease, Erasure
from translator.settings.values import ArchiveFormat, ArchiveSettings
from translator.sights import Kept, mark_of

LEASE_SECONDS = 300.0
"""Longer than a request takes with all its tries (bucket.py)."""

MOST_CALLS = 10_000
MOST_BYTES = 8 * 1024 * 1024
"""Of the JSON texts of an object's calls: some times as much is in memory while it is written."""

READ = 200
HOLD_SECONDS = 60.0
HOUR = 3600.0
DAY_MS = 24 * 60 * 60 * 1000
REST = 9
"""After all names were looked through for who is to be forgotten, nobody looks again for so many times as long: so many
who go one after another do not have it read without end."""


class Archivist:
    """Writes the archive of a journal. ``now``: ms since the epoch."""

    def __init__(
        self,
        journal: Journal,
        store: Store,
        settings: ArchiveSettings,
        now: Callable[[], int] = lambda: int(time.time() * 1000),
    ) -> None:
        self._journal = journal
        self._store = store
        self._settings = settings
        self._now = now
        self._held_at = self._expired_at = -HOUR
        self._erase_at = self._renewed_at = 0.0
        self._is_checked = False
        self._position = 0
        self._deleted: dict[str, float] = {}

    def work(
        self, *, everything: bool = False, new_place: bool = False, stopping: Callable[[], bool] = lambda: False
    ) -> bool:
        """Do what is due now; False where another process does it.

        ``everything``: also what has not waited for long. ``new_place``: what the journal archived before is elsewhere,
        and that is meant. ``stopping``: whether to end soon. Raises ArchiveError, JournalError.
        """
        if time.monotonic() - self._held_at >= HOLD_SECONDS:
            self._journal.hold()
            self._held_at = time.monotonic()
        lease = self._journal.lease_archive(LEASE_SECONDS)
        if lease is None:
            return False
        said, self._renewed_at = None, time.monotonic()
        try:
            self._see_place(lease, new_place)
            self._work(lease, everything, stopping)
        except ArchiveError as error:
            said = str(error)
            raise
        except JournalError:
            raise
        except Exception as error:  # whatever it is, people have to hear that the archive does not go on
            said = f"unexpected: {type(error).__name__}"
            raise
        finally:
            with suppress(JournalError):
                self._journal.leave_archive(lease, said)
        return True

    def _work(self, lease: ArchiveLease, everything: bool, stopping: Callable[[], bool]) -> None:
        if not self._is_checked or lease.position < self._position:  # a standby that was behind took over
            lease = self._checked(lease)
            self._is_checked = True
        self._position = lease.position
        self._take_up(lease)
        self._sweep(lease)
        while not stopping():
            before = lease.position
            lease = self._archive(lease, everything)
            self._position = lease.position
            if lease.position == before:
                break
        if not stopping():
            lease = self._erase(lease, everything, stopping)
            self._expire(lease)

    def _see_place(self, lease: ArchiveLease, new_place: bool) -> None:
        """Raises ArchiveUnavailable where what the journal has archived is not: on a disk that is not mounted, in the
        place of another url. What is written there would be hidden later, who is forgotten would stay elsewhere."""
        if self._store.get(JOURNALS + lease.identity) is not None:
            return
        if lease.position and not new_place:
            raise ArchiveUnavailable(
                f"{self._store.said}: has nothing of what this journal has archived so far: is the disk mounted, and "
                "archive.url right? If it is meant to be a new place: translator archive run --new-place"
            )
        self._mark(lease)

    def _mark(self, lease: ArchiveLease) -> None:
        self._store.put(JOURNALS + lease.identity, b"here are calls of this journal\n")

    def _take_up(self, lease: ArchiveLease) -> None:
        """Of a replacement that was not finished the old stays. Where that is gone and the new is there, the journal is
        an older copy (a backup, a standby that was behind) of one that had finished it."""
        new, old = self._journal.begun(lease)
        if new and old and self._is_there(new) and not any(self._is_there([path]) for path in old):
            self._journal.written(lease)
        elif old:
            self._journal.writing(lease, [])

    def _is_there(self, paths: Iterable[str]) -> bool:
        return all(self._store.get(path) is not None for path in paths)

    def _checked(self, lease: ArchiveLease) -> ArchiveLease:
        """Of a journal that is an older copy, the calls that come now are others than those of the same numbers."""
        gone = set(self._journal.forsaken())
        beyond = (
            name for name, _ in names(self._store) if name.identity == lease.identity and name.first > lease.position
        )
        if not any(name.path not in gone for name in beyond):
            return lease
        lease = self._journal.begin_anew(lease)
        self._mark(lease)
        return lease

    def _archive(self, lease: ArchiveLease, everything: bool) -> ArchiveLease:
        """Write an object's worth of calls, where they are due; the position has moved then."""
        horizon = self._journal.horizon()
        if horizon <= lease.position or not self._is_due(lease, horizon, everything):
            return lease
        calls, last = self._next(lease.position, horizon)
        if not calls:
            return self._journal.written(lease, last)
        objects = made(calls, lease.identity, lease.position + 1, last, self._settings.format)
        self._put(lease, objects)
        size = sum(len(one.data) for one in objects)
        lease = self._journal.written(lease, last, len(calls), size)
        emit("archived", len(calls))
        emit("archived_bytes", size)
        return lease

    def _is_due(self, lease: ArchiveLease, horizon: int, everything: bool) -> bool:
        if everything or horizon - lease.position >= MOST_CALLS:
            return True
        # not while nobody looks who is to be forgotten: so many who go one after another would make as many objects
        may_erase = time.monotonic() >= self._erase_at
        if may_erase and any(one.last > lease.position for one in self._journal.erasures()):
            return True
        oldest = self._journal.beyond(lease.position, horizon, 1)
        return not oldest or oldest[0].received_at <= self._now() - self._settings.every_minutes * 60_000

    def _next(self, position: int, horizon: int) -> tuple[list[Kept], int]:
        """The next calls, and the number up to which these are all."""
        calls: list[Kept] = []
        size = 0
        while len(calls) < MOST_CALLS and size < MOST_BYTES:
            part = self._journal.beyond(int(calls[-1].id) if calls else position, horizon, READ)
            calls += part
            size += sum(len(one.body) for one in part)
            if len(part) < READ:
                return calls, horizon
        return calls, int(calls[-1].id)

    def _put(self, lease: ArchiveLease, objects: Collection[Made], instead: Iterable[Name] = ()) -> None:
        self._journal.writing(lease, [one.name.path for one in objects], [one.path for one in instead])
        for one in objects:
            lease = self._renewed(lease)
            put(self._store, one)

    def _sweep(self, lease: ArchiveLease) -> None:
        """Delete what is forsaken; again each hour, for what may come late."""
        at = time.monotonic()
        due = [path for path in self._journal.forsaken() if self._deleted.get(path, -HOUR) <= at - HOUR]
        for path in due:
            if name := parsed(path):
                delete(self._store, name)
            self._deleted[path] = at
        if due:
            self._journal.let_go(lease, due)
        self._deleted = {path: when for path, when in self._deleted.items() if when > at - 30 * HOUR}

    def _erase(self, lease: ArchiveLease, everything: bool, stopping: Callable[[], bool]) -> ArchiveLease:
        """Take out the calls of those who are to be forgotten, once all that they had sent until then is here."""
        asked = [one for one in self._journal.erasures() if one.last <= lease.position]
        began = time.monotonic()
        if not asked or (began < self._erase_at and not everything):
            return lease
        ends = _ends(asked)
        gone = set(self._journal.forsaken())
        for name, _ in list(names(self._store)):
            if stopping():
                return lease
            theirs = self._store.get(name.subjects)
            if name.path not in gone and (theirs is None or subjects.any_of(theirs, ends)):
                self._rewrite(lease, name, ends)
            lease = self._renewed(lease)
        self._sweep(lease)
        self._journal.erased(lease, asked)
        self._erase_at = time.monotonic() + REST * (time.monotonic() - began)
        return lease

    def _renewed(self, lease: ArchiveLease) -> ArchiveLease:
        if time.monotonic() - self._renewed_at < LEASE_SECONDS / 5:
            return lease
        self._renewed_at = time.monotonic()
        return self._journal.renew_archive(lease, LEASE_SECONDS)

    def _rewrite(self, lease: ArchiveLease, name: Name, ends: Mapping[str, int]) -> None:
        """An object without the calls of some: a new one in its place. ``ends``: by hash, the last that goes."""
        found = calls_of(self._store, name)
        calls = list(found or ())
        if name.identity != lease.identity:  # of a journal before this one: all of them are older
            ends = dict.fromkeys(ends, 2**62)
        left = [one for one in calls if int(one.id) > ends.get(mark_of(one.subject), -1)]
        if len(left) == len(calls):
            return
        form: ArchiveFormat = "parquet" if name.suffix == "parquet" else "jsonl"
        objects = made(left, name.identity, name.first, name.last, form)
        self._put(lease, objects, [name])
        self._journal.written(lease)
        emit("archive_erased", len(calls) - len(left))

    def _expire(self, lease: ArchiveLease) -> None:
        """Delete days that were kept long enough, and what killed writes left; looked for once an hour."""
        if time.monotonic() - self._expired_at < HOUR:
            return
        self._store.tidy()
        if self._settings.keep_days:
            before = day_of(self._now() - self._settings.keep_days * DAY_MS)
            if old := [name.path for name, _ in names(self._store) if name.day < before]:
                self._journal.forsake(lease, old)
                self._sweep(lease)
        self._expired_at = time.monotonic()


def _ends(asked: Iterable[Erasure]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in asked:
        found[one.mark] = max(one.last, found.get(one.mark, 0))
    return found

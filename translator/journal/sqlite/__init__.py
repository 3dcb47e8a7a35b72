"""The journal in a SQLite file: WAL, synchronous=FULL for accepts, group commit. Made for one machine.

Comes in: a path. Goes out: a Journal. Never here: network disks, a SQLite that is known to lose commits.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

import apsw

from translator.journal.appending import Appender
from translator.journal.contract import NOTHING
from translator.journal.jobs import Ending
from translator.journal.rows import now_ms
from translator.journal.sqlite import sharing
from translator.journal.sqlite.appending import Writer
from translator.journal.sqlite.archiving import Archives
from translator.journal.sqlite.books import Books
from translator.journal.sqlite.claiming import Claims
from translator.journal.sqlite.database import Database, has_checksums
from translator.journal.sqlite.jobs import JobTable
from translator.journal.sqlite.keeping import Keeping
from translator.journal.sqlite.looking import Looks
from translator.journal.sqlite.noting import Notes
from translator.journal.sqlite.purging import purge
from translator.parcels import (
    Answered,
    Archived,
    ArchiveLease,
    Call,
    Counts,
    DeadLetter,
    Erasure,
    JobLease,
    JobSeen,
    Json,
    Lease,
    Receipt,
    Refusal,
    Verdict,
)
from translator.settings.values import JournalSettings
from translator.sights import Fate, Kept, Reason, SeenKind, Sent, Sighting, Span, Tried, Wait


class SqliteJournal:
    """See translator.journal.contract.Journal. ``now``: the clock, ms since the epoch."""

    dedupes = True

    def __init__(self, path: str, settings: JournalSettings, now: Callable[[], int] = now_ms) -> None:
        self._path = path
        self._accepting = Database(path, "FULL")
        self._working = Database(path, "NORMAL")
        self._appender = Appender(Writer(self._accepting, settings.keep_refused).commit, settings.wait_seconds)
        self._claims = Claims(self._working, now)
        self._books = Books(self._working)
        self._keeping = Keeping(self._working, now)
        self._pages = Database(path, "NORMAL")
        self._looks = Looks(self._pages, now)
        self._notes = Notes(self._pages, self._working, now)
        self._archives = Archives(self._pages, self._accepting, now)
        self._jobs = JobTable(self._pages, self._accepting, now)

    @property
    def commits(self) -> int:
        """How many transactions this process has made for appends."""
        return self._appender.commits

    def attach(self, destinations: Mapping[str, str], *, only_add: bool = False) -> tuple[str, ...]:
        """See Journal."""
        return self._keeping.attach(destinations, only_add)

    def append(self, calls: Sequence[Call], refusals: Sequence[Refusal] = (), answered: int = 0) -> list[Receipt]:
        """See Journal."""
        return self._appender.append(calls, refusals, answered)

    def claim(self, destination: str, limit: int, seconds: float) -> Lease | None:
        """See Journal."""
        return self._claims.claim(destination, limit, seconds)

    def renew(self, lease: Lease, seconds: float) -> Lease:
        """See Journal."""
        return self._claims.renew(lease, seconds)

    def posting(self, lease: Lease, api: str, calls: Collection[str], configuration: str) -> int:
        """See Journal."""
        return self._claims.posting(lease, api, calls, configuration)

    def recall(self, destination: str, keys: Iterable[str]) -> dict[str, Json]:
        """See Journal."""
        return sharing.recall(self._working, destination, keys)

    def settle(
        self,
        lease: Lease,
        verdicts: Mapping[str, Verdict],
        remember: Mapping[str, Json | None],
        share: Mapping[str, Json] = NOTHING,
        answers: Collection[Answered] = (),
    ) -> None:
        """See Journal."""
        self._claims.settle(lease, verdicts, remember, share, answers)

    def break_circuit(self, destination: str, said: str | None) -> None:
        """See Journal."""
        self._keeping.break_circuit(destination, said)

    def dead(
        self,
        destination: str | None = None,
        why: str | None = None,
        limit: int = 100,
        ids: Sequence[str] | None = None,
        below: str | None = None,
    ) -> list[DeadLetter]:
        """See Journal."""
        return self._books.dead(destination, why, limit, ids, below)

    def letters(self, destination: str | None = None, why: str | None = None) -> Iterator[DeadLetter]:
        """See Journal."""
        return self._books.letters(destination, why)

    def redrive(self, ids: Sequence[str], *, afresh: bool = False) -> int:
        """See Journal."""
        return self._books.redrive(ids, afresh)

    def drop(self, ids: Sequence[str]) -> int:
        """See Journal."""
        return self._books.drop(ids)

    def read(self, since: int | None = None, until: int | None = None) -> Iterator[Call]:
        """See Journal."""
        return self._books.read(since, until)

    def counts(self) -> Counts:
        """See Journal."""
        return self._books.counts()

    def rename(self, old: str, new: str) -> None:
        """See Journal."""
        self._keeping.rename(old, new)

    def forget(self, destination: str) -> int:
        """See Journal."""
        return self._keeping.forget(destination)

    def purge(self, subject: str, keep: str = "") -> int:
        """See Journal."""
        return purge(self._working, subject, keep)

    def beat(self, host: str, pid: int, destinations: Collection[str] = ()) -> None:
        """See Journal."""
        self._keeping.beat(host, pid, destinations)

    def leave(self, host: str, pid: int) -> None:
        """See Journal."""
        self._keeping.leave(host, pid)

    def served(self) -> frozenset[str]:
        """See Journal."""
        return self._keeping.served()

    def deliveries(self) -> int:
        """See Journal."""
        return self._keeping.deliveries()

    def check(self) -> None:
        """See Journal."""
        self._keeping.check()

    def free_bytes(self) -> int:
        """See Journal."""
        return self._working.free_bytes()

    def prune(self, before: int, limit: int = 1000) -> int:
        """See Journal."""
        return self._keeping.prune(before, limit)

    def remembered(self, destination: str, subjects: Collection[str]) -> dict[str, Json]:
        """See Journal."""
        return sharing.remembered(self._working, destination, subjects)

    def remember(self, destination: str, states: Mapping[str, Json]) -> None:
        """See Journal."""
        sharing.remember(self._working, destination, states)

    def hold(self) -> None:
        """See Archiving."""
        self._archives.hold()

    def lease_archive(self, seconds: float) -> ArchiveLease | None:
        """See Archiving."""
        return self._archives.lease(seconds)

    def renew_archive(self, lease: ArchiveLease, seconds: float) -> ArchiveLease:
        """See Archiving."""
        return self._archives.renew(lease, seconds)

    def leave_archive(self, lease: ArchiveLease, said: str | None = None) -> None:
        """See Archiving."""
        self._archives.leave(lease, said)

    def horizon(self) -> int:
        """See Archiving."""
        return self._archives.horizon()

    def beyond(self, position: int, horizon: int, limit: int) -> list[Kept]:
        """See Archiving."""
        return self._archives.beyond(position, horizon, limit)

    def unarchived(self, since: int) -> Iterator[Call]:
        """See Archiving: all, each with its number."""
        return self.read(since)

    def writing(self, lease: ArchiveLease, names: Sequence[str], instead: Sequence[str] = ()) -> None:
        """See Archiving."""
        self._archives.plan(lease, names, instead)

    def begun(self, lease: ArchiveLease) -> tuple[list[str], list[str]]:
        """See Archiving."""
        return self._archives.begun(lease)

    def written(self, lease: ArchiveLease, position: int | None = None, calls: int = 0, size: int = 0) -> ArchiveLease:
        """See Archiving."""
        return self._archives.written(lease, position, calls, size)

    def forsake(self, lease: ArchiveLease, names: Collection[str]) -> None:
        """See Archiving."""
        self._archives.forsake(lease, names)

    def forsaken(self) -> list[str]:
        """See Archiving."""
        return self._archives.forsaken()

    def let_go(self, lease: ArchiveLease, names: Collection[str]) -> None:
        """See Archiving."""
        self._archives.let_go(lease, names)

    def erasures(self) -> list[Erasure]:
        """See Archiving."""
        return self._archives.erasures()

    def erased(self, lease: ArchiveLease, erasures: Collection[Erasure]) -> None:
        """See Archiving."""
        self._archives.erased(lease, erasures)

    def begin_anew(self, lease: ArchiveLease) -> ArchiveLease:
        """See Archiving."""
        return self._archives.begin_anew(lease)

    def archived(self) -> Archived | None:
        """See Archiving."""
        return self._archives.archived()

    def know_job(self, name: str, due: int) -> None:
        """See Jobs."""
        self._jobs.know(name, due)

    def lease_job(self, name: str, due: int, seconds: float, *, is_part: bool = False) -> JobLease | None:
        """See Jobs."""
        return self._jobs.lease(name, due, seconds, is_part)

    def renew_job(self, lease: JobLease, seconds: float) -> JobLease:
        """See Jobs."""
        return self._jobs.renew(lease, seconds)

    def end_job(self, lease: JobLease, said: str, how: Ending = "done") -> None:
        """See Jobs."""
        self._jobs.end(lease, said, how)

    def jobs(self) -> list[JobSeen]:
        """See Jobs."""
        return self._jobs.seen()

    def keep_states(self, lease: JobLease, states: Mapping[str, Json | None]) -> None:
        """See Jobs."""
        self._jobs.keep(lease, states)

    def job_states(self, name: str, keys: Collection[str]) -> dict[str, Json]:
        """See Jobs."""
        return self._jobs.states(name, keys)

    def all_job_states(self, name: str, after: str = "", limit: int = 1000) -> list[tuple[str, Json]]:
        """See Jobs."""
        return self._jobs.all(name, after, limit)

    def fade(self, before: int, limit: int = 1000) -> int:
        """See Journal."""
        return sharing.fade(self._working, before, limit)

    def newest(self, limit: int, before: str | None = None) -> list[Kept]:
        """See Looking."""
        return self._looks.newest(limit, before)

    def named(self, name: str, limit: int = 200) -> list[Kept]:
        """See Looking."""
        return self._looks.named(name, limit)

    def kept(self, call: str) -> Kept | None:
        """See Looking."""
        return self._looks.kept(call)

    def earlier(self, call: Kept, limit: int) -> list[Kept]:
        """See Looking."""
        return self._looks.earlier(call, limit)

    def fates(self, calls: Collection[str]) -> dict[str, list[Fate]]:
        """See Looking."""
        return self._looks.fates(calls)

    def sent(self, call: str) -> list[Sent]:
        """See Looking."""
        return self._looks.sent(call)

    def attempts(self, call: str) -> list[Tried]:
        """See Looking."""
        return self._looks.attempts(call)

    def reasons(self) -> list[Reason]:
        """See Looking."""
        return self._looks.reasons()

    def latest(self) -> dict[str, Sent]:
        """See Looking."""
        return self._looks.latest()

    def waits(self) -> list[Wait]:
        """See Looking."""
        return self._looks.waits()

    def note_configuration(self, destination: str, name: str, said: str) -> None:
        """See Looking."""
        self._notes.note_configuration(destination, name, said)

    def configuration(self, destination: str, name: str | None = None, at: int | None = None) -> str | None:
        """See Looking."""
        return self._notes.configuration(destination, name, at)

    def note_spans(self, spans: Collection[Span]) -> None:
        """See Looking."""
        self._notes.note_spans(spans)

    def spans(self, seconds: int, since: int) -> list[Span]:
        """See Looking."""
        return self._notes.spans(seconds, since)

    def note_seen(self, destination: str, sightings: Sequence[Sighting]) -> None:
        """See Looking."""
        self._notes.note_seen(destination, sightings)

    def seen(self, destination: str, kind: SeenKind, limit: int = 1000) -> list[Sighting]:
        """See Looking."""
        return self._notes.seen(destination, kind, limit)

    def versions(self) -> dict[str, str]:
        """See Journal."""
        return {
            "engine": "sqlite",
            "sqlite": apsw.sqlite_lib_version(),
            "apsw": apsw.apsw_version(),
            "checksums": "yes" if has_checksums() else "no",
            "path": self._path,
        }

    def close(self) -> None:
        """See Journal."""
        self._appender.close()
        self._accepting.close()
        self._working.close()
        self._pages.close()

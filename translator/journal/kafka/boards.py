"""The part of the journal that is small and shared: jobs, the archive's lease, destinations, processes, notes. Each
hands on to a subject of the board."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from translator.journal.jobs import Ending
from translator.journal.kafka.subjects import Subjects
from translator.parcels import ArchiveLease, Erasure, JobLease, JobSeen, Json
from translator.sights import SeenKind, Sighting, Span


class Boards:
    """See translator.journal.contract.Journal for each."""

    def __init__(self, subjects: Subjects) -> None:
        self._subjects = subjects

    def recall(self, destination: str, keys: Iterable[str]) -> dict[str, Json]:
        """See Journal."""
        return self._subjects.shares.recall(destination, keys)

    def break_circuit(self, destination: str, said: str | None) -> None:
        """See Journal."""
        self._subjects.destinations.break_circuit(destination, said)

    def rename(self, old: str, new: str) -> None:
        """See Journal."""
        self._subjects.destinations.rename(old, new)

    def beat(self, host: str, pid: int, destinations: Collection[str] = ()) -> None:
        """See Journal."""
        self._subjects.processes.beat(host, pid, destinations)

    def leave(self, host: str, pid: int) -> None:
        """See Journal."""
        self._subjects.processes.leave(host, pid)

    def served(self) -> frozenset[str]:
        """See Journal."""
        return self._subjects.processes.served()

    def deliveries(self) -> int:
        """See Journal."""
        return self._subjects.processes.deliveries()

    def know_job(self, name: str, due: int) -> None:
        """See Jobs."""
        self._subjects.jobs.know(name, due)

    def lease_job(self, name: str, due: int, seconds: float, *, is_part: bool = False) -> JobLease | None:
        """See Jobs."""
        return self._subjects.jobs.lease(name, due, seconds, is_part)

    def renew_job(self, lease: JobLease, seconds: float) -> JobLease:
        """See Jobs."""
        return self._subjects.jobs.renew(lease, seconds)

    def end_job(self, lease: JobLease, said: str, how: Ending = "done") -> None:
        """See Jobs."""
        self._subjects.jobs.end(lease, said, how)

    def jobs(self) -> list[JobSeen]:
        """See Jobs."""
        return self._subjects.jobs.seen()

    def keep_states(self, lease: JobLease, states: Mapping[str, Json | None]) -> None:
        """See Jobs."""
        self._subjects.jobs.keep(lease, states)

    def job_states(self, name: str, keys: Collection[str]) -> dict[str, Json]:
        """See Jobs."""
        return self._subjects.jobs.states(name, keys)

    def all_job_states(self, name: str, after: str = "", limit: int = 1000) -> list[tuple[str, Json]]:
        """See Jobs."""
        return self._subjects.jobs.all(name, after, limit)

    def hold(self) -> None:
        """See Archiving."""
        self._subjects.archives.hold()

    def lease_archive(self, seconds: float) -> ArchiveLease | None:
        """See Archiving."""
        return self._subjects.archives.lease(seconds)

    def renew_archive(self, lease: ArchiveLease, seconds: float) -> ArchiveLease:
        """See Archiving."""
        return self._subjects.archives.renew(lease, seconds)

    def leave_archive(self, lease: ArchiveLease, said: str | None = None) -> None:
        """See Archiving."""
        self._subjects.archives.leave(lease, said)

    def writing(self, lease: ArchiveLease, names: Sequence[str], instead: Sequence[str] = ()) -> None:
        """See Archiving."""
        self._subjects.archives.plan(lease, names, instead)

    def begun(self, lease: ArchiveLease) -> tuple[list[str], list[str]]:
        """See Archiving."""
        return self._subjects.archives.begun(lease)

    def written(self, lease: ArchiveLease, position: int | None = None, calls: int = 0, size: int = 0) -> ArchiveLease:
        """See Archiving."""
        return self._subjects.archives.written(lease, position, calls, size)

    def forsake(self, lease: ArchiveLease, names: Collection[str]) -> None:
        """See Archiving."""
        self._subjects.archives.forsake(lease, names)

    def forsaken(self) -> list[str]:
        """See Archiving."""
        return self._subjects.archives.forsaken()

    def let_go(self, lease: ArchiveLease, names: Collection[str]) -> None:
        """See Archiving."""
        self._subjects.archives.let_go(lease, names)

    def erasures(self) -> list[Erasure]:
        """See Archiving."""
        return self._subjects.archives.erasures()

    def erased(self, lease: ArchiveLease, erasures: Collection[Erasure]) -> None:
        """See Archiving."""
        self._subjects.archives.erased(lease, erasures)

    def begin_anew(self, lease: ArchiveLease) -> ArchiveLease:
        """See Archiving."""
        return self._subjects.archives.begin_anew(lease)

    def note_configuration(self, destination: str, name: str, said: str) -> None:
        """See Looking."""
        self._subjects.notes.note_configuration(destination, name, said)

    def configuration(self, destination: str, name: str | None = None, at: int | None = None) -> str | None:
        """See Looking."""
        return self._subjects.notes.configuration(destination, name, at)

    def note_spans(self, spans: Collection[Span]) -> None:
        """See Looking."""
        self._subjects.notes.note_spans(spans)

    def spans(self, seconds: int, since: int) -> list[Span]:
        """See Looking."""
        return self._subjects.notes.spans(seconds, since)

    def note_seen(self, destination: str, sightings: Sequence[Sighting]) -> None:
        """See Looking."""
        self._subjects.sightings.note(destination, sightings)

    def seen(self, destination: str, kind: SeenKind, limit: int = 1000) -> list[Sighting]:
        """See Looking."""
        return self._subjects.sightings.seen(destination, kind, limit)

"""What a journal does for work by the clock: one process at a time has it, and what it did is remembered for the next run."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from translator.parcels import JobLease, JobSeen, Json

RETRY_MS = 15 * 60_000
"""A run that failed, or was cut, is begun again after so long; at a restart of its host at once."""


class Jobs(Protocol):
    """The part of a journal for jobs, each known by its name. States are JSON by a key, of one job each."""

    def lease_job(self, name: str, due: int, seconds: float) -> JobLease | None:
        """Lease a job for its run of the time ``due`` (ms since the epoch).

        None while a living process has it, where its run of that time or of a later one has ended well, or where it
        failed less than RETRY_MS ago.
        """

    def renew_job(self, lease: JobLease, seconds: float) -> JobLease:
        """The same lease, ending later. Raises LeaseLost."""

    def end_job(self, lease: JobLease, said: str, *, failed: bool = False) -> None:
        """Say how the run ended. Where it ``failed`` it is still due. Does nothing where the lease was lost."""

    def jobs(self) -> list[JobSeen]:
        """All jobs that were ever begun, by name."""

    def keep_states(self, lease: JobLease, states: Mapping[str, Json | None]) -> None:
        """Remember states of the job by key, whole or not at all; None forgets one. Durable when it returns. Raises
        LeaseLost."""

    def job_states(self, name: str, keys: Collection[str]) -> dict[str, Json]:
        """The states of those keys that have one."""

    def all_job_states(self, name: str, after: str = "", limit: int = 1000) -> list[tuple[str, Json]]:
        """Keys and states of a job in the order of keys, those behind ``after``."""

"""What a journal does for work by the clock: one process at a time has it, and the next run knows what was done."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal, Protocol

from translator.errors import LeaseLost
from translator.journal.owner import Owner, lives
from translator.parcels import AHEAD_MS, RETRY_MS, JobLease, JobSeen, Json

Ending = Literal["done", "failed", "cut"]
"""How a run ended: what ``failed`` is due again after RETRY_MS, what was ``cut`` at once (see translator.clock)."""

SAID = 500
"""Characters that are kept of what a run said."""


class Jobs(Protocol):
    """The part of a journal for jobs, each known by its name. States are JSON by a key, of one job each; a key that
    begins with a destination's name and a line feed is renamed and forgotten with it."""

    def know_job(self, name: str, due: int) -> None:
        """Make a job known that was never begun, as if its run of the time ``due`` (ms since the epoch) had ended well:
        its first run is the one after. Does nothing where it is known."""

    def lease_job(self, name: str, due: int, seconds: float, *, is_part: bool = False) -> JobLease | None:
        """Lease a job for its run of the time ``due`` (ms since the epoch).

        None while a living process has it, where its run of that time has ended well or failed less than RETRY_MS ago,
        and where one of a later time was begun (of a time that is to come in more than AHEAD_MS it does not count).

        ``is_part``: for a part of the job, beside its runs: None only while a living process has it. What was due
        stays so, and how the last run ended stays to be seen; a job that is not known yet is, as by ``know_job``.
        """

    def renew_job(self, lease: JobLease, seconds: float) -> JobLease:
        """The same lease, ending later. Raises LeaseLost."""

    def end_job(self, lease: JobLease, said: str, how: Ending = "done") -> None:
        """Say how the run ended; of a part only the lease ends. Does nothing where the lease was lost."""

    def jobs(self) -> list[JobSeen]:
        """All jobs that are known, by name."""

    def keep_states(self, lease: JobLease, states: Mapping[str, Json | None]) -> None:
        """Remember states of the job by key, whole or not at all; None forgets one. Durable when it returns. Raises
        LeaseLost."""

    def job_states(self, name: str, keys: Collection[str]) -> dict[str, Json]:
        """The states of those keys that have one."""

    def all_job_states(self, name: str, after: str = "", limit: int = 1000) -> list[tuple[str, Json]]:
        """Keys and states of a job, in an order of the engine's own; those behind the key ``after``."""


PORTION = 1000

FOUND = "name, due, began_at, ended_at, said, failed, tries, token, until, host, pid, started"
"""A row of either engine."""


def tries(row: Sequence[Any] | None, due: int, now: int) -> int | None:
    """How often the run of that time has been begun when it is begun now; None where it may not. Pure but for a look at
    the process that has it."""
    if row is None:
        return 1
    _, last, _, ended_at, _, failed, count, *_ = row
    if runs(row, now) or due < last <= now + AHEAD_MS:
        return None
    if due != last:
        return 1
    if ended_at is not None and (not failed or now - ended_at < RETRY_MS):
        return None
    return int(count) + 1


def runs(row: Sequence[Any], now: int) -> bool:
    """Whether a living process has it."""
    token, until, *owner = row[7:]
    return token is not None and until >= now and lives(Owner(*owner))


def seen(row: Sequence[Any], now: int) -> JobSeen:
    """A row as people see it."""
    name, due, began_at, ended_at, said, failed, count, *_ = row
    return JobSeen(name, due, began_at, ended_at, said, bool(failed), count, runs(row, now))


def keys_of(destination: str) -> str:
    """What the keys of a destination's states begin with."""
    return f"{destination}\n"


def lost(lease: JobLease) -> LeaseLost:
    """The error of a lease that has ended."""
    return LeaseLost(f"the lease on the job {lease.name} has ended")

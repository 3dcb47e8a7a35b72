"""The journal in PostgreSQL: many web and delivery processes on many machines, whose own disks may vanish.

Comes in: a URL. Goes out: a Journal. Never here: a promise that a session keeps, a position that a late commit could
slip behind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import psycopg
from psycopg.conninfo import conninfo_to_dict

from translator.journal.appending import Appender
from translator.journal.postgres.appending import Writer
from translator.journal.postgres.archiving import Archives
from translator.journal.postgres.books import Books
from translator.journal.postgres.claiming import Claims
from translator.journal.postgres.database import Database
from translator.journal.postgres.jobs import JobTable
from translator.journal.postgres.keeping import Keeping
from translator.journal.postgres.looking import Looks
from translator.journal.postgres.noting import Notes
from translator.journal.postgres.purging import Purging
from translator.journal.postgres.settling import Settling
from translator.journal.rows import now_ms
from translator.parcels import Call, Receipt, Refusal
from translator.settings.values import JournalSettings

VERSIONS = """
SELECT current_setting('server_version'), coalesce((SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()), false),
    (SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
     WHERE relnamespace = 'translator'::regnamespace AND relkind = 'r')
"""

GATHER_SECONDS = 0.002
"""About what a group costs, be it of 1 or of 8: a round trip, processes that are woken, and a wait for the disk."""

LOCAL = ("", "localhost", "127.0.0.1", "::1")


class PostgresJournal(Claims, Settling, Books, Keeping, Purging, Looks, Notes, Archives, JobTable):
    """See translator.journal.contract.Journal. ``now``: a clock instead of the server's, for tests (ms). ``forks``: see
    Database."""

    dedupes = True

    def __init__(
        self, url: str, settings: JournalSettings, now: Callable[[], int] | None = None, *, forks: bool = False
    ) -> None:
        super().__init__(Database(url, settings.wait_seconds, forks=forks), now)
        writer = Writer(self._database, settings.keep_refused, now or now_ms)
        self._appender = Appender(writer.commit, settings.wait_seconds, GATHER_SECONDS)

    @property
    def commits(self) -> int:
        """How many transactions this process has made for appends."""
        return self._appender.commits

    def append(self, calls: Sequence[Call], refusals: Sequence[Refusal] = (), answered: int = 0) -> list[Receipt]:
        """See Journal."""
        return self._appender.append(calls, refusals, answered)

    def versions(self) -> dict[str, str]:
        """See Journal."""
        ((server, encrypted, size),) = self._database.query(VERSIONS)
        host = str(conninfo_to_dict(self._database.conninfo).get("host", ""))
        return {
            "engine": "postgresql",
            "server": server,
            "psycopg": psycopg.__version__,
            "encrypted": "yes" if encrypted else "no",
            "size": f"{size / 2**20:.0f} MB",
            "local": "yes" if host in LOCAL or host.startswith("/") else "no",
            "place": self._database.place,
        }

    def close(self) -> None:
        """See Journal."""
        self._appender.close()
        self._database.close()

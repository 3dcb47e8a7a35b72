"""Keeps calls. Comes in: calls, verdicts. Goes out: receipts, leases, dead letters, the books.

Never here: an idea of Amplitude, of HTTP, or of what a call means.
"""

from __future__ import annotations

import re

from translator.errors import SettingsError
from translator.journal.contract import Journal
from translator.journal.owner import this_host
from translator.settings.values import JournalSettings

__all__ = ["Journal", "open_journal", "this_host"]

SQLITE = "sqlite:///"
POSTGRES = ("postgresql", "postgres")
SCHEME = re.compile(r"[a-z][a-z0-9+]{0,20}")


def open_journal(settings: JournalSettings, *, forks: bool = False) -> Journal:
    """The journal at ``settings.url``. Nothing is opened yet: that happens at the first use, in each process.

    ``forks``: this process will fork while it has the journal, or after: nothing here may have a thread then, and
    nothing be appended.

    Raises SettingsError for a URL that is no journal of this version, or needs what is not installed.
    """
    if settings.url.startswith(SQLITE) and len(settings.url) > len(SQLITE):
        from translator.journal.sqlite import SqliteJournal

        return SqliteJournal(settings.url.removeprefix(SQLITE), settings)
    scheme = settings.url.partition(":")[0]
    if scheme in POSTGRES and settings.url.startswith(f"{scheme}://"):
        from translator.journal.postgres import PostgresJournal

        return PostgresJournal(settings.url, settings, forks=forks)
    if scheme == "kafka":
        from translator.journal.making import kafka_extra

        with kafka_extra():
            from translator.journal.kafka import KafkaJournal
        return KafkaJournal(settings.url, settings, forks=forks)
    named = repr(scheme) if SCHEME.fullmatch(scheme) else "this text"  # which may have a password in it
    raise SettingsError(
        f"journal.url: {named} is no journal of this version; it may be sqlite:///relative/path.db, "
        "sqlite:////absolute/path.db, postgresql://user:password@host:5432/database or kafka://host:9092,host:9092/topic"
    )

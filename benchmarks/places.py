"""The journals that are measured beside one another, each with the processes of its server: SQLite, PostgreSQL, Kafka with one
broker and with three.

The brokers run as they do in tests, with Java's first compiler only: the second one would still be compiling when ten minutes are over,
on the processors that are measured. What it makes of a broker in production is quicker.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests import postgres
from tests.kafka import cluster
from translator.journal import Journal, making, open_journal
from translator.settings.load import settings_from

ENGINES = ("sqlite", "postgresql", "kafka-1", "kafka-3")


@dataclass(frozen=True)
class Place:
    """An empty journal. ``servers``: the processes that keep it, those that they started with them. ``kafka``: what stands in
    ``[journal.kafka]``. ``folders``: of each broker's data."""

    engine: str
    url: str
    servers: tuple[int, ...] = ()
    kafka: Mapping[str, int] = field(default_factory=dict)
    folders: tuple[Path, ...] = ()

    @property
    def variables(self) -> dict[str, str]:
        """For a process that is to use it."""
        more = {f"TRANSLATOR__JOURNAL__KAFKA__{key.upper()}": str(value) for key, value in self.kafka.items()}
        return {"JOURNAL_URL": self.url, **more}

    def opened(self) -> Journal:
        """In this process."""
        table = {"url": self.url, **({"kafka": dict(self.kafka)} if self.kafka else {})}
        return open_journal(settings_from({"journal": table}).journal)

    def log_bytes(self, topic: str) -> int:
        """What all brokers together have on disk of a topic's records."""
        return sum(one.stat().st_size for folder in self.folders for one in folder.glob(f"{topic}-*/*.log"))


@contextmanager
def place(engine: str) -> Iterator[Place | None]:
    """One of :data:`ENGINES`, which is gone afterwards; None: this machine cannot run it."""
    if engine == "sqlite":
        with tempfile.TemporaryDirectory() as folder:
            yield Place(engine, f"sqlite:///{folder}/journal.db")
    elif engine == "postgresql":
        yield from _postgresql(engine)
    else:
        yield from _kafka(engine, int(engine.rpartition("-")[2]))


def _postgresql(engine: str) -> Iterator[Place | None]:
    if not postgres.binary("initdb"):
        yield None
        return
    server = postgres.Server()
    try:
        first = int((server.folder / "data" / "postmaster.pid").read_text().split()[0])
        yield Place(engine, server.url(), (first,))
    finally:
        server.close()


def _kafka(engine: str, brokers: int) -> Iterator[Place | None]:
    if cluster.lacking():
        yield None
        return
    servers = cluster.Cluster(brokers)
    try:
        kafka = {"partitions": 12, "replication": brokers, "min_insync": min(2, brokers)}
        folders = tuple(servers.folder / f"data-{broker}" for broker in servers.places)
        found = Place(engine, servers.url("scale"), tuple(map(servers.pid, servers.places)), kafka, folders)
        making.make(settings_from({"journal": {"url": found.url, "kafka": dict(kafka)}}).journal)
        yield found
    finally:
        servers.close()

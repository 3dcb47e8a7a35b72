"""The journals that this machine can measure: SQLite, and PostgreSQL where its server is installed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator

from tests import postgres


def journals() -> Iterator[tuple[str, str]]:
    """Engine and URL of an empty journal each; it is gone when the next is asked for."""
    with tempfile.TemporaryDirectory() as folder:
        yield "sqlite", f"sqlite:///{folder}/journal.db"
    if not postgres.binary("initdb"):
        return
    server = postgres.Server()
    try:
        yield "postgresql", server.url()
    finally:
        server.close()

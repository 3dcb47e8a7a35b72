"""The schema, brought up to date under a lock: of many processes that start together one does it."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from psycopg import Connection, errors

from translator.errors import JournalUnsafe

VERSION = 8
"""As many files as there are in migrations/, one for each step."""

WORKS_WITH = 1
"""The oldest program that can go on with tables of VERSION: an old and a new one run side by side in a deployment.
Raise it only where a migration takes something away."""

LOCK = 7_305_808_868_229_538_927
"""Of PostgreSQL's advisory locks, one that is ours: the bytes of "events/o"."""

TRIES = 30

FIND = """
SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'translator'),
    EXISTS (SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname = 'translator' AND relname = 'schema')
"""
"""Not by to_regclass: it remembers that there was none, and waiting for an advisory lock does not make it look again
(PostgreSQL 15, seen 2026-11-24)."""

KNOWN = "SELECT version, works_with FROM translator.schema"
MAKE = """
CREATE TABLE translator.schema (version int NOT NULL, works_with int NOT NULL);
INSERT INTO translator.schema VALUES (0, 0)
"""
NOTE = "UPDATE translator.schema SET version = %s, works_with = %s"


def migrate(connection: Connection[Any], place: str) -> None:
    """Make the tables, or bring older ones up to date. Raises JournalUnsafe where a newer program has changed them."""
    for left in reversed(range(TRIES)):
        try:
            _migrate(connection, place)
            break
        except errors.LockNotAvailable:
            if not left:
                raise


def _migrate(connection: Connection[Any], place: str) -> None:
    """Each step for itself: one that cannot have its locks now does not undo those before it."""
    while _version(connection, place) < VERSION:
        with connection.transaction():
            # short: whoever waits for a table's lock is in the way of everybody who comes after
            connection.execute("SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = 0")
            connection.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            _take_step(connection, place)


def _take_step(connection: Connection[Any], place: str) -> None:
    version = _version(connection, place)
    if version < 0:
        _make_schema(connection, place)
        version = 0
    if version < VERSION:
        text = files(__package__).joinpath("migrations", f"{version + 1:04}.sql").read_text(encoding="utf-8")
        connection.execute(text)
        connection.execute(NOTE, [version + 1, WORKS_WITH])


def _version(connection: Connection[Any], place: str) -> int:
    """Of the tables that there are, or -1."""
    _, is_made = connection.execute(FIND).fetchone() or (False, False)
    if not is_made:
        return -1
    version, works_with = connection.execute(KNOWN).fetchone() or (-1, 0)
    if works_with > VERSION:
        raise JournalUnsafe(
            f"{place}: is a journal of version {version}, for programs of version {works_with} or later; this program "
            f"knows version {VERSION}: upgrade it"
        )
    return int(version)


def _make_schema(connection: Connection[Any], place: str) -> None:
    try:
        has_schema, _ = connection.execute(FIND).fetchone() or (False, False)
        if not has_schema:
            connection.execute("CREATE SCHEMA translator")
        connection.execute(MAKE)
    except errors.InsufficientPrivilege as error:
        raise JournalUnsafe(
            f"{place}: this user may not make the schema of the journal: GRANT CREATE ON DATABASE … TO …, or make it "
            "for them: CREATE SCHEMA translator AUTHORIZATION …"
        ) from error

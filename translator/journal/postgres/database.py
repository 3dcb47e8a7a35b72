"""Connections to the server, pooled and opened after a fork, and whole transactions on them.

Nothing depends on a session: a pooler in transaction mode may stand between (pgbouncer.org/features.html). So there are
no prepared statements, and what a transaction needs is set in it; a statement whose plan is worth keeping is a function
of the server's (migrations/0004.sql).
"""

from __future__ import annotations

import os
import re
import select
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection, Cursor, errors
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import ConnectionPool, PoolTimeout

from translator.errors import JournalUnavailable, JournalUnsafe, SettingsError
from translator.journal.postgres.migrating import migrate
from translator.journal.postgres.watching import WatchedCursor, watched

Rows = list[tuple[Any, ...]]
Values = Mapping[str, object] | Sequence[object] | None

POOL = 8
"""Connections of a process at most. An idle web worker has one or two, a delivery process one for each destination
and request in flight."""

CONNECT_SECONDS = 5
MOST_SECONDS = 5.0
LOOK_SECONDS = 2.0
"""How long to wait for a free connection, and how long where somebody only looks."""

IDLE_SECONDS = 60.0
DEFAULTS: Mapping[str, str] = {
    "application_name": "translator",
    "connect_timeout": str(CONNECT_SECONDS),
    "client_encoding": "utf8",
    # a network that was cut is noticed in seconds (libpq, "Parameter Key Words"; ms and s)
    "tcp_user_timeout": "15000",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
}
"""Unless the URL says otherwise. ``sslmode`` is libpq's own business: ?sslmode=require in the URL, or PGSSLMODE."""

TIMEOUTS = r"-c statement_timeout=60s -c lock_timeout=10s -c default_transaction_isolation=read\ committed"
"""For statements that are a transaction of their own; whole transactions set them themselves (BEGIN). Some poolers
take no options from a client (pgbouncer 1.18: "unsupported startup parameter"): there the role's own count."""

PLAIN: dict[str, Any] = {"autocommit": True, "prepare_threshold": None}
OPENED: dict[str, Any] = {**PLAIN, "cursor_factory": WatchedCursor}
"""A migration may take longer than anything else, and is not watched."""

BEGIN = """
BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit = {sync}; SET LOCAL statement_timeout = '60s';
SET LOCAL lock_timeout = '10s'; SET LOCAL idle_in_transaction_session_timeout = '10s';
SET LOCAL tcp_user_timeout = '15s'
"""
"""A process that dies or stands still in a transaction holds up the others no longer than that."""

NEEDED = (
    ("fsync", "on", "would lose accepted calls in a crash"),
    ("full_page_writes", "on", "would lose accepted calls in a crash"),
    ("default_transaction_isolation", "read committed", "each statement must see what was committed before it"),
)
PLACE = {"host": "localhost", "port": "5432", "dbname": ""}
PORTS = re.compile(r"\d+(,\d+)*")
HOPELESS = ("invalid ", "does not support SSL", "password authentication failed", "statement pooling")
"""In what a failed connection says: waiting does not help."""

OLDEST = 12
"""Of the server's versions: MATERIALIZED, and tcp_user_timeout as a setting (release notes of PostgreSQL 12)."""

UNAVAILABLE: tuple[tuple[type[psycopg.Error], str], ...] = (
    (errors.DiskFull, "full"),
    (errors.ReadOnlySqlTransaction, "readonly"),
    (errors.InsufficientPrivilege, "readonly"),
    (errors.LockNotAvailable, "locked"),
    (errors.QueryCanceled, "locked"),
    (errors.DeadlockDetected, "locked"),
    (errors.SerializationFailure, "locked"),
    (errors.IoError, "io"),
    (errors.IdleInTransactionSessionTimeout, "connection"),
    (psycopg.OperationalError, "connection"),
    (psycopg.InterfaceError, "connection"),
    (psycopg.Error, "io"),
)
"""The first that fits; the last so that no error of the engine goes further than this."""

UNSAFE = (
    errors.DataCorrupted,
    errors.IndexCorrupted,
    errors.InvalidSchemaName,
    errors.UndefinedFunction,
    errors.UndefinedTable,
    errors.UndefinedColumn,
    errors.UndefinedObject,
)


class NotConnected(JournalUnavailable):
    """There was no connection: nothing was asked of the server."""


class Database:
    """The server at ``url``. ``wait_seconds``: how long to wait for a free connection.

    ``forks``: this process will fork, and so nothing here has a thread: each use connects and hangs up by itself. A
    pool's threads speak to the server on their own, and a fork while one of them held a lock of OpenSSL's, be it at its
    end, left a web worker that could never log in (seen 2026-11-28, once in 100 starts of a busy machine).
    """

    def __init__(self, url: str, wait_seconds: float, *, forks: bool = False) -> None:
        self._given, self.place = _parsed(url)
        self.conninfo = _bounded(self._given)
        self._wait = wait_seconds
        self._forks = forks
        self._lock = threading.Lock()
        self._pid = 0
        self._pool: ConnectionPool | None = None
        self._inherited: list[ConnectionPool] = []

    def query(self, text: str, values: Values = None) -> Rows:
        """The rows of a statement that only reads: one round trip. Raises JournalUnavailable, JournalUnsafe."""
        try:
            return self.once(text, values, LOOK_SECONDS)
        except JournalUnavailable as error:
            if isinstance(error, NotConnected) or error.reason != "connection":
                raise
            return self.once(text, values, LOOK_SECONDS)

    def once(self, text: str, values: Values = None, wait: float | None = None) -> Rows:
        """The rows of one statement, which is a transaction of its own: one round trip. ``wait``: seconds for a free
        connection.

        Raises JournalUnavailable; with ``reason`` "connection" it may have been done nevertheless.
        """
        with self._connection(wait) as connection:
            return rows(connection.execute(text, values, binary=True))

    @contextmanager
    def writing(self, *, durable: bool = False, wait: float | None = None) -> Iterator[Cursor[Any]]:
        """A transaction: all of it is written when the block ends, nothing when it raises.

        ``durable``: on disk when the block has ended; else the server may lose it when it crashes within the next
        second, but nothing else then. Raises JournalUnavailable, JournalUnsafe.
        """
        with self._connection(wait) as connection:
            connection.execute(BEGIN.format(sync="on" if durable else "off"))
            try:
                with connection.cursor(binary=True) as cursor:
                    yield cursor
            except BaseException:
                with watched(connection):
                    connection.rollback()
                raise
            with watched(connection):
                connection.commit()

    def close(self) -> None:
        """Close what this process has open."""
        with self._lock:
            if self._pool is not None and self._pid == os.getpid():
                self._pool.close()
            self._pool = None

    @contextmanager
    def _connection(self, wait: float | None) -> Iterator[Connection[Any]]:
        seconds = min(self._wait, MOST_SECONDS) if wait is None else wait
        with self._named(seconds), self._first() if self._forks else self._opened().connection(seconds) as connection:
            yield connection

    def _opened(self) -> ConnectionPool:
        with self._lock:
            if self._pool is not None and self._pid == os.getpid():
                return self._pool
            if self._pool is not None:
                # made before a fork: its sockets are the parent's
                self._inherited.append(self._pool)
                self._pool = None
            self._first().close()
            self._pool = self._made()
            self._pid = os.getpid()
            return self._pool

    def _first(self) -> Connection[Any]:
        """A connection of its own, to a server that keeps what it is given and has the tables."""
        connection = self._connected()
        try:
            check_server(connection, self.place)
            migrate(connection, self.place)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connected(self) -> Connection[Any]:
        try:
            return psycopg.connect(self.conninfo, **PLAIN)
        except psycopg.OperationalError as error:
            if "option" not in str(error) and "startup parameter" not in str(error):
                raise
            self.conninfo = self._given
            return psycopg.connect(self.conninfo, **PLAIN)

    def _made(self) -> ConnectionPool:
        return ConnectionPool(
            self.conninfo,
            kwargs=OPENED,
            min_size=1,
            max_size=POOL,
            max_idle=IDLE_SECONDS,
            timeout=self._wait,
            reconnect_timeout=2 * CONNECT_SECONDS,
            check=_see_hung_up,
            name="journal",
            open=True,
        )

    @contextmanager
    def _named(self, seconds: float) -> Iterator[None]:
        """Errors of the engine as errors of the house."""
        try:
            yield
        except PoolTimeout as error:
            raise NotConnected(f"{self.place}: no connection within {seconds:g} s", "connection") from error
        except UNSAFE as error:
            raise JournalUnsafe(f"{self.place}: {said(error)}: stop, and see docs/postgresql.md") from error
        except psycopg.Error as error:
            reason = next(reason for kind, reason in UNAVAILABLE if isinstance(error, kind))
            if any(one in str(error) for one in HOPELESS):
                reason = "refused"
            raise JournalUnavailable(f"{self.place}: {said(error)}", reason) from error


def rows(cursor: Cursor[Any]) -> Rows:
    """All rows of a statement; none of one that has none."""
    return cursor.fetchall() if cursor.description else []


def check_server(connection: Connection[Any], place: str) -> None:
    """See that the server keeps what it says it has written. Raises JournalUnsafe."""
    if connection.info.server_version < OLDEST * 10_000:
        version = connection.info.parameter_status("server_version")
        raise JournalUnsafe(f"{place}: is PostgreSQL {version}; {OLDEST} or later is needed")
    for name, needed, otherwise in NEEDED:
        (found,) = connection.execute("SELECT current_setting(%s)", [name]).fetchone() or ("",)
        if found != needed:
            raise JournalUnsafe(f"{place}: has {name} = {found}, and {otherwise}: set it to {needed}")
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise JournalUnsafe(
            f"{place}: the database's encoding is {encoding}, which cannot hold every call: use one with UTF8 "
            "(CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0)"
        )


def said(error: psycopg.Error) -> str:
    """An error in one line, without values of any call."""
    text = error.diag.message_primary or str(error) or type(error).__name__
    return text.strip().splitlines()[0]


def _see_hung_up(connection: Connection[Any]) -> None:
    """See, without a round trip, whether the server has hung up on a connection that was idle: it may have said why
    before. Raises OperationalError."""
    waiting = select.poll()  # which, unlike select, knows files beyond number 1,023
    waiting.register(connection.fileno(), select.POLLIN)
    while waiting.poll(0):
        connection.pgconn.consume_input()


def _bounded(conninfo: str) -> str:
    """With TIMEOUTS, which options of the URL's own may overrule."""
    own = str(conninfo_to_dict(conninfo).get("options", ""))
    return make_conninfo(conninfo, options=f"{TIMEOUTS} {own}".strip())


def _parsed(url: str) -> tuple[str, str]:
    """A URL as libpq's connection string, and where that is, for people. Raises SettingsError, without the password."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:  # which repeats the text, password and all
        raise SettingsError(
            "journal.url: is no PostgreSQL URL; it may be postgresql://user:password@host:5432/database?sslmode=require"
        ) from None
    host, port, name = (str(given.get(key, default)) for key, default in PLACE.items())
    if "@" in host + name or not PORTS.fullmatch(port):
        # most likely a part of the password was taken for it: nothing of it may be shown
        raise SettingsError(
            "journal.url: has no host, port and database that can be told apart; in a password, write @ as %40, "
            "/ as %2F, : as %3A, ? as %3F, # as %23 and % as %25"
        )
    merged = {**DEFAULTS, **{key: str(value) for key, value in given.items() if value is not None}}
    return make_conninfo(**merged), f"postgresql {host}:{port}/{name}"

"""One connection to the journal's file for each process, and whole transactions on it.

Writers of several processes queue at a lock file (flock: the kernel wakes the next one) instead of spinning on SQLite's
busy handler.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import apsw
import apsw.sqlite_extra

from translator.errors import JournalUnavailable, JournalUnsafe
from translator.journal.owner import Owner, lives, myself
from translator.journal.rows import HEARD_MS, now_ms
from translator.journal.sqlite.place import NETWORK, affected, file_system

VERSION = 10
"""As many files as there are in migrations/, one for each step."""

ENOUGH_DISK = 50 * 1024 * 1024
"""Bytes that must be free: with less no call is accepted, and delivery, which frees room, goes on."""

HEARD = "SELECT host, pid, started FROM processes WHERE seen_at >= ?"
BUSY_MS = 5000
CHECKSUM_BYTES = 8
MODE = 0o600
Sync = Literal["FULL", "NORMAL"]

UNAVAILABLE: tuple[tuple[type[apsw.Error], str, str], ...] = (
    (apsw.FullError, "full", "the disk is full"),
    (apsw.ReadOnlyError, "readonly", "the file cannot be written"),
    (apsw.BusyError, "locked", "another process holds the file"),
    (apsw.LockedError, "locked", "another process holds the file"),
    (apsw.CantOpenError, "io", "the file cannot be opened"),
    (apsw.IOError, "io", "the disk reports an error"),
)
UNSAFE = (apsw.CorruptError, apsw.NotADBError)


class Database:
    """The file at ``path``. ``sync``: FULL makes each commit durable; NORMAL leaves that to the next FULL one."""

    def __init__(self, path: str, sync: Sync) -> None:
        self.path = path
        self._sync = sync
        self._lock = threading.RLock()
        self._pid = 0
        self._connection: apsw.Connection | None = None
        self._writer = -1
        self._room_at = -1.0
        self._inherited: list[apsw.Connection] = []

    @contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """A connection for queries that each stand alone. Raises JournalUnavailable, JournalUnsafe."""
        with self._lock, _named(self.path):
            yield self._open()

    @contextmanager
    def writing(self, *, accepts: bool = False) -> Iterator[apsw.Connection]:
        """A transaction: all of it is written when the block ends, nothing when it raises.

        ``accepts``: note beside the file how many calls it has now, so that a loss of them is seen at the next start.
        Raises JournalUnavailable, and then nothing was written; JournalUnsafe.
        """
        with self._lock, _named(self.path):
            connection = self._open()
            with _flock(self._writer):
                connection.execute("BEGIN IMMEDIATE")
                try:
                    yield connection
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
                if accepts:
                    os.pwrite(self._writer, b"%020d" % newest_of(connection), 0)

    def check_room(self) -> None:
        """See that the disk has room for more than what delivery needs to go on; a good answer holds for a second.

        Raises JournalUnavailable.
        """
        if time.monotonic() - self._room_at < 1:
            return
        if self.free_bytes() < ENOUGH_DISK:
            raise JournalUnavailable(f"{self.path}: less than {ENOUGH_DISK // 2**20} MB are free on its disk", "full")
        self._room_at = time.monotonic()

    def free_bytes(self) -> int:
        """What is free on the file's disk. Raises JournalUnavailable where there is no such folder yet."""
        with _named(self.path):
            place = os.statvfs(Path(self.path).parent)
        return place.f_bavail * place.f_frsize

    def close(self) -> None:
        """Close what this process has open."""
        with self._lock:
            if self._connection is not None and self._pid == os.getpid():
                self._connection.close()
                os.close(self._writer)
            self._connection = None

    def _open(self) -> apsw.Connection:
        if self._connection is not None and self._pid == os.getpid():
            return self._connection
        if self._connection is not None:
            # made before a fork: it belongs to the parent, and closing it here would drop the parent's locks
            self._inherited.append(self._connection)
        self._connection = self._connect()
        self._pid = os.getpid()
        return self._connection

    def _connect(self) -> apsw.Connection:
        _check_engine()
        path = Path(self.path)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _check_place(path)
        self._writer = os.open(f"{path}-writer", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, MODE)
        with _flock(self._writer):
            _create(path)
            has_checksums()
            connection = apsw.Connection(str(path))
            connection.set_busy_timeout(BUSY_MS)
            _prepare(connection, self.path)
            _check_complete(connection, self._writer, self.path)
            connection.execute(f"PRAGMA synchronous = {self._sync}")
        return connection


def _create(path: Path) -> None:
    """An empty file for its owner only, where there is none.

    One that exists must not even be opened: closing it again would drop every lock that this process has on it, and
    another process could then take the -wal away as the last one (sqlite.org/howtocorrupt.html, 2.2; read 2026-11-24).
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE))


def _prepare(connection: apsw.Connection, path: str) -> None:
    """Make the schema, or bring an older one up to date. Under the writer lock: of several processes one does."""
    version = int(connection.pragma("user_version"))
    if version > VERSION:
        raise JournalUnsafe(
            f"{path}: is a journal of version {version}; this program knows version {VERSION}: upgrade it"
        )
    if 0 < version < VERSION:
        _check_alone(connection, path)
    if version == 0:
        if has_checksums():
            connection.reserve_bytes(reserve=CHECKSUM_BYTES)
        connection.pragma("auto_vacuum", "incremental")
        connection.pragma("journal_mode", "wal")
    for step in range(version + 1, VERSION + 1):
        migration = files(__package__).joinpath("migrations", f"{step:04}.sql").read_text(encoding="utf-8")
        connection.execute("BEGIN IMMEDIATE")
        try:
            connection.execute(migration)
            connection.execute(f"PRAGMA user_version = {step}")
            connection.execute("COMMIT")
        except BaseException:
            connection.execute("ROLLBACK")
            raise


def _check_alone(connection: apsw.Connection, path: str) -> None:
    """See that no older program delivers from the file: it would not know the tables any more."""
    for host, pid, started in fetch(connection, HEARD, (now_ms() - HEARD_MS,)):
        owner = Owner(host, pid, started)
        if owner != myself() and lives(owner):
            raise JournalUnavailable(
                f"{path}: an older version of the service still runs on it (process {pid}): stop it first", "connection"
            )


@cache
def has_checksums() -> bool:
    """Whether SQLite's own checksums of pages are there (sqlite.org/cksumvfs.html); they come with apsw's wheels.

    They are loaded once in a process. A journal that was made without them goes on without.
    """
    try:
        with apsw.Connection(":memory:") as memory:
            apsw.sqlite_extra.load(memory, "cksumvfs")
    except (apsw.Error, apsw.sqlite_extra.NotAvailable, OSError):
        return False
    return True


def newest_of(connection: apsw.Connection) -> int:
    """The number of the newest call that there ever was."""
    found = fetch_one(connection, "SELECT seq FROM sqlite_sequence WHERE name = 'calls'")
    return int(found[0]) if found else 0


def _check_complete(connection: apsw.Connection, writer: int, path: str) -> None:
    """See that the file has all that was accepted: without its -wal, or with a shortened one, SQLite would go on with
    what is left and say nothing."""
    noted = os.pread(writer, 20, 0)
    missing = int(noted) - newest_of(connection) if noted.isdigit() else 0
    if missing > 0:
        raise JournalUnsafe(
            f"{path}: {missing} accepted calls are missing: its -wal file was lost or cut, or "
            f"this is an older copy. Stop, and see docs/journal.md; {path}-writer says how many there should be, and "
            "without that file the journal goes on with what it has"
        )


def _check_engine() -> None:
    version = apsw.sqlite_lib_version()
    if affected(version):
        raise JournalUnsafe(
            f"SQLite {version} can lose commits (the WAL-reset bug, sqlite.org/wal.html): install apsw 3.51.3.0 or "
            "later"
        )


def _check_place(path: Path) -> None:
    try:
        mounts = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    kind = file_system(str(path.parent.resolve()), mounts)
    if kind in NETWORK:
        raise JournalUnsafe(
            f"{path}: is on a network file system ({kind}), where SQLite's locks do not hold: use a local disk"
        )


def fetch(connection: apsw.Connection, query: str, bindings: Sequence[Any] = ()) -> list[Any]:
    """All rows of a query, each a tuple of its columns."""
    return connection.execute(query, bindings).fetchall()


def fetch_one(connection: apsw.Connection, query: str, bindings: Sequence[Any] = ()) -> Any:
    """The first row of a query, or None."""
    return connection.execute(query, bindings).fetchone()


@contextmanager
def _flock(handle: int) -> Iterator[None]:
    fcntl.flock(handle, fcntl.LOCK_EX)
    try:
        yield
    finally:
        fcntl.flock(handle, fcntl.LOCK_UN)


@contextmanager
def _named(path: str) -> Iterator[None]:
    """Errors of the engine as errors of the house."""
    try:
        yield
    except UNSAFE as error:
        raise _damaged(path, error) from error
    except OSError as error:
        raise JournalUnavailable(f"{path}: {error.strerror}", "io") from error
    except apsw.Error as error:
        if getattr(error, "extendedresult", 0) == apsw.SQLITE_IOERR_DATA:
            raise _damaged(path, error) from error
        for kind, reason, said in UNAVAILABLE:
            if isinstance(error, kind):
                raise JournalUnavailable(f"{path}: {said}", reason) from error
        raise


def _damaged(path: str, error: Exception) -> JournalUnsafe:
    return JournalUnsafe(f"{path}: the file is damaged ({error}): stop, keep a copy, and see docs/journal.md")

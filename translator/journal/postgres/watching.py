"""A deadline on this side of a connection, for a server that holds it open and says nothing any more.

Time-outs of the server need a server that runs, those of TCP one whose machine does not answer. A statement has
time for the server's own (60 s) first; then its connection is shut down, and whoever waits hears of a lost one.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from psycopg import Connection, Cursor

DEADLINE_SECONDS = 75.0
LOOK_SECONDS = 1.0


class _Watch:
    """The statements under way in this process, and a thread that looks at them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[object, tuple[float, int]] = {}
        self._looking = False

    def begin(self, key: object, handle: int) -> None:
        """``handle``: of the connection's socket. A copy of it is kept, so that the number stays that socket's."""
        handle = os.dup(handle)
        with self._lock:
            if not self._looking:
                self._looking = True
                threading.Thread(target=self._look, name="journal-watch", daemon=True).start()
            self._under_way[key] = (time.monotonic() + DEADLINE_SECONDS, handle)

    def end(self, key: object) -> None:
        """It has answered, or has failed."""
        with self._lock:
            _, handle = self._under_way.pop(key, (0.0, -1))
        if handle >= 0:
            os.close(handle)

    def _look(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            with self._lock:
                for deadline, handle in self._under_way.values():
                    if deadline < time.monotonic():
                        _shut_down(handle)

    def forget(self) -> None:
        """After a fork, in the new process: no thread came along, and one may have held the lock."""
        self._lock = threading.Lock()
        self._under_way = {}
        self._looking = False


_watch = _Watch()
os.register_at_fork(after_in_child=_watch.forget)


@contextmanager
def watched(connection: Connection[Any]) -> Iterator[None]:
    """What is done with the connection in this block has DEADLINE_SECONDS; then its socket is shut down. Not where its
    statements are not watched either: a migration, and a process that will fork."""
    if connection.cursor_factory is not WatchedCursor:
        yield
        return
    key = object()
    _watch.begin(key, connection.fileno())
    try:
        yield
    finally:
        _watch.end(key)


class WatchedCursor(Cursor[Any]):
    """Each statement under ``watched``."""

    def execute(self, *arguments: Any, **more: Any) -> WatchedCursor:
        """See psycopg.Cursor.execute."""
        with watched(self.connection):
            super().execute(*arguments, **more)
        return self

    def executemany(self, *arguments: Any, **more: Any) -> None:
        """See psycopg.Cursor.executemany."""
        with watched(self.connection):
            super().executemany(*arguments, **more)


def _shut_down(handle: int) -> None:
    with suppress(OSError), socket.socket(fileno=os.dup(handle)) as ours:
        ours.shutdown(socket.SHUT_RDWR)

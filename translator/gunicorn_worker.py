"""gunicorn's worker with threads, where a client that closes its connection late, or never, holds up nobody.

gunicorn's own waits for that in its main thread, which passes on the requests of all others, up to 2 s for each
connection that is not kept alive (27.0.1, gthread.ThreadWorker.finish_request; seen 2026-11-28). Segment closes each,
and is as far away as the next continent.
"""

from __future__ import annotations

import errno
import select
import selectors
import socket
import time
from collections.abc import Callable
from typing import Any

from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import TConn, ThreadWorker

LATER = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED)
"""Another worker was quicker, or the client has gone again."""

LINGER_SECONDS = 2.0
LINGER_BYTES = 64 * 1024
"""For how long, and how much, a connection that is answered is read on before it is closed: as gunicorn does."""


class Connection(TConn):  # type: ignore[misc]  # gunicorn 27 has no types
    """One client's. ``linger``: takes its socket, where that may linger."""

    def __init__(
        self, config: Config, its_socket: socket.socket, client: Any, server: Any, linger: Callable[[Any], None]
    ) -> None:
        super().__init__(config, its_socket, client, server)
        self._linger = linger

    def wait_for_data(self, timeout: float) -> bool:
        """Whether something has come within so many seconds. One system call, where gunicorn makes a selector."""
        if not self.data_ready:
            waiting = select.poll()
            waiting.register(self.sock, select.POLLIN)
            self.data_ready: bool = bool(waiting.poll(timeout * 1000))
        return self.data_ready

    def close(self, graceful: bool = False) -> None:
        """``graceful``: so that the answer arrives, even where the client sends on. What it sends after a close is
        answered by a reset, which may overtake the answer (RFC 9112, section 9.6). Never waits."""
        if not graceful or self._has_read_all():
            super().close()
        else:
            self._linger(self.sock)

    def _has_read_all(self) -> bool:
        """Whether the request was read to its end and nothing came after: then there is nothing to wait for."""
        if self.is_http2 or self.cfg.is_ssl or self.parser is None:
            return False
        request = self.parser.mesg
        if request is None or request.req_number != self.parser.req_count:  # it could not be read
            return False
        try:
            self.sock.setblocking(False)
            return not request.body.read(1) and not self._is_more_there()
        except (OSError, ValueError, ParseException):
            return False

    def _is_more_there(self) -> bool:
        try:
            return bool(self.parser.unreader.buf.getvalue() or self.sock.recv(1, socket.MSG_PEEK))
        except BlockingIOError:
            return False


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn 27 has no types
    """gunicorn's, with such connections. Those that linger take no thread: as many as there are would stop it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lingering: dict[Any, tuple[float, int]] = {}
        """Until when, and how many bytes more; the oldest first."""

    def accept(self, listener: Any) -> None:
        """Take a connection that waits, and let a thread begin with it. See ThreadWorker.accept."""
        try:
            its_socket, client = listener.accept()
        except OSError as error:
            if error.errno not in LATER:
                raise
            return
        self.nr_conns += 1
        self.enqueue_req(Connection(self.cfg, its_socket, client, listener.getsockname(), self.linger))

    def linger(self, its_socket: Any) -> None:
        """Say that this was all, and read on until the client closes. It still counts as a connection."""
        try:
            its_socket.shutdown(socket.SHUT_WR)
            its_socket.setblocking(False)
            self.poller.register(its_socket, selectors.EVENT_READ, self._read_on)
        except (OSError, ValueError, KeyError):  # it is closed already
            its_socket.close()
            return
        self.nr_conns += 1
        self._lingering[its_socket] = time.monotonic() + LINGER_SECONDS, LINGER_BYTES

    def murder_pending(self) -> None:
        """Close connections that have waited, or lingered, for long enough. See ThreadWorker.murder_pending."""
        super().murder_pending()
        now = time.monotonic()
        for its_socket in [one for one, (until, _) in self._lingering.items() if until <= now]:
            self._end(its_socket)

    def _read_on(self, its_socket: Any) -> None:
        try:
            read = len(its_socket.recv(LINGER_BYTES))
        except BlockingIOError:
            return
        except OSError:
            read = 0
        until, left = self._lingering[its_socket]
        self._lingering[its_socket] = until, left - read
        if not read or read >= left:
            self._end(its_socket)

    def _end(self, its_socket: Any) -> None:
        del self._lingering[its_socket]
        self.poller.unregister(its_socket)
        self.nr_conns -= 1
        its_socket.close()

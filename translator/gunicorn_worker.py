"""gunicorn's worker with threads, where a client that closes its connection late, or never, holds up nobody.

gunicorn's own waits for that in its main thread, which passes on the requests of all others, up to 2 s for each
connection that is not kept alive (27.0.1, gthread.ThreadWorker.finish_request; seen 2026-11-28). Segment closes each,
and is as far away as the next continent.
"""

from __future__ import annotations

import errno
import select
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from gunicorn.config import Config
from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import TConn, ThreadWorker

LATER = (errno.EAGAIN, errno.EWOULDBLOCK, errno.ECONNABORTED)
"""Another worker was quicker, or the client has gone again."""


class Connection(TConn):  # type: ignore[misc]  # gunicorn 27 has no types
    """One client's. ``threads``: where it may linger."""

    def __init__(
        self, config: Config, its_socket: socket.socket, client: Any, server: Any, threads: ThreadPoolExecutor
    ) -> None:
        super().__init__(config, its_socket, client, server)
        self._threads = threads

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
            return
        try:
            self._threads.submit(super().close, graceful=True)
        except RuntimeError:  # the worker stops
            super().close()

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
    """gunicorn's, with such connections."""

    def accept(self, listener: Any) -> None:
        """Take a connection that waits, and let a thread begin with it. See ThreadWorker.accept."""
        try:
            its_socket, client = listener.accept()
        except OSError as error:
            if error.errno not in LATER:
                raise
            return
        self.nr_conns += 1
        self.enqueue_req(Connection(self.cfg, its_socket, client, listener.getsockname(), self.tpool))

"""A proxy before a server that can lose the server's answer, or the question, and cut the connection."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress


class Proxy:
    """Forwards to ``port`` on this machine. ``cut``: "", "question" (it never arrives) or "answer" (it arrives; nobody
    hears what became of it); once, then "" again."""

    def __init__(self, port: int) -> None:
        self.cut = ""
        self._port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Cut everything."""
        self._listener.close()
        for one in self._open:
            _shut(one)

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._port))
                self._open += [client, server]
                threading.Thread(target=self._carry, args=(client, server, "question"), daemon=True).start()
                threading.Thread(target=self._carry, args=(server, client, "answer"), daemon=True).start()

    def _carry(self, source: socket.socket, target: socket.socket, what: str) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if self.cut == what:
                    self.cut = ""
                    break
                target.sendall(data)
        _shut(source)
        _shut(target)


def _shut(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()

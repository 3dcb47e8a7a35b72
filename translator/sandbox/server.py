"""The sandbox as a server: in a thread for tests, as a process for people."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import threading
from types import FrameType

from flask import Flask
from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from translator.sandbox import faults, guard, ingestion, pages, views
from translator.sandbox.behaviour import Behaviours
from translator.sandbox.store import Store

WATCH_SECONDS = 1.0
MOST_BYTES = 64 * 1024 * 1024
"""Of a request, before anything is read of it."""


def create_sandbox(store: Store | None = None, keys: frozenset[str] = frozenset()) -> Flask:
    """The sandbox as a Flask application. ``keys``: the only good API keys; empty: any."""
    store = store or Store()
    behaviours = Behaviours()
    app = Flask(__name__)
    # a form of 1,024 identifications is larger than Flask's 500 kB for forms
    app.config["MAX_FORM_MEMORY_SIZE"] = MOST_BYTES
    app.config["MAX_CONTENT_LENGTH"] = MOST_BYTES
    # ids hold any characters, slashes in a row too
    app.url_map.merge_slashes = False
    guard.protect(app)
    app.register_blueprint(ingestion.blueprint(store, behaviours, keys))
    app.register_blueprint(views.blueprint(store, behaviours))
    app.register_blueprint(pages.blueprint(store, behaviours))
    app.register_blueprint(faults.blueprint(store, behaviours))
    app.extensions["sandbox"] = (store, behaviours)
    return app


class _Handler(WSGIRequestHandler):
    """Keeps connections and says nothing."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing: /api/requests has them."""

    def log(self, type: str, message: str, *args: object) -> None:
        """Say nothing."""


class Running:
    """A sandbox that serves from a thread of this process. ``url``: where; ``store``: what it has."""

    def __init__(self, host: str, port: int, store: Store, keys: frozenset[str]) -> None:
        self.store = store
        app = create_sandbox(store, keys)
        self._behaviours: Behaviours = app.extensions["sandbox"][1]
        self._server = _server(host, port, app)
        self.url = f"http://{host}:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="sandbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop serving; what hangs is let go."""
        self._behaviours.clear()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
        self.store.close()


def start(
    host: str = "127.0.0.1", port: int = 0, data: str | None = None, keys: frozenset[str] = frozenset()
) -> Running:
    """Serve from a thread; ``port`` 0 takes a free one."""
    return Running(host, port, Store(data), keys)


def serve(host: str, port: int, data: str | None = None, beside: int | None = None) -> None:
    """Serve until SIGTERM or SIGINT. ``beside``: until this process, which started it, has ended.

    Raises ValueError for a host that is not loopback (what it holds is open to whoever can reach it) and for a file
    that cannot be opened, OSError where the port is taken.
    """
    if host != "localhost" and not _is_loopback(host):
        raise ValueError(f"{host} must be a loopback address: the sandbox has no lock")
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))  # werkzeug itself would print a page of advice and exit
    try:
        store = Store(data)
    except OSError as error:
        raise ValueError(f"--data {data}: {error.strerror or error}") from None
    running = Running(host, port, store, frozenset())
    stop = threading.Event()

    def ask(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, ask)
    signal.signal(signal.SIGINT, ask)
    while not stop.wait(None if beside is None else WATCH_SECONDS):
        if os.getppid() != beside:
            break
    running.stop()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _server(host: str, port: int, app: Flask) -> BaseWSGIServer:
    server = make_server(host, port, app, threaded=True, request_handler=_Handler)
    server.daemon_threads = True  # type: ignore[attr-defined]  # of the threaded server that was asked for
    return server

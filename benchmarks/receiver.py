"""A local Amplitude that costs next to nothing: it takes every event of POST /2/httpapi and /batch, and notes when it came.

``python -m benchmarks.receiver PORT``. GET /arrivals: insert id to seconds since the epoch; GET /count: how many. The sandbox checks and stores
what it gets, on the processors that are to be measured: for benchmarks this one is used.
"""

from __future__ import annotations

import json
import re
import socketserver
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import requests

from tests.processes import ROOT, free_port, until

INSERT_ID = re.compile(rb'"insert_id":"([^"]+)"')
ARRIVALS: dict[str, float] = {}


class Handler(socketserver.StreamRequestHandler):
    """One kept connection."""

    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Requests one after another, until the other side closes."""
        while first := self.rfile.readline():
            size = 0
            while line := self.rfile.readline().strip():
                name, _, value = line.partition(b":")
                size = int(value) if name.lower() == b"content-length" else size
            body = self.rfile.read(size)
            text = json.dumps(_answer(first, body)).encode()
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n")
            self.wfile.write(b"Content-Length: %d\r\n\r\n%b" % (len(text), text))


def _answer(first: bytes, body: bytes) -> Mapping[str, float] | int:
    if first.startswith(b"GET /arrivals "):
        return ARRIVALS
    return len(ARRIVALS) if first.startswith(b"GET /count ") else _taken(body)


def _taken(body: bytes) -> dict[str, int]:
    now = time.time()
    found = INSERT_ID.findall(body)
    ARRIVALS.update((name.decode(), now) for name in found)
    return {
        "code": 200,
        "events_ingested": len(found),
        "payload_size_bytes": len(body),
        "server_upload_time": int(now * 1000),
    }


class Server(socketserver.ThreadingTCPServer):
    """A thread for each connection."""

    allow_reuse_address = True
    daemon_threads = True


class Receiver:
    """One in a process of its own, which can be down. ``url``: its address, up or down."""

    def __init__(self) -> None:
        self._port = free_port()
        self.url = f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Be there."""
        command = [sys.executable, "-m", "benchmarks.receiver", str(self._port)]
        self._process = subprocess.Popen(command, cwd=ROOT)
        until(self.arrivals)

    def stop(self) -> None:
        """Be down: nobody listens, and what came is forgotten."""
        self._process.kill()
        self._process.wait()

    def arrivals(self) -> requests.Response:
        """When each insert id came last."""
        return requests.get(f"{self.url}/arrivals", timeout=30)

    def count(self) -> int:
        """How many insert ids have come."""
        return int(requests.get(f"{self.url}/count", timeout=30).json())


@contextmanager
def receiving() -> Iterator[Receiver]:
    """One that is up."""
    receiver = Receiver()
    receiver.start()
    try:
        yield receiver
    finally:
        receiver.stop()


def main() -> None:
    """Until it is ended."""
    with Server(("127.0.0.1", int(sys.argv[1])), Handler) as server:
        server.serve_forever()


if __name__ == "__main__":
    main()

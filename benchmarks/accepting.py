"""Durable accepts over HTTP: one call a request, arrays of 100, and batches of Segment's SDKs, by 16 connections."""

from __future__ import annotations

import http.client
import itertools
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.engines import journals
from benchmarks.lines import lines
from benchmarks.measure import Row, at
from tests.processes import Service

CONNECTIONS = 16
SECONDS = 4.0
LARGE = lines(4000, prefix="large")


def rows(engines: Iterable[tuple[str, str]] | None = None) -> Iterator[Row]:
    """Each figure beside the same application's empty POST, which it answers 400 without the journal, in the same run.

    ``engines``: name and URL of each journal; by default those of this machine."""
    for engine, url in engines or journals():
        for row in _rows(url):
            yield replace(row, key=f"{row.key}/{engine}")


def _rows(url: str) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder), JOURNAL_URL=url, TRANSLATOR__SEGMENT__CALLS_PER_SECOND="0")
        try:
            turn = itertools.count()
            empty, _ = _rate(service, lambda: b"", close=False, expected=400)
            closing, _ = _rate(service, lambda: b"", close=True, expected=400)
            texts = itertools.cycle(lines(20_000, prefix="once"))
            lock = threading.Lock()

            def single() -> bytes:
                with lock:
                    return next(texts).replace(b"once-", b"s%d-" % next(turn))

            rate, also = _rate(service, single, close=False)
            yield Row("durable accept, one call a request", rate, "empty POST", empty, "accept-one", also=also)
            rate, also = _rate(service, single, close=True)
            what = "durable accept, one call a request, connection closed"
            yield Row(what, rate, "empty POST", closing, "accept-one-closed", also=also)

            def array() -> bytes:
                with lock:
                    number = next(turn)
                    part = [next(texts).replace(b"once-", b"a%d-" % number) for _ in range(100)]
                return b"[" + b",".join(part) + b"]"

            rate, also = _rate(service, array, close=False)
            what = "durable accept, arrays of 100 (calls)"
            yield Row(what, 100 * rate, "100 empty POSTs", 100 * empty, "accept-arrays", also=also)
            rate, also = _rate(service, lambda: b'{"batch":' + array() + b"}", close=False, path="/v1/batch")
            what = "the SDKs' batches of 100 (calls)"
            yield Row(what, 100 * rate, "100 empty POSTs", 100 * empty, "accept-batches", also=also)
            rate, also = _rate(service, lambda: _large(next(turn)), close=True, connections=1)
            what = "Segment's largest array, 4,000 calls, one by one (calls)"
            yield Row(what, 4000 * rate, "what 2 s each would be", 2000, "accept-largest", also=also)
        finally:
            service.kill_all()


def _large(number: int) -> bytes:
    """An array of 4,000 calls of about 1 KB, under the limit of a body (5 MB)."""
    return b"[" + b",".join(text.replace(b"large-", b"l%d-" % number) for text in LARGE) + b"]"


def _rate(
    service: Service,
    body: Callable[[], bytes],
    *,
    close: bool,
    expected: int = 200,
    connections: int = CONNECTIONS,
    path: str = "/webhook",
) -> tuple[float, dict[str, float]]:
    """Expected answers a second, by so many threads for SECONDS; and how long they took."""
    stop = time.monotonic() + SECONDS
    took: list[float] = []

    def work() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
        while time.monotonic() < stop:
            headers = {"Content-Type": "application/json", "Connection": "close" if close else "keep-alive"}
            content = body()
            began = time.perf_counter()
            connection.request("POST", path, content, headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == expected, answer.status
            took.append(1000 * (time.perf_counter() - began))
            if close:
                connection.close()
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(took) / SECONDS, {"p50_ms": at(took, 0.5), "p99_ms": at(took, 0.99)}

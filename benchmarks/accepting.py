"""Durable accepts over HTTP: one call a request, arrays of 100, and batches of Segment's SDKs, by 16 connections."""

from __future__ import annotations

import http.client
import itertools
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from benchmarks.engines import journals
from benchmarks.lines import lines
from benchmarks.measure import Row
from tests.processes import Service

CONNECTIONS = 16
SECONDS = 4.0
LARGE = lines(4000, prefix="large")


def rows() -> Iterator[Row]:
    """Each figure beside the same application's empty POST, which it answers 400 without the journal, in the same run."""
    for engine, url in journals():
        for row in _rows(url):
            yield replace(row, what=f"{engine}: {row.what}")


def _rows(url: str) -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        service = Service(Path(folder), JOURNAL_URL=url, TRANSLATOR__SEGMENT__CALLS_PER_SECOND="0")
        try:
            turn = itertools.count()
            empty = _rate(service, lambda: b"", close=False, expected=400)
            closing = _rate(service, lambda: b"", close=True, expected=400)
            texts = itertools.cycle(lines(20_000, prefix="once"))
            lock = threading.Lock()

            def single() -> bytes:
                with lock:
                    return next(texts).replace(b"once-", b"s%d-" % next(turn))

            yield Row("durable accept, one call a request", _rate(service, single, close=False), "empty POST", empty)
            yield Row(
                "the same, connection closed each time", _rate(service, single, close=True), "empty POST", closing
            )

            def array() -> bytes:
                with lock:
                    number = next(turn)
                    part = [next(texts).replace(b"once-", b"a%d-" % number) for _ in range(100)]
                return b"[" + b",".join(part) + b"]"

            calls = 100 * _rate(service, array, close=False)
            yield Row("durable accept, arrays of 100 (calls)", calls, "empty POST (requests)", empty)
            calls = 100 * _rate(service, lambda: b'{"batch":' + array() + b"}", close=False, path="/v1/batch")
            yield Row("the SDKs' batches of 100 (calls)", calls, "empty POST (requests)", empty)
            calls = 4000 * _rate(service, lambda: _large(next(turn)), close=True, connections=1)
            yield Row("Segment's largest array, 4,000 calls, one by one", calls, "what 2 s each would be", 2000)
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
) -> float:
    """Expected answers a second, by so many threads for SECONDS."""
    stop = time.monotonic() + SECONDS
    counts = [0] * connections

    def work(number: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
        while time.monotonic() < stop:
            headers = {"Content-Type": "application/json", "Connection": "close" if close else "keep-alive"}
            connection.request("POST", path, body(), headers)
            answer = connection.getresponse()
            answer.read()
            assert answer.status == expected, answer.status
            counts[number] += 1
            if close:
                connection.close()
        connection.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / SECONDS

"""How long a call takes from the answer that accepted it to the receiver's hands, at 200 signed calls a second."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.engines import journals
from benchmarks.measure import Row, at
from benchmarks.receiver import Receiver, receiving
from benchmarks.sending import SECRET, Sending
from benchmarks.targets import LAG_MS
from tests.processes import Service, until

RATE, SECONDS = 200, 20


def rows() -> Iterator[Row]:
    """Of each engine: p99 beside what is allowed, and the median, the longest and the accept's own times beside it."""
    for engine, journal_url in journals():
        with tempfile.TemporaryDirectory() as folder, receiving() as receiver:
            yield _row(engine, Path(folder), journal_url, receiver)


def _row(engine: str, folder: Path, journal_url: str, receiver: Receiver) -> Row:
    service = delivering(folder, receiver.url, JOURNAL_URL=journal_url)
    try:
        until(lambda: service.ready()["ready"])
        sending = Sending(service, RATE, SECONDS, time.monotonic() + 0.5)
        for thread in sending.begin():
            thread.join()
        assert sending.answers == {200: RATE * SECONDS}, sending.answers
        until(lambda: service.waiting() == 0)
    finally:
        service.kill_all()
    arrived = receiver.arrivals().json()
    lags = [1000 * max(0.0, arrived[name] - moment) for name, moment in sending.answered.items()]
    accepts = [1000 * one for one in sending.took]
    also = {
        "p50_ms": at(lags, 0.5),
        "longest_ms": max(lags),
        "accept_p50_ms": at(accepts, 0.5),
        "accept_p99_ms": at(accepts, 0.99),
    }
    what = f"accepted → received at {RATE} calls/s for {SECONDS} s, p99"
    return Row(what, at(lags, 0.99), "what is allowed", LAG_MS, f"lag/{engine}", "ms", also)


def delivering(folder: Path, url: str, **more: str) -> Service:
    """The whole service, which takes signed calls and delivers them to ``url``."""
    return Service(
        folder,
        SEGMENT_SHARED_SECRET=SECRET,
        TRANSLATOR__DESTINATIONS__TEST__API_KEY="k",
        TRANSLATOR__DESTINATIONS__TEST__URL=url,
        TRANSLATOR__DESTINATIONS__TEST__FROM="earliest",
        **more,
    )

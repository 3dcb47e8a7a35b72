"""What processes hold with a million calls waiting: Amplitude down for a while, then back."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import record
from benchmarks.engines import journals
from benchmarks.filling import grow
from benchmarks.lag import delivering
from benchmarks.measure import Row
from benchmarks.receiver import Receiver
from benchmarks.targets import DELIVERY_MB, WEB_MB
from tests.processes import Service, until

WAITING = 1_000_000
SECONDS = 20


def rows() -> Iterator[Row]:
    """Of each engine: the most that a web worker and the delivery process ever held, beside what is allowed."""
    for engine, journal_url in journals():
        grow(journal_url, 0, WAITING)
        with tempfile.TemporaryDirectory() as folder:
            yield from _rows(engine, Path(folder), journal_url)


def _rows(engine: str, folder: Path, journal_url: str) -> Iterator[Row]:
    receiver = Receiver()
    service = delivering(folder, receiver.url, JOURNAL_URL=journal_url)
    try:
        until(lambda: service.ready()["ready"], 120)
        assert service.waiting() >= WAITING
        time.sleep(SECONDS)
        receiver.start()
        time.sleep(SECONDS)
        left = {"left": float(service.waiting())}
        web, delivery = most(service)
    finally:
        service.kill_all()
        receiver.stop()
    allowed = "what is allowed"
    what = f"a web worker, {WAITING:,} calls waiting"
    yield Row(what, web, allowed, WEB_MB, f"memory-web/{engine}", "MB")
    what = f"the delivery process, the same, Amplitude down for {SECONDS} s and back for {SECONDS} s"
    yield Row(what, delivery, allowed, DELIVERY_MB, f"memory-delivery/{engine}", "MB", left)


def most(service: Service) -> tuple[float, float]:
    """MB that the largest web worker and the largest delivery process have held at the most so far."""
    workers = [_peak(pid) for pid in service.pids("gunicorn") if pid != service.process.pid]
    return max(workers), max(_peak(pid) for pid in service.pids("translator deliver"))


def _peak(pid: int) -> float:
    text = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    return int(text.split("VmHWM:")[1].split()[0]) / 1024


if __name__ == "__main__":
    record.show(rows())

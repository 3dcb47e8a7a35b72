"""``make load``: 60 s of 500 signed calls a second while Amplitude is down for the middle third; then a million waiting.

Prints what an operator asks: answers that were not 200, how long an accept takes, how soon the backlog is gone, memory.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from benchmarks import memory, record
from benchmarks.lag import delivering
from benchmarks.measure import at
from benchmarks.receiver import receiving
from benchmarks.sending import Sending, sleep_until
from tests.processes import Service, until

SECONDS, RATE = 60, 500


def main() -> None:
    """Both parts."""
    with tempfile.TemporaryDirectory() as folder:
        _under_load(Path(folder))
    record.show(memory.rows())


def _under_load(folder: Path) -> None:
    with receiving() as receiver:
        service = delivering(folder, receiver.url)
        try:
            until(lambda: service.ready()["ready"])
            sending = Sending(service, RATE, SECONDS, time.monotonic() + 0.5)
            threads = sending.begin()
            sleep_until(sending.start + SECONDS / 3)
            receiver.stop()
            sleep_until(sending.start + 2 * SECONDS / 3)
            backlog = service.waiting()
            receiver.start()
            for thread in threads:
                thread.join()
            ended = time.monotonic()
            until(lambda: service.waiting() == 0, 120)
            _say(service, sending, backlog, time.monotonic() - ended)
        finally:
            service.kill_all()


def _say(service: Service, sending: Sending, backlog: int, drained: float) -> None:
    p50, p99, longest = (1000 * at(sending.took, share) for share in (0.5, 0.99, 1))
    web, delivery = memory.most(service)
    print(f"{len(sending.took):,} accepts in {SECONDS} s, answers {dict(sending.answers)}")
    print(f"accept: p50 {p50:.1f} ms, p99 {p99:.1f} ms, longest {longest:.1f} ms")
    print(f"backlog after 20 s down: {backlog:,}; gone {drained:.1f} s after the last call")
    print(f"memory at the most: a web worker {web:.0f} MB, delivery {delivery:.0f} MB", flush=True)


if __name__ == "__main__":
    main()

"""``make load``: 60 s of 500 signed calls a second while Amplitude is down for the middle third; then a million waiting.

Prints what an operator asks: answers that were not 200, how long an accept takes, how soon the backlog is gone, memory.
"""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

import requests

from tests.processes import Service, environment, free_port, until
from translator.journal import open_journal
from translator.parcels import Call
from translator.receive.signature import sign
from translator.settings.values import JournalSettings

SECRET = "load-secret"
SECONDS, RATE, THREADS = 60, 500, 16
MILLION = 1_000_000


def main() -> None:
    """Both parts."""
    with tempfile.TemporaryDirectory() as folder:
        _under_load(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        _with_a_million(Path(folder))


class Amplitude:
    """The sandbox in a process of its own, which can be down."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._env = environment(folder)
        self.start()

    def start(self) -> None:
        """Be there."""
        command = [sys.executable, "-m", "translator", "sandbox", "--port", str(self.port)]
        self.process = subprocess.Popen(command, env=self._env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(lambda: requests.get(f"{self.url}/api/counts", timeout=5).ok)

    def stop(self) -> None:
        """Be down: nobody listens."""
        self.process.kill()
        self.process.wait()


def _service(folder: Path, amplitude_url: str) -> Service:
    return Service(
        folder,
        SEGMENT_SHARED_SECRET=SECRET,
        TRANSLATOR__DESTINATIONS__TEST__API_KEY="k",
        TRANSLATOR__DESTINATIONS__TEST__URL=amplitude_url,
        TRANSLATOR__DESTINATIONS__TEST__FROM="earliest",
    )


def _under_load(folder: Path) -> None:
    amplitude = Amplitude(folder)
    service = _service(folder, amplitude.url)
    try:
        until(lambda: service.ready()["ready"])
        start = time.monotonic() + 0.5
        took: list[float] = []
        answers: Counter[int] = Counter()
        threads = [
            threading.Thread(target=_send, args=(service, number, start, took, answers)) for number in range(THREADS)
        ]
        for thread in threads:
            thread.start()
        memory = [_memory(service)]
        _until(start + SECONDS / 3)
        amplitude.stop()
        _until(start + 2 * SECONDS / 3)
        memory.append(_memory(service))
        backlog = service.waiting()
        amplitude.start()
        for thread in threads:
            thread.join()
        ended = time.monotonic()
        until(lambda: service.waiting() == 0, 120)
        drained = time.monotonic() - ended
        memory.append(_memory(service))
        took.sort()
        _say(f"{len(took):,} accepts in {SECONDS} s, answers {dict(answers)}")
        _say(f"accept: p50 {_at(took, 0.5):.1f} ms, p99 {_at(took, 0.99):.1f} ms, longest {took[-1] * 1000:.1f} ms")
        _say(f"backlog after 20 s down: {backlog:,}; gone {drained:.1f} s after the last call")
        for when, said in zip(("start", "down", "end"), memory, strict=True):
            _say(f"memory at {when}: {said}")
    finally:
        service.kill_all()
        amplitude.stop()


def _send(service: Service, number: int, start: float, took: list[float], answers: Counter[int]) -> None:
    """Calls at their times, over a connection each, as Segment sends them."""
    for count in range(SECONDS * RATE // THREADS):
        _until(start + (count * THREADS + number) / RATE)
        body = json.dumps(
            {
                "type": "track",
                "event": "Loaded",
                "userId": f"user-{(count * THREADS + number) % 5000}",
                "messageId": f"{number}-{count}",
                "properties": {"text": "x" * 600},
            }
        ).encode("utf-8")
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=30)
        connection.request("POST", "/webhook", body, {"X-Signature": sign(SECRET, body), "Connection": "close"})
        answers[connection.getresponse().status] += 1
        connection.close()
        took.append(time.monotonic() - began)


def _with_a_million(folder: Path) -> None:
    journal = open_journal(JournalSettings(url=f"sqlite:///{folder}/journal.db"))
    now = int(time.time() * 1000)
    for start in range(0, MILLION, 4000):
        journal.append([_call(number, now) for number in range(start, start + 4000)])
    journal.close()
    amplitude = Amplitude(folder)
    amplitude.stop()
    service = _service(folder, amplitude.url)
    try:
        until(lambda: service.ready()["ready"], 60)
        began = time.monotonic()
        _until(began + 20)
        _say(f"with {service.waiting():,} waiting and Amplitude down for 20 s: {_memory(service)}")
        amplitude.start()
        _until(time.monotonic() + 20)
        _say(f"20 s after it came back: {service.waiting():,} waiting, {_memory(service)}")
    finally:
        service.kill_all()
        amplitude.stop()


def _call(number: int, now: int) -> Call:
    name, user = f"m{number}", f"user-{number % 100_000}"
    body = {"type": "track", "event": "e", "userId": user, "messageId": name, "properties": {"text": "x" * 600}}
    return Call("", "webhook", name, user, now, body)


def _memory(service: Service) -> str:
    web = [_resident(pid) for pid in service.pids("gunicorn") if pid != service.process.pid]
    delivery = [_resident(pid) for pid in service.pids("translator deliver")]
    return f"web workers {', '.join(f'{one:.0f} MB' for one in web)}; delivery {', '.join(f'{one:.0f} MB' for one in delivery)}"


def _resident(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1])
    return pages * 4096 / 2**20


def _until(moment: float) -> None:
    time.sleep(max(0.0, moment - time.monotonic()))


def _at(values: list[float], share: float) -> float:
    return values[int(len(values) * share)] * 1000


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

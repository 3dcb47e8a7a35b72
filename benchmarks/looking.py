"""``make pages``: how fast the pages are with 1,000,000 calls in the journal, and what an open dashboard costs accepts.

Prints, for each engine, the median and the slowest of ROUNDS looks at each page in ms, as the service answers them; then
durable accepts a second and their p99 with nobody looking, and with pages open as browsers keep them.
"""

from __future__ import annotations

import argparse
import http.client
import itertools
import json
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.engines import journals
from benchmarks.lines import lines
from tests.processes import Service
from translator import jsontext
from translator.journal import Journal, open_journal
from translator.parcels import Answered, Call, Dead, Done
from translator.settings.values import JournalSettings
from translator.sights import Sighting

CALLS = 1_000_000
DEAD_IN = 100
LEFT = 50_000
"""Of the calls, how many wait; of the others one in DEAD_IN is dead."""

ROUNDS = 9
SECONDS = 8.0
CONNECTIONS = 8
VIEWERS = 3
"""Browsers that each have the first page, the list and a filtered list open."""

OPEN = (("/now/live", 2.0), ("/now/series", 10.0), ("/calls/rows", 2.0), ("/calls/rows?text=no+such+text", 5.0))
PAGES = {
    "now": "/",
    "now, what is live": "/now/live",
    "now, charts of a day": "/now/series?span=day",
    "calls, the newest": "/calls",
    "calls, a page in the middle": "/calls?before={half}",
    "calls, text in the newest 10,000": "/calls?text=no+such+text",
    "calls, state in the newest 10,000": "/calls?state=dead&reason=nothing",
    "calls, an exact messageId": "/calls?id=look-00123456",
    "calls, an exact user": "/calls?id=user-77",
    "a call": "/calls/{half}",
    "groups": "/groups",
    "dead letters": "/letters",
    "dead letters of a reason": "/letters?destination=amplitude&why=invalid_fields",
    "settings": "/settings",
}


def main() -> None:
    """A table for each engine."""
    count = _asked()
    for engine, url in journals():
        sys.stdout.write(f"{engine}: {count:,} calls\n")
        with tempfile.TemporaryDirectory() as folder:
            took = _filled(url, count)
            sys.stdout.write(f"  written and settled in {took:.0f} s\n")
            service = Service(Path(folder), JOURNAL_URL=url, **_closed_destination())
            try:
                for name, path in PAGES.items():
                    middle, slowest = _looked(service, path.format(half=count // 2))
                    sys.stdout.write(f"  {name:40} {middle:7.0f} ms median {slowest:7.0f} ms slowest\n")
                    sys.stdout.flush()
                for said, viewers in (
                    ("nobody looks", 0),
                    (f"{VIEWERS} dashboards open", VIEWERS),
                    ("nobody looks", 0),
                ):
                    rate, late = _accepted(service, viewers)
                    sys.stdout.write(f"  accepts, {said:22} {rate:7.0f} /s, p99 {late:5.0f} ms\n")
            finally:
                service.kill_all()


def _asked() -> int:
    parser = argparse.ArgumentParser(prog="looking", description="Pages with many calls kept.")
    parser.add_argument("--calls", type=int, default=CALLS)
    count: int = parser.parse_args().calls
    return count


def _closed_destination() -> dict[str, str]:
    """A destination where nobody listens, so that what waits goes on waiting."""
    name = "TRANSLATOR__DESTINATIONS__AMPLITUDE__"
    return {f"{name}API_KEY": "k", f"{name}URL": "http://127.0.0.1:9", "AMPLITUDE_GROUP_TYPE_TRAIT": "group_type"}


def _filled(url: str, count: int) -> float:
    began = time.perf_counter()
    journal = open_journal(JournalSettings(url=url))
    journal.attach({"amplitude": "now"})
    texts = lines(20_000, prefix="look")
    for start in range(0, count, 4000):
        journal.append([_call(texts, number) for number in range(start, min(count, start + 4000))])
    _settled(journal, count - LEFT)
    journal.note_seen("amplitude", list(_sightings()))
    journal.close()
    return time.perf_counter() - began


def _call(texts: Sequence[bytes], number: int) -> Call:
    body: dict[str, Any] = jsontext.loads(texts[number % len(texts)])
    body["messageId"] = f"look-{number:08}"
    body["userId"] = f"user-{random.Random(number).randrange(max(1, CALLS // 20))}"
    return Call("", "webhook", body["messageId"], body["userId"], int(time.time() * 1000), body, "192.0.2.1")


def _settled(journal: Journal, count: int) -> None:
    """Most were delivered, in requests of 500; some are dead."""
    done = 0
    while done < count:
        lease = journal.claim("amplitude", 2000, 600)
        assert lease is not None
        verdicts: dict[str, Done | Dead] = {item.id: Done() for item in lease.items}
        for one in itertools.islice(verdicts, 0, None, DEAD_IN):
            verdicts[one] = Dead(random.choice(("invalid_fields", "silenced", "too_large")), '{"code":400}')
        answers = []
        for start in range(0, len(lease.items), 500):
            part = [item.id for item in lease.items[start : start + 500]]
            answers.append(Answered(journal.posting(lease, "http-v2", part, "hash"), "200", part))
        journal.settle(lease, verdicts, {}, answers=answers)
        done += len(lease.items)


def _sightings() -> Iterator[Sighting]:
    """As many group values and properties as are kept."""
    members = tuple((f"user-{number}", f"user-{number}") for number in range(50))
    for number in range(10_000):
        name = json.dumps(["company", f"value {number}"])
        yield Sighting("value", name, 1, number, 5, {"joins": 5}, members, f"Company {number}")
    for number in range(1000):
        yield Sighting("property", json.dumps(["company", f"p{number}"]), 1, number, 5, {"text": 5}, (("x", "u"),))
    yield Sighting("type", "company", 1, 2, 3, {"joins": 3, "made by: group traits.a, traits.b": 1})
    yield Sighting("calls", "group", 1, 2, 3, {"with a group": 3})


def _looked(service: Service, path: str) -> tuple[float, float]:
    took = []
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
    for _ in range(ROUNDS + 1):
        began = time.perf_counter()
        connection.request("GET", path)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, (path, answer.status)
        took.append(1000 * (time.perf_counter() - began))
    connection.close()
    return statistics.median(took[1:]), max(took[1:])


def _accepted(service: Service, viewers: int) -> tuple[float, float]:
    """Accepts a second, one call each, and their p99 in ms."""
    texts, lock, turn = lines(20_000, prefix="once"), threading.Lock(), itertools.count()
    run = f"{time.time_ns()}-".encode()
    took: list[float] = []

    def post(connection: http.client.HTTPConnection) -> None:
        with lock:
            number = next(turn)
        body = texts[number % len(texts)].replace(b"once-", run + b"%d-" % number)
        began = time.perf_counter()
        connection.request("POST", "/webhook", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        took.append(1000 * (time.perf_counter() - began))

    with _viewed(service, viewers):
        _for_seconds(service, SECONDS, post)
    return len(took) / SECONDS, sorted(took)[int(len(took) * 0.99)]


def _for_seconds(service: Service, seconds: float, work: Callable[[http.client.HTTPConnection], None]) -> None:
    end = time.monotonic() + seconds

    def run() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        while time.monotonic() < end:
            work(connection)
        connection.close()

    threads = [threading.Thread(target=run) for _ in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


@contextmanager
def _viewed(service: Service, viewers: int) -> Iterator[None]:
    """Pages are asked for as open browsers do."""
    over = threading.Event()

    def look(path: str, pause: float) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=60)
        while not over.wait(pause):
            connection.request("GET", path)
            connection.getresponse().read()
        connection.close()

    threads = [threading.Thread(target=look, args=one) for one in OPEN for _ in range(viewers)]
    for thread in threads:
        thread.start()
    yield
    over.set()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()

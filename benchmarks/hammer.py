"""A load generator that leaves the processors to what it measures: one process, one thread, requests made before.

``measure`` starts it and reads what it found; it runs as ``python -m benchmarks.hammer`` with a plan on standard input.
"""

from __future__ import annotations

import itertools
import json
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field

from benchmarks.lines import lines
from benchmarks.measure import at
from tests.processes import ROOT

PREFIX = b"0-hammered"
"""Of the messageIds that are made before; each request has a number of the same length in its place."""

TEXTS = 4000
FASTEST = 100_000
"""Requests a second that are never reached: so the numbers of a plan are beyond those of the plans before."""

WAIT_SECONDS = 30.0
END = b"\r\n\r\n"


@dataclass(frozen=True)
class Load:
    """Requests of one kind. ``port``: of the service on this machine. ``calls``: in each; 0: an empty body. ``before``, ``after``: around them. ``type``: of each
    call, in place of its own. ``close``: a connection for each request, as Segment does."""

    name: str
    port: int = 0
    calls: int = 0
    path: str = "/webhook"
    before: str = ""
    after: str = ""
    type: str = ""
    close: bool = False
    connections: int = 16


@dataclass(frozen=True)
class Hammered:
    """What came of a load. ``rate``: requests a second. Latencies in ms; of a closed connection from before it is made."""

    rate: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    longest: float = 0.0
    statuses: Mapping[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        answers = ", ".join(f"{count} times {status}" for status, count in sorted(self.statuses.items()))
        return f"{self.rate:,.0f}/s, p50 {self.p50:.1f}, p99 {self.p99:.1f}, max {self.longest:.1f} ms ({answers})"


def measure(loads: Sequence[Load], *, seconds: float = 1.5, rounds: int = 4) -> dict[str, Hammered]:
    """By the name of each load: what came of it, in slices of ``seconds`` that take turns with those of the others, so
    that all have the same weather."""
    plan = {"seconds": seconds, "rounds": rounds, "loads": [asdict(one) for one in loads]}
    command = [sys.executable, "-m", "benchmarks.hammer"]
    ended = subprocess.run(command, input=json.dumps(plan).encode(), stdout=subprocess.PIPE, cwd=ROOT, check=True)
    return {name: Hammered(**one) for name, one in json.loads(ended.stdout).items()}


@dataclass
class Tally:
    """What a load has had so far. ``seconds``: in which it was on."""

    latencies: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def hammered(self) -> Hammered:
        """All of it."""
        ms = [1000 * one for one in self.latencies] or [0.0]
        return Hammered(len(self.latencies) / self.seconds, at(ms, 0.5), at(ms, 0.99), max(ms), dict(self.statuses))


class Requests:
    """The requests of a load, without end: no two have the same messageIds."""

    def __init__(self, load: Load, texts: Sequence[bytes], numbers: Iterator[int]) -> None:
        self._numbers = numbers
        size = max(1, load.calls)
        bodies = [b",".join(texts[at : at + size]) for at in range(0, TEXTS - size + 1, size)] if load.calls else [b""]
        self._templates = itertools.cycle([_request(load, body).split(PREFIX) for body in bodies])

    def next(self) -> bytes:
        """The whole of it, head and body."""
        return (b"%010d" % next(self._numbers)).join(next(self._templates))


def _request(load: Load, body: bytes) -> bytes:
    if load.type:
        body = body.replace(b'{"type":"', b'{"type":"' + load.type.encode())
    whole = load.before.encode() + body + load.after.encode()
    lines_of_head = (
        f"POST {load.path} HTTP/1.1",
        "Host: 127.0.0.1",
        "User-Agent: hammer",
        "Accept: */*",
        "Content-Type: application/json",
        f"Content-Length: {len(whole)}",
        f"Connection: {'close' if load.close else 'keep-alive'}",
    )
    return "\r\n".join(lines_of_head).encode() + END + whole


class Connection:
    """One at a time of a load's connections: a request, its answer, the next request."""

    def __init__(self, port: int, close: bool, selector: selectors.BaseSelector) -> None:
        self._address = ("127.0.0.1", port)
        self._close = close
        self._selector = selector
        self._socket: socket.socket | None = None
        self._left = memoryview(b"")
        self._heard = b""
        self._began = 0.0

    def send(self, request: bytes) -> None:
        """Begin."""
        self._began = time.perf_counter()
        self._heard = b""
        if self._socket is None:
            self._socket = socket.create_connection(self._address, WAIT_SECONDS)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.setblocking(False)
            self._selector.register(self._socket, selectors.EVENT_READ, self)
        self._push(memoryview(request))

    def ready(self, events: int) -> tuple[str, float] | None:
        """Go on where that is possible; status and seconds of an answer that is complete."""
        assert self._socket is not None
        if events & selectors.EVENT_WRITE:
            self._push(self._left)
        if not events & selectors.EVENT_READ:
            return None
        part = self._socket.recv(65536)
        self._heard += part
        assert part, f"closed before the answer was complete: {self._heard[:200]!r}"
        head, mark, body = self._heard.partition(END)
        if not mark or len(body) < _length(head):
            return None
        took = time.perf_counter() - self._began
        if self._close or b"\r\nConnection: close" in head:
            self.end()
        return head[9:12].decode(), took

    def end(self) -> None:
        """Close it."""
        if self._socket is not None:
            self._selector.unregister(self._socket)
            self._socket.close()
            self._socket = None

    def _push(self, data: memoryview) -> None:
        assert self._socket is not None
        was_waiting = bool(self._left)
        try:
            self._left = data[self._socket.send(data) :]
        except BlockingIOError:
            self._left = data
        if bool(self._left) != was_waiting:
            wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._left else 0)
            self._selector.modify(self._socket, wanted, self)


def _length(head: bytes) -> int:
    _, _, rest = head.partition(b"Content-Length: ")
    return int(rest.partition(b"\r\n")[0])


def _slice(load: Load, requests: Requests, seconds: float, tally: Tally) -> None:
    """All connections of a load, for so many seconds; those under way at the end are waited for."""
    with selectors.DefaultSelector() as selector:
        connections = [Connection(load.port, load.close, selector) for _ in range(load.connections)]
        began = time.perf_counter()
        for one in connections:
            one.send(requests.next())
        under_way = len(connections)
        while under_way:
            ready = selector.select(WAIT_SECONDS)
            assert ready, f"{load.name}: no answer within {WAIT_SECONDS:g} s"
            for key, events in ready:
                answer = key.data.ready(events)
                if answer is None:
                    continue
                tally.statuses[answer[0]] += 1
                tally.latencies.append(answer[1])
                if time.perf_counter() - began < seconds:
                    key.data.send(requests.next())
                else:
                    key.data.end()
                    under_way -= 1
        tally.seconds += time.perf_counter() - began


def main() -> None:
    """Do the plan on standard input, and say what was found."""
    plan = json.load(sys.stdin)
    loads = [Load(**one) for one in plan["loads"]]
    texts = lines(TEXTS, prefix=PREFIX.decode())
    numbers = itertools.count(int(time.time() * FASTEST) % 10**10)
    requests = [Requests(load, texts, numbers) for load in loads]
    tallies = [Tally() for _ in loads]
    for _ in range(plan["rounds"]):
        for load, its, tally in zip(loads, requests, tallies, strict=True):
            _slice(load, its, plan["seconds"], tally)
    json.dump({load.name: asdict(tally.hammered()) for load, tally in zip(loads, tallies, strict=True)}, sys.stdout)


if __name__ == "__main__":
    main()

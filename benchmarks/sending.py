"""Signed calls at their times, over a connection each, as Segment sends them."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

from tests.processes import Service
from translator.receive.signature import sign

SECRET = "load-secret"
THREADS = 16


@dataclass
class Sending:
    """``rate`` calls a second for ``seconds``, from ``start`` (time.monotonic()) on; and what came of it.

    ``took``: seconds that each accept took. ``answered``: when its answer was there, seconds since the epoch, by messageId.
    """

    service: Service
    rate: int
    seconds: int
    start: float
    took: list[float] = field(default_factory=list)
    answers: Counter[int] = field(default_factory=Counter)
    answered: dict[str, float] = field(default_factory=dict)

    def begin(self) -> list[threading.Thread]:
        """Start sending; join what is returned."""
        threads = [threading.Thread(target=self._send, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        return threads

    def _send(self, thread: int) -> None:
        for number in range(thread, self.seconds * self.rate, THREADS):
            sleep_until(self.start + number / self.rate)
            self._send_one(number)

    def _send_one(self, number: int) -> None:
        name = f"sent-{number}"
        message = {"type": "track", "event": "Loaded", "userId": f"user-{number % 5000}", "messageId": name}
        body = json.dumps({**message, "properties": {"text": "x" * 600}}).encode("utf-8")
        headers = {"X-Signature": sign(SECRET, body), "Connection": "close"}
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.service.port, timeout=30)
        connection.request("POST", "/webhook", body, headers)
        self.answers[connection.getresponse().status] += 1
        self.took.append(time.monotonic() - began)
        self.answered[name] = time.time()
        connection.close()


def sleep_until(moment: float) -> None:
    """``moment``: of time.monotonic()."""
    time.sleep(max(0.0, moment - time.monotonic()))

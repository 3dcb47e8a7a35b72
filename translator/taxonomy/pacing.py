"""Keeps what is asked of the Taxonomy API within a project's budget, and says when to ask again.

Source: amplitude-api.md section 7.3 (amplitude-docs 6e7e48e, 2026-03-13): a cost of 7,200 an hour, 1 for a GET and 2
for others; 4 at the same time, which one request after another never reaches.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

COSTS = {"GET": 1, "POST": 2, "PUT": 2}
HOURLY = 7200
SECONDS = 3600.0
TRIES = 5
"""Of a request that is not answered, or with a 5xx."""

PATIENCE = 900.0
"""Seconds that a request waits for its turn after 429, all waits together; no other wait is longer."""

LONGEST = 60.0
"""Seconds of a wait that no answer has asked for."""


class Pace:
    """At most a cost of ``most`` in any ``seconds``; for one thread."""

    def __init__(self, most: int = HOURLY, seconds: float = SECONDS) -> None:
        self._most = most
        self._seconds = seconds
        self._spent: deque[tuple[float, int]] = deque()

    def wait(self, cost: int, said: Callable[[float], None]) -> None:
        """Wait until a request of a cost may go. ``said``: is told of a wait, in seconds."""
        self._forget()
        while self._spent and sum(one for _, one in self._spent) + cost > self._most:
            left = max(0.0, self._spent[0][0] + self._seconds - time.monotonic())
            said(left)
            # a little more, so that one wait is enough whatever the clock's grain
            time.sleep(left + 0.005)
            self._forget()

    def spend(self, cost: int) -> None:
        """A request has been answered: it counts from now on, which is no earlier than Amplitude counted it."""
        self._spent.append((time.monotonic(), cost))

    def _forget(self) -> None:
        while self._spent and self._spent[0][0] <= time.monotonic() - self._seconds:
            self._spent.popleft()


class Hope:
    """For how long one request is tried again. ``pause``: the first wait, each further one twice as long."""

    def __init__(self, patience: float, pause: float) -> None:
        self._patience = patience
        self._pause = pause
        self._tries = 0

    def wait(self, is_busy: bool, asked: float = 0.0) -> float | None:
        """Seconds until the next try; None: no more. ``is_busy``: it was 429, which asks for patience alone. ``asked``:
        the wait that the answer asks for, or 0."""
        seconds = asked or self._pause
        self._pause = min(2 * self._pause, LONGEST)
        if is_busy:
            self._patience -= seconds
            return seconds if self._patience >= 0 else None
        self._tries += 1
        return seconds if self._tries < TRIES and seconds <= max(self._patience, LONGEST) else None

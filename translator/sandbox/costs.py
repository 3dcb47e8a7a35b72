"""How much of a project's budget at the Taxonomy API is spent: by the hour, and at the same time."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager

AT_ONCE = 4
"""Cost of what runs at the same time, at most (amplitude-api.md section 7.3, 2026-11-24)."""


class Costs:
    """Of each API key: what was spent, and what runs now."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spent: dict[str, deque[tuple[float, int]]] = defaultdict(deque)
        self._running: Counter[str] = Counter()

    @contextmanager
    def taken(self, key: str, cost: int, most: int, seconds: float) -> Iterator[bool]:
        """Spend for as long as a request runs; whether it fits within ``most`` of the last ``seconds``."""
        fits = self._spend(key, cost, most, seconds)
        try:
            yield fits
        finally:
            if fits:
                with self._lock:
                    self._running[key] -= cost

    def _spend(self, key: str, cost: int, most: int, seconds: float) -> bool:
        now = time.monotonic()
        with self._lock:
            spent = self._spent[key]
            while spent and spent[0][0] <= now - seconds:
                spent.popleft()
            if sum(one for _, one in spent) + cost > most or self._running[key] + cost > AT_ONCE:
                return False
            spent.append((now, cost))
            self._running[key] += cost
            return True

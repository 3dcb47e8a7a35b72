"""How often somebody may guess."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable

from translator.errors import TranslatorError

MOST = 5
"""Wrong passwords of an address within SECONDS; then it waits. Counted by each worker for itself."""

SECONDS = 60.0
ADDRESSES = 10_000
"""As many are remembered, so that nobody fills the memory."""


class TooManyAttempts(TranslatorError):
    """``seconds``: after which another attempt is heard."""

    def __init__(self, seconds: int) -> None:
        super().__init__(f"too many attempts; try again in {seconds} s")
        self.seconds = seconds


class Attempts:
    """Wrong passwords by address. ``clock``: seconds. Safe to share among threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._wrong: OrderedDict[str, deque[float]] = OrderedDict()

    def check(self, address: str) -> None:
        """Raises TooManyAttempts."""
        with self._lock:
            times = self._wrong.get(address)
            left = times[0] + SECONDS - self._clock() if times and len(times) == MOST else 0
            if left > 0:
                raise TooManyAttempts(max(1, round(left)))

    def note(self, address: str) -> None:
        """One more was wrong."""
        with self._lock:
            self._wrong.setdefault(address, deque(maxlen=MOST)).append(self._clock())
            self._wrong.move_to_end(address)
            if len(self._wrong) > ADDRESSES:
                self._wrong.popitem(last=False)

    def forget(self, address: str) -> None:
        """One was right."""
        with self._lock:
            self._wrong.pop(address, None)

"""How a destination as a whole does: failures in a row, how long it is left alone, whether a person is needed."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

from translator.deliver.backoff import delay
from translator.deliver.verdicts import Judgement

CIRCUIT_SECONDS = 60.0
"""How long an open circuit is left alone before one request tries whether a person has mended it."""

_log = logging.getLogger("translator.deliver")


class Health:
    """Shared by the lanes of a destination. ``hold_until``: until then (monotonic seconds) it is left alone.

    ``circuit``: why a person is needed, or None. ``told``: what the journal has of that; "" before anything was said.
    """

    def __init__(self, name: str, chance: Callable[[], float]) -> None:
        self.circuit: str | None = None
        self.told: str | None = ""
        self.hold_until = 0.0
        self.failures = 0
        self._name = name
        self._chance = chance
        self._lock = threading.Lock()

    def ready(self) -> bool:
        """Whether the destination may be tried now."""
        return time.monotonic() >= self.hold_until

    def room(self, most: int) -> int:
        """How many calls to claim: fewer after each failure, so that one call that fails every request is found."""
        return 1 if self.circuit else max(1, most >> min(self.failures, 20))

    def take(self, judgement: Judgement) -> bool:
        """Learn from an answer; whether the destination itself works."""
        with self._lock:
            if not judgement.whole:
                self.failures = 0
                self._close()
                return True
            if judgement.circuit is not None:
                self._open(judgement.circuit)
            else:
                self._hold(judgement)
            self.failures += 1
            return False

    def _hold(self, judgement: Judgement) -> None:
        if judgement.hold is not None:
            seconds = judgement.hold
        else:
            asked = max((wait.seconds or 0.0 for wait in judgement.later.values()), default=0.0)
            seconds = delay(self.failures, asked, self._chance)
        self.hold_until = max(self.hold_until, time.monotonic() + seconds)

    def _open(self, said: str) -> None:
        if self.circuit is None:
            _log.error("destination %s: stopped, a person is needed: %s", self._name, said)
        self.circuit = said
        self.hold_until = time.monotonic() + CIRCUIT_SECONDS

    def _close(self) -> None:
        if self.circuit is not None:
            _log.warning("destination %s: goes on", self._name)
            self.circuit = None

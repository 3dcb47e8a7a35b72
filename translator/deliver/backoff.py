"""How long to wait before the next try. Pure: chance comes in as an argument."""

from __future__ import annotations

from collections.abc import Callable

SHORTEST = 1.0
LONGEST = 300.0
LONGEST_ASKED = 3600.0


def delay(attempts: int, asked: float | None, chance: Callable[[], float]) -> float:
    """Seconds to wait after ``attempts`` failures (0: the first).

    Exponential with full jitter, from SHORTEST to LONGEST; never less than what a Retry-After ``asked`` for, which
    itself is believed up to an hour. ``chance``: a number from 0 up to 1.
    """
    ceiling = min(LONGEST, SHORTEST * 2.0 ** min(attempts + 1, 30))
    waited = SHORTEST + chance() * (ceiling - SHORTEST)
    return max(waited, min(asked or 0.0, LONGEST_ASKED))

"""What came back from Amplitude."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Failure = Literal["timeout", "refused", "reset"]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. ``status`` None: nothing did, and ``failure`` says how.

    refused: no connection was made, so that Amplitude has nothing. timeout, reset: it may have it. ``json`` is None
    where the text is not JSON; ``retry_after`` in seconds.
    """

    status: int | None
    failure: Failure | None = None
    text: str = ""
    json: Any = None
    retry_after: float | None = None

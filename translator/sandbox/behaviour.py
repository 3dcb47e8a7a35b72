"""Answers on demand: the next requests get a given status or body, slowly, or never."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, fields
from typing import Any

LONGEST_SECONDS = 120.0


@dataclass
class Behaviour:
    """How the next requests are answered.

    ``next``: how many. ``path``: only those whose path begins with it. ``body``: object or text. ``ingest``: take the
    data all the same (an answer that was lost). ``hang``: no answer until cleared. ``close``: close without an answer.
    """

    next: int = 1
    path: str = ""
    status: int = 200
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    hang: bool = False
    close: bool = False
    ingest: bool = False


class Behaviours:
    """Those that are pending, in order."""

    def __init__(self) -> None:
        self._pending: list[Behaviour] = []
        self._lock = threading.Lock()
        self.cleared = threading.Event()
        self.group_identify_needs_ids = False
        self.refused: dict[str, int] = {}
        """Insert ids that are always refused: with 400, which names them, or another status for the whole request."""

    def add(self, asked: dict[str, Any]) -> str | None:
        """Take a request of ``POST /api/behaviour``; what is wrong with it, or None."""
        known = {one.name for one in fields(Behaviour)}
        odd = asked.keys() - known
        if odd:
            return f"unknown: {', '.join(sorted(odd))}; there are: {', '.join(sorted(known))}, clear, settings"
        for one in fields(Behaviour):
            kinds = {"int": (int,), "str": (str,), "float": (int, float), "bool": (bool,)}.get(str(one.type))
            if one.name in asked and kinds and not isinstance(asked[one.name], kinds):
                return f"{one.name} must be {one.type}"
        if not isinstance(asked.get("headers", {}), dict):
            return "headers must be an object"
        with self._lock:
            self.cleared.clear()
            self._pending.append(Behaviour(**asked))
        return None

    def take(self, path: str) -> Behaviour | None:
        """The behaviour for a request, counted down."""
        with self._lock:
            for one in self._pending:
                if path.startswith(one.path):
                    one.next -= 1
                    if one.next <= 0:
                        self._pending.remove(one)
                    return one
        return None

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self._pending.clear()
        self.cleared.set()

    def pending(self) -> list[dict[str, Any]]:
        """What is still to come."""
        with self._lock:
            return [dict(vars(one)) for one in self._pending]

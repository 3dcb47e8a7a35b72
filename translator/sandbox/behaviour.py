"""Answers on demand: the next requests get a given status or body, slowly, or never."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from translator.sandbox.asked import behaviour_fault, settings_fault


@dataclass
class Behaviour:
    """How the next requests are answered.

    ``next``: how many. ``path``: only those whose path begins with it. ``body``: object or text. ``ingest``: take the
    data all the same (an answer that was lost); so it is where only a delay is asked for. ``hang``: no answer until
    cleared. ``close``: close without an answer.
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


@dataclass(frozen=True)
class TaxonomyRules:
    """``available``: whether the project's plan has the Taxonomy API. ``cost``: how much may be spent there in
    ``seconds``. ``own``: names of group properties that are Amplitude's own."""

    available: bool = True
    cost: int = 7200
    seconds: float = 3600.0
    own: tuple[str, ...] = ()


class Behaviours:
    """Those that are pending, in order."""

    def __init__(self) -> None:
        self._pending: list[Behaviour] = []
        self._lock = threading.Lock()
        self.cleared = threading.Event()
        self.group_identify_needs_ids = False
        self.taxonomy = TaxonomyRules()
        self.refused: dict[str, int] = {}
        """Insert ids that are always refused: with 400, which names them, or another status for the whole request."""
        self.throttled: dict[str, int | None] = {}
        """User ids whose requests are answered 429: how many more of them, None until cleared."""

    def add(self, asked: dict[str, Any]) -> str | None:
        """Take a request of ``POST /api/behaviour``; what is wrong with it, or None."""
        fault = behaviour_fault(asked)
        if fault is not None:
            return fault
        with self._lock:
            self.cleared.clear()
            self._pending.append(Behaviour(**({"ingest": True} if _only_waits(asked) else {}) | asked))
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

    def set(self, settings: dict[str, Any]) -> str | None:
        """Take the settings of ``POST /api/behaviour``, all or none; what is wrong with them, or None."""
        fault = settings_fault(settings)
        if fault is not None:
            return fault
        wrong = self.throttle(settings["throttle_users"]) if "throttle_users" in settings else None
        if wrong:
            return wrong
        if "group_identify_needs_ids" in settings:
            self.group_identify_needs_ids = settings["group_identify_needs_ids"]
        rules = settings.get("taxonomy", {})
        self.taxonomy = replace(self.taxonomy, **{**rules, "own": tuple(rules.get("own", self.taxonomy.own))})
        self.refused = {**self.refused, **settings.get("refuse", {})}
        return None

    def throttle(self, users: Any) -> str | None:
        """Answer 429 to requests that carry one of these users; what is wrong with it, or None.

        ``users``: user ids, or user id to how many requests: None until cleared, 0 no more.
        """
        counts = (
            dict.fromkeys(users) if isinstance(users, list) and all(isinstance(one, str) for one in users) else users
        )
        if not isinstance(counts, dict) or not all(_is_count(one) for one in counts.values()):
            return "throttle_users must be an object of user id to a number of requests, or to null: until cleared"
        with self._lock:
            self.throttled = {user: left for user, left in {**self.throttled, **counts}.items() if left != 0}
        return None

    def count_throttled(self, users: Iterable[str]) -> None:
        """Count down, after a request of these users was throttled."""
        with self._lock:
            for user in users:
                left = self.throttled.get(user)
                if left is not None and left <= 1:
                    self.throttled.pop(user)
                elif left is not None:
                    self.throttled[user] = left - 1

    def clear(self) -> None:
        """Behave again."""
        with self._lock:
            self._pending.clear()
            self.throttled.clear()
            self.group_identify_needs_ids = False
            self.taxonomy = TaxonomyRules()
        self.cleared.set()

    def forget_refused(self) -> None:
        """Take again the records that were always refused."""
        self.refused = {}

    def pending(self) -> list[dict[str, Any]]:
        """What is still to come."""
        with self._lock:
            return [dict(vars(one)) for one in self._pending]


def _only_waits(asked: dict[str, Any]) -> bool:
    return bool(asked.get("delay_seconds")) and asked.keys().isdisjoint(("status", "body", "hang", "close"))


def _is_count(value: Any) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0)

"""What follows from what was seen: candidates, a proposal, advice, limits, and the whole plan. Frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from translator.reports.plan.planned import Planned
from translator.reports.plan.seen import Became, Observed, Place, Tally
from translator.reports.plan.sketch import Count

Level = Literal["user", "event"]
Role = Literal["type", "value", "name", "rule"]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place that may serve as something, with what speaks for it (``score``, 0 to 1) and the reason in words."""

    role: Role
    place: Place
    score: float
    why: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A proposed ``[[groups.rules]]``. ``why``: in words."""

    type: str
    value: tuple[str, ...]
    calls: tuple[str, ...]
    name: tuple[str, ...] = ()
    level: Level | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed ``[groups]``. ``reasons``: key to why."""

    type_trait: str | None = None
    value_trait: str | None = None
    name_trait: str | None = None
    fallback: Literal["segment-group", "none"] = "segment-group"
    level: Level = "user"
    rules: tuple[Rule, ...] = ()
    reasons: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Advice:
    """Event-level or user-level groups, and why: each reason a sentence."""

    level: Level
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """How much of one of Amplitude's limits is used. ``who``: what is over it, or nearest to it."""

    name: str
    used: Count
    most: int
    who: str = ""

    @property
    def share(self) -> float:
        """Of the limit."""
        return self.used.number / self.most


@dataclass(frozen=True, slots=True)
class Plan:
    """The whole report. ``source``: what was read, for people. ``today``: what becomes of the calls under the present
    configuration, where it has groups. ``unreadable``: files or lines. ``hook``: the user's function that was
    used, or None."""

    source: str
    destination: str | None
    hook: str | None
    observed: Observed
    candidates: tuple[Candidate, ...]
    proposal: Proposal
    advice: Advice
    became: Became
    today: Tally | None
    limits: tuple[Limit, ...]
    warnings: tuple[str, ...]
    configuration: str
    planned: Planned
    unreadable: int = 0

"""What was seen in calls, and what became of them. Frozen; times in ms since the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from translator.reports.plan.sketch import Count


@dataclass(frozen=True, slots=True)
class Steadiness:
    """How values go with keys (groups, or users), of those ``looked`` at. ``changing``: keys that had more than one
    value. ``shared``: keys whose value another key had too."""

    looked: int = 0
    changing: int = 0
    shared: int = 0

    @property
    def steady(self) -> float:
        """The share of keys with one value for all time."""
        return 1 - self.changing / self.looked if self.looked else 0.0

    @property
    def own(self) -> float:
        """The share of keys whose value no other key has."""
        return 1 - self.shared / self.looked if self.looked else 0.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where calls of a type have a value: ``traits.name`` of group calls. ``calls``: how many of ``of`` have it.

    ``key``: the trait's own name where it stands at the top, else None. ``is_path``: whether a rule can name it.
    ``frequent``: values and how often, of those kept (``known``). ``opaque``: the share of its different values that
    nobody can read.
    """

    kind: str
    path: str
    key: str | None
    is_path: bool
    calls: int
    of: int
    kinds: Mapping[str, int]
    distinct: Count
    frequent: tuple[tuple[str, int], ...]
    known: frozenset[str]
    opaque: float
    longest: int
    by_group: Steadiness
    by_user: Steadiness

    @property
    def coverage(self) -> float:
        """The share of the type's calls that have it."""
        return self.calls / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Observed:
    """What calls have, whatever the configuration. ``refused``: faults to how many messages. ``places_cut``: there are
    more places than were looked at. ``longest``: characters of the longest text."""

    calls: Mapping[str, int]
    refused: Mapping[str, int]
    first_at: int | None
    last_at: int | None
    users: Count
    devices: Count
    anonymous: int
    places: tuple[Place, ...]
    places_cut: bool = False
    longest: int = 0


@dataclass(frozen=True, slots=True)
class Movement:
    """How users go with the groups of a type. ``looked``: users with such a group that were looked at; ``is_cut``: they
    are a sample. ``moved``: had one group after another; ``at_once``: several at a time, or to and fro; ``who_moved``,
    ``who_at_once``: some of them."""

    type: str
    looked: int = 0
    moved: int = 0
    at_once: int = 0
    who_moved: tuple[str, ...] = ()
    who_at_once: tuple[str, ...] = ()
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class TypeSeen:
    """A group type. ``joins``: calls by which users joined; ``events``: that have it, named or carried by memory;
    ``on_events``: some events name it themselves. ``source``: where it comes from."""

    name: str
    values: Count
    members: int
    joins: int
    events: int
    source: str
    examples: tuple[str, ...]
    on_events: bool = False


@dataclass(frozen=True, slots=True)
class ValueSeen:
    """A group. ``label``: its readable name, "" for none. ``members``: of the users looked at."""

    type: str
    value: str
    label: str
    calls: int
    members: int
    first_at: int
    last_at: int


@dataclass(frozen=True, slots=True)
class PropertySeen:
    """A group property. ``groups``: how many of ``of_groups`` have it; ``calls``: of ``of_calls``. ``values``: texts
    and how often, of those kept."""

    type: str
    name: str
    kinds: Mapping[str, int]
    groups: int
    of_groups: int
    calls: int
    of_calls: int
    distinct: Count
    values: tuple[tuple[str, int], ...]
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EventSeen:
    """An event. ``grouped``: how many have a group in themselves, or by memory; ``joined``: also those whose user
    joined one before. ``carried_types`` and ``joined_types``: the types that all of them had, in either way."""

    name: str
    count: int
    grouped: int
    joined: int
    anonymous: int
    carried_types: tuple[str, ...]
    joined_types: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of calls. Reasons to how many. ``fallbacks``: by missing traits. ``samples``: some messageIds."""

    ignored: Mapping[str, int]
    failed: Mapping[str, int]
    notes: Mapping[str, int]
    fallbacks: Mapping[str, int]
    samples: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Became:
    """What calls become under a configuration. ``clipped``: where texts were too long, and how many. ``updates``: most
    property updates of a user in an hour, and whose; ``updates_event``: without those by which users join with group
    calls. ``most_values``: group values of one event. ``spellings``: names of a group that differ in case or blanks."""

    tally: Tally
    types: tuple[TypeSeen, ...]
    values: tuple[ValueSeen, ...]
    properties: tuple[PropertySeen, ...]
    property_names: Count
    events: tuple[EventSeen, ...]
    movements: tuple[Movement, ...]
    clipped: Mapping[str, int]
    updates: tuple[tuple[str, int], ...]
    updates_event: tuple[tuple[str, int], ...]
    updates_cut: bool
    most_values: int
    late: int
    spellings: Mapping[str, frozenset[str]]
    cut: tuple[str, ...]

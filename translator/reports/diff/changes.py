"""What may change of calls, one by one and counted. Frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from msgspec import Struct

from translator.settings.differing import Differing

What = Literal[
    "only_old", "only_new", "added", "removed", "changed", "type", "outcome", "note_gained", "note_lost"
]  # fmt: skip
"""A record that there is under one configuration only; a key of one that there is under both: added, removed, another
value, a value of another type; what becomes of the call; a note that it gets or no longer gets."""


Effect = Literal["joins", "leaves", "events", "properties", "merged", "deleted"]
"""What a change does that cannot be taken back: to users' groups, events' groups, groups' properties, and users."""


class Change(Struct, frozen=True, gc=False):
    """One thing that is different of one call.

    ``record``: its kind, "" where it is not about a record. ``group``: of a group_identify, its group type. ``path``:
    of a key (``user_properties.$set.plan``); of an outcome ``old → new``; of a note its rule. ``old``, ``new``: what
    there was, None on the side where it is not; of an outcome the faults, of a note its path.
    """

    what: What
    record: str
    path: str
    old: Any = None
    new: Any = None
    group: str = ""

    @property
    def effect(self) -> Effect | None:
        """What it does that cannot be taken back."""
        if self.record == "group_identify":
            return "properties"
        if is_of_groups(self.record, self.path):
            return "events" if self.record == "event" else "leaves" if self.what == "removed" else "joins"
        if self.what == "only_new" and self.record in ("user_map", "user_deletion"):
            return "merged" if self.record == "user_map" else "deleted"
        return None


def is_of_groups(record: str, path: str) -> bool:
    """Whether a key of a record, or the record itself, is about groups."""
    return record == "group_identify" or path == "groups" or path.startswith("groups.")


@dataclass(frozen=True, slots=True)
class Example:
    """A call with a change: values as JSON text, cut where they are long; None where there is none."""

    message_id: str
    old: str | None
    new: str | None


@dataclass(frozen=True, slots=True)
class Counted:
    """A change over many calls of a type. ``calls``: how many have it. ``pairs``: how many different pairs of old and
    new value there were, at least so many where ``has_more_pairs``."""

    call: str
    record: str
    group: str
    what: What
    path: str
    calls: int
    pairs: int
    has_more_pairs: bool
    examples: tuple[Example, ...] = ()

    @property
    def is_of_groups(self) -> bool:
        """Whether it changes groups, which Amplitude never takes back."""
        return is_of_groups(self.record, self.path)


@dataclass(frozen=True, slots=True)
class GroupType:
    """A group type, and how many calls named it under each configuration."""

    name: str
    old: int
    new: int


@dataclass(frozen=True, slots=True)
class Difference:
    """What a change of configuration changes.

    ``old``, ``new``: the files, for people. ``source``: where the calls are from. ``calls``: how many were compared,
    ``changed``: of how many something is different. ``outcomes``: what became of calls (``sent``, ``ignored: REASON``,
    ``refused``, ``untranslatable``) to how many under each. ``types``: group types in the order in which they came;
    ``has_more_types``: there were more. ``effects``: what cannot be taken back, to how many calls do it. ``rest``:
    whether keys were put together under ``*``, since there were so many. ``unreadable``: how much of the source could
    not be read. ``is_cut``: not all calls were looked at. ``hooks_left_out``: a configuration names a hook, which was
    not run.
    """

    old: str = ""
    new: str = ""
    destination: str | None = None
    source: str = ""
    calls: int = 0
    changed: int = 0
    outcomes: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    types: tuple[GroupType, ...] = ()
    has_more_types: bool = False
    effects: Mapping[Effect, int] = field(default_factory=dict)
    changes: tuple[Counted, ...] = ()
    rest: bool = False
    settings: tuple[Differing, ...] = ()
    unreadable: int = 0
    is_cut: bool = False
    hooks_left_out: bool = False

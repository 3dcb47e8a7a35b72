"""What was seen, held beside a plan: counts and a few examples. Frozen, and bounded by the plan, not by the traffic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec
from msgspec import Struct

Unit = Literal["calls", "groups", "events", "records", "messages"]


class Example(Struct, frozen=True):
    """``text``: a value, a group, a path. ``message_id``: of the call, None where it has none or is not known."""

    text: str
    message_id: str | None = None


class Tally(Struct, frozen=True):
    """How often, exactly, and the first few of them."""

    count: int = 0
    examples: tuple[Example, ...] = ()


NONE = Tally()


class SeenType(Struct, frozen=True):
    """A planned group type. ``named``: all that named it. ``joins``: calls (of a sandbox: records) by which users
    joined it. ``events``: events that had it themselves. ``values``: what is not among the planned values. ``groups``:
    different groups that were looked at."""

    named: Tally = NONE
    joins: Tally = NONE
    events: Tally = NONE
    values: Tally = NONE
    groups: int = 0


class SeenProperty(Struct, frozen=True):
    """A planned group property. ``count``: how often it had a value. ``kinds``: those that are not the planned one.
    ``values``: those that are not among the planned ones. ``lacking``: where it is required, those of the groups that
    were looked at that never had it."""

    count: int = 0
    kinds: Mapping[str, Tally] = msgspec.field(default_factory=dict)
    values: Tally = NONE
    lacking: Tally = NONE


class SeenEvent(Struct, frozen=True):
    """A planned event. ``lacking``: group type to the events that were neither in one nor of a user who had joined one.
    ``judged``: group type to how many events that is known of."""

    count: int = 0
    lacking: Mapping[str, Tally] = msgspec.field(default_factory=dict)
    judged: Mapping[str, int] = msgspec.field(default_factory=dict)


class Extras(Struct, frozen=True):
    """What is not planned: the first names, and how often there were further ones."""

    names: Mapping[str, Tally] = msgspec.field(default_factory=dict)
    others: int = 0


class Seen(Struct, frozen=True):
    """All of it.

    ``source``: where it was read, for people. ``read``: how many ``read_unit`` of it. ``unit``: what ``named``, extras
    and values are counted in. ``fallbacks``: lacking traits to the group calls that became ``[Segment] Group``.
    ``refused``: what could not be read or translated, by reason; ``ignored``: calls that became nothing, by reason;
    ``noted``: what translation (or the sandbox) clipped or dropped, by rule. ``property_names``: different group
    properties, up to one more than the limit; ``type_names``: group types. ``events_read``: events of any name.
    ``remarks``: what this source cannot tell, and what was sampled.
    """

    source: str
    read: int = 0
    read_unit: Unit = "calls"
    unit: Unit = "calls"
    types: Mapping[str, SeenType] = msgspec.field(default_factory=dict)
    properties: Mapping[tuple[str, str], SeenProperty] = msgspec.field(default_factory=dict)
    events: Mapping[str, SeenEvent] = msgspec.field(default_factory=dict)
    extra_types: Extras = Extras()
    extra_properties: Mapping[str, Extras] = msgspec.field(default_factory=dict)
    extra_events: Extras = Extras()
    fallbacks: Mapping[str, Tally] = msgspec.field(default_factory=dict)
    refused: Mapping[str, Tally] = msgspec.field(default_factory=dict)
    ignored: Mapping[str, Tally] = msgspec.field(default_factory=dict)
    noted: Mapping[str, Tally] = msgspec.field(default_factory=dict)
    type_names: tuple[str, ...] = ()
    property_names: int = 0
    events_read: int = 0
    remarks: tuple[str, ...] = ()

"""Segment's own subscriptions, run as they are (``translate.mappings``): each that takes a call makes what its action
makes. Pure.

Actions and fields: segment-actions.md sections 3 to 7. Limits and policies are this service's: insert ids by place (a
mapped ``insert_id`` is not read), ``$set`` instead of plain keys, clipping and notes, groups also as user properties,
revenue that can be read, products with all their keys where the mapping only reshapes them (differences 1, 4, 9, 11,
17). A mapping that fails for a call makes a dead letter of the whole call, so that nothing of it is lost.
"""

from __future__ import annotations

from translator.parcels import Json, Record, Translation
from translator.translate import memory
from translator.translate.groups import Found
from translator.translate.mappedevents import of_event
from translator.translate.mappedpeople import group_of, groups_of, of_alias, of_group, of_identify
from translator.translate.mapping import Mapped, taking
from translator.translate.reading import Reading

ACTIONS = {
    "logEvent": of_event,
    "logEventV2": of_event,
    "logPurchase": of_event,
    "identifyUser": of_identify,
    "groupIdentifyUser": of_group,
    "mapUser": of_alias,
}
"""What each action makes. ``sessionId`` makes nothing: it works in browsers."""


def of_mapped(reading: Reading, state: Json | None) -> Translation:
    """A call, by the subscriptions that take it."""
    taken = [one for one in taking(reading) if one.subscription.action in ACTIONS]
    if not taken:
        return Translation(notes=reading.notes.all(), ignored="no_mapping")
    done = [ACTIONS[one.subscription.action](one, state) for one in taken]
    records: list[Record] = [record for one in done for record in one.records]
    remember: Json | None = None
    for made in done:
        remember = memory.merged(remember, made.remember)
    ignored = None if records or remember else next((one.ignored for one in done if one.ignored), "no_mapping")
    return Translation(tuple(records), reading.notes.all(), remember, ignored)


def named(reading: Reading) -> list[Found]:
    """The groups that a call names, by its subscriptions. Raises Untranslatable."""
    found: dict[str, Found] = {}
    for one in taking(reading):
        for group in _groups(one):
            found.setdefault(group.type, group)
    return list(found.values())


def _groups(one: Mapped) -> list[Found]:
    return group_of(one) if one.subscription.action == "groupIdentifyUser" else groups_of(one)


def makers(reading: Reading, record: Record) -> str:
    """The names of the subscriptions that make records of a kind of a call, in words."""
    kinds = {
        "event": ("logEvent", "logEventV2", "logPurchase"),
        "identify": ("identifyUser", "groupIdentifyUser"),
        "group_identify": ("groupIdentifyUser",),
        "user_map": ("mapUser",),
    }
    names = [one.subscription.name for one in taking(reading) if one.subscription.action in kinds.get(record.kind, ())]
    return ", ".join(names)

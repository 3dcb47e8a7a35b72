"""group → the user joins (Identify), and the group gets its properties (Group Identify). Pure."""

from __future__ import annotations

from translator.parcels import Json, Record, Translation
from translator.translate import groups, memory
from translator.translate.groups import Found
from translator.translate.reading import Reading
from translator.translate.records import group_identifies, identify, joined


def of_group(reading: Reading, state: Json | None) -> Translation:
    """A group call. It needs no user: then only the group's properties are sent (differences 8)."""
    found = groups.find(reading)
    joins = joined(reading, found) if reading.ids else {}
    records = [identify(reading, 1, {"$set": dict(reading.short)} if reading.short else {}, joins)] if joins else []
    records += group_identifies(reading, found)
    remember = memory.remembered(state, found, reading.time) if reading.ids else None
    return Translation(tuple(records), reading.notes.all(), remember, _ignored(reading, found, records))


def _ignored(reading: Reading, found: list[Found], records: list[Record]) -> str | None:
    """Why a call became nothing. One that is carried by memory is not nothing."""
    if records or (reading.ids and any("carried" in one.reach for one in found)):
        return None
    return "group_without_user" if found else "group_traits_missing"

"""Records put together from their parts, always by named keys. Pure."""

from __future__ import annotations

from typing import Any

from translator.parcels import Record
from translator.translate.groups import Found
from translator.translate.groupvalues import Values, limited
from translator.translate.operations import Operations
from translator.translate.reading import Reading

LIBRARY = "segment"
"""What Segment's destination sends as library of identify and group records (segment-actions.md section 4)."""


def identify(reading: Reading, place: int, properties: Operations, joined: dict[str, Values], **more: Any) -> Record:
    """An Identify object. Joining a group sends the same pairs as user properties too, as Amplitude's SDKs do
    (amplitude-api.md section 4.3)."""
    if joined:
        properties = {**properties, "$set": {**properties.get("$set", {}), **joined}}
    body: dict[str, Any] = {**reading.someone(), **more}
    if properties:
        body["user_properties"] = properties
    if joined:
        body["groups"] = joined
    body["time"] = reading.time
    body["insert_id"] = reading.insert_id(place)
    body["library"] = LIBRARY
    return Record("identify", body)


def group_identify(reading: Reading, found: Found) -> Record:
    """A Group Identify object for one group; the call's ids travel beside it."""
    body = {
        "group_type": found.type,
        "group_value": found.values[0],
        "group_properties": found.properties,
        "time": reading.time,
        "insert_id": reading.insert_id(found.place),
        "library": LIBRARY,
    }
    return Record("group_identify", body, reading.ids)


def group_identifies(reading: Reading, found: list[Found]) -> list[Record]:
    """One for each group with properties."""
    return [group_identify(reading, one) for one in found if one.properties] if found else []


def joined(reading: Reading, found: list[Found]) -> dict[str, Values]:
    """The groups that the user joins, within Amplitude's limit."""
    if not found:
        return {}
    return limited(((one.type, one.value) for one in found if "joins" in one.reach), reading.notes)

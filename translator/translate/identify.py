"""identify → an Identify object with traits, campaign and user-level groups. Pure."""

from __future__ import annotations

from translator.parcels import Json, Translation
from translator.translate import groups, memory, people
from translator.translate.agents import agent_fields
from translator.translate.contexts import plain_fields
from translator.translate.fields import configured
from translator.translate.reading import Reading
from translator.translate.records import group_identifies, identify, joined


def of_identify(reading: Reading, state: Json | None) -> Translation:
    """An identify call."""
    found = groups.find(reading)
    fields = agent_fields(reading) | plain_fields(reading) | configured(reading)
    first = identify(reading, 1, people.of_identify(reading), joined(reading, found), **fields)
    return Translation(
        records=(first, *group_identifies(reading, found)),
        notes=reading.notes.all(),
        remember=memory.remembered(state, found, reading.time),
    )

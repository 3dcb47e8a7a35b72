"""alias → User Mapping, delete → User Privacy deletion; both only where the configuration asks for them. Pure."""

from __future__ import annotations

from translator.errors import Untranslatable
from translator.parcels import Json, Record, Translation
from translator.translate.limits import is_refused_id
from translator.translate.paths import text
from translator.translate.reading import Reading


def of_alias(reading: Reading, state: Json | None) -> Translation:
    """An alias call: previousId is mapped to userId, or with ``unmap`` not any more (amplitude-api.md section 2.5)."""
    if not reading.settings.translate.alias:
        return Translation(notes=reading.notes.all(), ignored="alias_off")
    body: Json = {"user_id": _id(reading, "previousId")}
    if reading.options.unmap:
        body["unmap"] = True
    else:
        body["global_user_id"] = _id(reading, "userId")
    return Translation((Record("user_map", body),), reading.notes.all())


def of_delete(reading: Reading, state: Json | None) -> Translation:
    """A delete call: the user's data in Amplitude is to go (amplitude-api.md section 2.6)."""
    if not reading.settings.translate.delete:
        return Translation(notes=reading.notes.all(), ignored="delete_off")
    return Translation((Record("user_deletion", {"user_id": _id(reading, "userId")}),), reading.notes.all())


def _id(reading: Reading, key: str) -> str:
    value = text(reading.body.get(key)) or ""
    if is_refused_id(value):
        raise Untranslatable("no_valid_id", {key: ["is an id that Amplitude refuses (such as 0, null, anonymous)"]})
    return value

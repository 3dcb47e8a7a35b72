"""The schemas compiled into what runs for each call: a yes that is sure, or "ask the schemas". Pure.

The schemas stay the only place where shapes are written: a field, a requirement or a limit that is added there is read
from there, and a schema with something that this does not know is asked for each call. They also give the faults.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from marshmallow import fields

from translator.validate.schemas import MAX_MESSAGE_ID, SCHEMAS, CallSchema, NeedsSomeone, Object, Scalar, short

SCALARS = (str, int, float)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a call of one type needs to be surely good. ``limited``: texts of at most MAX_MESSAGE_ID characters."""

    scalars: tuple[str, ...]
    objects: tuple[str, ...]
    required: tuple[str, ...]
    limited: tuple[str, ...]
    needs_someone: bool


def shape_of(schema: CallSchema) -> Shape | None:
    """What a schema says, or None where it says something that is not known here."""
    found: dict[str, list[str]] = {"scalars": [], "objects": [], "required": [], "limited": []}
    for name, field in schema.fields.items():
        if not _add(name, field, found):
            return None
    return Shape(**{key: tuple(names) for key, names in found.items()}, needs_someone=isinstance(schema, NeedsSomeone))


def _add(name: str, field: fields.Field[Any], found: dict[str, list[str]]) -> bool:
    kinds = {Scalar: "scalars", Object: "objects"}
    if type(field) not in kinds or field.validators not in ([], [short]) or (field.data_key or name) != name:
        return False
    found[kinds[type(field)]].append(name)
    if field.required:
        found["required"].append(name)
    if field.validators:
        found["limited"].append(name)
    return True


SHAPES: Mapping[str, Shape | None] = {kind: shape_of(schema) for kind, schema in SCHEMAS.items()}


def is_surely_good(message: Mapping[str, Any]) -> bool:
    """Whether the schemas would find no fault. False is no answer: then they must be asked."""
    kind = message.get("type")
    shape = SHAPES.get(kind) if type(kind) is str else None
    if shape is None:
        return False
    given = message.get
    for key in shape.scalars:
        value = given(key)
        if value is not None and type(value) not in SCALARS:
            return False
    for key in shape.objects:
        value = given(key)
        if value is not None and type(value) is not dict:
            return False
    for key in shape.required:
        if given(key) in (None, ""):
            return False
    for key in shape.limited:
        value = given(key)
        if value is not None and len(str(value)) > MAX_MESSAGE_ID:
            return False
    return not shape.needs_someone or given("userId") not in (None, "") or given("anonymousId") not in (None, "")

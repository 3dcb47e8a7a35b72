"""The schemas compiled into shapes, for ``shapes.py``. Pure.

A field, a requirement or a limit that is added to a schema is read from there; what a Shape has no word for makes the
schema be asked for each call.
"""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from translator.validate.common import Shape
from translator.validate.schemas import SCHEMAS, CallSchema, NeedsSomeone, Object, Scalar, short


def shapes() -> dict[str, Shape | None]:
    """What ``shapes.SHAPES`` has to be."""
    return {kind: shape_of(schema) for kind, schema in SCHEMAS.items()}


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

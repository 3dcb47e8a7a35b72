"""The schemas compiled into shapes, for ``shapes.py``. Pure.

What a Shape has no word for is left out; a configuration that has it is given to the schemas.
"""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from translator.settings import schema
from translator.settings.shape import Shape

HOOKS = {
    "_freeze": (),
    "_few_types": ("rules",),
    "_each_property_once": ("objects",),
    "_few_group_types": ("objects",),
    "_salesforce_knows_its_destinations": ("destinations",),
    "_names_apart": ("properties",),
    "_lease_outlives_a_request": ("lease_seconds", "timeout_seconds"),
    "_deletions_need_the_secret_key": ("delete",),
}
"""What schemas say of whole tables, and the keys without which that cannot be wrong."""

LEFT_OUT = {key for keys in HOOKS.values() for key in keys}


def shapes() -> dict[str, dict[str, Shape]]:
    """What ``shapes.SHAPES`` has to be: table to key to shape; ``destinations``: of each of them."""
    found = {name: one.schema for name, one in schema.WholeFile().fields.items() if isinstance(one, fields.Nested)}
    return {name: shapes_of(table) for name, table in {**found, "destinations": schema.DestinationTable()}.items()}


def shapes_of(table: Schema) -> dict[str, Shape]:
    """The keys of a table that can be taken by their shape; none where it says of the whole what is not known here."""
    hooks = {name for found in type(table).resolve_hooks().values() for name, *_ in found}
    if not hooks <= HOOKS.keys():
        return {}
    kept = {name: field for name, field in table.load_fields.items() if name not in LEFT_OUT}
    found = {field.data_key or name: shape_of(name, field) for name, field in kept.items()}
    return {key: shape for key, shape in found.items() if shape is not None}


def shape_of(name: str, field: fields.Field[Any]) -> Shape | None:
    """A field's shape, or None where it says something that is not known here."""
    said = _said(field, list(field.validators))
    other = name if field.data_key not in (None, name) else ""
    return None if said is None else Shape(**said, required=field.required, name=other)


def _said(field: fields.Field[Any], checks: list[Any]) -> dict[str, Any] | None:
    kind, check = type(field), checks[0] if len(checks) == 1 else None
    if kind is fields.String and isinstance(check, validate.Length) and check.max is None and check.equal is None:
        return {"kind": "text", "least": check.min}
    if kind is fields.String and isinstance(check, validate.OneOf):
        return {"kind": "choice", "choices": tuple(check.choices)}
    if kind is fields.Integer and isinstance(check, validate.Range) and check.min_inclusive and check.max_inclusive:
        return {"kind": "whole", "least": check.min, "most": check.max}
    if checks:
        return None
    if isinstance(field, schema.TextOrList):
        return {"kind": "texts", "separator": field.separator}
    plain = {fields.String: "text", fields.Boolean: "flag", fields.Dict: "empty"}
    return {"kind": plain[kind]} if kind in plain else None

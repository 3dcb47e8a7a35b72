"""What a plan may say: a marshmallow schema for each of its parts, for workbooks and JSON alike. Pure."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate

from translator.reports.plan.planned import KINDS, VERSION

LEVELS = ("user", "event", "both")
MOST_ENTRIES = 20_000
"""Of a part: Amplitude has 5 group types, 1,000 group properties and 2,000 event types of a project."""

TEXT: dict[str, Any] = {"invalid": "must be text", "required": "required", "null": "must be text"}
YES_OR_NO = "must be yes or no (true or false)"
A_VERSION = f"must be {VERSION}"


def _named(value: str) -> None:
    if not value.strip():
        raise ValidationError("required")


def _text(key: str | None = None) -> fields.String:
    return fields.String(error_messages=TEXT, data_key=key)


def _name() -> fields.String:
    return fields.String(required=True, error_messages=TEXT, validate=_named)


def _texts(said: str) -> fields.Field[Any]:
    return fields.List(_name(), error_messages={"invalid": said, "null": said})


def _one_of(choices: tuple[str, ...]) -> fields.String:
    said = f"must be {', '.join(choices[:-1])} or {choices[-1]}"
    return fields.String(error_messages=TEXT, validate=validate.OneOf(choices, error=said))


class _Table(Schema):
    error_messages = {"unknown": "is not a key of a plan", "type": "must be an object"}  # noqa: RUF012  as marshmallow's


class TypeEntry(_Table):
    """A PlannedType."""

    name = _name()
    level = _one_of(LEVELS)
    from_ = _text("from")
    values = _texts("must be a list of texts")
    description = _text()


class PropertyEntry(_Table):
    """A PlannedProperty."""

    group_type = _name()
    name = _name()
    kind = _one_of(KINDS)
    required = fields.Boolean(
        truthy={True}, falsy={False}, error_messages={"invalid": YES_OR_NO, "null": YES_OR_NO}
    )  # fmt: skip
    values = _texts("must be a list of texts")
    description = _text()
    regex = _text()


class EventEntry(_Table):
    """A PlannedEvent."""

    name = _name()
    groups = _texts("must be a list of group types")
    description = _text()


def _entries(schema: type[Schema]) -> fields.Field[Any]:
    most = validate.Length(max=MOST_ENTRIES, error=f"has at most {MOST_ENTRIES} entries")
    nested = fields.Nested(schema, error_messages={"null": "must be an object"})
    return fields.List(nested, error_messages={"invalid": "must be a list", "null": "must be a list"}, validate=most)


class PlanTable(_Table):
    """A plan as ``Planned.plain`` writes it; a part may be left out."""

    version = fields.Integer(
        strict=True,
        validate=validate.Equal(VERSION, error=A_VERSION),
        error_messages={"invalid": A_VERSION, "null": A_VERSION},
    )
    types = _entries(TypeEntry)
    properties = _entries(PropertyEntry)
    events = _entries(EventEntry)

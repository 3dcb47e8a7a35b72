"""The shapes of Segment's six calls and of delete, as marshmallow schemas. They check; they never rename or fill in.

Source: Segment's spec, common fields (reference: segment-actions.md section 13, segment-docs 747b35d, 2025-11-07).
Null and empty (``""``, ``[]``, ``{}``) mean absent. What translation can read as absent without losing the call (a
context that is not an object, an unreadable time) is not a fault.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate, validates_schema

from translator.parcels import CALL_TYPES
from translator.validate.common import MAX_MESSAGE_ID, device_id, is_absent

REQUIRED: dict[str, Any] = {"required": "required"}


class Scalar(fields.Field[Any]):
    """Text, or a number that stands for its text. Booleans, arrays and objects are no ids or names (differences 20)."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **_: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, (str, int, float)):
            raise ValidationError("must be text or a number")
        return value


class Object(fields.Field[Any]):
    """A JSON object."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **_: Any) -> Any:
        if not isinstance(value, dict):
            raise ValidationError("must be an object")
        return value


def short(value: object) -> None:
    """Raises ValidationError for an id of too many characters."""
    if len(str(value)) > MAX_MESSAGE_ID:
        raise ValidationError(f"must be at most {MAX_MESSAGE_ID} characters")


class CallSchema(Schema):
    """What every call may have."""

    class Meta:
        """Keys that are not named here pass unseen."""

        unknown = EXCLUDE

    messageId = Scalar(validate=short, metadata={"maxLength": MAX_MESSAGE_ID})
    userId = Scalar()
    anonymousId = Scalar()
    traits = Object()
    properties = Object()
    integrations = Object()

    @pre_load
    def _null_and_empty_mean_absent(self, data: Mapping[str, Any], **_: Any) -> dict[str, Any]:
        return {key: data[key] for key in self.fields if key in data and not is_absent(data[key])}


class NeedsSomeone(CallSchema):
    """A call that is of a user or of a device."""

    @validates_schema(skip_on_field_errors=False, pass_original=True)
    def _someone(self, data: dict[str, Any], original: Mapping[str, Any], **_: Any) -> None:
        if all(is_absent(original.get(key)) for key in ("userId", "anonymousId")) and not device_id(original):
            raise ValidationError("required: userId or anonymousId", "userId")


class Identify(NeedsSomeone):
    """``identify``."""


class Track(NeedsSomeone):
    """``track``."""

    event = Scalar(required=True, error_messages=REQUIRED)


class Page(NeedsSomeone):
    """``page``."""

    name = Scalar()
    category = Scalar()


class Screen(Page):
    """``screen``."""


class Group(CallSchema):
    """``group``, which needs no user (differences 8)."""

    groupId = Scalar(required=True, error_messages=REQUIRED)


class Alias(CallSchema):
    """``alias``."""

    userId = Scalar(required=True, error_messages=REQUIRED)
    previousId = Scalar(required=True, error_messages=REQUIRED)


class Delete(CallSchema):
    """``delete``, which Segment's privacy requests send (segment-actions.md section 12)."""

    userId = Scalar(required=True, error_messages=REQUIRED)


class Envelope(Schema):
    """Only the type, which chooses the schema."""

    class Meta:
        """The rest is the chosen schema's."""

        unknown = EXCLUDE

    type = fields.String(
        required=True,
        error_messages={"required": "required", "null": "required", "invalid": "must be text"},
        validate=validate.OneOf(CALL_TYPES, error="must be one of: {choices}"),
    )


SCHEMAS: dict[str, CallSchema] = {
    "identify": Identify(),
    "group": Group(),
    "track": Track(),
    "page": Page(),
    "screen": Screen(),
    "alias": Alias(),
    "delete": Delete(),
}
"""Every call type has its schema; a test holds this against CALL_TYPES."""

ENVELOPE = Envelope()
COMMON = CallSchema()

"""What the schemas and what runs before them both go by. Pure; without marshmallow, which a good call does not need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from translator import jsontext

MAX_MESSAGE_ID = 100
"""Characters: Segment's spec, common fields, messageId (2025-11-07)."""

EMPTY: tuple[Any, ...] = (None, "", [], {})

SCALARS = (str, type(None), int, float)
OBJECTS = (dict, type(None))
"""Types of what a schema's Scalar or Object surely takes."""


def is_absent(value: object) -> bool:
    """Whether a value says nothing: null or empty. 0 and false are values."""
    return not isinstance(value, (bool, int, float)) and value in EMPTY


def device_id(message: Mapping[str, Any]) -> str:
    """``context.device.id`` where it is text or a number: Segment's destination takes it for an id (segment_actions
    ids-007)."""
    context = message.get("context")
    device = context.get("device") if isinstance(context, dict) else None
    found = device.get("id") if isinstance(device, dict) else None
    return jsontext.text_of(found) if isinstance(found, (str, int, float)) and not isinstance(found, bool) else ""

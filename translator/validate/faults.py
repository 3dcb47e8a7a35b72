"""Every fault of a message, as the schemas find them. Pure."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError

from translator.validate.schemas import COMMON, ENVELOPE, SCHEMAS


def faults_of(message: dict[str, Any]) -> dict[str, list[str]]:
    """Path to what must be there; none where the message is good."""
    faults = _found(ENVELOPE, message)
    return {**faults, **_found(COMMON if faults else SCHEMAS[message["type"]], message)}


def _found(schema: Schema, message: dict[str, Any]) -> dict[str, list[str]]:
    """What ``schema.validate`` says. Its error and the frame that raised it hold one another, and with them all frames
    above, the request's body included, until the collector looks (marshmallow 4.4, 2026-11-28)."""
    try:
        schema.load(message)
    except ValidationError as error:
        error.__traceback__ = None
        return error.messages_dict
    return {}

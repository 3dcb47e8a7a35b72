"""Marshmallow schemas → JSON schemas of OpenAPI 3.1, with what ours mean: null and empty stand for absent."""

from __future__ import annotations

from collections.abc import Iterable
from inspect import getdoc
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema, fields
from marshmallow.validate import Equal

from translator.parcels import Json
from translator.receive import answers
from translator.receive.openapi.examples import CALLS
from translator.receive.openapi.meanings import meaning
from translator.receive.openapi.parts import ref
from translator.validate import EMPTY
from translator.validate.schemas import SCHEMAS, Envelope, NeedsSomeone, Object, Scalar

ID: Json = {"type": ["string", "number"], "minLength": 1}
SOMEONE: Json = {
    "description": "A userId, an anonymousId or a context.device.id.",
    "anyOf": [
        {"required": ["userId"], "properties": {"userId": ID}},
        {"required": ["anonymousId"], "properties": {"anonymousId": ID}},
        {
            "required": ["context"],
            "properties": {
                "context": {
                    "type": "object",
                    "required": ["device"],
                    "properties": {"device": {"type": "object", "required": ["id"], "properties": {"id": ID}}},
                }
            },
        },
    ],
}
"""Whose a call is."""

SAID = {
    "messageId": "The call's own name: what comes again with it counts once. Derived from the call where it is absent.",
    "userId": "Who did it, as your database knows them.",
    "anonymousId": "The device or browser, before it is known who uses it.",
    "traits": "What is known of the user, or (in a group call) of the group.",
    "properties": "What is known of this event, page or screen.",
    "integrations": "What is meant for single destinations, as `Amplitude: {groups: {...}}`; false leaves one out.",
    "event": "What the user did.",
    "name": "Of the page or screen.",
    "category": "Of the page or screen.",
    "groupId": "Of the account, as your database knows it.",
    "previousId": "The id that the user had before.",
}
"""What people should know of a call's keys."""

UNCHECKED: Json = {
    "context": {"description": "What is known around the call: device, page, campaign, ip, groupId, userAgent..."},
    "timestamp": {"description": "When it happened: ISO 8601, or ms since 1970; what cannot be read is no fault."},
    "originalTimestamp": {"description": "When it happened by the sender's clock."},
    "sentAt": {"description": "When it was sent by the sender's clock."},
    "receivedAt": {"description": "When Segment received it."},
}
"""Keys of any call that no schema checks: whatever they are, the call is taken."""


def add_schemas(spec: APISpec, plugin: MarshmallowPlugin) -> None:
    """Put the schemas of calls and answers among the components."""
    assert plugin.converter is not None  # noqa: S101  set when the spec was made with it
    plugin.converter.add_attribute_function(_as_ours)  # type: ignore[no-untyped-call]  # apispec 6.10 has none here
    absent = "Null and empty values mean the same as a key that is not there."
    spec.components.schema("Absent", {"description": absent, "enum": list(EMPTY)})
    spec.components.schema("Someone", SOMEONE)
    envelope = "The type says which call it is, and so what else is in it."
    spec.components.schema("Envelope", {"description": envelope}, schema=Envelope)
    for kind, schema in SCHEMAS.items():
        _add_call(spec, kind, type(schema))
    spec.components.schema("Message", any_of(SCHEMAS, "Any call, by its type."))
    for answer in _answers():
        spec.components.schema(answer.__name__, {"description": _said(answer)}, schema=answer)


def _add_call(spec: APISpec, kind: str, schema: type[Schema]) -> None:
    """A call, and the same with its type in it, as at doors that take any."""
    name = schema.__name__
    more = {"allOf": [ref("Someone")]} if issubclass(schema, NeedsSomeone) else {}
    spec.components.schema(name, {**meaning(kind), **more}, schema=schema)
    found = spec.components.schemas[name]
    found["type"] = "object"
    found["properties"] |= UNCHECKED
    found["examples"] = [CALLS[kind]]
    own = {"properties": {"type": {"const": kind}}}
    said = f"The call `{kind}` with its type, as where any call may stand."
    spec.components.schema(f"{name}Message", {"description": said, "allOf": [ref("Envelope"), ref(name), own]})


def any_of(kinds: Iterable[str], said: str) -> Json:
    """One of some calls, by its type."""
    each = {kind: ref(f"{type(SCHEMAS[kind]).__name__}Message") for kind in kinds}
    mapping = {kind: one["$ref"] for kind, one in each.items()}
    choice = {"propertyName": "type", "mapping": mapping}
    return {"description": said, "oneOf": list(each.values()), "discriminator": choice}


def _as_ours(self: Any, field: fields.Field[Any], ret: Json) -> Json:
    """What apispec cannot know of Scalar and Object, and does not say of a field that may be one value only (6.10).
    ``ret``: what it has found so far, which is changed."""
    if not isinstance(field, (Scalar, Object)):
        only = [one.comparable for one in field.validators if isinstance(one, Equal)]
        return {"const": only[0]} if only else {}
    whole = "object" if isinstance(field, Object) else ["string", "number"]
    found: Json = {"type": whole, **{key: ret.pop(key) for key in ("maxLength",) if key in ret}}
    said = {"description": SAID[str(field.name)]}
    if field.required:
        return {**said, **found, "minLength": 1}
    return {**said, "anyOf": [found, ref("Absent")]}


def _answers() -> list[type[Schema]]:
    """The inner ones first, since apispec would otherwise make up names for them."""
    found = [one for one in vars(answers).values() if isinstance(one, type) and issubclass(one, answers.Answer)]
    return [one for one in found if one is not answers.Answer]


def _said(schema: type[Schema]) -> str:
    return " ".join((getdoc(schema) or "").replace("``", "`").split())

"""What the description of every door is put together from: answers, parameters, bodies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from translator.parcels import Json

JSON, HTML = "application/json", "text/html"
NO_SNIFFING: Json = {"X-Content-Type-Options": {"$ref": "#/components/headers/NoSniffing"}}
RETRY: Json = {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}
NONE: Mapping[str, Any] = MappingProxyType({})

Paths = dict[str, dict[str, Json]]
"""By path and method: an Operation Object of OpenAPI, its operationId aside."""


def ref(name: str, kind: str = "schemas") -> Json:
    """A reference to a component."""
    return {"$ref": f"#/components/{kind}/{name}"}


def answer(said: str, schemas: Mapping[str, Json] = NONE, headers: Mapping[str, Any] = NONE) -> Json:
    """A Response Object. ``schemas``: by media type."""
    content = {"content": {media: {"schema": schema} for media, schema in schemas.items()}} if schemas else {}
    return {"description": said, "headers": {**NO_SNIFFING, **headers}, **content}


def plain(said: str, schema: str = "Problem", headers: Mapping[str, Any] = NONE) -> Json:
    """An answer in JSON, by the name of its schema."""
    return answer(said, {JSON: ref(schema)}, headers)


def text(said: str = "", known: Iterable[str] = ()) -> Json:
    """The schema of a text. ``known``: what it may be."""
    return {"type": "string"} | ({"description": said} if said else {}) | ({"enum": list(known)} if known else {})


def query(name: str, said: str, schema: Json | None = None, *, required: bool = False) -> Json:
    """A parameter after the question mark."""
    found = {"name": name, "in": "query", "description": said, "schema": schema or text()}
    return {**found, "required": True} if required else found


def in_path(name: str, said: str) -> Json:
    """A part of the path."""
    return {"name": name, "in": "path", "required": True, "description": said, "schema": {**text(), "minLength": 1}}

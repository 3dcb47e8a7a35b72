"""``/openapi.json``: what the doors and pages take and answer, for editors and tools."""

from __future__ import annotations

from functools import cache

from flask import Blueprint, Response

from translator import jsontext
from translator.receive.context import house

ANYBODY = {"Access-Control-Allow-Origin": "*"}
"""It is the same everywhere and names no secret, so editors on other sites may load it."""

routes = Blueprint("description", __name__)


@routes.get("/openapi.json")
def openapi() -> Response:
    """The document, made when it is asked for the first time."""
    text = _text(house()[0].dashboard.enabled)
    return Response(text, content_type="application/json", headers=ANYBODY)


@cache
def _text(with_pages: bool) -> bytes:
    from translator.receive.openapi import document

    return jsontext.dumps(document(with_pages=with_pages))

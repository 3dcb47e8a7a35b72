"""The whole HTTP surface as an OpenAPI document, made from the schemas that check calls. Pure.

3.1, since an id is text or a number: ``type`` may be a list only since then. Not imported before somebody asks.
"""

from __future__ import annotations

import re

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin

from translator import __version__
from translator.parcels import Json
from translator.receive.openapi import tracking as sdks
from translator.receive.openapi.doors import doors
from translator.receive.openapi.pages import pages
from translator.receive.openapi.parts import HTML, JSON, answer, plain, ref, text
from translator.receive.openapi.schemas import add_schemas

SAID = (
    "Segment's calls in, Amplitude's records out. What is answered 200 is on disk and will arrive, or become a dead "
    "letter with its reason. Secrets, limits and who may look are configured: `translator check --show` lists every "
    "key with its value and where that came from"
)
PAGE_SAID = ", as does the page [Settings](/settings)"
TAGS = {
    "webhook": "Segment's Webhook destination posts here.",
    "tracking": sdks.TAG,
    "health": "For load balancers, Prometheus and tools.",
    "dashboard": "Pages for people: for this machine, or with the dashboard's password.",
}
SECURITY: Json = {
    **sdks.SECURITY,
    "signature": {
        "type": "apiKey",
        "in": "header",
        "name": "X-Signature",
        "description": "Hex HMAC-SHA1 of the body (of an array: its first element) with `segment.shared_secret`.",
    },
    "token": {"type": "http", "scheme": "bearer", "description": "`segment.header_token`."},
    "password": {"type": "http", "scheme": "basic", "description": "`dashboard.password`, with any user."},
    "session": {"type": "apiKey", "in": "cookie", "name": "translator", "description": "Had from `/sign-in`."},
}


def _header(said: str, schema: Json | None = None, *, required: bool = True) -> Json:
    return {"description": said, "required": required, "schema": schema or text()}


HEADERS: Json = {
    **sdks.HEADERS,
    "NoSniffing": _header("The type is what it says.", text(known=("nosniff",))),
    "RetryAfter": _header("Seconds.", {"type": "integer", "minimum": 1}),
    "Asked": _header("That a password is asked for."),
    "Anybody": _header("Any page may read it.", text(known=("*",))),
    "Policy": _header("Nothing is loaded from elsewhere."),
    "NotKept": _header("Nothing is kept.", text(known=("no-store",))),
    "Kept": _header("How long it is kept."),
    "Location": _header("Where to."),
    "File": _header("The file's name."),
}
TO: Json = {"Location": ref("Location", "headers")}
RESPONSES: Json = {
    "Unexpected": plain("A fault of the service, which is in its log."),
    "SignIn": answer("To the sign-in: not signed in, or not any more.", {HTML: text()}, TO),
    "AtHome": answer("To the first page: signed in.", {HTML: text()}, TO),
    "SignedOut": plain("A part of a page is asked for (`HX-Request`), and nobody is signed in any more."),
    "NotHere": answer(
        "There is no such thing; or there is no password, and the request is not from this machine.",
        {HTML: text(), JSON: ref("Problem")},
    ),
    "NotNow": answer("The journal cannot be read now.", {HTML: text()}),
    "BadForm": answer(
        "The form's token is missing or too old, or a field is not what it may be.",
        {HTML: text(), JSON: ref("Problem")},
    ),
    "LargeForm": answer("Larger than a form may be.", {HTML: text(), JSON: ref("Problem")}),
}


def document(*, with_pages: bool) -> Json:
    """The document. ``with_pages``: whether the service has a dashboard."""
    plugin = MarshmallowPlugin()
    said = f"{SAID}{PAGE_SAID if with_pages else ''}."
    spec = APISpec(
        title="Segment to Amplitude translator",
        version=__version__,
        openapi_version="3.1.0",
        plugins=[plugin],
        info={"description": said, "license": {"name": "MIT", "identifier": "MIT"}},
        servers=[{"url": "/"}],
    )
    add_schemas(spec, plugin)
    _add_components(spec)
    paths = {**doors(), **sdks.tracking(), **(pages() if with_pages else {})}
    for path, operations in paths.items():
        spec.path(path=path, operations={way: _named(path, way, one) for way, one in operations.items()})
    used = {tag for operations in paths.values() for one in operations.values() for tag in one["tags"]}
    for name in TAGS:
        if name in used:
            spec.tag({"name": name, "description": TAGS[name]})
    return spec.to_dict()


def _add_components(spec: APISpec) -> None:
    for name, one in sdks.sent_schemas().items():
        spec.components.schema(name, one)
    for name, one in SECURITY.items():
        spec.components.security_scheme(name, one)
    for name, one in HEADERS.items():
        spec.components.header(name, one)
    for name, one in RESPONSES.items():
        spec.components.response(name, one)


def _named(path: str, way: str, operation: Json) -> Json:
    """With an operationId, by which programs that are made from the document call it: getCallsName."""
    words = re.findall(r"[A-Za-z0-9]+", path) or ["home"]
    return {"operationId": way + "".join(word[0].upper() + word[1:] for word in words), **operation}

"""The tracking API's doors, described: Segment's own SDKs send there."""

from __future__ import annotations

from collections.abc import Mapping

from translator.parcels import Json
from translator.receive.openapi.examples import CALLS
from translator.receive.openapi.parts import JSON, NONE, RETRY, Paths, answer, in_path, plain, ref, text
from translator.receive.tracking import BATCHES
from translator.receive.tracking import CALLS as DOORS

KEY: list[Json] = [{}, {"writeKey": []}]
"""It may stand in the body instead; and this machine needs none where none are configured."""

SAID = (
    "Answered 200 only once it is on disk. The body is read as JSON whatever its Content-Type says, and may be gzip "
    "(`Content-Encoding`). The write key is the user name of Basic authentication, or `writeKey` in the body."
)
BATCH_SAID = {"b": "A batch, by a short name", "import": "A batch, by the name of older SDKs"}
ORIGIN: Json = {"Access-Control-Allow-Origin": ref("AllowedOrigin", "headers")}
REFUSED: Json = {
    "400": answer(
        "Not JSON, not the gzip that it says, or with faults. What has faults is kept for people to see.",
        {JSON: {"anyOf": [ref("Faulty"), ref("Problem")]}},
        ORIGIN,
    ),
    "401": plain("Without a write key, with one that is not known, or with two that differ; it is not said which."),
    "403": plain("From a page whose origin may not send."),
    "413": plain("Larger than segment.max_batch_bytes, inflated; or more than segment.max_batch_calls."),
    "415": plain("In another Content-Encoding than gzip."),
    "429": plain("The source sends faster than segment.calls_per_second: send it again.", headers={**RETRY, **ORIGIN}),
    "500": ref("Unexpected", "responses"),
    "503": plain("It cannot be stored now: send it again.", headers={**RETRY, **ORIGIN}),
}


def tracking() -> Paths:
    """By path and method."""
    calls = {f"/v1/{name}": {"post": _call(name, kind)} for name, kind in DOORS.items()}
    batches = {f"/v1/{name}": {"post": _batch(name)} for name in BATCHES}
    return {**calls, **batches, "/v1/projects/{writeKey}/settings": {"get": _settings()}}


def _door(summary: str, good: Json, body: Json, examples: Mapping[str, Json] = NONE) -> Json:
    shown = {"examples": {name: {"value": value} for name, value in examples.items()}} if examples else {}
    return {
        "tags": ["tracking"],
        "summary": summary,
        "description": SAID,
        "security": KEY,
        "requestBody": {"required": True, "content": {JSON: {"schema": body, **shown}}},
        "responses": {"200": good, **REFUSED},
    }


def _call(name: str, kind: str) -> Json:
    summary = f"One {kind} call" if name == kind else f"One {kind} call, as analytics.js names the door"
    return _door(summary, plain("On disk.", "Taken", ORIGIN), ref(f"{kind.capitalize()}Sent"), {kind: CALLS[kind]})


def _batch(name: str) -> Json:
    summary = BATCH_SAID.get(name, "A batch of calls")
    good = plain("The good ones are on disk; the others are named, and kept for people to see.", "TakenBatch", ORIGIN)
    several = [{"type": kind, **CALLS[kind]} for kind in ("identify", "track")]
    return _door(summary, good, ref("Batch"), {"several": {"batch": several, "sentAt": "2026-11-25T00:00:03.000Z"}})


def _settings() -> Json:
    key = in_path("writeKey", "Of the source.")
    headers = {**ORIGIN, "Cache-Control": ref("Kept", "headers")}
    return {
        "tags": ["tracking"],
        "summary": "What analytics.js asks for when it starts",
        "description": "Where to send; nothing is to be loaded from elsewhere.",
        "parameters": [key],
        "security": [],
        "responses": {
            "200": plain("The source's settings.", "SourceSettings", headers),
            "403": REFUSED["403"],
            "404": plain("No source has this write key; or there are none, and it is not this machine that asks."),
            "500": ref("Unexpected", "responses"),
        },
    }


def sent_schemas() -> Json:
    """Bodies, by name: each call as it may be sent to its own door, and a batch."""
    key = {"type": ["string", "null"], "description": "Of the source, where there is no Basic authentication."}
    kinds = dict.fromkeys(DOORS.values())
    return {
        **{f"{kind.capitalize()}Sent": _sent(kind, key) for kind in kinds},
        "Batch": {
            "type": "object",
            "description": "Several calls. What the batch says of context and integrations counts for each of them.",
            "required": ["batch"],
            "properties": {
                "batch": {"type": "array", "items": ref("Message")},
                "writeKey": key,
                "sentAt": {"description": "When it was sent by the sender's clock, by which times are corrected."},
                "context": {"description": "What is known around every call."},
                "integrations": {"description": "What is meant for single destinations."},
            },
        },
    }


def _sent(kind: str, key: Json) -> Json:
    of_door = {"anyOf": [{"const": kind}, ref("Absent")], "description": "The door says it."}
    return {"allOf": [ref(kind.capitalize()), {"properties": {"writeKey": key, "type": of_door}}]}


SECURITY: Json = {
    "writeKey": {
        "type": "http",
        "scheme": "basic",
        "description": "The write key as the user, with any password or none. It is public: it stands in web pages.",
    }
}
HEADERS: Json = {
    "AllowedOrigin": {
        "description": "The origin of the page that asked, where there is one and it may send.",
        "schema": text(),
    }
}
TAG = "Segment's SDKs send here; so do pages of the origins in segment.origins, which ask by OPTIONS before (CORS)."

"""The tracking API's doors, described: Segment's own SDKs send there."""

from __future__ import annotations

from collections.abc import Mapping

from translator.parcels import Json
from translator.receive.openapi.examples import CALLS
from translator.receive.openapi.parts import JSON, RETRY, Paths, answer, in_path, plain, ref, text
from translator.receive.openapi.schemas import any_of
from translator.receive.tracking import BATCHES
from translator.receive.tracking import CALLS as DOORS
from translator.settings.values import Segment

KEY: list[Json] = [{}, {"writeKey": []}]
"""It may stand in the body instead; and this machine needs none where none are configured."""

KINDS = tuple(dict.fromkeys(DOORS.values()))
"""What Segment's SDKs send: not delete, which only Segment's privacy requests do."""

LIMITS = Segment()
CALL_KB, BATCH_KB = LIMITS.max_call_bytes // 1024, LIMITS.max_batch_bytes // 1024

READ_SAID = (
    "The body is read as JSON whatever its Content-Type says, and may be gzip (`Content-Encoding`). The write key is "
    "the user name of Basic authentication, or `writeKey` in the body."
)
CALL_SAID = (
    "Answered 200 only once the call is on disk. One with faults is answered 400 with all of them, and kept for people "
    f"to see. It may have {CALL_KB} KB of JSON, unless `segment.max_call_bytes` says otherwise. {READ_SAID}"
)
BATCH_SAID = (
    "Several calls in one request, in order, as Segment's libraries send them. Each counts for itself: at the answer "
    "200 the good ones are on disk; the others are named in `rejected`, by their index and with all faults of each, "
    "and are kept for people to see, but not delivered. Sent again, a call counts once, by its messageId.\n\n"
    f"A call may have {CALL_KB} KB of JSON (`segment.max_call_bytes`; a larger one is rejected, and takes no other "
    f"along); the body {BATCH_KB} KB, inflated (`segment.max_batch_bytes`), and {LIMITS.max_batch_calls:,} calls "
    "(`segment.max_batch_calls`); `context` and `integrations`, which are said once, may make four times as much as "
    f"a body in all its calls together. Of a larger batch nothing is taken or kept (413).\n\n{READ_SAID}"
)
BATCH_NAMES = {"b": "A batch, by a short name", "import": "A batch, by the name of older SDKs"}
BY_ORIGIN: Json = {"Vary": ref("ByOrigin", "headers")}
ORIGIN: Json = {
    "Access-Control-Allow-Origin": ref("AllowedOrigin", "headers"),
    "Access-Control-Expose-Headers": ref("Exposed", "headers"),
    **BY_ORIGIN,
}
"""Of an answer to a page that may send."""

OTHERS_PAGE = plain("From a page whose origin may not send.", headers=BY_ORIGIN)
REFUSED: Json = {
    "401": plain(
        "Without a write key, with one that is not known, or with two that differ; it is not said which.",
        headers=ORIGIN,
    ),
    "403": OTHERS_PAGE,
    "415": plain("In another Content-Encoding than gzip.", headers=ORIGIN),
    "429": plain("The source sends faster than segment.calls_per_second: send it again.", headers={**RETRY, **ORIGIN}),
    "500": plain("A fault of the service, which is in its log.", headers=ORIGIN),
    "503": plain("It cannot be stored now: send it again.", headers={**RETRY, **ORIGIN}),
}


def tracking() -> Paths:
    """By path and method."""
    calls = {f"/v1/{name}": {"post": _call(name, kind)} for name, kind in DOORS.items()}
    batches = {f"/v1/{name}": {"post": _batch(name)} for name in BATCHES}
    return {
        **calls,
        **batches,
        "/v1/projects/{writeKey}/settings": {"get": _settings()},
        "/analytics.js/v1/{writeKey}/analytics.min.js": {"get": _library(in_path("writeKey", "Of the source."))},
        "/analytics-next/bundles/{filename}": {"get": _part()},
    }


def _door(summary: str, said: str, body: str, examples: Mapping[str, Json], responses: Json) -> Json:
    """``body``: the name of its schema. ``responses``: those that are its own."""
    shown = {name: {"value": value} for name, value in examples.items()}
    return {
        "tags": ["tracking"],
        "summary": summary,
        "description": said,
        "security": KEY,
        "requestBody": {"required": True, "content": {JSON: {"schema": ref(body), "examples": shown}}},
        "responses": {**responses, **REFUSED},
    }


def _faulty(said: str) -> Json:
    return answer(said, {JSON: {"anyOf": [ref("Faulty"), ref("Problem")]}}, ORIGIN)


def _call(name: str, kind: str) -> Json:
    summary = f"One {kind} call" if name == kind else f"One {kind} call, as analytics.js names the door"
    responses = {
        "200": plain("On disk.", "Taken", ORIGIN),
        "400": _faulty("Not JSON, not the gzip that it says, or a call with faults."),
        "413": plain("Larger than segment.max_batch_bytes, inflated.", headers=ORIGIN),
    }
    return _door(summary, CALL_SAID, f"{kind.capitalize()}Sent", {kind: CALLS[kind]}, responses)


def _batch(name: str) -> Json:
    summary = BATCH_NAMES.get(name, "A batch of calls")
    good = "The good ones are on disk; the others are named, and kept for people to see."
    large = "Larger than segment.max_batch_bytes, inflated; or more than segment.max_batch_calls."
    responses = {
        "200": plain(good, "TakenBatch", ORIGIN),
        "400": _faulty("Not JSON, not the gzip that it says, or without a list of calls."),
        "413": plain(large, headers=ORIGIN),
    }
    several = [{"type": kind, **CALLS[kind]} for kind in ("identify", "track")]
    example = {"several": {"batch": several, "sentAt": "2026-11-25T00:00:03.000Z"}}
    return _door(summary, BATCH_SAID, "Batch", example, responses)


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
            "403": OTHERS_PAGE,
            "404": plain(
                "No source has this write key; or there are none, and it is not this machine that asks.", headers=ORIGIN
            ),
            "500": REFUSED["500"],
        },
    }


def _library(parameter: Json) -> Json:
    return _file("Segment's library for browsers, as its snippet loads it", parameter, "text/javascript")


def _part() -> Json:
    name = in_path("filename", "Of a file of the folder: a script, its map or a licence.")
    return _file("A file of Segment's library for browsers", name, "text/javascript", JSON, "text/plain")


def _file(summary: str, parameter: Json, *media: str) -> Json:
    headers = {"Cache-Control": ref("Kept", "headers"), "Access-Control-Allow-Origin": ref("Anybody", "headers")}
    return {
        "tags": ["tracking"],
        "summary": summary,
        "description": "From the folder segment.analytics_js.",
        "parameters": [parameter],
        "security": [],
        "responses": {
            "200": answer("The file.", dict.fromkeys(media, text()), headers),
            "206": answer("A part of it.", {"*/*": text()}, headers),
            "304": answer("As the browser has it."),
            "404": plain("No such file, no such write key, or no folder configured."),
            "416": plain("No such part."),
            "500": ref("Unexpected", "responses"),
        },
    }


def sent_schemas() -> Json:
    """Bodies, by name: each call as it may be sent to its own door, and a batch."""
    key = {"type": ["string", "null"], "description": "Of the source, where there is no Basic authentication."}
    batch = {"type": "array", "maxItems": LIMITS.max_batch_calls, "items": ref("BatchMessage")}
    return {
        **{f"{kind.capitalize()}Sent": _sent(kind, key) for kind in KINDS},
        "BatchMessage": any_of(KINDS, "Any call that Segment's SDKs make, by its type."),
        "Batch": {
            "type": "object",
            "description": (
                "Several calls. What the batch says of context and integrations counts for each of them, under what "
                "the call says itself."
            ),
            "required": ["batch"],
            "properties": {
                "batch": {**batch, "description": "The calls; one that is none, or has faults, takes no other along."},
                "writeKey": key,
                "sentAt": {"description": "When it was sent by the sender's clock, by which times are corrected."},
                "context": {"description": "What is known around every call."},
                "integrations": {"description": "What is meant for single destinations."},
            },
        },
    }


def _sent(kind: str, key: Json) -> Json:
    of_door = {"anyOf": [{"const": kind}, ref("Absent")], "description": "The door says it."}
    said = f"The call `{kind}`, as it is sent to its own door."
    return {"description": said, "allOf": [ref(kind.capitalize()), {"properties": {"writeKey": key, "type": of_door}}]}


SECURITY: Json = {
    "writeKey": {
        "type": "http",
        "scheme": "basic",
        "description": (
            "The write key as the user, with any password or none. Instead it may stand in the body as `writeKey`, "
            "which OpenAPI has no word for: then no header is needed; where both are there, they must be the same. It "
            "is public: it stands in web pages."
        ),
    }
}
HEADERS: Json = {
    "AllowedOrigin": {
        "description": "The origin of the page that asked, where there is one and it may send.",
        "schema": text(),
    },
    "Exposed": {"description": "Which headers a page may read besides.", "schema": text(known=("Retry-After",))},
    "ByOrigin": {
        "description": "The answer is for the page that asked: what stores answers keeps one for each origin.",
        "schema": text(known=("Origin",)),
    },
}
TAG = "Segment's SDKs send here; so do pages of the origins in segment.origins, which ask by OPTIONS before (CORS)."

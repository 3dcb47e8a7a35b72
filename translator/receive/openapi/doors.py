"""The doors for machines, described: the webhook, health, figures, and the description itself."""

from __future__ import annotations

from typing import Any

from translator.parcels import Json
from translator.receive.openapi.examples import CALLS
from translator.receive.openapi.parts import JSON, RETRY, Paths, answer, plain, ref

SEGMENT: list[Json] = [{}, {"signature": []}, {"token": []}, {"signature": [], "token": []}]
"""Which proofs are required the configuration says; none where the request comes from this machine."""

WEBHOOK_SAID = (
    "Answered 200 only once the calls are on disk. The body is read as JSON whatever its Content-Type says. "
    "A single call with faults is answered 400 with all of them. In an array each call counts for itself: the good "
    "ones are taken, the others are named in `rejected`, and the answer is 200. What has faults is kept for people."
)


def doors() -> Paths:
    """By path and method."""
    return {
        "/webhook": {"post": _webhook(), "put": _webhook(), "patch": _webhook()},
        "/healthz": {"get": _operation("health", "Whether this process lives", "200", plain("It does.", "Alive"))},
        "/readyz": {"get": _readyz()},
        "/metrics": {"get": _metrics()},
        "/openapi.json": {"get": _description()},
    }


def _operation(tag: str, summary: str, status: str, good: Json, **more: Any) -> Json:
    answers = {status: good, "500": ref("Unexpected", "responses"), **more.pop("answers", {})}
    return {"tags": [tag], "summary": summary, **more, "responses": answers}


def _webhook() -> Json:
    refused = {
        "400": answer("Not JSON, or a call with faults.", {JSON: {"anyOf": [ref("Faulty"), ref("Problem")]}}),
        "401": plain("Without the proof that is required; it is not said which."),
        "413": plain("Larger than server.max_body_bytes."),
        "503": plain("The calls cannot be stored now: send them again.", headers=RETRY),
    }
    return _operation(
        "webhook",
        "Calls from Segment's Webhook destination",
        "200",
        plain("On disk.", "Accepted"),
        description=WEBHOOK_SAID,
        security=SEGMENT,
        requestBody={"required": True, "content": {JSON: {"schema": _messages(), "examples": _examples()}}},
        answers=refused,
    )


def _messages() -> Json:
    """A call, or an array of calls."""
    return {"oneOf": [ref("Message"), {"type": "array", "items": ref("Message")}]}


def _examples() -> Json:
    typed = {kind: {"type": kind, **call} for kind, call in CALLS.items()}
    several = {"several": {"value": [typed["identify"], typed["track"]]}}
    return {kind: {"value": call} for kind, call in typed.items()} | several


def _readyz() -> Json:
    said = (
        "The journal can be written, delivery lives, there is a destination. Open to anybody; only this machine hears "
        "what the journal's engine said."
    )
    unready = {"503": plain("It cannot; `problems` says why.", "Readiness")}
    good = plain("It can.", "Readiness")
    return _operation("health", "Whether the service can do its work", "200", good, description=said, answers=unready)


def _metrics() -> Json:
    refused = {
        "401": plain("The dashboard's password is needed.", headers={"WWW-Authenticate": ref("Asked", "headers")}),
        "403": plain("For this machine only: there is neither a password nor `metrics.public`."),
        "429": plain("Too many wrong passwords.", headers=RETRY),
    }
    return _operation(
        "health",
        "Figures for Prometheus",
        "200",
        answer("In Prometheus' text format.", {"text/plain": {"type": "string"}}),
        description="Of all processes of the service. Without the journal's books where it cannot be read.",
        security=[{}, {"password": []}, {"session": []}],
        answers=refused,
    )


def _description() -> Json:
    good = answer(
        "This document.", {JSON: {"type": "object"}}, {"Access-Control-Allow-Origin": ref("Anybody", "headers")}
    )
    return _operation("health", "This description, as OpenAPI 3.1", "200", good)

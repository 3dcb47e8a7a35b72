"""The dashboard's pages, parts and forms, described."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, get_args

from translator.parcels import CALL_TYPES, Json
from translator.receive.openapi.parts import HTML, JSON, NONE, RETRY, Paths, answer, in_path, plain, query, ref, text
from translator.settings.values import Fallback, Level, Preset

SIGNED_IN: list[Json] = [{}, {"session": []}]
"""A request from this machine needs no session."""

HEADERS = {"Content-Security-Policy": ref("Policy", "headers"), "Cache-Control": ref("NotKept", "headers")}
FORM = "application/x-www-form-urlencoded"
BINARY: Json = {"type": "string", "format": "binary"}
YES_OR_NOT = ("", "yes")
CHOSEN = [
    query("destination", "Whose letters; none for refused messages."),
    query("why", "The reason that they have; none for every reason."),
]
STATES = ("waiting", "posting", "delivered", "ignored", "dead", "refused")
CALLS = [
    query("text", "Anywhere in the raw call, in any case."),
    query("type", "Of the call.", text(known=CALL_TYPES)),
    query("event", "A track call's event, or the name of a page or screen."),
    query("user", "A userId or anonymousId, exactly."),
    query("group", "A groupId or a group's value, exactly."),
    query("source", "Whose it is: `webhook`, `tracking` (this machine, without keys), a name of segment.write_keys."),
    query("state", "At any destination; `refused` for messages that were no calls.", text(known=STATES)),
    query("reason", "Why it waits, was ignored or is dead."),
    query("id", "A messageId, userId or anonymousId among all that are kept."),
    query("before", "Where the page before this one ended."),
]
AS_FOR = query("destination", "As for which; as configured where there is none of this name.")
WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SPAN = query("span", "How far back; `hour` where it is something else.", text(known=("hour", "day")))


def pages() -> Paths:
    """By path and method."""
    return {
        "/": {"get": _without(_page("Now: what happens at this moment", SPAN), "503")},
        "/now/live": {"get": _without(_page("The live part of Now"), "503")},
        "/now/series": {"get": _series()},
        "/calls": {"get": _page("Calls: the newest first", *CALLS)},
        "/calls/rows": {"get": _page("The live part of Calls", *CALLS)},
        "/calls/{name}": {
            "get": _page("A call, from raw to Amplitude's answer", in_path("name", "The call's id here."))
        },
        "/groups": {"get": _groups()},
        "/letters": {"get": _page("Dead letters by reason", *CHOSEN, query("below", "Where the page before ended."))},
        "/letters/{name}": {"get": _letter()},
        "/letters/ask": {"get": _ask()},
        "/letters/do": {"post": _do()},
        "/letters/download": {"get": _download()},
        "/playground": {"get": _playground(), "post": _try()},
        "/plan": {"get": _without(_page("Plan: the form", AS_FOR), "503"), "post": _plan()},
        "/qa": {"get": _without(_page("QA: the form", AS_FOR), "503"), "post": _qa()},
        "/settings": {"get": _settings()},
        "/settings/diff": {"get": _without(_page("What would change: the form"), "503"), "post": _diff()},
        "/sign-in": {"get": _sign_in_page(), "post": _sign_in()},
        "/sign-out": {"post": _sign_out()},
        "/static/dashboard/{filename}": {"get": _static()},
    }


def _shown(said: str, headers: Mapping[str, Any] = NONE) -> Json:
    return answer(said, {HTML: text()}, {**HEADERS, **headers})


def _page(summary: str, *parameters: Json, good: Json | None = None, more: Mapping[str, Json] = NONE) -> Json:
    """What every page may answer, and what this one does beside (``more``: by status)."""
    answers = {
        "200": good or _shown("The page."),
        "303": ref("SignIn", "responses"),
        "401": ref("SignedOut", "responses"),
        "404": ref("NotHere", "responses"),
        "500": ref("Unexpected", "responses"),
        "503": ref("NotNow", "responses"),
        **more,
    }
    parameters_of = {"parameters": list(parameters)} if parameters else {}
    return {"tags": ["dashboard"], "summary": summary, **parameters_of, "security": SIGNED_IN, "responses": answers}


def _form(page: Json, required: tuple[str, ...] = (), **fields: Json) -> Json:
    """A page that is sent a form; each has a token, which the page before it gave. ``as_``: the field ``as``."""
    named = {name.rstrip("_"): field for name, field in fields.items()}
    token = {"csrf_token": text("From a page of this session; it can be in an X-CSRFToken header instead.")}
    schema = {"type": "object", "properties": token | named, "required": ["csrf_token", *required]}
    refused = {"400": ref("BadForm", "responses"), "413": ref("LargeForm", "responses")}
    body = {"required": True, "content": {FORM: {"schema": schema}}}
    return {**page, "requestBody": body, "responses": {**refused, **page["responses"]}}


def _series() -> Json:
    good = answer("Columns of numbers.", {JSON: ref("Series")}, HEADERS)
    return _page("The figures of Now's charts", SPAN, good=good)


def _settings() -> Json:
    page = _page("Every setting that counts", query("changed", "`1`: only those that were set."))
    return _without(page, "503")


def _groups() -> Json:
    return _page(
        "Groups as they were delivered",
        query("destination", "Whose; the first where there is none of this name."),
        query("type", "Of this group type alone."),
        query("value", "Values in which this stands."),
    )


def _letter() -> Json:
    found = answer("To the page of its call, or to the sign-in.", headers={"Location": ref("Location", "headers")})
    return _page("A refused message, or a dead letter", in_path("name", "The letter's id."), more={"303": found})


def _ask() -> Json:
    act = query("act", "What is to be done.", text(known=("redrive", "drop")), required=True)
    wrong = {"400": plain("No such act.")}
    return _page("Asks before letters are sent again or dropped", act, query("id", "One letter."), *CHOSEN, more=wrong)


def _do() -> Json:
    return _form(
        _page("Sends letters again, or drops them", good=_shown("What was done.")),
        required=("act",),
        act=text("What is to be done.", ("redrive", "drop")),
        id=text("One letter; else all of a reason."),
        destination=text("Whose letters; none for refused messages."),
        why=text("Their reason; none for every reason."),
        allow_doubles=text("Also those that Amplitude may count twice.", YES_OR_NOT),
    )


def _download() -> Json:
    headers = {**HEADERS, "Content-Disposition": ref("File", "headers")}
    good = answer("A letter on each line.", {"application/x-ndjson": text()}, headers)
    return _page("Letters as a file", *CHOSEN, good=good)


def _playground() -> Json:
    call = query("call", "The id of a call that is kept, to begin with.")
    return _page("Playground: a call tried out", call, query("example", "The name of an example to begin with."))


def _try() -> Json:
    good = answer("What would become of it; as a file that is JSON.", {HTML: text(), JSON: ref("Case")}, HEADERS)
    return _form(
        _without(_page("What would become of a call", good=good), "503"),
        call=text("The call, as JSON; what is none is answered 200 and told on the page."),
        destination=text("As for which; as configured where there is none of this name."),
        preset=text("Instead of the configured one.", get_args(Preset)),
        fallback=text("Instead of the configured one.", get_args(Fallback)),
        level=text("Instead of the configured one.", get_args(Level)),
        type_trait=text("Instead of the configured one."),
        value_trait=text("Instead of the configured one."),
        example=text("Which example it was."),
        send_to=text("A sandbox, or a destination with `test = true`, with `as=send`."),
        as_=text("`fixture`: as a file. `send`: sends it, too.", ("", "fixture", "send")),
    )


def _plan() -> Json:
    taken = {HTML: text(), JSON: {"type": "object"}, "text/markdown": text(), WORKBOOK: BINARY}
    good = answer("The plan on a page; or as a file.", taken, HEADERS)
    return _form(_page("The plan of the newest calls", good=good), (), **_looking("xlsx", "html", "md", "json"))


def _qa() -> Json:
    taken = {HTML: text(), JSON: {"type": "object"}, "application/xml": text()}
    fields: dict[str, Json] = {
        "held": text("The plan as JSON, instead of its file."),
        "name": text("What its file was called."),
        **_looking("html", "json", "xml"),
    }
    good = answer("What is not as planned, on a page; or as a file.", taken, HEADERS)
    found = _form(_page("A plan held against the newest calls", good=good), (), **fields)
    return _with_file(found, "plan", "The plan: a workbook (.xlsx) or JSON; with faults it is answered 400 and told.")


def _diff() -> Json:
    good = answer(
        "What would change; as a file that is JSON, or a page.", {HTML: text(), JSON: {"type": "object"}}, HEADERS
    )
    fields: dict[str, Json] = {
        "text": text("The new translator.toml; what is none is answered 400 and told on the page."),
        **_looking("html", "json"),
        "destination": text("As for which, where both have it; as configured where there is none of this name."),
    }
    found = _form(_page("What a new configuration would change of the newest calls", good=good), (), **fields)
    return _with_file(found, "file", "The same as a file, instead of `text`.")


def _looking(*kinds: str) -> dict[str, Json]:
    """The fields of forms that look at the newest calls, and give files of some kinds."""
    return {
        "calls": text("How many of the newest calls.", ("1000", "10000")),
        "destination": text("As for which; as configured where there is none of this name."),
        "as_": text("As a file of this kind.", ("", *kinds)),
    }


def _with_file(form: Json, name: str, said: str) -> Json:
    """A form that may be sent with a file."""
    content = form["requestBody"]["content"]
    schema = content[FORM]["schema"]
    properties = {**schema["properties"], name: {**BINARY, "description": said}}
    content["multipart/form-data"] = {"schema": {**schema, "properties": properties}}
    return form


def _sign_in_page() -> Json:
    page = _page("The sign-in", more={"303": ref("AtHome", "responses")})
    return _open(page)


def _sign_in() -> Json:
    told = {
        "303": ref("AtHome", "responses"),
        "403": _shown("This is not the password."),
        "429": _shown("Too many wrong passwords.", headers=RETRY),
    }
    form = _form(_page("Signs in", more=told), required=("password",), password=text("The dashboard's."))
    return _open(form, "200")


def _sign_out() -> Json:
    return _open(_form(_page("Signs out")), "200")


def _open(operation: Json, *never: str) -> Json:
    """What needs no session. ``never``: other statuses that it has not."""
    return {**_without(operation, "401", "503", *never), "security": []}


def _without(operation: Json, *statuses: str) -> Json:
    """An operation that never answers so. (Now and Settings need no journal: Now says that it cannot be read.)"""
    return {**operation, "responses": {key: one for key, one in operation["responses"].items() if key not in statuses}}


def _static() -> Json:
    media = ("text/css", "text/javascript", "application/octet-stream")
    more = {
        "206": _file("A part of it."),
        "304": answer("As the browser has it."),
        "416": plain("No such part."),
    }
    page = _page(
        "Styles and scripts of the pages",
        in_path("filename", "May have slashes in it."),
        query("v", "Changes with the file; with it the answer is kept for ever."),
        good=_file("The file.", *media),
        more=more,
    )
    return _open(page, "303")


def _file(said: str, *media: str) -> Json:
    return answer(said, dict.fromkeys(media or ("*/*",), text()), {"Cache-Control": ref("Kept", "headers")})

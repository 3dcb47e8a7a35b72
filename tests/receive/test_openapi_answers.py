"""Every status that the description names for an operation is really answered there, in the shape that it names; and
what JSON answers hold is what the marshmallow schemas of answers allow."""

import base64
import gzip
import re
from dataclasses import dataclass, field
from typing import Any

import pytest
import schemathesis
from schemathesis.specs.openapi import checks

from tests.dashboard.conftest import AWAY, LOCAL
from tests.receive.conftest import LIBRARY
from translator.dashboard.attempts import MOST
from translator.errors import JournalUnavailable
from translator.receive import answers, create_app, description
from translator.receive.openapi import document
from translator.receive.tracking import BATCHES, CALLS
from translator.settings.load import settings_from

SCHEMA = schemathesis.openapi.from_dict(document(with_pages=True))
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
PASSWORD = "correct horse battery"
CALL = {"type": "track", "event": "e", "userId": "u", "messageId": "m1"}
EVIL = "<script>alert(1)</script>"


class Broken:
    """A journal that can do nothing."""

    def __getattr__(self, name):
        def fail(*_, **__):
            raise JournalUnavailable("disk full", "full")

        return fail


SMALL = {"server": {"max_body_bytes": 1024}, "segment": {"max_batch_bytes": 1024, "max_call_bytes": 1024}}
KEYS = {"segment": {"write_keys": {"web": "wk-web"}, "origins": ["https://www.example.com"]}}
SECRET = {"segment": {"shared_secret": "s" * 32}}
PLACES: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "here": ({}, LOCAL),
    "guarded": ({"dashboard": {"password": PASSWORD}}, AWAY),
    "closed": ({}, AWAY),
    "broken": ({}, LOCAL),
    "secret": (SECRET, AWAY),
    "keys": (KEYS, AWAY),
    "small": (SMALL, LOCAL),
    "library": ({"segment": {**KEYS["segment"], "analytics_js": str(LIBRARY)}}, AWAY),
    "slow": ({"segment": {"calls_per_second": 0.01}}, LOCAL),
}
"""Settings, and who asks."""


@dataclass
class Row:
    """A request (``path``: as the document names it) and the status that must be answered.

    ``form``: sent with a token of the place's sign-in or playground. ``times``: how often; the last answer counts.
    """

    place: str
    method: str
    path: str
    status: int
    more: dict[str, Any] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    form: dict[str, str] | None = None
    times: int = 1

    def __str__(self):
        return f"{self.method} {self.path} {self.status}"


PAGES: dict[str, dict[str, str]] = {
    "/calls": {},
    "/calls/rows": {},
    "/groups": {},
    "/letters": {},
    "/letters/download": {},
    "/now/series": {},
}
QUIET: dict[str, dict[str, str]] = {
    "/": {},
    "/now/live": {},
    "/settings": {},
    "/settings/diff": {},
    "/plan": {},
    "/qa": {},
}
"""These say on the page that the journal cannot be read."""

NAMED = ("/calls/{name}", "/letters/{name}")
FORMS = {
    "/letters/do": {"act": "drop", "why": "x"},
    "/playground": {"call": "{}"},
    "/settings/diff": {"text": ""},
    "/plan": {},
    "/qa": {"held": '{"types": [{"name": "Organization"}]}'},
}
GET = {**PAGES, **QUIET, "/letters/ask": {"act": "drop"}, "/playground": {}}
HX = {"headers": {"HX-Request": "true"}}
LARGE = {"x": "y" * 3000}


def dashboard():
    for path, query in GET.items():
        ask = {"query_string": query}
        yield Row("here", "GET", path, 200, ask)
        yield Row("guarded", "GET", path, 303, ask)
        yield Row("guarded", "GET", path, 401, {**ask, **HX})
        yield Row("closed", "GET", path, 404, ask)
    for path in NAMED:
        yield Row("here", "GET", path, 200)
        yield Row("guarded", "GET", path, 303)
        yield Row("guarded", "GET", path, 401, HX)
        yield Row("here", "GET", path, 404, given={"name": EVIL.replace("/", "")})
        yield Row("broken", "GET", path, 503, given={"name": "1"})
    for path in (*PAGES, "/letters/ask"):
        yield Row("broken", "GET", path, 503, {"query_string": {"act": "drop", "why": "x"}})
    yield Row("broken", "GET", "/playground", 503, {"query_string": {"call": "1"}})
    yield Row("here", "GET", "/letters/ask", 400, {"query_string": {"act": EVIL}})
    for path, fields in FORMS.items():
        yield Row("here", "POST", path, 200, form=fields)
        yield Row("guarded", "POST", path, 303, form=fields)
        yield Row("guarded", "POST", path, 401, HX, form=fields)
        yield Row("here", "POST", path, 400, {"data": fields})
        yield Row("closed", "POST", path, 404, {"data": fields})
        yield Row("small", "POST", path, 413, {"data": LARGE})
    yield Row("here", "POST", "/letters/do", 400, form={"act": EVIL})
    yield Row("broken", "POST", "/letters/do", 503, form=FORMS["/letters/do"])
    yield Row("broken", "POST", "/settings/diff", 503, form={"text": ""})
    yield Row("here", "POST", "/settings/diff", 200, form={"text": "", "as": "json"})
    yield Row("here", "POST", "/settings/diff", 200, form={"text": "", "as": "html"})
    yield Row("here", "POST", "/settings/diff", 400, form={"text": EVIL})
    yield Row("here", "POST", "/settings/diff", 413, form={"text": "x" * 100_001})
    for path, kinds in (("/plan", ("xlsx", "html", "md", "json")), ("/qa", ("html", "json", "xml"))):
        yield Row("broken", "POST", path, 503, form=FORMS[path])
        for kind in kinds:
            yield Row("here", "POST", path, 200, form={**FORMS[path], "as": kind})
    yield Row("here", "POST", "/qa", 400, form={"held": EVIL})
    yield Row("here", "POST", "/qa", 413, form={"held": "x" * (4 * 1024 * 1024 + 1)})
    yield Row("here", "POST", "/playground", 200, form={"call": "{}", "as": "fixture"})
    yield Row("here", "POST", "/playground", 400, form={"call": "{}", "as": "send", "send_to": EVIL})
    yield Row("here", "POST", "/playground", 413, form={"call": "x" * 200_001})


def signing():
    for path in ("/sign-in", "/sign-out"):
        yield Row("guarded", "POST", path, 303, form={"password": PASSWORD})
        yield Row("here", "POST", path, 400, {"data": {}})
        yield Row("closed", "POST", path, 404, {"data": {}})
        yield Row("small", "POST", path, 413, {"data": LARGE})
    yield Row("guarded", "GET", "/sign-in", 200)
    yield Row("here", "GET", "/sign-in", 303)
    yield Row("closed", "GET", "/sign-in", 404)
    yield Row("guarded", "POST", "/sign-in", 403, form={"password": EVIL})
    yield Row("guarded", "POST", "/sign-in", 429, form={"password": EVIL}, times=MOST + 1)
    static, script = "/static/dashboard/{filename}", {"filename": "app.js"}
    yield Row("guarded", "GET", static, 200, given=script)
    yield Row("guarded", "GET", static, 200, {"query_string": {"v": "1"}}, given={"filename": "style.css"})
    yield Row("here", "GET", static, 200, given={"filename": "vendor/htmx.LICENSE"})
    yield Row("here", "GET", static, 206, {"headers": {"Range": "bytes=0-9"}}, given=script)
    yield Row("here", "GET", static, 304, {"headers": {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}}, script)
    yield Row("here", "GET", static, 416, {"headers": {"Range": "bytes=99999999-"}}, given=script)
    yield Row("here", "GET", static, 404, given={"filename": "nothing.js"})
    yield Row("closed", "GET", static, 404, given=script)


def machines():
    for method in ("POST", "PUT", "PATCH"):
        yield Row("here", method, "/webhook", 200, {"json": [CALL, {"type": EVIL}]})
        yield Row("here", method, "/webhook", 400, {"json": {"type": EVIL}})
        yield Row("here", method, "/webhook", 400, {"data": EVIL})
        yield Row("secret", method, "/webhook", 401, {"json": CALL})
        yield Row("small", method, "/webhook", 413, {"json": LARGE})
        yield Row("broken", method, "/webhook", 503, {"json": CALL})
    yield Row("closed", "GET", "/healthz", 200)
    yield Row("closed", "GET", "/readyz", 503)
    yield Row("here", "GET", "/openapi.json", 200)
    yield Row("here", "GET", "/metrics", 200)
    yield Row("broken", "GET", "/metrics", 200)
    yield Row("guarded", "GET", "/metrics", 401)
    yield Row("closed", "GET", "/metrics", 403)
    wrong = {"headers": {"Authorization": "Basic " + base64.b64encode(b"any:wrong").decode()}}
    yield Row("guarded", "GET", "/metrics", 429, wrong, times=MOST + 1)


def tracking():
    page = {"headers": {"Origin": "https://evil.example"}}
    for name in (*CALLS, *BATCHES):
        path = f"/v1/{name}"
        call = {key: value for key, value in CALL.items() if key != "type"} | {"previousId": "p", "groupId": "g"}
        good = call if name in CALLS else {"batch": [CALL, {"type": EVIL}, EVIL]}
        yield Row("here", "POST", path, 200, {"json": good})
        yield Row("keys", "POST", path, 200, {"json": {**good, "writeKey": "wk-web"}})
        yield (
            Row("here", "POST", path, 200, {"data": gzip.compress(b'{"batch": []}')} | GZIP)
            if name in BATCHES
            else None
        )
        yield Row("here", "POST", path, 400, {"json": {"type": EVIL}})
        yield Row("here", "POST", path, 400, {"data": EVIL})
        yield Row("here", "POST", path, 400, {"data": b"no gzip"} | GZIP)
        yield Row("keys", "POST", path, 401, {"json": {**good, "writeKey": EVIL}})
        yield Row("keys", "POST", path, 403, {"json": good, **page})
        yield Row("small", "POST", path, 413, {"json": LARGE})
        yield Row("here", "POST", path, 415, {"json": good, "headers": {"Content-Encoding": "br"}})
        yield Row("slow", "POST", path, 429, {"json": good}, times=4)
        yield Row("broken", "POST", path, 503, {"json": good})
    settings = "/v1/projects/{writeKey}/settings"
    yield Row("keys", "GET", settings, 200, given={"writeKey": "wk-web"})
    yield Row("keys", "GET", settings, 404, given={"writeKey": EVIL.replace("/", "")})
    yield Row("keys", "GET", settings, 403, page, given={"writeKey": "wk-web"})


def libraries():
    snippets, part = "/analytics.js/v1/{writeKey}/analytics.min.js", "/analytics-next/bundles/{filename}"
    for path, given in ((snippets, {"writeKey": "wk-web"}), (part, {"filename": "index.js"})):
        yield Row("library", "GET", path, 200, given=given)
        yield Row("library", "GET", path, 206, {"headers": {"Range": "bytes=0-9"}}, given)
        yield Row(
            "library", "GET", path, 304, {"headers": {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}}, given
        )
        yield Row("library", "GET", path, 404, given=dict.fromkeys(given, EVIL.replace("/", "")))
        yield Row("library", "GET", path, 416, {"headers": {"Range": "bytes=99999999-"}}, given)
        yield Row("keys", "GET", path, 404, given=given)


GZIP = {"headers": {"Content-Encoding": "gzip"}}
ROWS = [row for row in (*dashboard(), *signing(), *machines(), *tracking(), *libraries()) if row]
ELSEWHERE = {("GET", "/readyz", 200)}
"""Of a service that runs: test_openapi_served."""


@pytest.fixture
def place(service):
    """A function from a place's name to its browser, with a call and a refused message in the journal."""

    def build(name):
        tables, origin = PLACES[name]
        client = service(**tables)
        if name == "broken":
            client = create_app(settings_from(tables), Broken()).test_client()
        else:
            client.environ_base.update(LOCAL)
            if name == "here":
                assert client.post("/webhook", json=[CALL, {"type": EVIL}]).status_code == 200
        client.environ_base.update(origin)
        return client

    return build


def token(client):
    for page in ("/playground", "/sign-in", "/settings"):
        if found := re.findall(r'name="csrf_token" value="([^"]+)"', client.get(page).get_data(as_text=True)):
            return found[0]
    raise AssertionError("no form has a token")


def given_of(row, client):
    """What stands in the path: of a page that must be found, what the journal has."""
    if "{name}" in row.path and not row.given and row.status == 200:
        one = client.journal.newest(1) if row.path.startswith("/calls") else client.journal.dead("")
        return {"name": one[0].id}
    return row.given or {"name": "1"}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_status_is_answered_as_described(place, row):
    client = place(row.place)
    given = given_of(row, client) if "{" in row.path else {}
    path = row.path.format(**given)
    more = dict(row.more)
    if row.form is not None:
        more["data"] = {"csrf_token": token(client), **row.form}
    for _ in range(row.times):
        answer = client.open(path, method=row.method, buffered=True, **more)
    assert answer.status_code == row.status, answer.data
    SCHEMA[row.path][row.method].Case(path_parameters=given).validate_response(answer, checks=CHECKS)
    if answer.mimetype != "application/x-ndjson":  # a file with the raw calls
        assert EVIL not in answer.get_data().decode("utf-8", "replace")


ALLOWED = {"keys": "https://www.example.com"}
OF_HTTP = {"content-type", "content-length"}
"""Headers that OpenAPI says elsewhere."""


@pytest.mark.parametrize("row", [row for row in tracking() if row], ids=str)
def test_every_header_that_a_page_gets_is_described(place, row):
    client = place(row.place)
    origin = ALLOWED.get(row.place, "http://localhost:3000")
    more = {**row.more, "headers": {"Origin": origin, **row.more.get("headers", {})}}
    given = row.given or {"writeKey": "wk-web"}
    for _ in range(row.times):
        answer = client.open(row.path.format(**given), method=row.method, **more)
    assert answer.status_code == row.status
    way = SCHEMA.raw_schema["paths"][row.path][row.method.lower()]
    described = {name.lower() for name in way["responses"][str(row.status)]["headers"]}
    answered = {name.lower() for name, _ in answer.headers} - OF_HTTP
    assert answered == described


def test_a_fault_of_the_service_is_told_to_a_page_with_headers_that_are_described(place):
    class Bad(Broken):
        def __getattr__(self, name):
            raise RuntimeError(EVIL)

    client = create_app(settings_from({}), Bad()).test_client()
    client.environ_base.update(LOCAL)
    answer = client.post("/v1/track", json=CALL, headers={"Origin": "http://localhost:3000"})
    assert answer.status_code == 500
    described = SCHEMA.raw_schema["paths"]["/v1/track"]["post"]["responses"]["500"]["headers"]
    assert {name.lower() for name, _ in answer.headers} - OF_HTTP == {name.lower() for name in described}
    assert EVIL not in answer.get_data(as_text=True)


def test_every_described_status_is_answered():
    described = {
        (way.upper(), path, int(status))
        for path, ways in document(with_pages=True)["paths"].items()
        for way, one in ways.items()
        for status in one["responses"]
        if status != "500"
    }
    assert {(row.method, row.path, row.status) for row in ROWS} | ELSEWHERE == described


def test_a_fault_of_the_service_is_answered_as_described(service, monkeypatch):
    def fail(_):
        raise RuntimeError(EVIL)

    monkeypatch.setattr(description, "_text", fail)
    answer = service().get("/openapi.json")
    assert answer.status_code == 500
    SCHEMA["/openapi.json"]["GET"].Case().validate_response(answer, checks=CHECKS)
    assert EVIL not in answer.get_data(as_text=True)


HELD: dict[str, tuple[str, str, str, dict[str, Any]]] = {
    "Accepted": ("here", "POST", "/webhook", {"json": [CALL, {"type": "track"}, {**CALL, "messageId": None}]}),
    "Faulty": ("here", "POST", "/webhook", {"json": {"type": "track"}}),
    "Problem": ("secret", "POST", "/webhook", {"json": CALL}),
    "Taken": ("here", "POST", "/v1/track", {"json": CALL}),
    "TakenBatch": ("here", "POST", "/v1/batch", {"json": {"batch": [CALL, {}]}}),
    "SourceSettings": ("keys", "GET", "/v1/projects/wk-web/settings", {}),
    "Alive": ("here", "GET", "/healthz", {}),
    "Readiness": ("here", "GET", "/readyz", {}),
    "Series": ("here", "GET", "/now/series", {}),
    "Case": ("here", "POST", "/playground", {"call": "{}", "as": "fixture"}),
}
INNER = {"Answer", "Rejected", "Tally", "Chart", "Charts", "Integration", "Integrations"}


@pytest.mark.parametrize("name", HELD)
def test_an_answer_is_what_its_schema_allows(place, name):
    where, method, path, more = HELD[name]
    client = place(where)
    if where == "here":
        client.journal.attach({"amplitude": "now"})
    if name == "Case":
        more = {"data": {"csrf_token": token(client), **more}}
    found = client.open(path, method=method, **more).json
    schema = getattr(answers, name)
    assert schema().validate(found) == {}
    assert schema().validate({**found, "more": 1}) == {"more": ["Unknown field."]}


def test_what_is_taken_says_nothing_but_so():
    assert answers.Taken().validate({"success": False}) == {"success": ["Must be equal to True."]}
    for name in ("Taken", "TakenBatch"):
        assert SCHEMA.raw_schema["components"]["schemas"][name]["properties"]["success"]["const"] is True


def test_every_answer_has_been_held():
    every = {name for name, one in vars(answers).items() if isinstance(one, type) and issubclass(one, answers.Answer)}
    assert set(HELD) | INNER == every

"""The running service against its own description: schemathesis asks every operation, with what the description allows
and with what it does not, and holds each answer against it."""

import re

import pytest
import requests
import schemathesis
from schemathesis.specs.openapi import checks

from tests.processes import Service, until
from translator import sandbox
from translator.receive.openapi import document

CALL = {"type": "track", "event": "e", "userId": "u", "messageId": "m1"}

SAME = r"^(PUT|PATCH) /webhook$|^POST /v1/(t|i|g|p|s|a|b|import)$"

CONFIG = schemathesis.Config.from_dict(
    {
        "generation": {"max-examples": 25, "deterministic": True, "database": "none"},
        "phases": {"stateful": {"enabled": False}},
        # other names of the same doors: asked less, so that it ends within a minute
        "operations": [{"include-name-regex": SAME, "phases": {"coverage": {"enabled": False}}}],
        "checks": {
            # deliberately accepted: what can be read as absent, other content types, unknown keys and parameters
            "negative_data_rejection": {"enabled": False},
            # no header is required, and no operation makes or deletes a resource that has an address
            "missing_required_header": {"enabled": False},
            "use_after_free": {"enabled": False},
            "ensure_resource_availability": {"enabled": False},
            "object_level_authorization": {"enabled": False},
        },
    }
)
SCHEMA = schemathesis.openapi.from_dict(document(with_pages=True), config=CONFIG)


class Served:
    """The service, ready, with a session and its token for forms."""

    def __init__(self, service):
        self.url = service.url
        session = requests.Session()
        page = session.get(f"{service.url}/playground", timeout=5)
        (self.token,) = set(re.findall(r'name="csrf_token" value="([^"]+)"', page.text))
        self.cookies = session.cookies.get_dict()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    amplitude = sandbox.start()
    to = {"TRANSLATOR__DESTINATIONS__TEST__API_KEY": "k", "TRANSLATOR__DESTINATIONS__TEST__URL": amplitude.url}
    service = Service(tmp_path_factory.mktemp("served"), "translator", "serve", **to)
    try:
        until(lambda: service.ready()["ready"])
        assert service.post([CALL, {"type": "track"}]).status_code == 200
        yield Served(service)
    finally:
        service.kill_all()
        amplitude.stop()


@SCHEMA.parametrize()
def test_every_answer_is_as_described(case, served):
    if isinstance(case.body, dict) and "csrf_token" in case.body:
        # a token that is made up is refused, and the form behind it would never be looked at
        case.body["csrf_token"] = served.token
    case.call_and_validate(base_url=served.url, cookies=served.cookies, excluded_checks=left_out(case))


def left_out(case):
    """Checks that are not true of one operation."""
    if case.path == "/letters/do":
        return [checks.allow_header_conformance]  # GET /letters/do is an operation too: /letters/{name}
    if case.path == "/playground" and isinstance(case.body, dict) and case.body.get("as") == "send":
        return [checks.positive_data_acceptance]  # 400 for a name that is no destination here: it is made up
    if case.path in ("/qa", "/settings/diff") and case.method == "POST":
        return [checks.positive_data_acceptance]  # 400 for a plan, or a configuration, that is none: it is made up
    return []


VALUES: tuple[object, ...] = (
    None,
    "",
    [],
    {},
    0,
    1.5,
    True,
    "x",
    [[]],
    {"a": {"b": [None]}},
    {"device": []},
    {"Amplitude": True},
)
KEYS = ("messageId", "userId", "anonymousId", "groupId", "name", "traits", "properties", "integrations", "context", "timestamp")  # fmt: skip
CALLS: list[dict[str, object]] = [
    {**CALL, "messageId": f"odd-{key}-{at}", key: value} for key in KEYS for at, value in enumerate(VALUES)
]
FILTERS = ("text", "type", "event", "user", "group", "source", "state", "reason", "id")


def test_whatever_is_accepted_pages_can_show(served):
    told = requests.post(f"{served.url}/webhook", json=CALLS, timeout=15).json()
    assert told["accepted"] + told["duplicates"] + len(told["rejected"]) == len(CALLS)
    assert told["accepted"] > len(CALLS) / 2
    for name in FILTERS:
        case = SCHEMA["/calls"]["GET"].Case(query={name: "u"})
        assert case.call_and_validate(base_url=served.url).status_code == 200
    page = requests.get(f"{served.url}/calls", timeout=5).text
    names = sorted(set(re.findall(r'href="/calls/([^"?]+)"', page)))
    assert len(names) > 20
    for name in names:
        case = SCHEMA["/calls/{name}"]["GET"].Case(path_parameters={"name": name})
        assert case.call_and_validate(base_url=served.url).status_code == 200

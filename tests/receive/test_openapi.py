"""The description of the HTTP surface: whole, exact, and made only when it is asked for."""

import json
import re
import subprocess
import sys
from dataclasses import fields

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator import __version__
from translator.dashboard import letters, playground, searching, series
from translator.errors import Invalid
from translator.parcels import Facts
from translator.receive.completing import Completer, Door, without_key
from translator.receive.openapi import document
from translator.receive.openapi.examples import CALLS
from translator.receive.tracking import BATCHES
from translator.receive.tracking import CALLS as DOORS
from translator.settings.values import Segment
from translator.validate import check
from translator.validate.schemas import ENVELOPE, SCHEMAS

WHOLE = document(with_pages=True)
TRACKED = sorted(set(DOORS.values()))
NOT_OURS = {"HEAD", "OPTIONS"}
"""Flask adds them to each rule."""


def operations(found):
    return {(path, way.upper()) for path, ways in found["paths"].items() for way in ways}


CHOICE = re.compile(r"<any\(([^)]*)\):\w+>")


def paths_of(rule):
    """A rule as the document names it; several where one stands for them."""
    if found := CHOICE.search(rule):
        return [rule.replace(found[0], one.strip()) for one in found[1].split(",")]
    return [re.sub(r"<(?:path:)?(\w+)>", r"{\1}", rule).replace("{write_key}", "{writeKey}")]


def rules(client):
    found = client.application.url_map.iter_rules()
    return {(path, way) for rule in found for path in paths_of(rule.rule) for way in rule.methods - NOT_OURS}


def test_every_route_is_described_and_nothing_else(service):
    assert rules(service()) == operations(WHOLE)


def test_without_the_dashboard_its_pages_are_not_described(service):
    client = service(dashboard={"enabled": False})
    found = client.get("/openapi.json").json
    assert rules(client) == operations(found)
    assert ("/calls", "GET") not in operations(found)
    assert "dashboard" not in {tag["name"] for tag in found["tags"]}


def test_it_is_served_to_editors_of_any_origin(service):
    client = service()
    client.environ_base.update(REMOTE_ADDR="198.51.100.7", HTTP_HOST="events.example")
    answer = client.get("/openapi.json", headers={"Origin": "https://editor.example"})
    assert (answer.status_code, answer.content_type) == (200, "application/json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert (answer.json["openapi"], answer.json["info"]["version"]) == ("3.1.0", __version__)
    assert answer.json == json.loads(json.dumps(WHOLE))


def test_every_operation_has_a_name_of_its_own_and_words_for_people():
    every = [one for ways in WHOLE["paths"].values() for one in ways.values()]
    assert len({one["operationId"] for one in every}) == len(every)
    assert all(one["summary"] and one["tags"][0] in {tag["name"] for tag in WHOLE["tags"]} for one in every)
    assert {way["operationId"] for way in WHOLE["paths"]["/calls/{name}"].values()} == {"getCallsName"}


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_person_is_told_what_each_call_means_and_becomes(kind):
    found = WHOLE["components"]["schemas"][kind.capitalize()]
    meant, becomes = found["description"].split(" In Amplitude ", 1)
    assert len(meant) > 30
    assert len(becomes) > 30
    assert kind == "delete" or found["externalDocs"]["url"] == f"https://segment.com/docs/connections/spec/{kind}/"


def texts(value):
    if isinstance(value, dict):
        for key in ("description", "summary"):
            if isinstance(value.get(key), str):
                yield value[key]
        for one in value.values():
            yield from texts(one)
    elif isinstance(value, list):
        for one in value:
            yield from texts(one)


def test_no_text_names_what_only_this_services_authors_have():
    every = list(texts(WHOLE))
    assert len(every) > 100
    assert [one for one in every if re.search(r"\.md\b|\bdifferences \d|\.py\b|``", one)] == []


def test_where_settings_are_seen_is_said_with_a_link_where_there_is_a_page():
    assert "[Settings](/settings)" in WHOLE["info"]["description"]
    assert "/settings" in WHOLE["paths"]
    without = document(with_pages=False)["info"]["description"]
    assert "/settings" not in without
    assert "`translator check --show`" in without


def test_the_proof_that_openapi_has_no_word_for_is_said():
    said = WHOLE["components"]["securitySchemes"]["writeKey"]["description"]
    assert "may stand in the body as `writeKey`" in said


@pytest.mark.parametrize("name", BATCHES)
def test_a_batch_is_described_as_one(name):
    door = WHOLE["paths"][f"/v1/{name}"]["post"]
    assert door["description"] != WHOLE["paths"]["/v1/track"]["post"]["description"]
    for said in ("32 KB", "500 KB", "2,500 calls", "`rejected`", "kept for people"):
        assert said in door["description"], said
    body = door["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Batch"}
    calls = WHOLE["components"]["schemas"]["Batch"]["properties"]["batch"]
    assert (calls["maxItems"], calls["items"]) == (2500, {"$ref": "#/components/schemas/BatchMessage"})


def test_the_sizes_that_are_said_are_the_defaults():
    limits = Segment()
    assert (limits.max_call_bytes, limits.max_batch_bytes, limits.max_batch_calls) == (32 * 1024, 500 * 1024, 2500)


def test_every_reference_leads_somewhere():
    text = json.dumps(WHOLE)
    for kind, named in WHOLE["components"].items():
        for name in named:
            if kind != "securitySchemes":
                assert f'"#/components/{kind}/{name}"' in text, f"nothing uses {kind}/{name}"
    for ref in set(refs(WHOLE)):
        kind, name = ref.removeprefix("#/components/").split("/")
        assert name in WHOLE["components"][kind], ref


def refs(value):
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for one in value.values():
            yield from refs(one)
    elif isinstance(value, list):
        for one in value:
            yield from refs(one)


def known(path):
    """The query of a page: each parameter's name, and what it may be."""
    return {one["name"]: tuple(one["schema"].get("enum", ())) for one in WHOLE["paths"][path]["get"]["parameters"]}


@pytest.mark.parametrize("path", ["/calls", "/calls/rows"])
def test_the_filters_of_calls_are_the_pages_own(path):
    expected = {one.name: searching.CHOICES.get(one.name, ()) for one in fields(searching.Query)}
    assert known(path) == {**expected, "id": (), "before": ()}


def test_what_forms_and_charts_may_say_is_the_pages_own():
    assert known("/now/series")["span"] == known("/")["span"] == tuple(series.RANGES)
    assert known("/letters/ask")["act"] == letters.ACTS
    form = WHOLE["paths"]["/playground"]["post"]["requestBody"]["content"]["application/x-www-form-urlencoded"]
    said = {name: tuple(one.get("enum", ())) for name, one in form["schema"]["properties"].items()}
    assert {name: said[name] for name in playground.LISTS} == playground.LISTS
    assert set(playground.TEXTS) < set(said)


def test_every_security_scheme_is_one_that_the_service_has(service):
    used = {
        name
        for ways in WHOLE["paths"].values()
        for one in ways.values()
        for each in one.get("security", ())
        for name in each
    }
    assert used == set(WHOLE["components"]["securitySchemes"])
    assert (
        WHOLE["components"]["securitySchemes"]["session"]["name"] == service().application.config["SESSION_COOKIE_NAME"]
    )


def validator(name):
    schema = {"$ref": f"#/components/schemas/{name}", "components": WHOLE["components"]}
    return jsonschema_rs.Draft202012Validator(schema)


VALIDATORS = {kind: validator(type(schema).__name__) for kind, schema in SCHEMAS.items()}
MESSAGE = validator("Message")

ODD = st.sampled_from(
    [None, "", [], {}, 0, 0.0, 1, -1.5, False, True, "x", " ", "x" * 100, "x" * 101, [1], [None], {"a": 1}, {"id": ""}]
)
KEYS = st.sampled_from(sorted({key for schema in SCHEMAS.values() for key in schema.fields} | {"timestamp", "other"}))
DEVICES = st.dictionaries(st.sampled_from(["device", "other"]), ODD | st.dictionaries(st.just("id"), ODD), max_size=2)
MESSAGES = st.builds(
    lambda found, context: {**found, **context},
    st.dictionaries(KEYS, ODD),
    st.dictionaries(st.just("context"), ODD | DEVICES),
)


@pytest.mark.parametrize("kind", SCHEMAS)
@given(message=MESSAGES)
def test_a_call_is_valid_by_the_description_just_where_it_is_accepted(kind, message):
    assert VALIDATORS[kind].is_valid(message) == (not SCHEMAS[kind].validate(message)), message


@given(message=MESSAGES, kind=ODD | st.sampled_from([*SCHEMAS, "Track", "trackk"]))
def test_a_message_is_valid_just_where_its_type_names_a_call_that_is(kind, message):
    whole = {**message, "type": kind}
    faults = ENVELOPE.validate(whole) or SCHEMAS[kind].validate(whole)
    assert MESSAGE.is_valid(whole) == (not faults), whole


SENT = {kind: validator(f"{kind.capitalize()}Sent") for kind in TRACKED}
FACTS = Facts("web", 1_764_028_800_000)


@pytest.mark.parametrize("kind", SENT)
@given(message=MESSAGES, given_type=st.none() | ODD | st.sampled_from([*SCHEMAS]))
def test_a_sent_call_is_valid_just_where_it_is_accepted_once_completed(kind, message, given_type):
    whole = {**message, "type": given_type}
    assert SENT[kind].is_valid(whole) == is_taken(whole, kind), whole


def is_taken(message, kind):
    """Whether a message is accepted once it is completed; ``kind``: of its door, None for a batch's."""
    found, faults = Completer(Door(kind, FACTS)).complete(without_key(message))
    try:
        check(found, FACTS, Segment(), message)
    except Invalid:
        return False
    return not faults


BATCHED = validator("BatchMessage")


@pytest.mark.parametrize("kind", SCHEMAS)
def test_a_batch_may_have_what_sdks_make_and_no_delete(kind):
    assert BATCHED.is_valid({"type": kind, **CALLS[kind]}) == (kind in TRACKED) == (kind != "delete")


@given(message=MESSAGES, kind=ODD | st.sampled_from([*SCHEMAS, "Track", "trackk"]))
def test_a_call_of_a_batch_is_valid_just_where_it_is_accepted_once_completed(message, kind):
    whole = {**message, "type": kind}
    assert BATCHED.is_valid(whole) == is_taken(whole, None), whole


def test_the_examples_are_accepted_at_their_doors(service):
    client, seen = service(), 0
    for path, ways in WHOLE["paths"].items():
        if path.startswith("/v1/") and "post" in ways:
            for one in ways["post"]["requestBody"]["content"]["application/json"]["examples"].values():
                seen += 1
                assert client.post(path, json=one["value"]).json == {"success": True}, path
    assert seen == len(DOORS) + len(BATCHES)


@pytest.mark.parametrize("kind", SCHEMAS)
def test_the_examples_are_calls_that_are_accepted(service, kind):
    assert MESSAGE.is_valid({"type": kind, **CALLS[kind]})
    answer = service().post("/webhook", json={"type": kind, **CALLS[kind]})
    assert answer.json == {"accepted": 1, "duplicates": 0, "rejected": []}
    (example,) = WHOLE["components"]["schemas"][kind.capitalize()]["examples"]
    assert example == CALLS[kind]


def test_the_array_of_the_examples_is_accepted(service):
    examples = WHOLE["paths"]["/webhook"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    assert set(examples) == {*SCHEMAS, "several"}
    assert service().post("/webhook", json=examples["several"]["value"]).json["accepted"] == 2


def test_what_makes_it_is_imported_when_it_is_asked_for():
    code = (
        "import sys; from translator.receive import create_app; app = create_app(); first = 'apispec' in sys.modules;"
        "answer = app.test_client().get('/openapi.json'); print(first, answer.status_code, 'apispec' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == ["False", "200", "True"]

"""Segment's own subscriptions, run as they are: what its destination sent for every recorded call, but for what is named.

The vectors, and the comparison that takes the deliberate differences out of both sides, lie beside the repository.
"""

import copy
import importlib.util
import json
import tomllib
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mappings.test_properties import MAPPINGS
from tests.translate.test_properties import MESSAGE
from translator import jsontext
from translator.deliver.verdicts import DEAD_REASONS
from translator.errors import Invalid, MappingError, SettingsError, Untranslatable
from translator.mappings import check, listing
from translator.parcels import KINDS, Facts
from translator.reports.importing import toml, turn
from translator.reports.rows import Translator
from translator.settings.load import settings_from
from translator.settings.stored import from_text, to_text
from translator.settings.values import Groups, Segment, Translate, TranslationSettings, translation_settings
from translator.translate import translate
from translator.validate import check as checked

SHARED = Path(__file__).parents[3] / "shared"
VECTORS = SHARED / "vectors" / "segment_actions.jsonl"
DEFAULT = Path(__file__).parent / "exports" / "default.json"
NOW = 1795457700000
"""Later than any recorded call."""

needs_vectors = pytest.mark.skipif(not VECTORS.exists(), reason=f"no vectors at {VECTORS}")

NOT_AS_SEGMENT = {
    "ids-066": "an id that Amplitude refuses (differences 27)",
    "ids-071": "an id that Amplitude refuses, so the next one (differences 27)",
    "event_names-018": "$groupidentify is no event's name",
    "properties-023": "a lone surrogate is no JSON: U+FFFD",
    "session-039": "integrations that are no object are refused at the door",
    "integration_options-033": "a messageId that is no text is refused at the door",
    "integration_options-034": "a messageId that is no text is refused at the door",
    "integration_options-039": "an empty groups object says nothing",
    "integration_options-045": "an empty groups object says nothing",
    "timestamps-038": "a time in the year 9999 (a wrong clock)",
    "timestamps-057": "a time that is misread there (differences 7)",
    "context-064": "$remote would locate this server",
    "traits-042": "a joined group is a user property too",
    "user_property_ops-008": "a group of operations whose only value is null says nothing (differences 26)",
}
"""The same ten as without mappings, and four of mappings of their own."""

READ_HERE_TOO = {
    "docs_amplitude_classic-016": "groups of integrations.Amplitude, which the default mapping does not read",
    "docs_amplitude_classic-018": "groups of integrations.Amplitude, which the default mapping does not read",
    "integration_options-004": "groups of integrations.Amplitude, which the default mapping does not read",
    "integration_options-005": "groups of integrations.Amplitude, which the default mapping does not read",
    "integration_options-008": "event_id of integrations.Amplitude, which the default mapping does not read",
    "integration_options-009": "event_id of integrations.Amplitude, which the default mapping does not read",
    "integration_options-010": "event_id of integrations.Amplitude, which the default mapping does not read",
    "integration_options-011": "event_id of integrations.Amplitude, which the default mapping does not read",
    "integration_options-018": "groups and event_id of integrations.Amplitude, which the default mapping does not read",
    "page_names-023": "a page's name that is an object: the template makes [object Object] of it",
}
"""Where our defaults and Segment's default mappings, both run here, differ."""


def default():
    return json.loads(DEFAULT.read_text())["data"]["subscriptions"]


def vectors():
    return [json.loads(line) for line in VECTORS.read_text().splitlines()]


@cache
def comparison():
    spec = importlib.util.spec_from_file_location("segment_actions", SHARED / "conformance" / "segment_actions.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Runner:
    """Translators by their subscriptions."""

    def __init__(self, folder, **tree):
        self.folder = folder
        self.tree = {"groups": {"fallback": "none"}, **tree}
        self.made: dict[str, Translator] = {}

    def __call__(self, given, subscriptions):
        text = json.dumps(subscriptions)
        if text not in self.made:
            path = self.folder / f"{len(self.made)}.json"
            path.write_text(text)
            translate = {**self.tree.get("translate", {}), "mappings": str(path)}
            found = settings_from({**self.tree, "translate": translate})
            self.made[text] = Translator(found.segment, translation_settings(found), explains=True)
        return self.made[text].row(json.dumps(given).encode(), NOW)


@pytest.fixture
def run(tmp_path):
    return Runner(tmp_path)


def overridden(overrides):
    subs = default()
    for sub in subs:
        if sub["actionSlug"] != "sessionId":
            sub["settings"] |= overrides or {}
    return subs


@needs_vectors
def test_what_segment_sent_is_what_its_mappings_make_here(run):
    wrong = {}
    count = 0
    for vector in vectors():
        plain = {**vector, "mapping_overrides": None, "subscriptions": None}
        if comparison().comparable(plain) is None:
            continue
        count += 1
        row = run(vector["input"], vector.get("subscriptions") or overridden(vector.get("mapping_overrides"))).plain()
        expected = [body for request in vector["requests"] for body in comparison().bodies(request)]
        fault = comparison().same(expected, row["records"] or [], vector["input"])
        if fault:
            wrong[vector["id"]] = fault
    assert wrong.keys() == NOT_AS_SEGMENT.keys(), wrong
    assert count == 926


@needs_vectors
def test_the_default_mappings_make_the_very_records_that_we_make_without_them(run):
    ours = settings_from(
        {
            "translate": {"alias": True},
            "groups": {"type_trait": "group_type", "value_trait": "name", "fallback": "none"},
        }
    )
    without = Translator(ours.segment, translation_settings(ours))
    subs = default()
    different = set()
    for vector in vectors():
        one, other = (
            made.plain()
            for made in (without.row(json.dumps(vector["input"]).encode(), NOW), run(vector["input"], subs))
        )
        if [one["records"], one["ignored"], not one["error"]] != [
            other["records"],
            other["ignored"],
            not other["error"],
        ]:
            different.add(vector["id"])
    assert different == READ_HERE_TOO.keys()


@needs_vectors
def test_a_customised_set_makes_the_same_turned_into_a_configuration(tmp_path):
    """But for group calls: of two subscriptions that take one, Segment makes two identifies, a configuration one."""
    path = DEFAULT.parent / "customised.json"
    tree = tomllib.loads(toml(turn(listing(json.loads(path.read_text())), "one"), path.name, "one"))
    key = {"api_key": "k" * 32, "min_id_length": 3}
    turned = settings_from({**tree, "destinations": {"one": {**tree["destinations"]["one"], **key}}})
    mapped = settings_from(
        {"translate": {"mappings": str(path)}, "groups": {"fallback": "none"}, "destinations": {"one": key}}
    )
    made = [Translator(one.segment, one.destinations["one"].translation) for one in (turned, mapped)]
    different = set()
    for number, vector in enumerate(vectors()):
        given = vector["input"]
        if not isinstance(given, dict) or given.get("type") == "group":
            continue
        if isinstance(given.get("properties"), dict):
            given["properties"] |= {"company_id": f"c{number % 3}", "build": f"b{number}", "event_number": number}
        if isinstance(given.get("context"), dict) and number % 2:
            given["context"]["traits"] = {"account_user": f"account-{number}"}
        one, other = (work.row(json.dumps(given).encode(), NOW).plain() for work in made)
        if [one["records"], one["ignored"]] != [other["records"], other["ignored"]]:
            different.add(vector["id"])
    assert different <= READ_HERE_TOO.keys(), different


TRACK = {
    "type": "track", "event": "Signed Up", "userId": "user-1", "anonymousId": "anon-1", "messageId": "m-1",
    "timestamp": "2026-11-01T00:00:00.000Z", "properties": {"plan": "pro", "company_id": 7, "email": "a@b.example"},
    "context": {"traits": {"email": "a@b.example"}},
}  # fmt: skip


def sub(name, action, trigger, **mapping):
    return {"name": name, "actionSlug": action, "enabled": True, "trigger": trigger, "settings": mapping}


ID = {"@path": "$.userId"}
EVENT = {"user_id": ID, "event_type": {"@path": "$.event"}, "event_properties": {"@path": "$.properties"}}
BY_TRACK = 'type = "track"'


def bodies(row):
    assert row.plain()["error"] is None
    return [(record.kind, record.body) for record in row.records]


def test_several_subscriptions_take_a_call_each_with_places_of_its_own(run):
    subs = [
        sub("one", "logEventV2", BY_TRACK, **EVENT),
        sub("no", "logEventV2", 'type = "page"', **EVENT),
        sub("two", "logEventV2", BY_TRACK, **{**EVENT, "event_type": {"@template": "Copy of {{event}}"}}),
        sub("who", "identifyUser", BY_TRACK, user_id=ID, user_properties={"plan": {"@path": "$.properties.plan"}}),
    ]
    found = bodies(run(TRACK, subs))
    assert [(kind, body.get("event_type"), body["insert_id"]) for kind, body in found] == [
        ("event", "Signed Up", "m-1"),
        ("event", "Copy of Signed Up", "m-1-1001"),
        ("identify", None, "m-1-2"),
    ]
    assert found[2][1]["user_properties"] == {"$set": {"plan": "pro"}}


def test_an_identify_and_the_joining_of_a_group_have_places_of_their_own(run):
    """With the same insert id Amplitude would have dropped the second."""
    given = {"type": "group", "userId": "user-1", "groupId": "g1", "messageId": "m-1", "traits": {"plan": "pro"}}
    subs = [
        sub("who", "identifyUser", 'type = "identify" or type = "group"', user_id=ID, user_properties={"a": 1}),
        sub("joins", "groupIdentifyUser", 'type = "group"', user_id=ID, group_type="company", group_value="acme",
            group_properties={"@path": "$.traits"}),
    ]  # fmt: skip
    found = bodies(run(given, subs))
    assert [(kind, body["insert_id"]) for kind, body in found] == [
        ("identify", "m-1"),
        ("identify", "m-1-1001"),
        ("group_identify", "m-1-1002"),
    ]


def test_groups_within_a_root_directive_are_found_in_the_call_as_it_came(tmp_path):
    root = {"@transform": {"apply": {"company": {"@path": "$.properties.email"}}}}
    mapping = {
        "__segment_internal_directive": root,
        "user_id": "user-1",
        "event_type": "Signed Up",
        "event_properties": {"company": {"@path": "$.company"}},
        "groups": {"company": {"@path": "$.company"}},
    }
    work = Runner(tmp_path, translate={"properties_hash": ["email"]})
    ((_, event),) = bodies(work(TRACK, [sub("one", "logEventV2", BY_TRACK, **mapping)]))
    assert event["groups"] == {"company": "a@b.example"}
    assert len(event["event_properties"]["company"]) == 64


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ({"behavior": "use_mapping", "mapping": "mine"}, "mine"),
        ({"behavior": "use_mapping", "mapping": "m" * 2000}, "m" * 1024),
        ({"behavior": "auto", "mapping": "mine"}, "segment"),
        ({"behavior": "use_mapping"}, "segment"),
    ],
)
def test_the_library_is_the_mapped_one_where_that_is_asked_for(run, said, expected):
    ((_, event),) = bodies(run(TRACK, [sub("one", "logEventV2", BY_TRACK, **EVENT, library2=said)]))
    assert event["library"] == expected


@pytest.mark.parametrize(("value", "device"), [("", None), ("unknown", None), ("d-1", "d-1")])
def test_a_device_of_another_path_is_never_the_anonymous_id(run, value, device):
    given = {**TRACK, "properties": {"device": value}}
    subs = [sub("one", "logEventV2", BY_TRACK, **EVENT, device_id={"@path": "$.properties.device"})]
    ((_, event),) = bodies(run(given, subs))
    assert event.get("device_id") == device


def test_groups_of_a_mapping_are_the_events_own(run):
    subs = [sub("one", "logEventV2", BY_TRACK, **EVENT, groups={"company": {"@path": "$.properties.company_id"}})]
    ((_, event),) = bodies(run(TRACK, subs))
    assert event["groups"] == {"company": "7"}


def test_a_call_that_no_subscription_takes_is_ignored(run):
    row = run(TRACK, [sub("one", "logEventV2", 'type = "page"', **EVENT)])
    assert row.plain()["ignored"] == "no_mapping"


def test_a_mapping_that_fails_for_a_call_is_an_error_of_the_whole_call(run):
    subs = [
        sub("good", "logEventV2", BY_TRACK, **EVENT),
        sub("bad", "logEventV2", BY_TRACK, **{**EVENT, "city": {"@template": {"@path": "$.properties.company_id"}}}),
    ]
    assert run(TRACK, subs).plain()["error"] == {"translate.mappings": ["bad: @template: expected string, got number"]}


def test_what_must_not_leave_does_not_under_another_name_either(tmp_path):
    mapping = {
        **EVENT,
        "user_properties": {"contact": {"@path": "$.properties.email"}, "also": {"@path": "$.context.traits.email"}},
        "groups": {"address": {"@path": "$.properties.email"}},
    }
    subs = [sub("one", "logEventV2", BY_TRACK, **mapping)]
    ((_, event),) = bodies(Runner(tmp_path, translate={"properties_deny": ["email"]})(TRACK, subs))
    assert event["event_properties"] == {"plan": "pro", "company_id": 7}
    assert "user_properties" not in event
    assert event["groups"] == {"address": "a@b.example"}
    folder = tmp_path / "hashed"
    folder.mkdir()
    ((_, event),) = bodies(Runner(folder, translate={"properties_hash": ["email"]})(TRACK, subs))
    digest = event["event_properties"]["email"]
    assert len(digest) == 64
    assert event["user_properties"] == {"$set": {"contact": digest, "also": digest}}


def test_names_of_events_are_allowed_and_denied_as_ever(tmp_path):
    work = Runner(tmp_path, translate={"events_deny": ["Signed *"]})
    assert work(TRACK, [sub("one", "logEventV2", BY_TRACK, **EVENT)]).plain()["ignored"] == "event_denied"


@pytest.mark.parametrize("value", [None, ["a", "b"], 5])
def test_a_group_call_without_its_group_falls_back_as_configured(tmp_path, value):
    given = {
        "type": "group",
        "userId": "user-1",
        "groupId": "g1",
        "messageId": "m-1",
        "traits": {"name": value, "size": 3},
    }
    work = Runner(tmp_path, groups={})
    found = bodies(work(given, overridden({"group_type": "company"})))
    if value is None:
        assert found[0][1]["groups"] == {"[Segment] Group": "g1"}
    else:
        assert found[0][1]["groups"] == {"company": value if isinstance(value, list) else "5"}
        assert len(found) == (1 if isinstance(value, list) else 2)


def test_explain_names_the_subscription(run):
    row = run(TRACK, [sub("Track Calls", "logEventV2", BY_TRACK, **EVENT)])
    (said,) = row.plain()["explain"]
    assert said["event_type"] == "Track Calls (translate.mappings)"
    assert said["insert_id"] == "messageId and the record's place"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not JSON"),
        ("[]", "has no subscription that is enabled"),
        (json.dumps([sub("A", "logEventV9", BY_TRACK)]), "A: actionSlug 'logEventV9' must be one of"),
        (json.dumps([sub("A", "logEventV2", "garbage")]), "A: 'garbage' has no condition"),
        (
            json.dumps([sub("A", "logEventV2", BY_TRACK, city={"@oops": 1})]),
            "A: /city has an invalid directive: @oops.",
        ),
        (json.dumps({"data": {"subscriptions": default(), "pagination": {"next": "MQ=="}}}), "one list"),
    ],
)
def test_a_file_that_is_wrong_stops_the_start_and_says_where(tmp_path, text, said):
    (tmp_path / "mappings.json").write_text(text)
    with pytest.raises(SettingsError, match=r"translate\.mappings") as caught:
        settings_from({"translate": {"mappings": "mappings.json"}}, str(tmp_path / "translator.toml"))
    assert said in str(caught.value)


def test_a_file_that_is_not_there_stops_the_start():
    with pytest.raises(SettingsError, match="cannot be read"):
        settings_from({"translate": {"mappings": "nowhere.json"}})
    with pytest.raises(SettingsError, match="cannot be the name of a file"):
        settings_from({"translate": {"mappings": "a\0b"}})


def test_a_destination_may_have_its_own_and_the_configuration_that_is_kept_has_them(tmp_path):
    (tmp_path / "a.json").write_text(json.dumps([sub("a", "logEventV2", BY_TRACK, **EVENT)]))
    (tmp_path / "b.json").write_text(json.dumps([sub("b", "logEventV2", BY_TRACK, **EVENT)]))
    key = {"api_key": "k" * 32}
    tree = {
        "translate": {"mappings": "a.json"},
        "destinations": {"one": key, "two": {**key, "translate": {"mappings": "b.json"}}},
    }
    found = settings_from(tree, str(tmp_path / "translator.toml")).destinations
    names = [json.loads(one.translation.translate.subscriptions)[0]["name"] for one in found.values()]
    assert names == ["a", "b"]
    assert repr(found["one"].translation) != repr(found["two"].translation)
    assert from_text(to_text(found["one"]), "one").translation == found["one"].translation


def test_keys_of_amplitude_beside_the_subscriptions_are_not_kept(tmp_path):
    given = json.loads((DEFAULT.parent / "customised.json").read_text())
    secret = copy.deepcopy(given["data"]["destination"]["settings"]["apiKey"])
    (tmp_path / "m.json").write_text(json.dumps(given))
    assert secret not in repr(settings_from({"translate": {"mappings": "m.json"}}, str(tmp_path / "t.toml")))


FACTS = Facts("webhook", NOW)
ACTIONS = ("logEvent", "logEventV2", "logPurchase", "identifyUser", "groupIdentifyUser", "mapUser")
FIELDS = sorted({key for one in default() for key in one["settings"]} | {"groups", "add", "dma", "paying", "event_id"})


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(ACTIONS), st.dictionaries(st.sampled_from(FIELDS), MAPPINGS, max_size=6), MESSAGE)
def test_whatever_a_mapping_makes_of_a_call_is_records_or_a_named_error(action, mapping, message):
    """With groups by level, hashes and short ids, which look at what it makes."""
    said = json.dumps([{"name": "one", "action": action, "trigger": 'type != "x"', "mapping": {**EVENT, **mapping}}])
    translating = Translate(subscriptions=said, properties_hash=("a",), short_ids="move", session_minutes=5)
    how = TranslationSettings(translating, Groups(level="both"), min_id_length=3)
    try:
        check(json.loads(said)[0]["mapping"])
        call = checked(message, FACTS, Segment())
    except (MappingError, Invalid):
        return
    before = json.dumps(call.body)
    try:
        found = translate(call, how)
    except Untranslatable as error:
        assert error.reason in DEAD_REASONS  # noqa: PT017  any of them may be
    else:
        assert all(record.kind in KINDS and jsontext.dumps(record.body) for record in found.records)
        places = [record.body["insert_id"] for record in found.records if "insert_id" in record.body]
        assert len(places) == len(set(places))
    assert json.dumps(call.body) == before

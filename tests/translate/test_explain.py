"""Where each key came from."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.translate.test_properties import CONFIGURATIONS, MESSAGE
from translator.errors import Invalid, Untranslatable
from translator.parcels import Facts
from translator.settings.load import settings_from
from translator.settings.values import translation_settings
from translator.translate import explain, translate
from translator.validate import check

FACTS = Facts("webhook", 1710090245678)


def explained(message, memory=None, **tables):
    tree = settings_from(tables)
    call = check({"messageId": "m", "timestamp": "2024-03-10T17:04:05Z", **message}, FACTS, tree.segment)
    configuration = translation_settings(tree)
    return explain(call, configuration, translate(call, configuration, memory))


def flat(body):
    for key, value in body.items():
        if key == "groups":
            yield from (f"groups.{name}" for name in value)
        elif key in ("user_properties", "group_properties"):
            yield from (f"{key}.{operation}.{name}" for operation, values in value.items() for name in values)
        else:
            yield key


def test_a_group_call_names_its_traits():
    identify, group_identify = explained(
        {"type": "group", "userId": "u", "groupId": "g", "traits": {"kind": "org", "name": "Acme"}},
        groups={"type_trait": "kind", "value_trait": "name"},
    )
    assert identify["groups.org"] == "traits.kind, traits.name"
    assert identify["user_properties.$set.org"] == "the group that is joined: traits.kind, traits.name"
    assert group_identify["group_properties.$set.name"] == "traits.name"
    assert group_identify["group_value"] == "traits.kind, traits.name"


def test_a_fallback_and_memory_say_so():
    (identify,) = explained({"type": "group", "userId": "u", "groupId": "g"})
    assert identify["groups.[Segment] Group"] == "groupId (groups.fallback)"
    memory = {"groups": {"org": {"value": "x", "at": 1710090240000}}}
    (event,) = explained({"type": "track", "event": "e", "userId": "u"}, memory)
    assert event["groups.org"] == "memory of an earlier group call"


@pytest.mark.parametrize(
    ("context", "key", "source"),
    [
        ({"app": {"version": "1"}}, "app_version", "context.app.version"),
        ({"userAgent": "Mozilla/5.0 (Windows NT 10.0) Firefox/120.0"}, "os_name", "context.userAgent"),
        ({"library": {"name": "analytics.js"}}, "platform", "context.library.name (analytics.js)"),
        ({"campaign": {"source": "x"}}, "user_properties.$setOnce.initial_utm_source", "context.campaign.source"),
        ({"device": {"id": "d"}}, "device_id", "context.device.id"),
        ({"groupId": "g"}, "groups.company", "context.groupId (groups.rules, 1)"),
        ({"build": 7}, "region", "context.build ([fields])"),
    ],
)
def test_each_kind_of_source_has_its_words(context, key, source):
    rules = [{"type": "company", "value": "context.groupId", "calls": ["track"]}]
    message = {"type": "track", "event": "e", "userId": "u", "context": context}
    (event,) = explained(message, groups={"rules": rules}, fields={"region": "context.build"})
    assert event[key] == source
    assert event["event_type"] == "event"
    assert event["time"] == "timestamp"


@settings(max_examples=200)
@given(MESSAGE, st.sampled_from(CONFIGURATIONS))
def test_every_key_that_is_sent_is_explained(message, configuration):
    try:
        call = check(message, FACTS, settings_from({}).segment)
        done = translate(call, configuration)
    except (Invalid, Untranslatable):
        return
    said = explain(call, configuration, done)
    assert [set(one) for one in said] == [set(flat(record.body)) for record in done.records]
    assert all(source for one in said for source in one.values())
    assert json.dumps(said)


def test_a_groups_readable_name_says_its_path():
    rule = {"type": "account", "value": "context.groupId", "name": "context.account.title", "calls": ["track"]}
    group_identify, event = explained(
        {"type": "track", "event": "e", "userId": "u", "context": {"groupId": 7, "account": {"title": "Seven"}}},
        groups={"rules": [rule]},
    )
    assert group_identify["group_properties.$set.title"] == "context.account.title (the group's name)"
    assert event["groups.account"] == "context.groupId (groups.rules, 1)"

"""What was delivered of groups, added up: who made which type, values, names, properties, fallbacks."""

import json

import pytest

from translator.deliver.sightings import MOST_PENDING, Sightings
from translator.parcels import Call, Note, Record, Translation
from translator.settings.load import settings_from
from translator.settings.values import translation_settings
from translator.translate import translate

PAIR = {"type_trait": "group_type", "value_trait": "name"}


def settings(**groups):
    return translation_settings(settings_from({"groups": groups}))


def call(kind="group", at=1000, user="u1", **more):
    body = {"type": kind, "userId": user, "messageId": "m", **more}
    return Call(str(at), "webhook", "m", user, at, body)


def delivered(sightings, one, translation):
    sightings.note(sightings.of(one, translation), one.subject, one.received_at)


def seen(configured, *calls, **kinds):
    sightings = Sightings(configured)
    for one in calls:
        delivered(sightings, one, translate(one, configured, None))
    return {(one.kind, one.name): one for one in sightings.drain()}


def group(at=1000, user="u1", **traits):
    return call("group", at, user, groupId="g1", traits=traits)


def test_a_group_call_shows_its_type_value_and_properties():
    first = group(1000, group_type="Organization", name="Acme", seats=3)
    second = group(2000, "u2", group_type="Organization", name="Acme", seats=4.5, tags=["a"], is_trial=True)
    found = seen(settings(**PAIR), first, second)
    kind = found["type", "Organization"]
    assert (kind.count, kind.first_at, kind.last_at) == (2, 1000, 2000)
    assert kind.facets == {"made by: group traits.group_type, traits.name": 1, "joins": 2}
    value = found["value", '["Organization", "Acme"]']
    assert (value.count, value.facets, value.samples) == (2, {"joins": 2}, (("u2", "u2"), ("u1", "u1")))
    seats = found["property", '["Organization", "seats"]']
    assert (seats.facets, seats.samples) == ({"number": 2}, (("4.5", "u2"), ("3", "u1")))
    assert found["property", '["Organization", "tags"]'].facets == {"list": 1}
    assert found["property", '["Organization", "is_trial"]'].facets == {"true or false": 1}
    assert found["calls", "group"].facets == {"with a group": 2}


def test_a_fallback_says_which_trait_was_missing_and_of_which_call():
    found = seen(settings(**PAIR), group(1000, group_type="Organization"), group(2000))
    assert found["type", "[Segment] Group"].count == 2
    assert found["fallback", "traits.name"].samples == (("1000", "u1"),)
    assert found["fallback", "traits.group_type, traits.name"].count == 1


def test_event_level_groups_are_not_joined():
    rules = [{"type": "company", "value": ["properties.company"], "calls": ["track"]}]
    with_group = call("track", event="e", properties={"company": "acme"})
    found = seen(settings(rules=rules), with_group, call("track", event="e"))
    assert found["value", '["company", "acme"]'].facets == {"event": 1}
    assert found["type", "company"].facets == {"event": 1, "made by: track properties.company (groups.rules, 1)": 1}
    assert (found["calls", "track"].count, found["calls", "track"].facets) == (2, {"with a group": 1})


def test_the_readable_name_is_the_values_label():
    rules = [{"type": "company", "value": ["properties.id"], "calls": ["track"], "name": "properties.company_name"}]
    one = call("track", event="e", properties={"id": "17", "company_name": "Acme"})
    assert seen(settings(rules=rules), one)["value", '["company", "17"]'].label == "Acme"
    traits = group(group_type="Org", name="17", title="Acme, Inc.")
    assert seen(settings(**PAIR, name_trait="title"), traits)["value", '["Org", "17"]'].label == "Acme, Inc."


def test_several_values_are_each_seen():
    rules = [{"type": "team", "value": ["properties.teams"], "calls": ["track"]}]
    found = seen(settings(rules=rules), call("track", event="e", properties={"teams": ["a", "b"]}))
    assert {name for kind, name in found if kind == "value"} == {'["team", "a"]', '["team", "b"]'}
    assert (found["type", "team"].count, found["type", "team"].facets["event"]) == (1, 1), "a call counts once"


def test_long_values_are_shown_short():
    found = seen(settings(**PAIR), group(group_type="Org", name="Acme", text="x" * 500, list=["y" * 500]))
    for name in ("text", "list"):
        ((example, _),) = found["property", json.dumps(["Org", name])].samples
        assert len(example) == 80


@pytest.mark.parametrize(
    "body",
    [
        {"groups": 5}, {"groups": {"t": {"x": 1}}}, {"groups": {"t": None}}, {"group_type": 5}, {},
        {"group_type": "t", "group_value": "v", "group_properties": {"$set": 5, "$unset": {"a": "-"}}},
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["event", "identify", "group_identify", "user_map"])
def test_records_of_a_hook_may_be_anything(kind, body):
    sightings = Sightings(settings())
    delivered(sightings, call(), Translation((Record(kind, body),), (Note("group_fallback", "x", "y"),)))
    assert sightings.drain()


def test_memory_is_bounded_and_a_drain_begins_anew():
    sightings = Sightings(settings())
    for number in range(2 * MOST_PENDING):
        delivered(sightings, call(), Translation((Record("event", {"groups": {"t": str(number)}}),)))
    assert len(sightings.drain()) == MOST_PENDING
    assert sightings.drain() == []

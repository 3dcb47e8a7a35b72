"""The straight way says what the long one says, of whatever call; and it is what usual calls go."""

from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks.lines import lines
from tests.translate.test_properties import ANY, CONFIGURATIONS, CONTEXT, LEAF, MESSAGE, OPTIONS, PROPERTIES
from translator import jsontext
from translator.errors import Invalid, Untranslatable
from translator.parcels import Facts
from translator.settings.load import settings_from
from translator.settings.values import Groups, Segment, Translate, TranslationSettings, translation_settings
from translator.translate import compiled, translate
from translator.translate.usual import is_usual
from translator.validate import check

FACTS = Facts("webhook", 1710090245678)
PAIR = {"type_trait": "group_type", "value_trait": "name"}
MAPPINGS = Path(__file__).parents[1] / "mappings" / "exports" / "customised.json"
MORE = [
    translation_settings(settings_from(tree))
    for tree in (
        {"groups": PAIR},
        {"groups": {**PAIR, "level": "event", "memory_days": 1}},
        {"groups": {**PAIR, "type_trait": "id"}},
        {"groups": {**PAIR, "name_trait": "company"}},
        {"groups": PAIR, "translate": {"set_once": ["a"], "version_name": "v"}},
        {"groups": PAIR, "translate": {"user_agent": "raw"}},
        {"groups": PAIR, "translate": {"short_ids": "drop"}, "fields": {"city": "traits.city"}},
        {"groups": PAIR, "translate": {"events_allow": ["*o*"], "append_fields": {"context.ip": "ip"}}},
        {"groups": PAIR, "translate": {"session_minutes": 30}},
        {"groups": PAIR, "translate": {"mappings": str(MAPPINGS)}},
    )
]
LONG = {
    "destinations": {"one": {"api_key": "k", "min_id_length": 5, "translate": {"short_ids": "move"}, "groups": PAIR}}
}
LONG_IDS = settings_from(LONG).destinations["one"].translation

TIMES = ("2024-03-10T17:04:05.678Z", "2024-03-10T18:04:05+01:00", "2024-03-10", "2024-03-10T17:04:05", "20240310T170405Z",
         "1999-01-01T00:00:00Z", "2124-01-01T00:00:00Z", "0001-01-01T00:00:00+10:00", "2024-03-10T17:04:05." + "0" * 90 + "Z")  # fmt: skip
STATES = st.sampled_from(
    (
        None,
        {"groups": {"old": {"value": ["g", "h"], "at": 1710090244000}, "plan": {"value": "p", "at": 1}}},
        {"groups": {f"t{number}": {"value": "v", "at": 1710090240000} for number in range(12)}},
        {"sessions": {"anon-1": {"id": 1710090240000, "last": 1710090240000}}},
    )
)
USUAL = st.fixed_dictionaries(
    {
        "type": st.sampled_from(("track", "page", "screen", "identify", "group")),
        "messageId": st.just("m-1"),
        "userId": st.just("user-1"),
        "timestamp": st.sampled_from(TIMES[:2]),
        "context": CONTEXT,
    },
    optional={
        "anonymousId": st.just("anon-1"),
        "event": st.sampled_from(("Signed Up", "Order Completed", "[Amplitude] Page Viewed", "$identify", "e" * 1100)),
        "name": st.just("Pricing"),
        "groupId": st.just("g-1"),
        "properties": st.dictionaries(st.text("ab", max_size=3) | st.just("revenue"), LEAF, max_size=5),
        "traits": st.fixed_dictionaries({"group_type": LEAF | st.just("company"), "name": LEAF | st.just("Acme")}, optional={"a": ANY, "referrer": LEAF}),
        "integrations": st.sampled_from(({}, {"All": True}, {"All": False}, {"Mixpanel": False})),
    },
)  # fmt: skip
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "userId": LEAF, "anonymousId": LEAF, "event": LEAF, "name": LEAF, "category": LEAF, "timestamp": st.sampled_from(TIMES) | ANY,
        "receivedAt": ANY, "traits": PROPERTIES, "properties": PROPERTIES | ANY, "context": ANY | CONTEXT, "integrations": OPTIONS,
    },
)  # fmt: skip


def said(translating, call, state):
    try:
        return translating(call, state)
    except Untranslatable as error:
        return error.reason, dict(error.faults)


def holds(message, configuration, state):
    """Both ways, each with a call of its own: the same to the type and the order of keys."""
    try:
        calls = [check(jsontext.loads(jsontext.dumps(message)), FACTS, Segment()) for _ in range(2)]
    except Invalid:
        return
    straight = said(compiled(configuration), calls[0], state)
    long = said(lambda call, state: translate(call, configuration, state), calls[1], state)
    assert repr(straight) == repr(long)
    assert calls[0].body == calls[1].body == message, "nothing is written into a call"


@settings(max_examples=600, suppress_health_check=[HealthCheck.too_slow])
@given(USUAL, st.lists(CHANGES, max_size=1), st.sampled_from([*MORE, LONG_IDS, *CONFIGURATIONS]), STATES)
def test_a_usual_call_with_something_unusual_becomes_what_the_long_way_makes_of_it(
    usual, changes, configuration, state
):
    message = usual
    for change in changes:
        message = {**message, **change}
    holds(message, configuration, state)


@settings(max_examples=200)
@given(MESSAGE, st.sampled_from([*MORE, *CONFIGURATIONS]), STATES)
def test_any_call_becomes_what_the_long_way_makes_of_it(message, configuration, state):
    holds(message, configuration, state)


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize(
    "device", [None, {}, {"id": None}, {"id": ""}, {"id": 7}, {"id": "d"}, "d", {"type": "ios", "idfa": "I", "id": "d"}]
)
def test_times_and_devices_are_read_alike(time, device):
    context = {} if device is None else {"device": device}
    for kind in ("track", "identify", "group"):
        message = {"type": kind, "messageId": "m", "event": "e", "groupId": "g", "userId": "u1", "anonymousId": "a1"}
        traits = {"group_type": "company", "name": "Acme"} if kind == "group" else {}
        holds({**message, "timestamp": time, "context": context, "traits": traits}, MORE[0], None)


def test_each_call_of_the_benchmark_goes_the_straight_way():
    calls = [check(jsontext.loads(line), FACTS, Segment()) for line in lines(300)]
    assert {call.type for call in calls} == {"track", "identify", "group", "page"}
    assert [call.message_id for call in calls if not is_usual(call, MORE[0])] == []


@pytest.mark.parametrize(
    ("message", "usual"),
    [
        ({"type": "track", "event": "Order Completed", "properties": {"revenue": 5}}, True),
        ({"type": "track", "event": "Order Completed", "properties": {"products": [{"price": 1}]}}, False),
        ({"type": "track", "event": "e", "integrations": {"Amplitude": {"session_id": 1710090245678}}}, False),
        ({"type": "track", "event": "e", "integrations": {"All": True}}, True),
        ({"type": "track", "event": "e", "userId": "0"}, False),
        ({"type": "track", "event": "e", "timestamp": "yesterday"}, False),
        ({"type": "screen", "name": "Home"}, True),
        ({"type": "identify", "traits": {"plan": "pro"}}, True),
        ({"type": "identify", "traits": {"$add": {"visits": 1}}}, False),
        ({"type": "group", "groupId": "g", "traits": {"group_type": "company", "name": "Acme"}}, True),
        ({"type": "group", "groupId": "g", "traits": {"name": "Acme"}}, False),
        ({"type": "alias", "previousId": "p"}, False),
    ],
)  # fmt: skip
def test_which_calls_are_usual(message, usual):
    whole = {"messageId": "m", "userId": "u1", "timestamp": TIMES[0], "context": {"ip": "8.8.8.8"}, **message}
    assert is_usual(check(whole, FACTS, Segment()), MORE[0]) is usual
    holds(whole, MORE[0], None)


def test_notes_come_in_the_order_of_the_long_way():
    whole = {"type": "track", "event": "e", "messageId": "m", "userId": "u1", "timestamp": TIMES[0]}
    call = check({**whole, "context": {"os": {"name": "iOS"}}}, FACTS, Segment())
    state = {"groups": {f"t{number}": {"value": "v", "at": 1710090240000} for number in range(11)}}
    assert is_usual(call, MORE[0], state)
    straight = compiled(MORE[0])(call, state)
    assert [note.rule for note in straight.notes] == ["group_values_limit", "device_block_partial"]
    assert straight == translate(call, MORE[0], state)


def test_each_setting_is_known_to_the_straight_way():
    """A new one may change what a usual call becomes: see usual._ways, give it a configuration above, then add it here."""
    looked_at = {
        "preset", "user_agent", "set_once", "increment", "append", "prepend", "unset", "append_fields", "query_params",
        "prefer_anonymous_id", "short_ids", "session_minutes", "events_allow", "events_deny", "properties_allow",
        "properties_deny", "properties_hash", "version_name", "mappings", "subscriptions",
    }  # fmt: skip
    of_unusual_calls = {"pages", "product_events", "revenue_per_product", "alias", "delete"}
    around_translation = {"unchanged_hours", "hook", "hook_seconds"}
    assert {one.name for one in fields(Translate)} == looked_at | of_unusual_calls | around_translation
    pair = {"type_trait", "value_trait", "name_trait", "calls", "rules", "level", "memory_days"}
    assert {one.name for one in fields(Groups)} == pair | {"fallback", "over_limit"}
    assert {one.name for one in fields(TranslationSettings)} == {
        "translate",
        "groups",
        "own_names",
        "min_id_length",
        "fields",
    }

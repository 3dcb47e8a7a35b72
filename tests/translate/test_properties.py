"""What holds for any message at all."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from translator import jsontext
from translator.errors import Invalid, Untranslatable
from translator.parcels import CALL_TYPES, KINDS, Facts
from translator.settings.load import settings_from
from translator.settings.values import translation_settings
from translator.translate import IGNORED, RULES, translate
from translator.translate.dispatch import TRANSLATORS
from translator.translate.operations import GROUP, USER
from translator.validate import check

LEAF = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=12)
    | st.sampled_from(["u1", "0", "anonymous", "$19.99", "1,299.00", "1e400", "2024-03-10T17:04:05Z", "1710090245", "ios", "x" * 1500])
)  # fmt: skip
ANY = st.recursive(
    LEAF,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
PROPERTIES = st.dictionaries(
    st.sampled_from(["group_type", "name", "$set", "$add", "$unset", "revenue", "price", "quantity", "a", "company", "referrer"]),
    ANY, max_size=6,
) | st.fixed_dictionaries({"products": st.lists(st.dictionaries(st.sampled_from(["price", "quantity", "sku", "x"]), ANY), max_size=3)})  # fmt: skip
CONTEXT = st.fixed_dictionaries(
    {},
    optional={
        "device": ANY | st.dictionaries(st.sampled_from(["id", "type", "model", "idfa", "advertisingId"]), LEAF),
        "os": ANY | st.dictionaries(st.sampled_from(["name", "version"]), LEAF),
        "campaign": ANY | st.dictionaries(st.sampled_from(["name", "source", "term"]), LEAF),
        "page": ANY | st.dictionaries(st.sampled_from(["referrer"]), LEAF),
        "groupId": ANY,
        "userAgent": ANY | st.just("Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Safari/604.1"),
        "library": ANY | st.just({"name": "analytics.js"}),
        "location": ANY | st.dictionaries(st.sampled_from(["latitude", "city"]), LEAF),
    },
)
OPTIONS = st.dictionaries(
    st.sampled_from(["Amplitude", "Actions Amplitude", "All"]),
    ANY | st.dictionaries(st.sampled_from(["groups", "session_id", "event_id", "unmap"]), ANY),
)
MESSAGE = st.fixed_dictionaries(
    {"type": st.sampled_from(CALL_TYPES)},
    optional={
        "messageId": LEAF, "userId": LEAF, "anonymousId": LEAF, "groupId": LEAF, "previousId": LEAF,
        "event": LEAF | st.just("Order Completed"), "name": LEAF, "category": LEAF, "timestamp": ANY, "receivedAt": ANY,
        "traits": PROPERTIES, "properties": PROPERTIES, "context": ANY | CONTEXT, "integrations": OPTIONS,
    },
)  # fmt: skip
RULES_TABLE = [
    {"type": "company", "value": ["context.groupId", "properties.company"], "calls": ["track", "page", "group"]},
    {"type": "$.traits.group_type", "value": "traits.name", "calls": ["identify", "group"], "properties": ["a"]},
    {"type": "plan", "value": "properties.a", "calls": ["track"], "level": "user", "properties": True},
]
CONFIGURATIONS = [
    translation_settings(settings_from(tree))
    for tree in (
        {},
        {"groups": {"type_trait": "group_type", "value_trait": "name", "calls": ["group", "track", "identify"], "level": "both"}},
        {"groups": {"rules": RULES_TABLE, "fallback": "none", "level": "event"}},
        {"groups": {"type_trait": "group_type", "value_trait": "name", "fallback": "reject"}, "translate": {"alias": True}},
        {"translate": {"preset": "classic", "revenue_per_product": True, "user_agent": "both", "delete": True}},
        {
            "translate": {"properties_hash": ["a", "name"], "properties_deny": ["company", "products.x"], "session_minutes": 30,
                          "short_ids": "move", "set_once": ["a"], "increment": ["revenue"], "query_params": {"q": "user_properties"},
                          "append_fields": {"context.page": "page"}, "events_deny": ["x*"], "prefer_anonymous_id": True},
            "fields": {"region": "context.groupId", "quantity": "properties.a", "event_type": "name", "user_id": "traits.name"},
        },
    )
]  # fmt: skip
PROPERTY_KEYS = ("user_properties", "group_properties")


def attempt(message: Any, configuration: Any) -> Any:
    try:
        call = check(message, Facts("webhook", 1710090245678), settings_from({}).segment)
        return translate(call, configuration, {"groups": {"old": {"value": "g", "at": 1710090245000}}})
    except (Invalid, Untranslatable) as error:
        return dict(error.faults)


def test_every_call_type_has_its_translator():
    assert set(TRANSLATORS) == set(CALL_TYPES)


@settings(max_examples=400)
@given(MESSAGE, st.sampled_from(CONFIGURATIONS))
def test_any_message_becomes_well_formed_records_or_faults_always_the_same(message, configuration):
    done = attempt(message, configuration)
    assert attempt(message, configuration) == done
    if isinstance(done, dict):
        return
    assert done.ignored is None or (done.ignored in IGNORED and not done.records)
    assert {note.rule for note in done.notes} <= RULES.keys()
    for record in done.records:
        assert record.kind in KINDS
        assert jsontext.loads(jsontext.dumps(record.body)) == record.body
        assert None not in record.body.values()
        for key in PROPERTY_KEYS & record.body.keys():
            assert set(record.body[key]) <= set(USER), "plain keys never stand beside operations"


@given(MESSAGE, st.sampled_from(CONFIGURATIONS))
def test_insert_ids_of_a_call_are_its_own_and_differ(message, configuration):
    done = attempt({**message, "messageId": "m-1"}, configuration)
    if isinstance(done, dict):
        return
    ids = [record.body["insert_id"] for record in done.records if "insert_id" in record.body]
    assert len(ids) == len(set(ids))
    assert all(one == "m-1" or one.startswith("m-1-") for one in ids)


@given(MESSAGE, st.sampled_from(CONFIGURATIONS))
def test_no_record_has_more_than_ten_group_values(message, configuration):
    done = attempt(message, configuration)
    for record in () if isinstance(done, dict) else done.records:
        values = record.body.get("groups", {}).values()
        assert sum(len(value) if isinstance(value, list) else 1 for value in values) <= 10


@given(MESSAGE, st.sampled_from(CONFIGURATIONS))
def test_translation_changes_nothing_of_the_call(message, configuration):
    before = jsontext.dumps(message)
    attempt(message, configuration)
    assert jsontext.dumps(message) == before


OPERATIONS = st.dictionaries(
    st.sampled_from(USER),
    st.dictionaries(st.text("abc", min_size=1, max_size=2), st.integers(1, 9) | st.text("xyz", min_size=1, max_size=3), min_size=1, max_size=3),
    max_size=4,
)  # fmt: skip
PLAIN = st.dictionaries(st.text("def", min_size=1, max_size=2), st.integers(1, 9), max_size=3)


@given(OPERATIONS, PLAIN)
def test_operations_in_traits_survive_beside_plain_traits(given_operations, plain):
    """Each operation with each of its names arrives at the user; plain traits are set."""
    message = {"type": "identify", "userId": "u1", "traits": {**plain, **given_operations}}
    (record,) = attempt(message, CONFIGURATIONS[0]).records
    found = record.body.get("user_properties", {})
    unset = dict.fromkeys(given_operations.get("$unset", {}), "-")
    expected = {**given_operations, **({"$unset": unset} if unset else {})}
    if plain:
        expected["$set"] = {**expected.get("$set", {}), **plain}
    assert found == expected


@given(OPERATIONS, PLAIN)
def test_of_operations_on_groups_the_legal_ones_survive_and_the_others_are_noted(given_operations, plain):
    traits = {**plain, **given_operations, "group_type": "company", "name": "acme"}
    message = {"type": "group", "userId": "u1", "groupId": "g", "traits": traits}
    done = attempt(message, CONFIGURATIONS[1])
    found = done.records[1].body["group_properties"]
    assert set(found) == ({*given_operations} & set(GROUP)) | {"$set"}
    refused = [note.path for note in done.notes if note.rule == "operation_unusable"]
    assert sorted(refused) == sorted(f"traits.{name}" for name in given_operations if name not in GROUP)
    for name in set(found) - {"$set", "$unset"}:
        assert found[name] == given_operations[name]
    assert found["$set"] == {**given_operations.get("$set", {}), **plain, "group_type": "company", "name": "acme"}

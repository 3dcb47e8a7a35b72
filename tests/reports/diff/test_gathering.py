"""Many calls: exact counts, bounded tables, whatever comes."""

import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reports.diff.helpers import PAIR, diff, group, said, track
from tests.reports.diff.test_comparing import mirrored
from translator.reports.diff import gathering, plain
from translator.reports.diff.page import page
from translator.reports.diff.telling import told

NOBODY = {"events_allow": ["nothing"]}


def test_generated_traffic_has_the_counts_that_are_known():
    calls = [track(f"t{n}", f"u{n % 7}", properties={"plan": f"plan-{n % 5}", "n": n}) for n in range(1000)]
    calls += [group(f"g{n}", f"v{n}", value=f"Acme {n % 300}") for n in range(400)]
    calls += [{"type": "track"}, "nonsense"]
    new = {"groups": PAIR, "translate": {"properties_deny": ["plan", "n"]}}
    found = diff({}, new, *calls)
    counted = {one[:5]: one[5] for one in said(found)}
    assert (found.calls, found.changed) == (1402, 1400)
    assert found.outcomes == {"sent": (1400, 1400), "refused": (2, 2)}
    assert counted["track", "event", "", "removed", "event_properties.plan"] == 1000
    assert counted["group", "identify", "", "added", "groups.Organization"] == 400
    assert counted["group", "group_identify", "Organization", "only_new", ""] == 400
    pairs = {
        one.path: (one.pairs, one.has_more_pairs, len(one.examples)) for one in found.changes if one.call == "track"
    }
    assert pairs["event_properties.plan"] == (5, False, 3)
    assert pairs["event_properties.n"] == (gathering.MOST_PAIRS, True, 3)
    assert [(one.name, one.old, one.new) for one in found.types] == [
        ("[Segment] Group", 400, 0),
        ("Organization", 0, 400),
    ]
    assert found.effects == {"joins": 400, "leaves": 400, "properties": 400}
    assert [one.is_of_groups for one in found.changes] == sorted(
        (one.is_of_groups for one in found.changes), reverse=True
    )


def test_a_call_counts_once_for_keys_that_are_put_together(monkeypatch):
    monkeypatch.setattr(gathering, "MOST_KEYS", 2)
    monkeypatch.setattr(gathering, "MOST_REST", 1)
    calls = [
        track(f"m{n}", properties={f"p{n}-{i}": i for i in range(3)}, context={"app": {"version": "1"}})
        for n in range(5)
    ]
    found = diff({}, {"translate": {"properties_deny": [f"p{n}-{i}" for n in range(5) for i in range(3)]}}, *calls)
    counted = {one.path: one.calls for one in found.changes}
    assert found.rest
    assert counted["event_properties.*"] == 5
    assert counted["*"] == 5, "the notes"
    assert found.changed == 5


def test_the_tables_are_bounded():
    """Each call brings keys, group types and texts that no other has."""
    calls = [
        track(f"m{n}" * 20, properties={f"key-{n}-{i}" * 20: "long" * 5000 for i in range(5)}, context={"groupId": "g", "kind": f"type-{n}"})
        for n in range(1000)
    ]  # fmt: skip
    rule = {"type": "$.context.kind", "value": ["context.groupId"], "calls": ["track"]}
    new = {"groups": {"rules": [rule]}, "translate": {"properties_allow": ["none"]}}
    found = diff({"segment": {"max_call_bytes": 10**6}}, {"segment": {"max_call_bytes": 10**6}, **new}, *calls)
    assert len(found.changes) <= gathering.MOST_KEYS + gathering.MOST_REST + 9
    assert (len(found.types), found.has_more_types) == (gathering.MOST_TYPES, True)
    assert len(json.dumps(plain(found))) < 4_000_000
    assert found.rest
    assert "put together under *" in told(found)
    assert "and more). A project has 5" in told(found)
    assert "more: JSON has all of them" in told(found)
    assert len(told(found)) < 200_000
    assert len(page(found)) < 1_000_000


NAMES = st.sampled_from(["plan", "name", "group_type", "a.b", "$set", "<b>", "\x1b[31m", "groupId"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(NAMES, VALUES, max_size=4)
CALLS = st.lists(
    st.fixed_dictionaries(
        {"type": st.sampled_from(["track", "identify", "group", "page", "screen", "alias", "delete", "other"])},
        optional={
            "userId": st.sampled_from(["u1", "u2"]), "anonymousId": st.just("a1"), "groupId": st.sampled_from(["g1", "g2"]),
            "event": st.sampled_from(["Order Completed", "e"]), "name": st.just("Home"), "properties": OBJECTS, "traits": OBJECTS,
            "context": OBJECTS, "messageId": st.sampled_from(["m1", "m2", "\u202e"]), "previousId": st.just("p"),
            "timestamp": st.sampled_from(["2026-11-01T00:00:00Z", "2026-11-02T00:00:00Z"]),
        },
    ) | VALUES,
    max_size=6,
)  # fmt: skip
RULES = st.lists(
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["company", "$.traits.name"]), "value": st.sampled_from([["groupId"], ["properties.plan", "traits.plan"]]),
            "calls": st.lists(st.sampled_from(["group", "identify", "track", "page"]), min_size=1, unique=True),
        },
        optional={"properties": st.booleans() | st.just(["plan"]), "level": st.sampled_from(["user", "event"])},
    ),
    max_size=3,
)  # fmt: skip
TREES = st.fixed_dictionaries(
    {
        "groups": st.fixed_dictionaries(
            {"level": st.sampled_from(["user", "event", "both"]), "fallback": st.sampled_from(["segment-group", "none", "reject"]), "rules": RULES},
            optional={"type_trait": NAMES, "value_trait": NAMES},
        ),
        "translate": st.fixed_dictionaries(
            {"preset": st.sampled_from(["actions", "classic"]), "alias": st.booleans(), "delete": st.booleans()},
            optional={
                "properties_deny": st.lists(NAMES, max_size=2), "properties_hash": st.lists(NAMES, max_size=2), "events_deny": st.just(["e*"]),
                "set_once": st.lists(NAMES, max_size=1), "session_minutes": st.just(30), "revenue_per_product": st.booleans(),
            },
        ),
    },
    optional={"segment": st.just({"max_call_bytes": 1024}), "fields": st.just({"app_version": ["properties.plan"]})},
)  # fmt: skip


@settings(deadline=None, max_examples=100, suppress_health_check=[HealthCheck.too_slow])
@given(TREES, TREES, CALLS)
def test_whatever_comes_it_is_mirrored_and_told(old, new, calls):
    for one in (old, new):
        one["groups"] = {key: value for key, value in one["groups"].items() if key != "rules" or value}
        if not {"type_trait", "value_trait"} <= set(one["groups"]):
            one["groups"] = {key: value for key, value in one["groups"].items() if not key.endswith("trait")}
    found, back = diff(old, new, *calls), diff(new, old, *calls)
    assert found.calls == len(calls)
    for tree in (old, new):
        assert diff(tree, tree, *calls).changed == 0
    assert found.changed == back.changed
    if all(isinstance(one, dict) and (one.get("timestamp") or one.get("messageId")) for one in calls):
        assert mirrored(said(found)) == sorted(said(back), key=str)
    text, shown = told(found), page(found)
    assert json.loads(json.dumps(plain(found)))["changed"] == found.changed
    assert not {"\x1b", "\u202e"} & set(text + shown)
    assert "<b>" not in shown
    assert ("nothing changes" in text or not calls) or found.changed

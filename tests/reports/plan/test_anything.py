"""Whatever comes in: a plan is made, in all shapes, and what it proposes is accepted."""

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports.plan.making import plan_of
from translator.reports.plan.writing import ENDINGS, contents
from translator.settings.load import settings_from

TEXTS = st.one_of(
    st.sampled_from(
        ["", " ", "null", "=1+1", "<script>", "a|b", "$.x", "$set", "groupId", "0", "é\x00\x7f", "[Segment] Group"]
    ),
    st.text(max_size=8),
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False), TEXTS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(TEXTS, inner, max_size=3)),
    max_leaves=6,
)
KEYS = st.one_of(
    st.sampled_from(["group_type", "type", "name", "id", "company_id", "company", "plan", "account.id", "$set", ""]),
    TEXTS,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=5)
IDS = st.one_of(st.sampled_from(["u1", "u2", "u3", "anonymous"]), TEXTS, st.integers(0, 5))
CALLS = st.fixed_dictionaries(
    {"type": st.sampled_from(["group", "track", "identify", "page", "screen", "alias", "delete"]), "userId": IDS},
    optional={
        "event": TEXTS, "name": TEXTS, "groupId": IDS, "anonymousId": IDS, "previousId": IDS, "traits": OBJECTS,
        "properties": OBJECTS, "timestamp": VALUES, "messageId": TEXTS,
        "context": st.fixed_dictionaries({}, optional={"groupId": VALUES, "traits": OBJECTS}),
        "integrations": st.fixed_dictionaries({}, optional={"Amplitude": VALUES, "All": st.booleans()}),
    },
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(st.one_of(CALLS, VALUES), max_size=12))
def test_any_calls_make_a_plan(messages):
    plan = plan_of(messages)
    assert all(contents(plan, ending) for ending in ENDINGS)
    found = settings_from(tomllib.loads(plan.configuration)).groups
    assert (found.type_trait, found.value_trait, found.level) == (
        plan.proposal.type_trait,
        plan.proposal.value_trait,
        plan.advice.level,
    )
    assert sum(plan.observed.calls.values()) + sum(plan.observed.refused.values()) == len(messages)

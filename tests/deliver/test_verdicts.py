"""What each answer means: the cases of fixtures/answers, and anything at all."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from translator.deliver.answers import Answer
from translator.deliver.backoff import LONGEST, LONGEST_ASKED, SHORTEST, delay
from translator.deliver.batches import Batch, Part
from translator.deliver.verdicts import DEAD_REASONS, LATER_REASONS, TABLE, judge
from translator.parcels import Leased

ROOT = Path(__file__).parents[2] / "fixtures" / "answers"
FILES = {path.stem: json.loads(path.read_text()) for path in sorted(ROOT.glob("*.json"))}
CASES = [pytest.param(case, id=name) for name, case in FILES.items()]


def batch_of(api: Any, kind: Any, items: list[dict[str, str]]) -> Batch:
    parts = []
    for index, ids in enumerate(items):
        item = Leased(str(index), "webhook", f"m{index}", ids.get("user_id", "s"), 0, b'{"type":"track"}')
        own, beside = ({}, ids) if kind == "group_identify" else (ids, {})
        parts.append(Part(item, kind, api, json.dumps(own).encode(), beside))
    return Batch(api, tuple(parts))


def answer_of(given: dict[str, Any]) -> Answer:
    if "failure" in given:
        return Answer(None, given["failure"])
    text = given.get("text", json.dumps(given.get("body")))
    return Answer(given["status"], None, text, given.get("body"), given.get("retry_after"))


@pytest.mark.parametrize("case", CASES)
def test_an_answer_means_what_the_case_says(case):
    given_, expect = case["given"], case["expect"]
    found = judge(answer_of(given_["answer"]), batch_of(given_["api"], given_["kind"], given_["items"]))
    assert list(found.done) == expect.get("done", [])
    assert {str(index): why for index, (why, _) in found.dead.items()} == expect.get("dead", {})
    assert {str(index): wait.why for index, wait in found.later.items()} == expect.get("later", {})
    assert [list(group) for group in found.again] == expect.get("again", [])
    assert list(found.elsewhere) == expect.get("elsewhere", [])
    assert (found.hold, found.circuit is not None) == (expect.get("hold"), expect.get("circuit", False))
    assert (found.whole, found.mismatched) == (expect.get("whole", False), expect.get("mismatched", False))
    for index, seconds in expect.get("seconds", {}).items():
        assert found.later[int(index)].seconds == seconds
    assert {str(index): sorted(wait.ids) for index, wait in found.later.items() if wait.ids} == expect.get("parked", {})
    if "unknown" in expect:
        assert {wait.unknown for wait in found.later.values()} == {expect["unknown"]}


def test_there_is_a_case_for_every_status_of_the_table():
    statuses = {case["given"]["answer"].get("status") for case in FILES.values()}
    assert set(TABLE) <= statuses


BODY = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 9) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["error", "missing_field", "events_with_invalid_fields", "events_with_missing_fields",
                         "silenced_events", "throttled_events", "throttled_users", "exceeded_daily_quota_users", "u0", "user_id"]),
        inner, max_size=4),
    max_leaves=10,
)  # fmt: skip


@given(
    st.none() | st.integers(100, 599), st.sampled_from([None, "timeout", "refused", "reset"]), BODY, st.integers(1, 5),
    st.sampled_from(["http-v2", "batch", "identify", "groupidentify", "usermap", "deletions"]),
    st.sampled_from(["event", "identify", "group_identify"]), st.none() | st.floats(0, 1e6),
)  # fmt: skip
def test_any_answer_judges_every_part_exactly_once(status, failure, body, count, api, kind, wait):
    answer = Answer(status, failure if status is None else None, json.dumps(body), body, wait)
    found = judge(answer, batch_of(api, kind, [{"user_id": f"u{index}"} for index in range(count)]))
    again = [index for group in found.again for index in group]
    every = [*found.done, *found.dead, *found.later, *again, *found.elsewhere]
    assert sorted(every) == list(range(count))
    assert {why for why, _ in found.dead.values()} <= set(DEAD_REASONS)
    assert {one.why for one in found.later.values()} <= set(LATER_REASONS)


@pytest.mark.parametrize(
    ("attempts", "asked", "chance", "seconds"),
    [(0, None, 0.0, 1.0), (0, None, 1.0, 2.0), (3, None, 1.0, 16.0), (50, None, 1.0, LONGEST), (0, 7.0, 0.0, 7.0), (0, 1e9, 0.5, LONGEST_ASKED)],
)  # fmt: skip
def test_waits_grow_with_full_jitter_and_honour_what_was_asked(attempts, asked, chance, seconds):
    assert delay(attempts, asked, lambda: chance) == seconds


@given(st.integers(0, 10_000), st.floats(0, 1, exclude_max=True))
def test_a_wait_is_within_its_bounds(attempts, chance):
    assert SHORTEST <= delay(attempts, None, lambda: chance) <= LONGEST

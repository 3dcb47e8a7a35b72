"""Counters that stay small, and what a sample still says."""

import pytest

from tests.reports.qa.calls import PAIR, group, track
from translator.parcels import Facts
from translator.reports.plan.planned import Planned, PlannedEvent, PlannedProperty, PlannedType
from translator.reports.qa.comparing import compared
from translator.reports.qa.counting import EXAMPLES, Count, Names, Sampled, short
from translator.reports.qa.gathering import Gathering
from translator.reports.qa.seen import Example
from translator.reports.rows import Translator
from translator.settings.load import settings_from
from translator.settings.values import Segment, translation_settings
from translator.validate import check

PLAN = Planned(
    (PlannedType("Organization"),),
    (PlannedProperty("Organization", "employees", "number", True),),
    (PlannedEvent("Clicked", ("Organization",)),),
)


def test_a_count_is_exact_and_keeps_a_few_examples():
    count = Count()
    for number in range(100):
        count.add(f"value {number % 50}" * 20, f"m{number}")
    found = count.tally()
    assert (found.count, len(found.examples)) == (100, EXAMPLES)
    assert found.examples[0].message_id == "m0"
    assert all(len(one.text) == 80 for one in found.examples)
    assert Count().tally().examples == ()


def test_examples_without_a_text_are_calls():
    count = Count()
    for name in ("m1", "m1", None, "m2"):
        count.add("", name)
    assert count.tally().examples == (Example("", "m1"), Example("", "m2"))


def test_names_are_counted_up_to_so_many():
    names = Names(most=2)
    for name in "abcabc":
        names.add(name, "", None)
    found = names.extras()
    assert ({name: tally.count for name, tally in found.names.items()}, found.others) == ({"a": 2, "b": 2}, 2)


def test_a_sample_keeps_a_share_by_hash():
    sample: Sampled[int] = Sampled(1000)
    for number in range(10_000):
        sample.put(f"key {number}", number)
    assert (sample.bits, 400 < len(sample.items) <= 1000) == (4, True)
    assert all(sample.knows(key) for key in sample.items)
    again: Sampled[int] = Sampled(1000)
    for number in reversed(range(10_000)):
        again.put(f"key {number}", number)
    assert again.items == sample.items


def test_long_keys_are_short_and_still_different():
    assert short("a" * 80) == "a" * 80
    assert len({short("a" * length) for length in range(1000, 1100)}) == 100
    assert all(len(short("a" * length)) <= 80 for length in range(1000, 1010))


@pytest.mark.parametrize(("groups", "users"), [(1000, 1000), (100, 100)])
def test_beyond_what_is_kept_shares_are_still_right(groups, users):
    """Of 1,000 groups each fourth lacks a property; of as many users each fourth has not joined one."""
    settings = settings_from(PAIR)
    work = Translator(settings.segment, translation_settings(settings))
    gathering = Gathering(PLAN, groups, users)
    calls = [group(f"org-{n}", f"g{n}", f"user-{n}", **({"employees": n} if n % 4 else {})) for n in range(1000)]
    calls += [track(name=f"t{n}", user=f"user-{n}" if n % 4 else f"stranger-{n}") for n in range(1000)]
    for call in calls:
        gathering.see(work.of_call(check(call, Facts("webhook", 1), Segment())))
    report = compared(PLAN, gathering.seen("calls", len(calls)))
    found = {one.kind: one for one in report.findings()}
    for kind in ("group_property_incomplete", "event_without_group"):
        one = found[kind]
        assert one.of is not None
        assert 0.1 < one.count / one.of < 0.45
        assert one.of == 1000 if groups == 1000 else 40 <= one.of <= 250
    assert len(report.remarks) == (0 if groups == 1000 else 2)
    if groups == 100:
        assert "one of 16 by their hash" in report.remarks[0]

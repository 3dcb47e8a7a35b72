"""Counting without holding everything."""

import random

from translator.reports.plan.sketch import EXACT, SMALLEST, Count, Distinct, Heavy, Room, Sample, Texts


def distinct(many, room=None):
    found = Distinct(room or Room())
    for number in range(many):
        found.add(f"value-{number}")
        found.add(f"value-{number // 2}")
    return found


def test_distinct_texts_are_counted_exactly_up_to_the_bound():
    assert distinct(EXACT).count() == Count(EXACT)
    assert str(distinct(7).count()) == "7"


def test_beyond_it_they_are_estimated_and_said_to_be():
    found = distinct(200_000).count()
    assert found.about
    assert 0.88 < found.number / 200_000 < 1.12
    assert str(Count(12_345, about=True)) == "about 12,345"


def test_counters_that_share_a_room_that_is_full_estimate_earlier():
    room = Room(2 * SMALLEST)
    first, second = distinct(SMALLEST * 3, room), distinct(SMALLEST, room)
    assert first.count().about
    assert second.count() == Count(SMALLEST), "as many as an estimate holds are always exact"


def test_the_first_texts_are_counted_each_and_the_others_together():
    texts = Texts(Room(), most=2)
    for text in ("a", "b", "a", "c", "c"):
        texts.add(text)
    assert (texts.frequent(5), texts.others, texts.distinct.count()) == ((("a", 2), ("b", 1)), 2, Count(3))


def test_a_sample_keeps_keys_from_their_first_time_on():
    sample, keys = Sample(100), [f"user-{number}" for number in range(5000)]
    refused: set[str] = set()
    for key in random.Random(1).choices(keys, k=50_000):
        if sample.add(key):
            assert key not in refused
        else:
            refused.add(key)
    assert len(sample) == 100
    assert sample.is_cut
    assert not refused & {key for key in keys if key in sample}


def test_a_sample_that_holds_all_is_not_cut():
    sample = Sample(3)
    assert all(sample.add(key) for key in ("a", "b", "c", "a"))
    assert (len(sample), sample.is_cut, sample.left_out) == (3, False, [])


def test_heavy_keys_are_found_among_many_light_ones():
    heavy = Heavy(width=1000)
    for number in range(100_000):
        heavy.add(f"light-{number}")
        if number % 20 == 0:
            heavy.add("heavy")
    (found, count), *_ = heavy.most(3)
    assert found == "heavy"
    assert 5000 - 105 <= count <= 5000
    assert heavy.is_cut
    assert len(heavy._counts) < 5000

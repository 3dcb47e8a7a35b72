"""What is to be reached, at its edges."""

import pytest

from benchmarks.measure import Row, said
from benchmarks.targets import TARGETS, target


def met(name, value, limit, unit="/s", **also):
    return TARGETS[name].met(Row("", value, "the limit", limit, f"{name}/sqlite", unit, also))


@pytest.mark.parametrize(
    ("name", "value", "limit", "also", "expected"),
    [
        ("translation", 45_000, 300_000, {}, True),
        ("translation", 44_999, 300_000, {}, False),
        ("accept-one", 50, 100, {"p99_ms": 49.9}, True),
        ("accept-one", 50, 100, {"p99_ms": 50.0}, False),
        ("accept-one", 49, 100, {"p99_ms": 1.0}, False),
        ("accept-one-closed", 50, 100, {"p99_ms": 49.9}, True),
        ("accept-arrays", 15_000, 100_000, {}, True),
        ("accept-arrays", 10_000, 20_000, {}, True),
        ("accept-arrays", 10_000, 20_001, {}, False),
        ("delivery", 10_000, 1, {}, True),
        ("delivery", 9_999, 1, {}, False),
        ("lag", 1499, 1500, {}, True),
        ("lag", 1500, 1500, {}, False),
        ("memory-web", 79.9, 80, {}, True),
        ("memory-delivery", 120, 120, {}, False),
        ("start-translate", 0.349, 0.02, {}, True),
        ("start-help", 0.2, 0.02, {}, False),
        ("growth-claim", 14.9, 10, {}, True),
        ("growth-append-one", 15, 10, {}, False),
    ],
)
def test_a_target_is_met_from_its_edge_on(name, value, limit, also, expected):
    assert met(name, value, limit, **also) is expected


def test_the_target_of_a_row_is_found_by_the_first_part_of_its_key():
    assert target("accept-one/postgresql") is TARGETS["accept-one"]
    assert target("growth-claim/waiting-5000000/sqlite") is TARGETS["growth-claim"]
    assert target("accept-largest/sqlite") is None


@pytest.mark.parametrize(
    ("value", "text"),
    [(17_234.5, "17,234"), (99.96, "100"), (12.345, "12.3"), (0.1234, "0.123"), (1500, "1,500"), (0.0, "0")],
)
def test_a_figure_has_as_many_digits_as_mean_something(value, text):
    assert said(value) == text

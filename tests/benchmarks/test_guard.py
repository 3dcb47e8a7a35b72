"""The guard compares ratios with the record, and says when there is nothing to compare with."""

import json
import subprocess
import sys

import pytest

from benchmarks import guard, record
from benchmarks.measure import Row
from tests.processes import ROOT

RECORD = {"rows": {"translation": {"ratio": 0.2}, "delivery/sqlite": {"ratio": 0.03}}}


def row(ratio, key="translation"):
    return Row("bytes → request", 1000 * ratio, "orjson loads+dumps", 1000.0, key)


@pytest.mark.parametrize(
    ("ratio", "slow"),
    [(0.0999, ["translation"]), (0.1, []), (0.1001, []), (0.2, []), (5.0, [])],
)
def test_just_under_half_of_the_recorded_ratio_is_slow(ratio, slow):
    assert guard.compare([row(ratio)], RECORD) == slow


def test_each_row_is_compared_with_its_own_record():
    assert guard.compare([row(0.03, "delivery/sqlite"), row(0.03)], RECORD) == ["translation"]


def test_rows_that_are_not_guarded_need_no_record():
    assert guard.compare([row(0.001, "accept-largest/sqlite")], {"rows": {}}) == []


def test_a_missing_record_is_an_error_that_says_what_to_do():
    with pytest.raises(guard.NoRecord, match=r"measured\.json has no row delivery/postgresql: run make bench"):
        guard.compare([row(1.0, "delivery/postgresql")], RECORD)


@pytest.mark.parametrize(
    ("ratios", "slow"),
    [([0.2], []), ([0.05, 0.2], []), ([0.05, 0.05, 0.2], []), ([0.05, 0.05, 0.05], ["translation"])],
    ids=["good at once", "good the second time", "good the third time", "slow each time"],
)
def test_what_is_slow_is_measured_twice_more(ratios, slow):
    left = iter(ratios)
    assert guard.guard({"translation": lambda: iter([row(next(left))])}, RECORD) == slow
    assert list(left) == []


def test_only_what_is_slow_each_time_counts():
    rounds = iter([[row(0.05), row(0.03, "delivery/sqlite")], [row(0.2), row(0.001, "delivery/sqlite")]])
    assert guard.guard({"both": lambda: iter(next(rounds))}, RECORD) == []


@pytest.mark.parametrize(("recorded", "ratio", "slow"), [(1.03, 0.26, False), (1.03, 0.24, True), (0.4, 0.21, False)])
def test_beyond_what_is_to_be_reached_an_accepts_ratio_guards_nothing(recorded, ratio, slow):
    record = {"rows": {"accept-one/sqlite": {"ratio": recorded}}}
    assert guard.is_slow("accept-one/sqlite", ratio, record) is slow


def test_whatever_is_guarded_has_a_recorded_ratio():
    rows = record.read()["rows"]
    guarded = {key for key in rows if key.split("/")[0] in guard.GUARDED and not key.endswith("/postgresql")}
    assert {key.split("/")[0] for key in guarded} == set(guard.GUARDED)
    assert all(rows[key]["ratio"] > 0 for key in guarded)


def test_without_a_record_the_command_fails_and_says_so(tmp_path):
    program = f"from benchmarks import guard; guard.MEASURED = __import__('pathlib').Path({str(tmp_path)!r}) / 'none.json'; guard.main()"
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert "none.json" in ended.stderr


def test_a_record_is_json_that_keeps_other_rows(tmp_path):
    path = tmp_path / "measured.json"
    record.write([row(0.2), row(0.03, "delivery/sqlite")], path)
    record.write([row(0.1)], path)
    found = json.loads(path.read_text())
    assert {key: one["ratio"] for key, one in found["rows"].items()} == {"translation": 0.1, "delivery/sqlite": 0.03}
    assert found["rows"]["translation"]["target"] == "0.15 of the limit"
    assert found["rows"]["translation"]["met"] is False
    assert set(found) == {"date", "python", "processors", "cpu", "rows"}

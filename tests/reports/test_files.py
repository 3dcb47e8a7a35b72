"""Files of calls: the same messages whatever their shape, and lines one at a time, however many there are."""

import gzip
import json
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.processes import PEAK, environment
from translator import jsontext
from translator.errors import NotJson
from translator.reports.files import messages
from translator.reports.reading import Summary, of_files

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)
PARTS = st.sampled_from([
    b"{", b"}", b"[", b"]", b'"a"', b":", b",", b"1", b"-", b"tru", b"null", b"NaN", b"\n", b"\r\n", b"\r", b" ", b"\x0c",
    b"\xff", b"\xef\xbb\xbf", b'{"type": "track"}', b'{"given": [1, 2]}', b"[1, 2]", b'"\n', b"9" * 5000,
])  # fmt: skip


def wholly(path):
    """As files were read before they were streamed: the whole text first, then each line."""
    data = path.read_bytes()
    data = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
    lines = data.splitlines()
    try:
        return unpacked(data)
    except NotJson as error:
        if len(lines) < 2:
            return [f"{path}: {error}"]
    found: list[Any] = []
    for number, line in enumerate(lines, 1):
        try:
            found += unpacked(line) if line.strip() else []
        except NotJson as error:
            found.append(f"{path}, line {number}: {error}")
    return found


def unpacked(text):
    value = jsontext.loads(text)
    if isinstance(value, dict) and "given" in value and "type" not in value:
        value = value["given"]
    return value if isinstance(value, list) else [value]


def read(path):
    return [str(one) if isinstance(one, NotJson) else one for one in messages(path)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(st.lists(PARTS, max_size=12).map(b"".join), st.booleans())
def test_any_text_is_read_as_when_it_was_read_whole(tmp_path, data, zipped):
    path = tmp_path / "calls"
    path.write_bytes(gzip.compress(data) if zipped else data)
    assert read(path) == wholly(path)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(VALUES, min_size=1, max_size=5), st.sampled_from([None, 0, 2]), st.sampled_from(["\n", "\n\n", "\r\n"]))
def test_values_of_many_lines_and_lines_of_values(tmp_path, values, indent, end):
    path = tmp_path / "calls"
    path.write_text(json.dumps(values, indent=indent))
    assert read(path) == wholly(path) == values
    path.write_bytes("".join(json.dumps(one) + end for one in values).encode())
    assert read(path) == wholly(path)


@pytest.mark.parametrize("name", ["lines.jsonl", "lines.jsonl.gz"])
@pytest.mark.parametrize("first", ['{"type": "track"}', "nonsense", '{"a": tru', "{}]", "NaN"])
def test_the_first_line_tells_whether_there_are_lines(tmp_path, name, first):
    """Then nothing but a line is read before the first message comes."""
    path = tmp_path / name
    data = f"{first}\n".encode() + b'{"n": 1}\n' * 500_000
    path.write_bytes(gzip.compress(data, 1) if name.endswith("gz") else data)
    code = (
        "import sys; from pathlib import Path; from translator.reports.files import messages;"
        f"held = lambda: {PEAK};"
        "before = held(); count = sum(1 for _ in messages(Path(sys.argv[1]))); print(count, held() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        env=environment(tmp_path), capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    count, more = map(int, done.stdout.split())
    assert count == 500_001
    assert more < 2_000, "KB"


def test_what_was_read_of_a_broken_gzip_file_is_there_and_the_rest_is_said(tmp_path, capsys):
    path = tmp_path / "calls.jsonl.gz"
    whole = gzip.compress(b"".join(b'{"number": %d, "text": "%x"}\n' % (one, one**50) for one in range(10_000)))
    for data in (whole[:-50_000], whole[:50_000] + bytes(50) + whole[50_050:]):
        path.write_bytes(data)
        summary = Summary()
        found = [one.get("number") for one in of_files([path], summary).items]
        assert found[:100] == list(range(100))
        assert summary["not readable"] >= 1
        assert "cannot be read" in capsys.readouterr().err


def test_a_file_of_nothing_and_one_of_blank_lines(tmp_path):
    path = tmp_path / "calls"
    path.write_bytes(b"")
    assert "calls: not JSON" in read(path)[0]
    path.write_bytes(b"\n \n\n")
    assert read(path) == []

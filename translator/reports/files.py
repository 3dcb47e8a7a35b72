"""Files of Segment calls, in any of the shapes that people have: JSON, JSON lines, arrays, gzip, fixtures."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

from translator import jsontext
from translator.errors import NotJson

SUFFIXES = (".json", ".jsonl", ".ndjson", ".json.gz", ".jsonl.gz", ".ndjson.gz")


def demo_folder() -> Path:
    """Where the demo cases are: in the wheel beside the code, in a checkout under fixtures/."""
    inside = Path(str(package_files("translator"))) / "demo_cases"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "fixtures" / "demo"


def listed(paths: Iterable[Path]) -> list[Path]:
    """The files of these paths, those of a folder (and its folders) by name."""
    found: list[Path] = []
    for path in paths:
        inside = sorted(one for one in path.rglob("*") if one.is_file() and one.name.endswith(SUFFIXES))
        found += inside if path.is_dir() else [path]
    return found


def messages(path: Path) -> Iterator[Any]:
    """The messages of a file, one after another; a NotJson, naming file and line, in the place of what cannot be read.

    A file is one JSON value (a call, an array of calls, or a fixture, whose ``given`` is meant), or a JSON value a
    line. Raises OSError.
    """
    data = _read(path)
    try:
        yield from _unpacked(jsontext.loads(data))
        return
    except NotJson as error:
        lines = data.splitlines()
        if len(lines) < 2:
            yield NotJson(f"{path}: {error}")
            return
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield from _of_line(path, number, line)


def _of_line(path: Path, number: int, line: bytes) -> Iterator[Any]:
    try:
        yield from _unpacked(jsontext.loads(line))
    except NotJson as error:
        yield NotJson(f"{path}, line {number}: {error}")


def _read(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def _unpacked(value: Any) -> Iterator[Any]:
    if isinstance(value, dict) and "given" in value and "type" not in value:
        value = value["given"]
    if isinstance(value, list):
        yield from value
    else:
        yield value

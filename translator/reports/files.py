"""Files of Segment calls, in any of the shapes that people have: JSON, JSON lines, arrays, gzip, fixtures."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.resources import files as package_files
from itertools import chain
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
    line. Of the latter a line at a time is in memory, however large the file. Raises OSError, EOFError and zlib.error,
    the last two for what is not whole gzip, after what could be read.
    """
    with _opened(path) as file:
        begun = [*_to_a_line(file)]
        first = begun[-1] if begun else b""
        more = [*_to_a_line(file)]
        if more and more[-1].strip() and _stands_alone(first):
            yield from _of_lines(path, chain(begun, more, file))
        else:
            yield from _of_whole(path, b"".join(chain(begun, more, file)))


def _to_a_line(file: Iterator[bytes]) -> Iterator[bytes]:
    """Blank lines, and the first that is not."""
    for line in file:
        yield line
        if line.strip():
            return


def _stands_alone(line: bytes) -> bool:
    """Whether the first line cannot be the beginning of a JSON value that goes on in the next: it is a whole one, or
    wrong before its end. Of Python's own parser, since it says where."""
    try:
        text = line.decode("utf-8").rstrip()
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos < len(text)
    except RecursionError:
        return False
    except ValueError:  # no UTF-8, or too many digits
        return True
    return True


def _of_whole(path: Path, data: bytes) -> Iterator[Any]:
    try:
        value = jsontext.loads(data)
    except NotJson as error:
        lines = data.splitlines(keepends=True)
        if len(lines) < 2:
            yield NotJson(f"{path}: {error}")
        else:
            yield from _of_lines(path, lines)
        return
    yield from _unpacked(value)


def _of_lines(path: Path, chunks: Iterable[bytes]) -> Iterator[Any]:
    """``chunks``: end with a line feed, but for the last; a carriage return alone ends a line too."""
    number = 0
    for chunk in chunks:
        for line in chunk.splitlines():
            number += 1
            if line.strip():
                yield from _of_line(path, number, line)


def _of_line(path: Path, number: int, line: bytes) -> Iterator[Any]:
    try:
        yield from _unpacked(jsontext.loads(line))
    except NotJson as error:
        yield NotJson(f"{path}, line {number}: {error}")


@contextmanager
def _opened(path: Path) -> Iterator[Iterator[bytes]]:
    with path.open("rb") as file:
        if file.peek(2)[:2] != b"\x1f\x8b":
            yield iter(file)
            return
        with gzip.open(file) as inflated:
            yield iter(inflated)


def _unpacked(value: Any) -> Iterator[Any]:
    if isinstance(value, dict) and "given" in value and "type" not in value:
        value = value["given"]
    if isinstance(value, list):
        yield from value
    else:
        yield value

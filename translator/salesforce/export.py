"""A CSV export of Salesforce's (a report, Data Loader, the weekly export) → accounts, one after another."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from pathlib import Path

from translator.errors import SalesforceError
from translator.salesforce.records import Account, columns, of_cells
from translator.salesforce.values import of_export, printable
from translator.settings.values import SalesforceObject

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""How a file begins that says its encoding; UTF-16's mark is the beginning of one of UTF-32's."""

UNMARKED = ("utf-8", "cp1252")
"""Encodings of a file that does not say: Data Loader's settings are UTF-8, or that of Windows."""

DELIMITERS = ",;\t|"
MOST_CELL = 1_000_000
"""Characters of a cell; a rich text at Salesforce has 131,072 at most."""

MOST_LINE = 10_000_000
"""Characters of a line, which is in memory as a whole."""


def accounts(path: Path, one: SalesforceObject) -> Iterator[Account]:
    """The accounts of an export for an object. Its columns are found by their names, whatever their case. Raises
    SalesforceError where it cannot be read or lacks a column."""
    key = one.key.lower()
    for cells in _rows(path, columns(one)):
        yield of_cells(one, {name: text if name == key else of_export(text) for name, text in cells.items()})


def _rows(path: Path, wanted: Sequence[str]) -> Iterator[Mapping[str, str]]:
    try:
        with path.open("rb") as raw, io.TextIOWrapper(raw, _encoding(path), newline="") as text:
            yield from _read(text, path, wanted)
    except OSError as error:
        raise SalesforceError(f"{path}: cannot be read: {error.strerror}") from None
    except UnicodeError:
        raise SalesforceError(f"{path}: is not text in the encoding that it says it has") from None


def _read(text: io.TextIOWrapper, path: Path, wanted: Sequence[str]) -> Iterator[Mapping[str, str]]:
    csv.field_size_limit(MOST_CELL)
    first = text.readline(MOST_CELL)
    text.seek(0)
    # strict: a file that was cut within a cell is not taken for a whole one
    rows = csv.reader(_lines(text, path), delimiter=_delimiter(first), strict=True)
    try:
        header = next(rows, [])
        places = _places(header, path, wanted)
        for row in rows:
            # an empty line, or what reports write below their rows: whose they are, and when they were made
            if len(row) > 1 or (row and len(header) == 1):
                # what a row does not have is not known to be empty: the file may have been cut
                yield {name.lower(): row[place] for name, place in places.items() if place < len(row)}
    except csv.Error as error:
        raise SalesforceError(f"{path}, line {rows.line_num}: {error}") from None


def _lines(text: io.TextIOWrapper, path: Path) -> Iterator[str]:
    for number in count(1):
        line = text.readline(MOST_LINE)
        if len(line) >= MOST_LINE:
            raise SalesforceError(f"{path}, line {number}: is longer than {MOST_LINE:,} characters")
        if not line:
            return
        yield line


def _places(header: Sequence[str], path: Path, wanted: Sequence[str]) -> dict[str, int]:
    named = Counter(name.strip() for name in header)
    exact = {name.strip(): place for place, name in reversed(list(enumerate(header)))}
    loose = {name.lower(): place for name, place in exact.items()}
    lacking = [name for name in wanted if name.lower() not in loose]
    if lacking:
        there = printable(", ".join(name.strip() for name in header[:40])) or "none"
        raise SalesforceError(f"{path}: has no column {', '.join(lacking)}; it has: {there}")
    if twice := [name for name in wanted if named[name] > 1]:
        raise SalesforceError(f"{path}: has the column {', '.join(twice)} more than once: which counts?")
    return {name: exact.get(name, loose[name.lower()]) for name in wanted}


def _delimiter(first: str) -> str:
    """That of the header which there is most of, outside of quotes."""
    bare = "".join(first.split('"')[::2])
    return max(DELIMITERS, key=bare.count)


def _encoding(path: Path) -> str:
    with path.open("rb") as file:
        start = file.read(4)
        for mark, name in MARKS:
            if start.startswith(mark):
                return name
        file.seek(0)
        decoder = codecs.getincrementaldecoder(UNMARKED[0])()
        try:
            while portion := file.read(1 << 20):
                decoder.decode(portion)
        except UnicodeDecodeError:
            return UNMARKED[1]
    if decoder.getstate()[0]:
        raise SalesforceError(f"{path}: ends in the middle of a character: is it whole?")
    return UNMARKED[0]

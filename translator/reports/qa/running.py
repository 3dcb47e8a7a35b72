"""``translator qa``: a plan and a source → the report in a format, written, and its exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from translator.errors import TranslatorError
from translator.reports.private import write_private
from translator.reports.qa.findings import Report
from translator.reports.qa.text import printable, totals

Format = Callable[[Report, bool], bytes]


class NotWritten(TranslatorError):
    """The report cannot be written where it was asked to go."""


def _text(report: Report, strict: bool) -> bytes:
    from translator.reports.qa.text import text

    return text(report).encode("utf-8", "replace")


def _json(report: Report, strict: bool) -> bytes:
    from translator.reports.qa.jsonout import as_json

    return as_json(report)


def _junit(report: Report, strict: bool) -> bytes:
    from translator.reports.qa.junit import junit

    return junit(report, strict)


def _html(report: Report, strict: bool) -> bytes:
    from translator.reports.qa.page import page

    return page(report)


FORMATS: Mapping[str, Format] = {"text": _text, "json": _json, "junit": _junit, "html": _html}


def finish(report: Report, shape: str, out: str | None, strict: bool) -> int:
    """Write the report in a format of FORMATS, to a file or the output; its exit code: 1 where there are errors, with
    ``strict`` warnings too, else 0. Raises NotWritten."""
    content = FORMATS[shape](report, strict)
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        write(Path(out), content)
        click.echo(f"qa: {printable(totals(report))}: {out}", err=True)
    return int(bool(report.severities("error") or (strict and report.severities("warning"))))


def may_write(out: str | None) -> None:
    """Raises NotWritten where a file cannot be in its folder, before calls are read for nothing."""
    if out is not None and not Path(out).absolute().parent.is_dir():
        raise NotWritten(f"{out}: its folder is not there")


def write(path: Path, content: bytes) -> None:
    """Write a file that only its owner may read, since it quotes calls. Raises NotWritten."""
    try:
        write_private(path, content)
    except OSError as error:
        raise NotWritten(f"{path}: cannot be written: {error.strerror or error}") from None

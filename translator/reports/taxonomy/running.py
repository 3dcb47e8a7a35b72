"""``translator taxonomy``: a plan, a destination → what is done there, said, and an exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from translator import jsontext
from translator.errors import NotJson, TaxonomyUnavailable
from translator.reports.plan.planned import Planned
from translator.reports.qa.findings import Report
from translator.reports.qa.running import write
from translator.reports.qa.text import printable
from translator.reports.taxonomy import telling
from translator.reports.taxonomy.held import held
from translator.settings.values import Destination
from translator.taxonomy.comparing import compare
from translator.taxonomy.definitions import Present, present_of
from translator.taxonomy.pulling import pull
from translator.taxonomy.pushing import push as push_all

if TYPE_CHECKING:
    from translator.taxonomy.client import Client

GO_ON = "what was done stays; the same command does the rest"


def push(plan: Planned, name: str, destination: Destination, *, is_real: bool) -> int:
    """Say what would be done, or, with ``is_real``, do it and say so. ``name``: which plan. The exit code: 1 where
    something cannot be, else 0. Raises TaxonomyUnavailable."""
    _are_sendable(json.dumps(plan.plain(), ensure_ascii=False))
    with _client(destination) as client:
        comparison = compare(plan, pull(client, (one.name for one in plan.types)))
        place = f"the taxonomy of {destination.name} ({client.shown})"
        if not is_real:
            _say([f"{name} → {place}: a dry run, nothing is changed", "", *telling.dry_run(comparison), ""])
            todo = comparison.count("create") + comparison.count("update")
            _say([telling.totals(comparison), *(["--yes does it"] if todo else [])])
            return int(bool(comparison.count("cannot") or comparison.missing))
        try:
            outcomes = push_all(client, comparison, lambda one: _say(telling.outcome(one)))
        except (TaxonomyUnavailable, KeyboardInterrupt):
            _said(GO_ON)
            raise
    _say([*telling.blocked(comparison), telling.done(outcomes, comparison)])
    return int(bool(comparison.count("cannot") or comparison.missing or any(one.why for one in outcomes)))


def qa(plan: Planned, name: str, destination: Destination) -> Report:
    """A plan held against a project. Raises TaxonomyUnavailable."""
    _are_sendable(json.dumps(plan.plain(), ensure_ascii=False))
    with _client(destination) as client:
        comparison = compare(plan, pull(client, (one.name for one in plan.types)))
        return held(comparison, name, f"the taxonomy of {destination.name}")


def qa_of_file(plan: Planned, name: str, path: Path) -> Report:
    """A plan held against what was pulled before. Raises TaxonomyUnavailable where the file cannot serve."""
    present = pulled(path)
    lacking = [one.name for one in plan.types if one.name not in {*present.types, *present.missing}]
    if lacking:
        raise TaxonomyUnavailable(f"{path}: these group types were not pulled: {', '.join(map(printable, lacking))}")
    return held(compare(plan, present), name, printable(path.name))


def pulled(path: Path) -> Present:
    """What ``pull`` has written. Raises TaxonomyUnavailable."""
    try:
        return present_of(jsontext.loads(path.read_bytes()))
    except OSError as error:
        raise TaxonomyUnavailable(f"{path}: cannot be read: {error.strerror or error}") from None
    except (NotJson, TaxonomyUnavailable) as error:
        raise TaxonomyUnavailable(f"{path}: {error}") from None


def pull_into(destination: Destination, group_types: Iterable[str], out: str | None) -> int:
    """What a project has, as JSON, into a file or to the output. The exit code: 1 where a group type is not there.
    Raises TaxonomyUnavailable, NotWritten."""
    names = tuple(group_types)
    _are_sendable(*names)
    with _client(destination) as client:
        present = pull(client, names)
    text = json.dumps(present.plain(destination.name), indent=2, ensure_ascii=False) + "\n"
    content = text.encode("utf-8", "replace")
    if out is None:
        sys.stdout.buffer.write(content)
        sys.stdout.buffer.flush()
    else:
        write(Path(out), content)
    for name in present.missing:
        _said(f"{name}: the project has no such group type")
    if not present.types and not present.missing:
        _said("no group type is known of this destination: --group-type or --plan names some")
    for name, found in present.types.items():
        _said(f"{name}: {len(found):,} group properties")
    _said(f"shared: {len(present.shared):,} group properties")
    return int(bool(present.missing))


def _are_sendable(*texts: str) -> None:
    """Raises TaxonomyUnavailable for a text that UTF-8 has no bytes for: a cell or a terminal can make one."""
    for text in texts:
        try:
            text.encode("utf-8")
        except UnicodeEncodeError as error:
            around = printable(text[max(0, error.start - 20) : error.end + 20])
            raise TaxonomyUnavailable(f"a name or text has half of a character, and cannot be sent: {around}") from None


def _client(destination: Destination) -> Client:
    from translator.taxonomy.client import Client

    return Client(destination, _said)


def _say(lines: Iterable[str]) -> None:
    for line in lines:
        click.echo(line)


def _said(line: str) -> None:
    click.echo(f"taxonomy: {printable(line)}", err=True)

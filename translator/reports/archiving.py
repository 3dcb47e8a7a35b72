"""``translator archive``, and what ``translator forget`` does beyond the journal."""

from __future__ import annotations

import json
from collections import defaultdict

import click

from translator.archive import Archive, open_archive
from translator.errors import ArchiveDamaged, ArchiveError
from translator.journal import Journal
from translator.parcels import Archived
from translator.reports.letters import age
from translator.settings.values import Settings

BUSY = "another process writes the archive at this moment: ask again, or leave it to that one"


def show_list(archive: Archive, as_json: bool) -> None:
    """Print each day's objects, calls and bytes. Raises ArchiveError."""
    days: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for name, size in archive.objects():
        for place, count in enumerate((1, name.count, size)):
            days[name.day][place] += count
    rows = sorted(days.items())
    for day, (objects, calls, size) in rows:
        row = {"day": day, "objects": objects, "calls": calls, "bytes": size}
        click.echo(json.dumps(row) if as_json else f"{day}  {objects:>6} objects  {calls:>10} calls  {_mb(size)}")
    if not as_json:
        objects, calls, size = (sum(counts[place] for _, counts in rows) for place in range(3))
        click.echo(f"{archive.said}: {len(rows)} days, {objects} objects, {calls} calls, {_mb(size).strip()}")


def run(archive: Archive, journal: Journal, *, new_place: bool = False) -> int:
    """Archive all that there is, where ``new_place`` says so in a place that has nothing of before; the exit code.
    Raises ArchiveError, JournalError."""
    before = journal.archived() or Archived()
    if not archive.archivist(journal).work(everything=True, new_place=new_place):
        click.echo(BUSY)
        return 1
    after = journal.archived() or Archived()
    click.echo(f"{after.calls - before.calls} calls archived, {_mb(after.bytes - before.bytes).strip()}")
    return 0


def verify(archive: Archive, first: str) -> int:
    """Read every object of a day (``first``, "": the first of all) and later; print what is wrong; the exit code."""
    whole = calls = damaged = 0
    for name in sorted((one for one, _ in archive.objects() if one.day >= first), key=lambda one: one.path):
        try:
            archive.verify(name)
        except ArchiveDamaged as error:
            damaged += 1
            click.echo(f"damaged: {error}")
        else:
            whole += 1
            calls += name.count
    click.echo(f"{archive.said}: {whole} objects with {calls} calls are whole, {damaged} are damaged")
    return 1 if damaged else 0


def forget(journal: Journal, settings: Settings, subject: str) -> None:
    """Delete a user's copies here, and in the archive where there is one; print what became of it. Raises JournalError,
    SettingsError."""
    archive = open_archive(settings.archive)
    if archive is not None:
        journal.hold()
    click.echo(f"{journal.purge(subject)} calls deleted")
    if archive is None:
        return
    try:
        if archive.archivist(journal).work(everything=True) and not journal.erasures():
            click.echo("no copy is left in the archive")
        else:
            click.echo("another process writes the archive: the copies there are deleted by delivery")
    except ArchiveError as error:
        click.echo(f"the copies in the archive will be deleted by delivery, when it can be written: {error}")


def said(found: Archived) -> str:
    """How far the archive is, in a line."""
    late = f"{found.behind} calls behind, the oldest of {age(found.oldest)} ago" if found.behind else "has all calls"
    people = f"; {found.erasures} people still to be forgotten there" if found.erasures else ""
    failing = f"; failing for {age(found.failing_since)}: {found.said}" if found.failing_since else ""
    return f"archive: {found.calls} calls, {_mb(found.bytes).strip()}; {late}{people}{failing}"


def _mb(size: int) -> str:
    return f"{size / 1_000_000:>10.2f} MB"

"""``translator check``: configuration, versions, journal, the form of credentials. Sends nothing, shows no secret."""

from __future__ import annotations

import platform
import re
import time
from collections.abc import Iterator
from importlib.metadata import version
from itertools import chain

import click

from translator import __version__
from translator.archive import open_archive
from translator.errors import ArchiveError, JournalError, SalesforceError, SettingsError
from translator.journal import open_journal
from translator.receive import check_library, warnings
from translator.settings.effective import Table, clock, effective, printable, shown_url
from translator.settings.values import Destination, Settings

PACKAGES = ("flask", "gunicorn", "marshmallow", "orjson", "requests")
KEY = re.compile(r"[0-9a-f]{32}")
"""Amplitude's project keys are 32 hexadecimal digits in every example of its docs (keys-and-tokens.md, 2026-03-13)."""

TWICE = (
    "a message that comes twice is not recognised at the door: it is accepted, and delivered, twice, and Amplitude "
    "takes the second for the first by its insert_id, within 7 days"
)
"""Of a journal without ``dedupes``."""

COLUMN = 48
"""How wide a key and its value are; what is longer pushes its origin on."""


def show(settings: Settings) -> None:
    """Print every key of the configuration that counts, as TOML does, each with where it came from."""
    for table in effective(settings):
        click.echo("\n".join(_lines(table)) + "\n")


def _lines(table: Table) -> Iterator[str]:
    yield f"[{table.name}]"
    for row in table.settings:
        first, *rest = f"{row.name} = {row.value}".split("\n")
        yield f"{first:{COLUMN}}  # {row.origin}"
        yield from rest


def report(settings: Settings) -> int:
    """Print the report; the exit code is 1 where something cannot work."""
    ok = True
    parts = (_journal, _archive, _salesforce, _kpis, _library, _sources, _destinations, _warnings)
    for mark, line in chain(_versions(), *(part(settings) for part in parts)):
        ok = ok and mark != "bad"
        click.echo(f"{mark:5}{line}")
    return 0 if ok else 1


def _versions() -> Iterator[tuple[str, str]]:
    yield "ok", f"translator {__version__}, Python {platform.python_version()}"
    yield "ok", ", ".join(f"{name} {version(name)}" for name in PACKAGES)


def _journal(settings: Settings) -> Iterator[tuple[str, str]]:
    journal = open_journal(settings.journal)
    try:
        journal.check()
        yield "ok", "journal: " + ", ".join(f"{name} {value}" for name, value in journal.versions().items())
        if not journal.dedupes:
            yield "note", f"journal: {TWICE}"
    except JournalError as error:
        yield "bad", f"journal: {error}"
    except SettingsError as error:
        yield "bad", str(error)
    finally:
        journal.close()


def _archive(settings: Settings) -> Iterator[tuple[str, str]]:
    try:
        archive = open_archive(settings.archive)
        if archive is not None:
            archive.check()
            yield "ok", f"archive: {archive.said}, as {settings.archive.format}, can be written and read"
    except (ArchiveError, SettingsError) as error:
        yield "bad", f"archive: {error}"


def _salesforce(settings: Settings) -> Iterator[tuple[str, str]]:
    """Where something is to be read there: whether it lets this service in."""
    if not settings.salesforce.objects:
        return
    from translator.salesforce.org import Org

    named = ", ".join(f"{one.object} → {one.group_type}" for one in settings.salesforce.objects)
    try:
        org = Org(settings.salesforce)
        org.check()
        yield "ok", f"salesforce: {org.said} lets this service in; {named}"
    except (SalesforceError, SettingsError) as error:
        yield "bad", str(error) if isinstance(error, SettingsError) else f"salesforce: {error}"


def _kpis(settings: Settings) -> Iterator[tuple[str, str]]:
    configured = settings.kpis
    if not configured.properties:
        return
    from translator import kpi

    try:
        kpi.check()
        yield "ok", f"kpis: {len(configured.properties)} group properties, each day at {clock(configured.at)} UTC"
    except SettingsError as error:
        yield "bad", str(error)
    for line in kpi.warnings(settings, int(time.time() * 1000)):
        yield "warn", line


def _sources(settings: Settings) -> Iterator[tuple[str, str]]:
    """Who may send besides Segment's Webhook destination: the rules are receive's (writekeys.py, origins.py)."""
    segment = settings.segment
    names = sorted(set(segment.write_keys.values()))
    if names:
        said = f"{len(names)} source{'s' if len(names) > 1 else ''} ({', '.join(names)})"
    else:
        said = "no sources (segment.write_keys)"
    if segment.origins:
        pages = f"pages of: {', '.join(map(printable, segment.origins))}"
    else:
        pages = "no page may send (segment.origins)" if names else "pages of this machine only"
    yield "ok", f"segment: {said}; {pages}"


def _library(settings: Settings) -> Iterator[tuple[str, str]]:
    try:
        check_library(settings)
    except SettingsError as error:
        yield "bad", str(error)


def _destinations(settings: Settings) -> Iterator[tuple[str, str]]:
    yield "ok", f"configuration: {settings.origin or 'the environment and defaults'}"
    for name, one in settings.destinations.items():
        where = shown_url(one.url) if one.url else f"Amplitude ({one.region})"
        yield "ok", f"destination {name}: {where}, {one.endpoint}, route {one.route}"
        yield from _keys(name, one)


def _keys(name: str, one: Destination) -> Iterator[tuple[str, str]]:
    for key, value in (("api_key", one.api_key), ("secret_key", one.secret_key)):
        if value and not one.url and not KEY.fullmatch(value):
            yield "warn", f"destinations.{name}.{key}: is not 32 hexadecimal digits, as Amplitude's keys are"


def _warnings(settings: Settings) -> Iterator[tuple[str, str]]:
    for line in warnings(settings):
        yield "warn", line

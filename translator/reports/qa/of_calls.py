"""Calls of files or of the journal → what was seen of a plan, in one pass, translated under a configuration."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from translator import jsontext
from translator.errors import Invalid, NotJson
from translator.journal import Journal
from translator.parcels import Call, DeadLetter, Facts
from translator.reports.plan.planned import Planned
from translator.reports.qa.gathering import Gathering
from translator.reports.qa.seen import Seen
from translator.reports.reading import SOURCE, Advance, Source, Summary
from translator.reports.rows import Translator
from translator.settings.values import Settings, translation_settings
from translator.validate import check

EVERY = 500
"""Calls between two steps of the progress bar."""

REFUSED = "refused as invalid"
ORDER = "Calls count in the order in which they stand: what a user joins later says nothing of earlier events"


def of_calls(
    plan: Planned,
    source: Source,
    summary: Summary,
    settings: Settings,
    destination: str | None = None,
    name: str = "",
    refused: Iterable[DeadLetter] = (),
    advance: Advance = lambda what, count: None,
) -> Seen:
    """What the calls of a source become, as for a destination if one is named. ``summary``: what the source counts as
    ``not readable``; ``name``: of the source, for people; ``refused``: messages that were refused when they came."""
    gathering = Gathering(plan)
    work = Translator(settings.segment, translation_settings(settings, destination))
    for call in source.before:
        work.warm(call)
    read = 0
    for item in source.items:
        read += 1
        _see(item, work, gathering, settings)
        if not read % EVERY:
            advance("read", EVERY)
    advance("read", read % EVERY)
    for letter in refused:
        read += 1
        gathering.refuse(REFUSED, letter.answer, _name_in(letter.body))
    unreadable = summary["not readable"]
    if unreadable:
        gathering.refuse("not readable", "not JSON, or a file that cannot be read", times=unreadable)
    seen = gathering.seen(name or source.said, read + unreadable)
    lacking = any(one.lacking for one in seen.events.values())
    return replace(seen, remarks=(ORDER, *seen.remarks)) if lacking else seen


def refused_of(journal: Journal, since: datetime | None, until: datetime | None) -> Iterator[DeadLetter]:
    """The refused messages that a journal still has, received from ``since`` up to but not including ``until``."""
    first, last = (None if one is None else one.replace(tzinfo=UTC).timestamp() * 1000 for one in (since, until))
    for letter in journal.letters(""):
        if (first is None or letter.received_at >= first) and (last is None or letter.received_at < last):
            yield letter


def _see(item: Any, work: Translator, gathering: Gathering, settings: Settings) -> None:
    if isinstance(item, Call):
        gathering.see(work.of_call(item))
        return
    try:
        call = check(item, Facts(SOURCE, int(time.time() * 1000)), settings.segment)
    except Invalid as error:
        gathering.refuse(REFUSED, str(error), _name_of(item))
    else:
        gathering.see(work.of_call(call))


def _name_of(message: Any) -> str | None:
    name = message.get("messageId") if isinstance(message, dict) else None
    return name if isinstance(name, str) else None


def _name_in(body: bytes) -> str | None:
    try:
        return _name_of(jsontext.loads(body))
    except NotJson:
        return None

"""Many calls through two configurations, one after another."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from translator.errors import Invalid
from translator.parcels import Call, Facts
from translator.reports.diff.changes import Difference
from translator.reports.diff.comparing import changes
from translator.reports.diff.gathering import Gathered
from translator.reports.reading import SOURCE, Advance, Source
from translator.reports.rows import Row, Translator
from translator.settings.differing import differing
from translator.settings.values import Segment, Settings, translation_settings
from translator.validate import check

EACH = 200
"""Calls after which it is told how far it is."""

Checked = Call | Row
"""A call, or what is said of a message that is none."""


def compared(
    source: Source,
    old: Settings,
    new: Settings,
    destination: str | None = None,
    advance: Advance = lambda what, count: None,
    goes_on: Callable[[], bool] = lambda: True,
) -> Difference:
    """What changes for calls between two configurations, each with a memory of its own.

    ``destination``: as for this one, which both have; None: see translation_settings. ``goes_on``: asked after each
    call. Raises HookUnavailable, JournalError.
    """
    sides = [Translator(one.segment, translation_settings(one, destination)) for one in (old, new)]
    gathered, count, is_cut = Gathered(), 0, False
    try:
        for call in source.before:
            for side in sides:
                side.warm(call)
        for count, item in enumerate(source.items, 1):
            _compare(item, sides[0], sides[1], gathered)
            if count % EACH == 0:
                advance("read", EACH)
            if not goes_on():
                is_cut = next(iter(source.items), None) is not None
                break
        advance("read", count % EACH)
    finally:
        for side in sides:
            side.close()
    return replace(
        gathered.found(),
        old=old.origin or "",
        new=new.origin or "",
        destination=destination,
        source=source.said,
        settings=tuple(differing(old, new)),
        is_cut=is_cut,
    )


def _compare(item: Any, old: Translator, new: Translator, gathered: Gathered) -> None:
    facts = _facts(item)
    first = _checked(item, facts, old.segment)
    second = first if old.segment == new.segment else _checked(item, facts, new.segment)
    before, after = _row(first, old), _row(second, new)
    call = first if isinstance(first, Call) else second
    body = item.body if isinstance(item, Call) else item
    if isinstance(call, Call):
        kind, name = call.type, call.message_id
    else:
        kind, name = "", str(body.get("messageId") or "") if isinstance(body, dict) else ""
    gathered.add(kind, name, before, after, changes(before, after))


def _facts(item: Any) -> Facts:
    if isinstance(item, Call):
        return Facts(item.source, item.received_at, item.ip)
    return Facts(SOURCE, int(time.time() * 1000))


def _checked(item: Any, facts: Facts, segment: Segment) -> Checked:
    """A kept call is checked again, but stays what it was: its messageId may be derived from more than it has."""
    try:
        found = check(item.body if isinstance(item, Call) else item, facts, segment)
    except Invalid as error:
        return Row(error=dict(error.faults))
    return item if isinstance(item, Call) else found


def _row(checked: Checked, side: Translator) -> Row:
    return side.of_call(checked) if isinstance(checked, Call) else checked

"""The calls that somebody looks for, the newest first, as far as they can be found while somebody waits."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from translator import jsontext
from translator.dashboard.house import House
from translator.dashboard.searching import REFUSED, Query, body_of, ended, fits, ids_of
from translator.parcels import DeadLetter, Json
from translator.settings.values import translation_settings
from translator.sights import Fate, Kept

T = TypeVar("T", Kept, DeadLetter)
SHOWN = 50
SCANNED = 10_000
SECONDS = 1.0
"""Calls that one look searches through, the newest, and for how long at most; "Older" goes on from there."""

CHEAP_SECONDS = 0.2
"""A look that took longer is not repeated by itself."""

CHUNK = 500
NAMED = 200
MOST_VALUES = 10
"""Of a group type: a record has no more (translate/limits.py)."""

REFUSED_BESIDE = 500
"""Refused messages that are looked at for the first page, the newest; more of them under the state "refused"."""


@dataclass(frozen=True)
class Line:
    """A call in the list. ``name``: its event, or the name of a page. ``groups``: as text."""

    kept: Kept
    type: str
    name: str
    groups: str
    fates: Sequence[Fate]


@dataclass(frozen=True)
class Found:
    """``lines``: calls, and messages that were no calls, the newest first. ``before``: where a further look goes on;
    None at the end. ``scanned``: how many were looked at. ``is_cheap``: whether it may be repeated by itself."""

    lines: Sequence[Line | DeadLetter] = ()
    before: str | None = None
    scanned: int = 0
    is_cheap: bool = True


def named(house: House, name: str) -> Found:
    """The calls of an exact id, among all that are kept, and refused messages that have it."""
    found = house.journal.named(name, NAMED)
    letters = house.journal.dead("", None, SCANNED)
    quoted = jsontext.dumps(name)[1:-1]
    refused = [one for one in letters if quoted in one.body and name in ids_of(body_of(_message(one)))]
    return Found(_merged(_lined(house, found), refused), scanned=len(found))


def search(house: House, query: Query, before: str) -> Found:
    """The newest that fit, before a call (id), or of refused messages before one (its name); "" from the newest on."""
    began = time.monotonic()
    is_of_refused = before.startswith("r")
    if query.state == REFUSED:
        return _refused(house, query, before if is_of_refused else None)
    # a look without a question needs no more than what is shown
    size = CHUNK if query.asks else SHOWN
    start = None if is_of_refused else before or None
    lines, last, scanned = _gathered(
        lambda last: house.journal.newest(size, last), lambda chunk: _fitting(house, query, chunk), size, start
    )
    refused = [] if before or query.state or query.reason else _refused_since(house, query, lines)
    found = _merged(_lined(house, lines), refused)
    return Found(found, last, scanned, time.monotonic() - began < CHEAP_SECONDS)


def _gathered(
    read: Callable[[str | None], Sequence[T]], fitting: Callable[[Sequence[T]], list[T]], size: int, last: str | None
) -> tuple[list[T], str | None, int]:
    """What fits, SHOWN at most; where a further look goes on, None at the end; how many were looked at.

    ``read``: the next ``size`` before one (its id).
    """
    found: list[T] = []
    scanned, began = 0, time.monotonic()
    while len(found) < SHOWN and scanned < SCANNED and time.monotonic() - began < SECONDS:
        chunk = read(last)
        found += fitting(chunk)[: SHOWN - len(found)]
        scanned += len(chunk)
        last = found[-1].id if len(found) == SHOWN else chunk[-1].id if chunk else None
        if len(chunk) < size and (not chunk or last == chunk[-1].id):
            return found, None, scanned
    return found, last, scanned


def _merged(lines: Sequence[Line], refused: Sequence[DeadLetter]) -> list[Line | DeadLetter]:
    """By the time of receipt, the newest first; calls in their own order."""
    waiting = list(refused)
    found: list[Line | DeadLetter] = []
    for line in lines:
        while waiting and waiting[0].received_at > line.kept.received_at:
            found.append(waiting.pop(0))
        found.append(line)
    return [*found, *waiting]


def _fitting(house: House, query: Query, chunk: Sequence[Kept]) -> list[Kept]:
    found = [one for one in chunk if fits(query, one, lambda one: _groups(house, one))] if query.asks else list(chunk)
    if query.asks_fates and found:
        fates = house.journal.fates([one.id for one in found])
        found = [one for one in found if ended(query, fates[one.id])]
    return found


def _refused(house: House, query: Query, below: str | None) -> Found:
    """Refused messages; they have a text, and perhaps more, but no state other than this."""
    return Found(
        *_gathered(
            lambda last: house.journal.dead("", None, CHUNK, below=last),
            lambda chunk: [one for one in chunk if _fits_refused(query, one)],
            CHUNK,
            below,
        )
    )


def _fits_refused(query: Query, letter: DeadLetter) -> bool:
    return query.reason in ("", letter.why) and fits(query, _message(letter), lambda _: {})


def _message(letter: DeadLetter) -> Kept:
    return Kept(letter.id, letter.source, "", "", letter.received_at, letter.body)


def _refused_since(house: House, query: Query, lines: Sequence[Kept]) -> list[DeadLetter]:
    """The refused messages that belong between the calls of the first page."""
    since = lines[-1].received_at if len(lines) == SHOWN else 0
    letters = house.journal.dead("", None, REFUSED_BESIDE if query.asks else SHOWN)
    return [one for one in letters if one.received_at >= since and _fits_refused(query, one)]


def _lined(house: House, found: Sequence[Kept]) -> list[Line]:
    fates = house.journal.fates([one.id for one in found])
    lines = []
    for one in found:
        body = body_of(one)
        groups = "; ".join(
            f"{kind} = {', '.join(values[:MOST_VALUES])}" for kind, values in _groups(house, one).items()
        )
        lines.append(Line(one, str(body.get("type", "")), name_of(body), groups, fates[one.id]))
    return lines


def _groups(house: House, one: Kept) -> Mapping[str, tuple[str, ...]]:
    from translator.reports.recomputing import groups_of

    first = next(iter(house.settings.destinations), None)
    return groups_of(one, translation_settings(house.settings, first))


def name_of(body: Json) -> str:
    """What people know a call by: its event or name, its group, or which traits it brings."""
    found = body.get("event") or body.get("name") or body.get("groupId")
    if not found and isinstance(body.get("traits"), dict):
        found = ", ".join(body["traits"])
    return str(found or "")

"""Dead letters sent again, refused messages checked again, letters dropped: one, some, or all of a reason."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from translator import jsontext
from translator.errors import Invalid, NotJson
from translator.journal.contract import Journal
from translator.parcels import Call, DeadLetter, Facts
from translator.settings.values import Settings
from translator.validate import check

CHUNK = 200
PAUSE = 0.01
"""Seconds between two parts: accepts and delivery want their turns."""

DAY_MS = 86_400_000
MOST_FAULTS = 20


@dataclass(frozen=True)
class Redriven:
    """``tried``: how many wait to be sent again. ``doubles``: how many stay, because something of them may count twice.
    ``faults``: of messages that are still no calls, the first ones. ``left``: whether time was too short for all."""

    asked: int = 0
    tried: int = 0
    doubles: int = 0
    faults: tuple[str, ...] = ()
    left: bool = False


def redrive(journal: Journal, settings: Settings, ids: Sequence[str], allow_doubles: bool) -> Redriven:
    """Put dead letters back to waiting; check refused messages again and append those that pass now.

    ``allow_doubles``: also those of which something may count twice. Raises JournalError.
    """
    return _redriven(journal, settings, journal.dead(ids=ids, limit=max(1, len(ids))), len(ids), allow_doubles)


def redrive_all(
    journal: Journal, settings: Settings, destination: str, why: str | None, allow_doubles: bool, seconds: float
) -> Redriven:
    """As ``redrive``, all of a reason (None: of any) that are there now. ``destination`` "": refused messages.

    After ``seconds`` it stops. Raises JournalError.
    """
    done, deadline = Redriven(), time.monotonic() + seconds
    for part in _parts(journal, destination, why):
        if time.monotonic() > deadline:
            return Redriven(done.asked, done.tried, done.doubles, done.faults, left=True)
        one = _redriven(journal, settings, part, len(part), allow_doubles)
        faults = (*done.faults, *one.faults)[:MOST_FAULTS]
        done = Redriven(done.asked + one.asked, done.tried + one.tried, done.doubles + one.doubles, faults)
    return done


def drop_all(journal: Journal, destination: str, why: str | None, seconds: float) -> tuple[int, bool]:
    """Drop all letters of a reason that are there now; how many went, and whether time was too short for all."""
    dropped, deadline = 0, time.monotonic() + seconds
    for part in _parts(journal, destination, why):
        if time.monotonic() > deadline:
            return dropped, True
        dropped += journal.drop([one.id for one in part])
    return dropped, False


def may_double(letter: DeadLetter, settings: Settings) -> bool:
    """Whether it was tried so long ago that Amplitude would not recognise what it has had of it."""
    tried = letter.at if letter.unknown_since is None else min(letter.at, letter.unknown_since)
    return bool(letter.destination) and time.time() * 1000 - tried > settings.delivery.window_days * DAY_MS


def _parts(journal: Journal, destination: str, why: str | None) -> Iterator[list[DeadLetter]]:
    """The letters that are there now, some at a time; not those that die again meanwhile."""
    letters = journal.letters(destination, why)
    while part := list(islice(letters, CHUNK)):
        yield part
        time.sleep(PAUSE)


def _redriven(
    journal: Journal, settings: Settings, letters: Sequence[DeadLetter], asked: int, allow_doubles: bool
) -> Redriven:
    old = {letter.id for letter in letters if may_double(letter, settings)}
    sent = [letter.id for letter in letters if letter.destination and letter.id not in old]
    tried = journal.redrive(sent) if sent else 0
    tried += journal.redrive(sorted(old), afresh=True) if old and allow_doubles else 0
    faults: list[str] = []
    for letter in letters:
        if not letter.destination:
            tried += _again(journal, settings, letter, faults.append)
    return Redriven(asked, tried, 0 if allow_doubles else len(old), tuple(faults[:MOST_FAULTS]))


def _again(journal: Journal, settings: Settings, letter: DeadLetter, tell: Callable[[str], None]) -> bool:
    call = _checked(settings, letter, tell)
    if call is None:
        return False
    journal.append([call])
    journal.drop([letter.id])
    return True


def _checked(settings: Settings, letter: DeadLetter, tell: Callable[[str], None]) -> Call | None:
    facts = Facts(letter.source, letter.received_at)
    try:
        return check(jsontext.loads(letter.body), facts, settings.segment)
    except (Invalid, NotJson) as error:
        tell(f"{letter.id}: {error}")
        return None

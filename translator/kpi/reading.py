"""The calls that journal and archive have, once each, in order of arrival; each is parsed only when it is wanted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

from translator import jsontext
from translator.archive import Archive
from translator.errors import KpiError
from translator.journal import Journal
from translator.parcels import Call
from translator.settings.values import TranslationSettings
from translator.sights import Kept

STOPPED = "stopped before it was done"

ALL = frozenset({"identify", "group", "track", "page", "screen"})
"""Calls that may become events, or name groups."""


@dataclass
class Read:
    """What was read. ``oldest``: when the first call of all that are kept was received, ms since the epoch; None for
    none."""

    untranslatable: int = 0
    oldest: int | None = None


def leaving(settings: TranslationSettings) -> frozenset[str]:
    """The types of calls that may say to which group later ones belong."""
    if settings.translate.mappings is not None or settings.translate.hook is not None:
        return ALL
    own = (rule.calls for rule in settings.groups.rules if rule.level == "user")
    return frozenset({"group", "identify"}).union(*own)


def kept(
    journal: Journal,
    archive: Archive | None,
    since: int,
    first: int,
    before: frozenset[str],
    stop: threading.Event,
    read: Read,
) -> Iterator[Call]:
    """The calls received from ``since`` on (ms since the epoch); those received before ``first`` only where they are
    of a type in ``before``. What is seen meanwhile goes to ``read``. Raises JournalError, ArchiveError; KpiError where
    ``stop`` is set, also while millions are passed over."""
    both = merged(archive.read(since), journal.unarchived(since)) if archive else journal.read(since)
    for one in both:
        read.oldest = one.received_at if read.oldest is None else read.oldest
        if stop.is_set():
            raise KpiError(STOPPED)
        if isinstance(one, Kept):
            if (
                one.received_at < first
                and before != ALL
                and not any(f'"{kind}"'.encode() in one.body for kind in before)
            ):
                continue
            call = Call(
                one.id, one.source, one.message_id, one.subject, one.received_at, jsontext.loads(one.body), one.ip,
                one.derived,
            )  # fmt: skip
        else:
            call = one
        if call.type in (before if call.received_at < first else ALL):
            yield call


def merged(archived: Iterator[Kept], journaled: Iterator[Call]) -> Iterator[Kept | Call]:
    """Both by their numbers; what both have comes once. One without a number is not in the archive. A call of another
    journal may have the number of one of this; then their order may be otherwise, and one may come twice (see
    computing.py)."""
    old, new = next(archived, None), next(journaled, None)
    while old is not None or new is not None:
        if new is None or (old is not None and not (new.id.isdigit() and int(new.id) < int(old.id))):
            assert old is not None  # noqa: S101  for the checker
            if new is not None and (old.id, old.source, old.message_id) == (new.id, new.source, new.message_id):
                new = next(journaled, None)
            yield old
            old = next(archived, None)
        else:
            yield new
            new = next(journaled, None)

"""What a transaction writes of a partition's progress, and what is to be applied once Kafka took it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from translator.journal.kafka.lines import Item
from translator.journal.kafka.state import Books, State, Stream, Tried, lost
from translator.parcels import Dead, Done, Later, Leased, Verdict


@dataclass(frozen=True, slots=True)
class Letter:
    """A call that died. ``attempts``: with the last one. ``unknown_since``: the first attempt whose outcome is not
    known, ms since the epoch, or None."""

    call: Leased
    why: str
    answer: str
    attempts: int
    unknown_since: int | None


@dataclass(slots=True)
class Change:
    """What happens to the items, not yet applied. ``finished``: those that leave the window, in any way. ``later``:
    those that wait, with what they will have been through; of each stream. ``books``: what is added to these."""

    tokens: list[str] = field(default_factory=list)
    finished: dict[Stream, list[Item]] = field(default_factory=lambda: {"calls": [], "parked": []})
    later: dict[Stream, list[tuple[Item, Tried]]] = field(default_factory=lambda: {"calls": [], "parked": []})
    letters: list[Letter] = field(default_factory=list)
    delivered: list[str] = field(default_factory=list)
    ignored: dict[str, str] = field(default_factory=dict)
    books: Books = field(default_factory=Books)


@dataclass(frozen=True, slots=True)
class Settled:
    """``state``: what the transaction writes. ``letters``: what died. ``delivered``: ids. ``ignored``: id to why.
    ``lost``: tokens whose leases had ended, of which nothing is settled. ``moved``: what has to be written to the
    parked topic in the same transaction; ``purged``: what of it is given up. ``change``: for Progress alone."""

    state: State
    letters: Sequence[Letter]
    delivered: Sequence[str]
    ignored: Mapping[str, str]
    lost: tuple[str, ...]
    moved: tuple[Item, ...]
    purged: tuple[Item, ...]
    change: Change


def weigh(items: Iterable[Item], verdicts: Mapping[str, Verdict], now: int, change: Change) -> None:
    """Add what becomes of a lease's items, which are in order, to a change.

    Only the first of a subject that is not finished waits for its time; what stands behind it goes along with it.
    """
    waiting: set[str] = set()
    for item in items:
        verdict = verdicts.get(item.call.id)
        if type(verdict) is Done:
            _finish(item, verdict, change)
            continue
        if type(verdict) is Dead:
            _bury(item, verdict, change)
            continue
        subject = item.call.subject
        if type(verdict) is Later:
            change.later[item.stream].append((item, _later(item, verdict, now, behind=subject in waiting)))
        waiting.add(subject)


def was_tried(item: Item, tried: Tried) -> None:
    """Note what befell an open item."""
    attempts = item.call.attempts - (item.tried.attempts if item.tried else 0) + tried.attempts
    unknown_since = item.call.unknown_since
    if unknown_since is None:
        unknown_since = tried.unknown_since
    item.call = msgspec.structs.replace(
        item.call, attempts=attempts, unknown_since=unknown_since, why=tried.why or item.call.why
    )
    item.tried, item.due_at = tried, tried.due_at


def was_lost(item: Item, at: int) -> Tried:
    """What an item has been through that was posted at ``at`` and never settled."""
    return lost(item.tried, at)


def _finish(item: Item, verdict: Done, change: Change) -> None:
    change.finished[item.stream].append(item)
    if verdict.ignored is None:
        change.delivered.append(item.call.id)
    else:
        change.ignored[item.call.id] = verdict.ignored


def _bury(item: Item, verdict: Dead, change: Change) -> None:
    change.finished[item.stream].append(item)
    call = item.call
    change.letters.append(Letter(call, verdict.why, verdict.answer, call.attempts + 1, call.unknown_since))


def _later(item: Item, verdict: Later, now: int, *, behind: bool) -> Tried:
    old = item.tried or Tried(since=now)
    unknown_since = old.unknown_since
    if unknown_since is None and verdict.unknown:
        unknown_since = now
    return Tried(old.attempts + 1, 0 if behind else verdict.at, unknown_since, verdict.why, old.since)

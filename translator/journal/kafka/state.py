"""How far a destination is with a partition: what one record of ``T.progress.D`` says. Pure.

In: states, postings. Out: states, and JSON text. Never here: Kafka, a clock.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate, pairwise
from types import MappingProxyType
from typing import Literal

import msgspec
from msgspec import Struct

from translator.errors import JournalUnsafe
from translator.journal.kafka.reach import Reach

VERSION = 1
LOST = "lost"
"""Why a call waits of which nobody knows whether Amplitude took it (as in the other engines)."""

Stream = Literal["calls", "parked"]
STREAMS: tuple[Stream, ...] = ("calls", "parked")
"""The partition's calls (T/p), and what of them was set aside (T.parked.D/p). Each has offsets of its own."""


class Tried(Struct, frozen=True, gc=False):
    """What befell an open item since its record was written, beyond what the record's headers say.

    ``attempts``: how many more there were. ``due_at``: when the next one is; 0, at once. ``unknown_since``: the first
    attempt whose outcome is not known, or None. ``why``: why it had to wait the last time, or None. ``since``: when it
    had to wait for the first time. Times are ms since the epoch.
    """

    attempts: int = 0
    due_at: int = 0
    unknown_since: int | None = None
    why: str | None = None
    since: int = 0


class Books(Struct, frozen=True, gc=False):
    """How many calls ended in which way. ``base``: the calls of the partition before the destination began.

    ``purged``: calls of forgotten people that were still open. The other engines count these as ignored, so that
    accepted = delivered + ignored + dead + waiting goes on to add up; here they are apart, and whoever draws up the
    books takes them off accepted, or adds them to ignored: calls of T/p = base + delivered + ignored + dead + purged +
    waiting. What is set aside changes nothing of it: it waits still. A redriven letter leaves ``dead``.
    """

    delivered: int = 0
    ignored: int = 0
    dead: int = 0
    purged: int = 0
    base: int = 0

    def plus(self, other: Books) -> Books:
        """Both added up."""
        return Books(
            self.delivered + other.delivered,
            self.ignored + other.ignored,
            self.dead + other.dead,
            self.purged + other.purged,
            self.base + other.base,
        )


NONE_TRIED: Mapping[Stream, Mapping[int, Tried]] = MappingProxyType(
    {"calls": MappingProxyType({}), "parked": MappingProxyType({})}
)


class State(Struct, frozen=True):
    """``calls``, ``parked``: what is finished of either stream. ``requests``: which postings (offsets of
    T.requests.D/p) need not be looked at after a crash. ``tried``: of each stream, the open items that have been
    tried. Reaches only grow."""

    calls: Reach = Reach()
    parked: Reach = Reach()
    requests: Reach = Reach()
    tried: Mapping[Stream, Mapping[int, Tried]] = NONE_TRIED
    books: Books = Books()

    @property
    def position(self) -> int:
        """The lowest unfinished offset of T/p: what the consumer group commits."""
        return self.calls.position

    def reach(self, stream: Stream) -> Reach:
        """What is finished of a stream."""
        return self.calls if stream == "calls" else self.parked


class Posting(Struct, frozen=True, gc=False):
    """A request that went out at ``began`` (ms since the epoch), with the offsets of what it carried in either stream.

    ``offset``: of its own record in T.requests.D/p, -1 before it has one. ``ended``: whether its answer was read, which
    is to be written no earlier than the settle that took it in.
    """

    began: int
    calls: tuple[int, ...] = ()
    parked: tuple[int, ...] = ()
    offset: int = -1
    ended: bool = False

    def of(self, stream: Stream) -> tuple[int, ...]:
        """The offsets in one stream."""
        return self.calls if stream == "calls" else self.parked


def begun(position: int, base: int) -> State:
    """The state of a destination that begins at an offset of T/p; ``base``: how many calls came before it."""
    return State(calls=Reach(position), books=Books(base=base))


def takeover(state: State, postings: Iterable[Posting], end: int) -> State:
    """What is known when nobody is left of those who wrote a state and the postings behind it.

    An open item of a request without an answer counts as tried once more, its outcome unknown since the first of these
    requests, and is due at once. ``end``: the offset up to which T.requests.D/p was read.
    """
    open_ended = [one for one in postings if not one.ended and not state.requests.has(one.offset)]
    tried: dict[Stream, Mapping[int, Tried]] = {}
    for stream in STREAMS:
        began = _first_posted(state.reach(stream), open_ended, stream)
        old = state.tried[stream]
        tried[stream] = {**old, **{offset: lost(old.get(offset), at) for offset, at in began.items()}}
    requests = Reach(max(end, state.requests.end))
    return State(state.calls, state.parked, requests, tried, state.books)


def lost(tried: Tried | None, at: int) -> Tried:
    """Once more tried, at ``at``, without anybody to say how it ended."""
    if tried is None:
        return Tried(1, 0, at, LOST, at)
    since = at if tried.unknown_since is None else tried.unknown_since
    return Tried(tried.attempts + 1, 0, since, LOST, tried.since)


def _first_posted(reach: Reach, postings: Iterable[Posting], stream: Stream) -> dict[int, int]:
    """Open offset to when it was first posted."""
    found: dict[int, int] = {}
    for posting in postings:
        for offset in posting.of(stream):
            if not reach.has(offset):
                found[offset] = min(posting.began, found.get(offset, posting.began))
    return found


class _Version(Struct):
    v: int


class _Columns(Struct):
    """Items that were tried, by column, which is written in a third of the time of rows. ``steps``: from the offset
    before. ``due``: None, at once. ``why``: its place in the record's ``whys``."""

    steps: list[int]
    attempts: list[int]
    due: list[int | None]
    unknown: list[int | None]
    why: list[int | None]
    since: list[int]


class _Stored(Struct):
    """The record. A reach: position, then the lengths by turns of what is unfinished and finished. Times are after
    ``at``, so that they are short."""

    v: int
    calls: list[int]
    parked: list[int]
    requests: list[int]
    books: Books
    at: int = 0
    whys: list[str] = msgspec.field(default_factory=list)
    tried: dict[Stream, _Columns] = msgspec.field(default_factory=dict)


_read_version = msgspec.json.Decoder(_Version).decode
_read = msgspec.json.Decoder(_Stored).decode
_write = msgspec.json.Encoder().encode


def encoded(state: State) -> bytes:
    """A state as JSON text. Its size grows with the gaps and with the items tried, not with what is finished."""
    tried = [one for stream in STREAMS for one in state.tried[stream].values()]
    at = min((one.since for one in tried), default=0)
    whys = {one.why: None for one in tried if one.why is not None}
    places: dict[str | None, int] = {why: place for place, why in enumerate(whys)}
    columns = {stream: _columns(state.tried[stream], at, places) for stream in STREAMS if state.tried[stream]}
    calls, parked, requests = (_flat(one) for one in (state.calls, state.parked, state.requests))
    return _write(_Stored(VERSION, calls, parked, requests, state.books, at, list(whys), columns))


def decoded(text: bytes) -> State:
    """The state of a JSON text. Raises JournalUnsafe for one of a version that is not known here, or for none."""
    try:
        version = _read_version(text).v
        if version != VERSION:
            raise JournalUnsafe(
                f"a partition's progress was written in version {version} by another version of this service; "
                f"this one reads version {VERSION}"
            )
        found = _read(text)
        tried = {stream: _tried(found.tried.get(stream), found.at, found.whys) for stream in STREAMS}
        calls, parked, requests = (_reach(one) for one in (found.calls, found.parked, found.requests))
    except (msgspec.MsgspecError, ValueError, IndexError) as error:
        raise JournalUnsafe(f"a partition's progress cannot be read: {error}") from error
    return State(calls, parked, requests, tried, found.books)


def _flat(reach: Reach) -> list[int]:
    flat, last = [reach.position], reach.position
    for start, end in reach.done:
        flat += (start - last, end - start)
        last = end
    return flat


def _reach(flat: Sequence[int]) -> Reach:
    position = last = flat[0]
    done = []
    for gap, length in zip(flat[1::2], flat[2::2], strict=True):
        done.append((last + gap, last + gap + length))
        last += gap + length
    return Reach(position, tuple(done))


def _columns(tried: Mapping[int, Tried], at: int, places: Mapping[str | None, int]) -> _Columns:
    offsets = sorted(tried)
    items = [tried[offset] for offset in offsets]
    return _Columns(
        [offset - before for before, offset in pairwise([0, *offsets])],
        [one.attempts for one in items],
        [one.due_at - at if one.due_at else None for one in items],
        [None if one.unknown_since is None else one.unknown_since - at for one in items],
        [places.get(one.why) for one in items],
        [one.since - at for one in items],
    )


def _tried(columns: _Columns | None, at: int, whys: Sequence[str]) -> dict[int, Tried]:
    if columns is None:
        return {}
    one = columns
    rows = zip(accumulate(one.steps), one.attempts, one.due, one.unknown, one.why, one.since, strict=True)
    return {
        offset: Tried(
            attempts,
            0 if due is None else due + at,
            None if unknown is None else unknown + at,
            None if place is None else whys[place],
            since + at,
        )
        for offset, attempts, due, unknown, place, since in rows
    }

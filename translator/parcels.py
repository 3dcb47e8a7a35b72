"""What travels between the rooms: frozen, and without behaviour beyond reading itself.

What there is one or more of for each call is a Struct: one is made in a tenth of the time of a frozen dataclass (0.2 us
to 2, msgspec 0.22, 2026-11-28). ``gc=False``: JSON has no circles, and the collector need not look for them.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from msgspec import Struct

from translator import jsontext
from translator.errors import Faults

Json = dict[str, Any]
Kind = Literal["event", "identify", "group_identify", "user_map", "user_deletion"]
KINDS: tuple[Kind, ...] = ("event", "identify", "group_identify", "user_map", "user_deletion")

CALL_TYPES = ("identify", "group", "track", "page", "screen", "alias", "delete")
"""Segment's six calls, and the ``delete`` that its privacy requests send."""


class Facts(Struct, frozen=True, gc=False):
    """What is known of the request that brought a message; no part of the message itself.

    ``received_at``: milliseconds since the epoch. ``ip``: the address the request came from, or None.
    """

    source: str
    received_at: int
    ip: str | None = None


class Call(Struct, frozen=True, gc=False):
    """A checked message. ``body`` is the message as it came, parsed; nothing in it was changed.

    ``id``: the journal's own name of the call ("" before it is appended). ``subject``: userId, else anonymousId, else
    groupId; one subject's calls are delivered in order. ``received_at``: ms since the epoch. ``derived``: the message
    had no messageId, and ``message_id`` was made from its source and content. ``text``: the body as JSON text, where
    somebody has written it already; else empty.
    """

    id: str
    source: str
    message_id: str
    subject: str
    received_at: int
    body: Json
    ip: str | None = None
    derived: bool = False
    text: bytes = b""

    @property
    def type(self) -> str:
        """One of CALL_TYPES."""
        return str(self.body["type"])


class Record(Struct, frozen=True, gc=False):
    """One thing for Amplitude. ``body`` has Amplitude's own keys and is the same for both routes.

    ``ids`` are the user_id and device_id of a group call, which travel beside a ``group_identify`` body.
    """

    kind: Kind
    body: Json
    ids: Mapping[str, str] = msgspec.field(default_factory=dict)


class Note(Struct, frozen=True, gc=False):
    """One thing that translation clipped, dropped or replaced: by which rule, at which path, and what was done."""

    rule: str
    path: str
    detail: str


class Translation(Struct, frozen=True, gc=False):
    """What became of one call.

    ``ignored``: why the call became nothing (a word from translate.IGNORED), or None. ``remember``: what changes of the
    subject's memory (see translate/memory.py), or None. ``shared``: what changes of the destination's memory, which all
    subjects share (see translate/history.py): key to name to entry.
    """

    records: tuple[Record, ...] = ()
    notes: tuple[Note, ...] = ()
    remember: Json | None = None
    ignored: str | None = None
    shared: Mapping[str, Json] = msgspec.field(default_factory=dict)


class Done(Struct, frozen=True, gc=False):
    """Delivered; or, with ``ignored``, finished without anything to deliver."""

    ignored: str | None = None


class Later(Struct, frozen=True, gc=False):
    """Try again at ``at`` (ms since the epoch). ``unknown``: whether Amplitude took the last attempt is not known."""

    at: int
    why: str
    unknown: bool = False


class Dead(Struct, frozen=True, gc=False):
    """Never to be sent as it is. ``why`` is a word for counting; ``answer`` what Amplitude (or translation) said."""

    why: str
    answer: str = ""


Verdict = Done | Later | Dead


class Leased(Struct, frozen=True, gc=False):
    """A call in a lease, its body (``text``) still JSON: each parsed in its turn, and let go of, takes a fifth less
    time than a lease of parsed calls (2026-11-28). The first fields are Call's.

    ``attempts``: how often it ended in Later. ``unknown_since``: the first attempt whose outcome is not known, in ms
    since the epoch, or None. ``why``: why it had to wait the last time, or None.
    """

    id: str
    source: str
    message_id: str
    subject: str
    received_at: int
    text: bytes
    ip: str | None = None
    derived: bool = False
    attempts: int = 0
    unknown_since: int | None = None
    why: str | None = None

    def call(self) -> Call:
        """The call, parsed anew each time. Raises NotJson."""
        return Call(
            self.id, self.source, self.message_id, self.subject, self.received_at, jsontext.loads(self.text),
            self.ip, self.derived, self.text,
        )  # fmt: skip


class Lease(Struct, frozen=True, gc=False):
    """The right to deliver some calls until ``until`` (ms since the epoch), proved by ``token``.

    ``items`` are in order: of one subject, never a later call without the earlier ones that are unfinished.
    ``memory``: the remembered state of each subject among the items that has one.
    """

    token: str
    destination: str
    until: int
    items: tuple[Leased, ...]
    memory: Mapping[str, Json] = msgspec.field(default_factory=dict)


class Answered(Struct, frozen=True, gc=False):
    """How a request (its number in the journal) ended: a status, or timeout, refused or reset; with what was said where
    it is not 200. ``calls``: the ids of those that it carried something of."""

    request: int
    answer: str
    calls: Collection[str] = ()


class Refusal(Struct, frozen=True, gc=False):
    """An invalid message that is kept for people to see. ``body`` is its JSON text."""

    source: str
    received_at: int
    faults: Faults
    body: bytes


class Receipt(Struct, frozen=True, gc=False):
    """What the journal says of one appended call. ``status``: accepted, or duplicate of one that it has."""

    message_id: str
    status: Literal["accepted", "duplicate"]
    derived: bool = False


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A call that will not be sent, or a message that was refused (then ``destination`` is "" and ``why`` "invalid").

    ``id``: what ``translator dead show`` takes. ``at``: when it died, ms since the epoch. ``body``: the raw JSON text.
    ``unknown_since``: the first attempt whose outcome is not known, or None. ``call``: the journal's name of the call,
    "" of a refused message.
    """

    id: str
    destination: str
    why: str
    answer: str
    at: int
    attempts: int
    source: str
    message_id: str
    received_at: int
    body: bytes
    unknown_since: int | None = None
    call: str = ""


@dataclass(frozen=True, slots=True)
class Tally:
    """The books of one destination: accepted = delivered + ignored + dead + waiting, since its start."""

    accepted: int = 0
    delivered: int = 0
    ignored: int = 0
    dead: int = 0
    waiting: int = 0
    oldest_waiting: int | None = None
    """When the oldest waiting call was received, ms since the epoch."""
    circuit: str | None = None
    """Why delivery has stopped until a person helps, or None."""
    circuit_since: int | None = None


@dataclass(frozen=True, slots=True)
class Counts:
    """The books: received = refused + duplicates + accepted; refused = answered only + kept (at first: of each source
    the newest stay)."""

    received: int = 0
    refused_answered: int = 0
    refused_kept: int = 0
    duplicates: int = 0
    accepted: int = 0
    destinations: Mapping[str, Tally] = field(default_factory=dict)

    @property
    def refused(self) -> int:
        """All refused messages, kept or only answered."""
        return self.refused_answered + self.refused_kept


@dataclass(frozen=True, slots=True)
class ArchiveLease:
    """The right to write the archive until ``until`` (ms since the epoch), proved by ``token``.

    ``identity``: of the journal; begins with when it was made. ``position``: every call up to this number is there.
    """

    token: str
    until: int
    identity: str
    position: int


@dataclass(frozen=True, slots=True)
class Erasure:
    """A person's calls up to the number ``last`` are to go from the archive too. ``mark``: a hash of the subject."""

    id: int
    mark: str
    last: int


@dataclass(frozen=True, slots=True)
class Archived:
    """How far the archive is. ``calls``, ``bytes``: archived so far. ``moved_at``: when something last was, or None.

    ``behind``: calls that are not archived yet (up to MOST_BEHIND); ``oldest``: when the first of them was received.
    ``erasures``: people whose copies there still have to go. ``failing_since``, ``said``: why it does not go on.
    Times are ms since the epoch.
    """

    calls: int = 0
    bytes: int = 0
    moved_at: int | None = None
    behind: int = 0
    oldest: int | None = None
    erasures: int = 0
    failing_since: int | None = None
    said: str | None = None


RETRY_MS = 15 * 60_000
"""A run of work by the clock that failed is begun again after so long."""

AHEAD_MS = 24 * 3_600_000
"""A run for a time that is further ahead than this is of a clock that was wrong: it counts as none."""

MOST_BEHIND = 100_000
"""Calls that are counted, so that a long backlog does not make a page slow."""


class GroupProperties(Struct, frozen=True, gc=False):
    """What a group is to have: for Group Identify. ``properties``: names to values, set as they are ($set), of None
    unset; the group's other properties are left alone."""

    group_type: str
    group_value: str
    properties: Json


@dataclass(frozen=True, slots=True)
class JobLease:
    """The right to do a job until ``until`` (ms since the epoch), proved by ``token``. ``due``: the time that its run
    is for. ``is_part``: it does only a part of the job, and takes no run's place."""

    token: str
    name: str
    due: int
    until: int
    is_part: bool = False


@dataclass(frozen=True, slots=True)
class JobSeen:
    """A job. ``due``: the time that the last run was for. ``ended_at``: None while it runs, or where it was cut.
    ``said``: what came of it, or why it failed. ``tries``: how often that run was begun; 0 where none ever was. Times
    are ms since the epoch."""

    name: str
    due: int
    began_at: int
    ended_at: int | None
    said: str
    failed: bool
    tries: int
    running: bool

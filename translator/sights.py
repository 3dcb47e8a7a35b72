"""What people look at: what the journal says of calls for a page, and what was counted over time. Frozen, as parcels.

Times are ms since the epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Literal

State = Literal["waiting", "posting", "delivered", "ignored", "dead"]
STATES: tuple[State, ...] = ("waiting", "posting", "delivered", "ignored", "dead")

SeenKind = Literal["type", "value", "property", "fallback", "calls"]
SAMPLES: Mapping[SeenKind, int] = {"type": 0, "value": 20, "property": 3, "fallback": 5, "calls": 0}
"""How many samples of a sighting are kept, the newest."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A call as it is kept. ``body``: its raw JSON text. See parcels.Call."""

    id: str
    source: str
    message_id: str
    subject: str
    received_at: int
    body: bytes
    ip: str | None = None
    derived: bool = False


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a call at one destination so far.

    ``at``: when it ended, or, of one that waits, when it is due (None: behind an earlier call of its subject).
    ``why``: the reason of a dead, an ignored or a waiting call. ``attempts``: how often it ended in Later. ``request``:
    the number of the last request that carried it. ``letter``: the name of the dead letter.
    """

    destination: str
    state: State
    at: int | None = None
    why: str | None = None
    attempts: int = 0
    request: int | None = None
    letter: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A request that carried something of a call. ``ended`` None: its outcome is not known (yet). ``answer``: a status,
    or timeout, refused, reset, with what was said. ``calls``: how many calls it carried something of."""

    number: int
    destination: str
    api: str
    began: int
    ended: int | None
    answer: str | None
    configuration: str
    calls: int


@dataclass(frozen=True, slots=True)
class Tried:
    """An attempt on a call that did not end well. ``request``: its number, where one went out."""

    destination: str
    at: int
    why: str
    request: int | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Dead letters of a destination with one reason, or refused messages (``destination`` "", ``why`` "invalid").
    ``oldest``, ``newest``: when they died."""

    destination: str
    why: str
    count: int
    oldest: int
    newest: int


@dataclass(frozen=True, slots=True)
class Wait:
    """Calls that were tried and wait, of a destination with one reason; those behind them in their subject's line are
    not counted. ``subjects``: how many different ones."""

    destination: str
    why: str
    calls: int
    subjects: int


@dataclass(frozen=True, slots=True)
class Span:
    """What one process counted from ``began`` on for ``seconds``. ``counts``: a happening and its labels, joined (see
    observe.SEPARATOR), to how often, or how much."""

    seconds: int
    began: int
    owner: str
    counts: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something that was delivered, counted: a group type, a group value, a group property, a fallback.

    ``name``: as JSON text where it has several parts. ``facets``: words to how often. ``samples``: the newest first,
    text and whose call (subject) it was. ``label``: the newest name for people, "" for none.
    """

    kind: SeenKind
    name: str
    first_at: int
    last_at: int
    count: int
    facets: Mapping[str, int] = field(default_factory=dict)
    samples: tuple[tuple[str, str], ...] = ()
    label: str = ""


def joined(old: Sighting, new: Sighting) -> Sighting:
    """Two sightings of the same thing as one."""
    facets = {word: old.facets.get(word, 0) + new.facets.get(word, 0) for word in {**old.facets, **new.facets}}
    samples = dict(new.samples)
    for text, subject in old.samples:
        samples.setdefault(text, subject)
    newer, older = (new, old) if new.last_at >= old.last_at else (old, new)
    return Sighting(
        old.kind,
        old.name,
        min(old.first_at, new.first_at),
        newer.last_at,
        old.count + new.count,
        facets,
        tuple(samples.items())[: SAMPLES[old.kind]],
        newer.label or older.label,
    )


def mark_of(subject: str) -> str:
    """A hash that stands for a subject."""
    return blake2b(subject.encode("utf-8"), digest_size=16).hexdigest()

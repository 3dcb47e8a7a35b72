"""What a journal tells people who look at it; none of it is needed to keep or to deliver a call.

Times are ms since the epoch.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from translator.sights import Fate, Kept, Reason, SeenKind, Sent, Sighting, Span, Tried, Wait


class Looking(Protocol):
    """The part of a journal that pages are made of. Everything here may be a moment old."""

    def newest(self, limit: int, before: str | None = None) -> list[Kept]:
        """The newest calls, the newest first; only those before one (id), none for what no call is called."""

    def named(self, name: str, limit: int = 200) -> list[Kept]:
        """The calls whose id, messageId or subject this is, the newest first; of all that are kept."""

    def kept(self, call: str) -> Kept | None:
        """A call by its id; None where it is not kept (any more)."""

    def earlier(self, call: Kept, limit: int) -> list[Kept]:
        """The calls of the same subject that came before it, the newest first."""

    def fates(self, calls: Collection[str]) -> dict[str, list[Fate]]:
        """What became of calls (ids) at each destination; nothing of a destination that a call was not for, or that
        finished it before this was noted."""

    def sent(self, call: str) -> list[Sent]:
        """The requests that are known to have carried something of a call (id), in their order."""

    def attempts(self, call: str) -> list[Tried]:
        """The newest attempts on a call (id) that did not end well, in their order."""

    def reasons(self) -> list[Reason]:
        """Dead letters and refused messages, counted by destination and reason."""

    def latest(self) -> dict[str, Sent]:
        """The last request to each destination that has ended, among the newest of all."""

    def waits(self) -> list[Wait]:
        """Why calls that were tried wait, counted; up to some thousands of them."""

    def note_configuration(self, destination: str, name: str, said: str) -> None:
        """Keep what calls are translated under from now on. ``name``: the hash that ``posting`` is given."""

    def configuration(self, destination: str, name: str | None = None, at: int | None = None) -> str | None:
        """What was said of a configuration: the one of this name, or the one that held at this time."""

    def note_spans(self, spans: Collection[Span]) -> None:
        """Keep what a process has counted; a later note of the same span and owner replaces the earlier one."""

    def spans(self, seconds: int, since: int) -> list[Span]:
        """The spans of this length that ended after ``since``, in order."""

    def note_seen(self, destination: str, sightings: Sequence[Sighting]) -> None:
        """Add sightings to those that are kept, the newest of each kind."""

    def seen(self, destination: str, kind: SeenKind, limit: int = 1000) -> list[Sighting]:
        """What was seen, the last seen first."""

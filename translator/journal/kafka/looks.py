"""The part of the journal that people look at: calls, what became of them, dead letters. Each hands on to what reads
the topics."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from translator.journal.kafka.fates import Fates
from translator.journal.kafka.letters import Letters
from translator.journal.kafka.looking import Calls
from translator.parcels import Call, DeadLetter
from translator.sights import Fate, Kept, Reason, Sent, Tried, Wait


class Looks:
    """See translator.journal.contract.Journal for each; how far it is looked stands with each of what reads."""

    def __init__(self, calls: Calls, fates: Fates, letters: Letters) -> None:
        self._calls = calls
        self._fates = fates
        self._letters = letters

    def newest(self, limit: int, before: str | None = None) -> list[Kept]:
        """See Looking."""
        return self._calls.newest(limit, before)

    def named(self, name: str, limit: int = 200) -> list[Kept]:
        """See Looking."""
        return self._calls.named(name, limit)

    def kept(self, call: str) -> Kept | None:
        """See Looking."""
        return self._calls.kept(call)

    def earlier(self, call: Kept, limit: int) -> list[Kept]:
        """See Looking."""
        return self._calls.earlier(call, limit)

    def read(self, since: int | None = None, until: int | None = None) -> Iterator[Call]:
        """See Journal."""
        return self._calls.read(since, until)

    def fates(self, calls: Collection[str]) -> dict[str, list[Fate]]:
        """See Looking."""
        return self._fates.fates(calls)

    def sent(self, call: str) -> list[Sent]:
        """See Looking."""
        return self._fates.sent(call)

    def attempts(self, call: str) -> list[Tried]:
        """See Looking."""
        return self._fates.attempts(call)

    def latest(self) -> dict[str, Sent]:
        """See Looking."""
        return self._fates.latest()

    def waits(self) -> list[Wait]:
        """See Looking."""
        return self._fates.waits()

    def reasons(self) -> list[Reason]:
        """See Looking."""
        return self._letters.reasons()

    def dead(
        self,
        destination: str | None = None,
        why: str | None = None,
        limit: int = 100,
        ids: Sequence[str] | None = None,
        below: str | None = None,
    ) -> list[DeadLetter]:
        """See Journal."""
        return self._letters.dead(destination, why, limit, ids, below)

    def letters(self, destination: str | None = None, why: str | None = None) -> Iterator[DeadLetter]:
        """See Journal."""
        return self._letters.letters(destination, why)

    def redrive(self, ids: Sequence[str], *, afresh: bool = False) -> int:
        """See Journal."""
        return self._letters.redrive(ids, afresh=afresh)

    def drop(self, ids: Sequence[str]) -> int:
        """See Journal."""
        return self._letters.drop(ids)

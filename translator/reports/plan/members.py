"""Users and the groups they were seen in, with times: who belongs to what, and who changes. Pure.

Of up to MOST_USERS users, a fair sample where there are more; of each a bounded number of groups.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Set

from translator.reports.plan.seen import Movement
from translator.reports.plan.sketch import Sample

MOST_USERS = 50_000
MOST_OF_USER = 16
"""Groups of a user that are kept, of all types."""

WHO = 3

Pair = tuple[str, str]


class Members:
    """Who was seen in which group, from when to when. ``most``: users that are followed."""

    def __init__(self, most: int = MOST_USERS) -> None:
        self._most = most
        self._sample = Sample(most)
        self._seen: dict[str, dict[Pair, tuple[int, int]]] = {}
        self._joined: dict[str, frozenset[str]] = {}
        self._names: dict[Pair, Pair] = {}
        self._several: set[tuple[str, str]] = set()
        self.cut: set[str] = set()

    def see(self, user: str, joins: Set[Pair], events: Set[Pair], at: int) -> None:
        """A user was in groups at a time (ms). ``joins``: for ever; ``events``: on an event."""
        if not self._sample.add(user):
            return
        if self._sample.is_cut:
            self._let_go()
        groups = self._seen.get(user)
        if groups is None:
            groups = self._seen[user] = {}
        for pair in joins | events:
            known = groups.get(pair)
            if known is not None:
                if not known[0] <= at <= known[1]:
                    groups[pair] = (min(known[0], at), max(known[1], at))
            elif len(groups) < MOST_OF_USER:
                groups[self._names.setdefault(pair, pair)] = (at, at)
            else:
                self.cut.add(f"of each user the first {MOST_OF_USER} groups")
        if joins:
            types = frozenset(kind for kind, _ in joins)
            had = self._joined.get(user, frozenset())
            self._joined[user] = had if types <= had else had | types
        for one in (joins, events):
            if len(one) > 1:
                self._several.update(
                    (user, kind) for kind, many in Counter(kind for kind, _ in one).items() if many > 1
                )

    def joined(self, user: str) -> frozenset[str]:
        """The types that a user has joined so far."""
        return self._joined.get(user, frozenset())

    def counts(self) -> Counter[Pair]:
        """Groups to how many users were seen in them."""
        return Counter(pair for groups in self._seen.values() for pair in groups)

    def of_type(self, name: str) -> int:
        """How many users were seen in groups of a type."""
        return sum(any(kind == name for kind, _ in groups) for groups in self._seen.values())

    def movements(self) -> tuple[Movement, ...]:
        """For each type, how users go with its groups."""
        users: dict[str, int] = {}
        moved: dict[str, list[str]] = {}
        at_once: dict[str, list[str]] = {}
        for user, groups in self._seen.items():
            spans: dict[str, list[tuple[int, int]]] = {}
            for (kind, _), span in groups.items():
                spans.setdefault(kind, []).append(span)
            for kind, listed in spans.items():
                users[kind] = users.get(kind, 0) + 1
                if (user, kind) in self._several or _overlap(listed):
                    at_once.setdefault(kind, []).append(user)
                elif len(listed) > 1:
                    moved.setdefault(kind, []).append(user)
        return tuple(
            Movement(
                kind, many, len(moved.get(kind, ())), len(at_once.get(kind, ())),
                _some(moved.get(kind, ())), _some(at_once.get(kind, ())), self._sample.is_cut,
            )
            for kind, many in users.items()
        )  # fmt: skip

    def _let_go(self) -> None:
        self.cut.add(f"of users a fair sample of {self._most:,}")
        for user in self._sample.left_out:
            self._seen.pop(user, None)
            self._joined.pop(user, None)
        self._sample.left_out.clear()


def _overlap(spans: list[tuple[int, int]]) -> bool:
    """Whether a user was in one group, then in another, then in the first again, or in both at a time."""
    ordered = sorted(spans)
    return any(later[0] < earlier[1] for earlier, later in itertools.pairwise(ordered))


def _some(users: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(users)[:WHO])

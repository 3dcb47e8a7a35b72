"""What calls have, whatever the configuration: which values stand where, and whose they are. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from translator.jsontext import text_of
from translator.parcels import Call, Json
from translator.reports.accounts import NUMERIC
from translator.reports.plan.counters import FREQUENT, KEPT_CHARACTERS, PlaceCounter
from translator.reports.plan.seen import Observed, Place
from translator.reports.plan.sketch import Distinct, Room, Sample
from translator.settings.values import TranslationSettings
from translator.times import millis
from translator.translate.notes import Notes
from translator.translate.paths import mapping, present
from translator.translate.screening import screened

MOST_PLACES = 500
MOST_FAULTS = 200
MOST_LOOKED = 1000
"""Groups, and users, that are followed to see whether their values change: a fair sample where there are more."""

PART = re.compile(r"[^.\s$][^.]*")
"""A part of a path that a rule can name."""

Parts = tuple[str, ...]


class Watch:
    """Looks at calls one after another. What the configuration does not let be sent is not looked at either."""

    def __init__(self, settings: TranslationSettings) -> None:
        self._translate = settings.translate
        self._room = Room()
        self._calls: Counter[str] = Counter()
        self._refused: Counter[str] = Counter()
        self._places: dict[tuple[str, Parts], PlaceCounter] = {}
        self._cut = False
        self._longest = 0
        self._groups, self._users = Sample(MOST_LOOKED), Sample(MOST_LOOKED)
        self._user_count, self._device_count = Distinct(self._room), Distinct(self._room)
        self._anonymous = 0
        self._first_at: int | None = None
        self._last_at: int | None = None

    def refused(self, faults: dict[str, list[str]]) -> None:
        """A message is no call."""
        path, said = next(iter(faults.items()), ("", [""]))
        fault = said[0].partition(";")[0]  # what follows may be another number each time
        reason = (f"{path}: {fault}" if path else fault)[:KEPT_CHARACTERS]
        self._refused[reason if reason in self._refused or len(self._refused) < MOST_FAULTS else "further faults"] += 1

    def see(self, call: Call) -> None:
        """A good call."""
        body, kind = call.body, call.type
        self._calls[kind] += 1
        at = millis(body.get("timestamp")) or call.received_at
        if self._first_at is None or at < self._first_at:
            self._first_at = at
        if self._last_at is None or at > self._last_at:
            self._last_at = at
        group = _scalar(body.get("groupId")) or _scalar(mapping(body.get("context")).get("groupId"))
        user = _scalar(body.get("userId"))
        self._count_user(user, call.subject)
        followed_group = group if group and self._groups.add(group) else None
        someone = user or call.subject
        followed_user = someone if self._users.add(someone) else None
        for parts, value in self._values(kind, body):
            place = self._place(kind, parts)
            if place is None:
                self._longest = max(self._longest, len(value) if isinstance(value, str) else 0)
            number = place.add(value) if place else None
            if place and number is not None:
                if followed_group:
                    place.by_group.add(followed_group, number)
                if followed_user:
                    place.by_user.add(followed_user, number)
        self._forget()

    def done(self) -> Observed:
        """What was seen."""
        self._forget(most=0)
        places = tuple(self._frozen(kind, parts, one) for (kind, parts), one in self._places.items())
        return Observed(
            dict(self._calls), dict(self._refused), self._first_at, self._last_at, self._user_count.count(),
            self._device_count.count(), self._anonymous, places, self._cut,
            max([self._longest, *(one.longest for one in places)]),
        )  # fmt: skip

    def _count_user(self, user: str, subject: str) -> None:
        if user:
            self._user_count.add(user)
        else:
            self._anonymous += 1
            self._device_count.add(subject)

    def _values(self, kind: str, body: Json) -> Iterator[tuple[Parts, Any]]:
        """The parts of a path, and the value, of all that is looked at in a call."""
        if kind == "group" and present(body.get("groupId")):
            yield ("groupId",), body["groupId"]
        elif present(found := mapping(body.get("context")).get("groupId")):
            yield ("context", "groupId"), found
        part = "traits" if kind in ("group", "identify") else "properties"
        given = screened(mapping(body.get(part)), part, self._translate, Notes())
        for key, value in given.items():
            if isinstance(value, dict):
                yield from (((part, key, inner), one) for inner, one in value.items() if present(one))
            elif present(value):
                yield (part, key), value

    def _place(self, kind: str, parts: Parts) -> PlaceCounter | None:
        place = self._places.get((kind, parts))
        if place is None:
            if len(self._places) >= MOST_PLACES:
                self._cut = True
                return None
            place = self._places[kind, parts] = PlaceCounter(self._room)
        return place

    def _forget(self, most: int = MOST_LOOKED) -> None:
        """Let go of groups and users that have left the samples, where there are more than so many."""
        if len(self._groups.left_out) > most:
            for place in self._places.values():
                place.by_group.forget(self._groups.left_out)
            self._groups.left_out = []
        if len(self._users.left_out) > most:
            for place in self._places.values():
                place.by_user.forget(self._users.left_out)
            self._users.left_out = []

    def _frozen(self, kind: str, parts: Parts, one: PlaceCounter) -> Place:
        known = one.texts.counts
        opaque = sum(NUMERIC.fullmatch(text) is not None for text in known)
        is_top = len(parts) == 2 and parts[0] in ("traits", "properties")
        return Place(
            kind=kind,
            path=".".join(parts),
            key=(parts[1] or None) if is_top else None,
            is_path=all(PART.fullmatch(part) for part in parts),
            calls=one.calls,
            of=self._calls[kind],
            kinds=one.kinds,
            distinct=one.texts.distinct.count(),
            frequent=one.texts.frequent(FREQUENT),
            known=frozenset(known),
            opaque=opaque / len(known) if known else 0.0,
            longest=one.longest,
            by_group=one.by_group.steadiness(),
            by_user=one.by_user.steadiness(),
        )


def _scalar(value: Any) -> str:
    """A scalar's text; "" where there is none."""
    return "" if value is None or isinstance(value, (dict, list)) else text_of(value)

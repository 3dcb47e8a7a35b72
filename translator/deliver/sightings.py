"""What was delivered of groups, added up for people: types and who made them, values, properties, fallbacks."""

from __future__ import annotations

import json
from collections import Counter, OrderedDict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from msgspec import Struct

from translator.errors import Untranslatable
from translator.parcels import Call, Json, Record, Translation
from translator.settings.values import TranslationSettings
from translator.sights import SAMPLES, SeenKind, Sighting
from translator.translate import sources

MOST_PENDING = 5000
"""Different things that wait to be written; further ones are not noted until then."""

EVERY = 64
"""Of so many calls of a type with groups of a type, one is looked at to see which rule made them: that takes as long as
translating it."""

EXAMPLE_CHARACTERS = 80
KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "true or false"), (str, "text"), ((int, float), "number"), (list, "list"), (dict, "object"),
)  # fmt: skip


@dataclass
class _Pending:
    first_at: int
    last_at: int
    count: int = 0
    facets: Counter[str] = field(default_factory=Counter)
    samples: OrderedDict[str, str] = field(default_factory=OrderedDict)
    label: str = ""


class Glimpse(Struct, frozen=True, gc=False):
    """One thing that a call shows of groups. ``facets``: words, each counted once. ``sample``: an example of it.
    ``label``: a name of it for people."""

    kind: SeenKind
    name: str
    facets: Collection[str] = ()
    sample: str | None = None
    label: str | None = None


class Sightings:
    """Of one destination; for one thread."""

    def __init__(self, settings: TranslationSettings) -> None:
        self._settings = settings
        paths = [path for rule in settings.groups.rules for path in rule.name]
        self._names = {path.rpartition(".")[2] for path in paths} | {settings.groups.name_trait or ""}
        self._pending: dict[tuple[SeenKind, str], _Pending] = {}
        self._looked: Counter[tuple[str, str]] = Counter()

    def of(self, call: Call, translation: Translation) -> list[Glimpse]:
        """What is to be noted once a call is delivered as this."""
        found: list[Glimpse] = []
        joins, events = set[tuple[str, str]](), set[tuple[str, str]]()
        for record in translation.records:
            pairs = list(_pairs(record.body.get("groups")))
            if record.kind == "identify":
                joins.update(pairs)
            elif record.kind == "event":
                events.update(pairs)
            elif record.kind == "group_identify":
                found += self._properties(record)
        if joins or events:
            found += self._groups(call, joins, events)
        found.append(Glimpse("calls", call.type, ("with a group",) if joins or events else ()))
        fallbacks = (note for note in translation.notes if note.rule == "group_fallback")
        found += (Glimpse("fallback", note.path, sample=call.id) for note in fallbacks)
        return found

    def note(self, glimpses: Iterable[Glimpse], subject: str, received_at: int) -> None:
        """A call was delivered. ``received_at``: ms since the epoch."""
        for one in glimpses:
            if one.label is None:
                self._see(one, subject, received_at)
            else:
                pending = self._pending.setdefault((one.kind, one.name), _Pending(received_at, received_at))
                pending.label = one.label

    def drain(self) -> list[Sighting]:
        """What was noted since the last time."""
        found = [
            Sighting(
                kind, name, one.first_at, one.last_at, one.count, dict(one.facets),
                tuple(reversed(one.samples.items())), one.label,
            )
            for (kind, name), one in self._pending.items()
        ]  # fmt: skip
        self._pending.clear()
        return found

    def _groups(self, call: Call, joins: set[tuple[str, str]], events: set[tuple[str, str]]) -> Iterator[Glimpse]:
        where = (("joins", joins), ("event", events))
        for kind in sorted({kind for kind, _ in joins | events}):
            words = [word for word, pairs in where if any(one == kind for one, _ in pairs)]
            yield Glimpse("type", kind, [*words, *self._maker(call, kind)])
        several = {kind for kind, count in Counter(kind for kind, _ in joins).items() if count > 1}
        for pair in joins | events:
            words = [word for word, pairs in where if pair in pairs]
            beside = ["among others"] if pair[0] in several else []
            yield Glimpse("value", _name(pair), [*words, *beside], _who(call))

    def _maker(self, call: Call, kind: str) -> list[str]:
        """Which rule made a group of this type, of one in EVERY calls."""
        self._looked[call.type, kind] += 1
        if self._looked[call.type, kind] % EVERY != 1:
            return []
        said = _sources(call, self._settings).get(kind, "memory of an earlier group call")
        return [f"made by: {call.type} {said}"]

    def _properties(self, record: Record) -> Iterator[Glimpse]:
        kind, value = record.body.get("group_type"), record.body.get("group_value")
        operations = record.body.get("group_properties")
        if not isinstance(kind, str) or not isinstance(value, str) or not isinstance(operations, dict):
            return
        for name, given in _set(operations):
            yield Glimpse("property", _name((kind, name)), (_kind_of(given),), _example(given))
            if name in self._names and isinstance(given, (str, int, float)):
                yield Glimpse("value", _name((kind, value)), label=str(given)[:EXAMPLE_CHARACTERS])

    def _see(self, seen: Glimpse, subject: str, at: int) -> None:
        key = (seen.kind, seen.name)
        one = self._pending.get(key)
        if one is None:
            if len(self._pending) >= MOST_PENDING:
                return
            one = self._pending[key] = _Pending(at, at)
        one.count += 1
        one.first_at = min(one.first_at, at)
        one.last_at = max(one.last_at, at)
        for word in seen.facets:
            one.facets[word] += 1
        if seen.sample is not None:
            one.samples[seen.sample] = subject
            one.samples.move_to_end(seen.sample)
            if len(one.samples) > SAMPLES[seen.kind]:
                one.samples.popitem(last=False)


def _name(pair: tuple[str, str]) -> str:
    return json.dumps(pair, ensure_ascii=False)


def _pairs(groups: Any) -> Iterator[tuple[str, str]]:
    for kind, value in (groups if isinstance(groups, dict) else {}).items():
        for one in value if isinstance(value, list) else [value]:
            yield str(kind), str(one)


def _set(operations: Json) -> Iterable[tuple[str, Any]]:
    for operation, values in operations.items():
        if operation != "$unset" and isinstance(values, dict):
            yield from values.items()


def _kind_of(value: Any) -> str:
    return next((word for kind, word in KINDS if isinstance(value, kind)), "nothing")


def _example(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= EXAMPLE_CHARACTERS else text[: EXAMPLE_CHARACTERS - 1] + "…"


def _who(call: Call) -> str:
    found = call.body.get("userId") or call.body.get("anonymousId") or call.subject
    return str(found)[:EXAMPLE_CHARACTERS]


def _sources(call: Call, settings: TranslationSettings) -> dict[str, str]:
    try:
        return sources(call, settings)
    except Untranslatable:
        return {}

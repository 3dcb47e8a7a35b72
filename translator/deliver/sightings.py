"""What was delivered of groups, added up for people: types and who made them, values, properties, fallbacks."""

from __future__ import annotations

import json
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

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


class Sightings:
    """Of one destination; for one thread."""

    def __init__(self, settings: TranslationSettings) -> None:
        self._settings = settings
        paths = [path for rule in settings.groups.rules for path in rule.name]
        self._names = {path.rpartition(".")[2] for path in paths} | {settings.groups.name_trait or ""}
        self._pending: dict[tuple[SeenKind, str], _Pending] = {}
        self._looked: Counter[tuple[str, str]] = Counter()

    def note(self, call: Call, translation: Translation) -> None:
        """A call was delivered as this."""
        joins, events = set[tuple[str, str]](), set[tuple[str, str]]()
        for record in translation.records:
            pairs = list(_pairs(record.body.get("groups")))
            if record.kind == "identify":
                joins.update(pairs)
            elif record.kind == "event":
                events.update(pairs)
            elif record.kind == "group_identify":
                self._properties(call, record)
        self._groups(call, joins, events)
        facets = {"with a group": 1} if joins or events else {}
        self._see("calls", call.type, call, facets)
        for note in translation.notes:
            if note.rule == "group_fallback":
                self._see("fallback", note.path, call, {}, call.id)

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

    def _groups(self, call: Call, joins: set[tuple[str, str]], events: set[tuple[str, str]]) -> None:
        where = (("joins", joins), ("event", events))
        for kind in sorted({kind for kind, _ in joins | events}):
            words = {word: 1 for word, pairs in where if any(one == kind for one, _ in pairs)}
            self._see("type", kind, call, {**words, **self._maker(call, kind)})
        several = {kind for kind, count in Counter(kind for kind, _ in joins).items() if count > 1}
        for pair in joins | events:
            words = {word: 1 for word, pairs in where if pair in pairs}
            beside = {"among others": 1} if pair[0] in several else {}
            self._see("value", json.dumps(pair, ensure_ascii=False), call, words | beside, _who(call))

    def _maker(self, call: Call, kind: str) -> dict[str, int]:
        """Which rule made a group of this type, of one in EVERY calls."""
        self._looked[call.type, kind] += 1
        if self._looked[call.type, kind] % EVERY != 1:
            return {}
        said = _sources(call, self._settings).get(kind, "memory of an earlier group call")
        return {f"made by: {call.type} {said}": 1}

    def _properties(self, call: Call, record: Record) -> None:
        kind, value = record.body.get("group_type"), record.body.get("group_value")
        operations = record.body.get("group_properties")
        if not isinstance(kind, str) or not isinstance(value, str) or not isinstance(operations, dict):
            return
        pair = json.dumps([kind, value], ensure_ascii=False)
        for name, given in _set(operations):
            key = json.dumps([kind, name], ensure_ascii=False)
            self._see("property", key, call, {_kind_of(given): 1}, _example(given))
            if name in self._names and isinstance(given, (str, int, float)):
                self._label(pair, call, str(given))

    def _see(self, kind: SeenKind, name: str, call: Call, facets: Json, sample: str | None = None) -> None:
        key = (kind, name)
        one = self._pending.get(key)
        if one is None:
            if len(self._pending) >= MOST_PENDING:
                return
            one = self._pending[key] = _Pending(call.received_at, call.received_at)
        one.count += 1
        one.first_at = min(one.first_at, call.received_at)
        one.last_at = max(one.last_at, call.received_at)
        one.facets.update(facets)
        if sample is not None:
            one.samples[sample] = call.subject
            one.samples.move_to_end(sample)
            if len(one.samples) > SAMPLES[kind]:
                one.samples.popitem(last=False)

    def _label(self, pair: str, call: Call, text: str) -> None:
        one = self._pending.setdefault(("value", pair), _Pending(call.received_at, call.received_at))
        one.label = text[:EXAMPLE_CHARACTERS]


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

"""Which groups a call speaks of, at which level, and with which properties. Pure.

Sources: Amplitude's accounts guide ("Segment integration", amplitude-docs 6e7e48e, 2026-03-13) for traits, fallback and
event-level groups; house rules for ``[[groups.rules]]`` and levels. Of one type the first found counts: options of the
call, then the pair of traits, then rules in their order, then memory.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from translator.errors import Untranslatable
from translator.settings.values import Level, Rule
from translator.translate import revenue
from translator.translate.groupvalues import group_type, group_values
from translator.translate.limits import clip
from translator.translate.notes import Notes
from translator.translate.operations import GROUP, Operations, operations
from translator.translate.paths import at, first, present, split, text
from translator.translate.reading import Reading

SEGMENT_GROUP = "[Segment] Group"
"""The type of a group call without the mapped traits (accounts guide, "Amplitude Classic")."""

Reach = Literal["joins", "carried", "event"]
"""joins: the user, for ever. carried: onto the subject's later events, by memory. event: this event only."""

_REACHES: dict[str, frozenset[Reach]] = {
    "user": frozenset({"joins"}),
    "event": frozenset({"carried"}),
    "both": frozenset({"joins", "carried"}),
}
"""Of the levels that a configuration may name."""


class Found(Struct, frozen=True, gc=False):
    """One group type with its values.

    ``properties`` of the group, as operations, for the record at ``place``; ``source``: where it was found, for people.
    """

    type: str
    values: tuple[str, ...]
    reach: frozenset[Reach]
    properties: Operations | None = None
    place: int = 0
    source: str = ""

    @property
    def value(self) -> str | list[str]:
        """One value as it is, several as a list."""
        return self.values[0] if len(self.values) == 1 else list(self.values)


def reaches(level: Level) -> frozenset[Reach]:
    """How far a group call's group reaches under a level."""
    return _REACHES[level]


def before(reading: Reading) -> int:
    """How many places are a call's events'. After them come the identify, the pair's group_identify and the rules'."""
    return 0 if reading.kind in ("group", "identify") else revenue.places(reading)


def find(reading: Reading) -> list[Found]:
    """The groups of a call. Raises Untranslatable where a group call lacks the mapped traits and may not."""
    found = _options(reading) if reading.options.groups else []
    found += _pair(reading)
    if reading.settings.groups.rules:
        found += _rules(reading)
    if len(found) < 2:
        return found
    first: dict[str, Found] = {}
    for one in found:
        first.setdefault(one.type, one)
    return list(first.values())


def _options(reading: Reading) -> list[Found]:
    """``integrations.Amplitude.groups``: event-level on events, user-level on identify, not read on group calls."""
    if reading.kind == "group":
        return []
    reach: Reach = "joins" if reading.kind == "identify" else "event"
    found = []
    for name, value in reading.options.groups.items():
        path = f"integrations.Amplitude.groups.{name}"
        values = group_values(value, path, reading.notes) if present(value) and name else ()
        if values:
            found.append(Found(name, values, frozenset({reach}), source=path))
    return found


def _pair(reading: Reading) -> list[Found]:
    """The group that the configured pair of traits names, or the fallback of a group call without it."""
    configured, kind = reading.settings.groups, reading.kind
    if kind not in configured.calls and kind != "group":
        return []
    source, path = (reading.properties, "properties") if kind == "track" else (reading.traits, "traits")
    known = _known(reading) if kind == "group" else source
    pair = _read_pair(reading, known, path) if kind in configured.calls else None
    if pair is None:
        return fallback(reading) if kind == "group" else []
    properties = _pair_properties(reading, source, path, pair[1])
    names = f"{path}.{configured.type_trait}, {path}.{configured.value_trait}"
    return [Found(*pair, _reach(reading, None), properties, before(reading) + 2, names)]


def _known(reading: Reading) -> dict[str, Any]:
    """A group call carries its id among its traits, as Segment's libraries read them (classic-rec-057)."""
    return {"id": reading.body.get("groupId"), **reading.traits}


def _pair_properties(reading: Reading, source: dict[str, Any], path: str, values: tuple[str, ...]) -> Operations | None:
    """All traits on group calls; the readable name on any."""
    trait = reading.settings.groups.name_trait
    name = _named(reading, (f"{path}.{trait}",) if trait else ())
    if reading.kind != "group" and not name:
        return None
    return _properties(reading, {**source, **name} if reading.kind == "group" else name, path, values)


def _named(reading: Reading, paths: tuple[str, ...]) -> dict[str, Any]:
    """The group's human-readable name, under the last part of the path where it was found (accounts guide, "Group
    values", amplitude-docs 6e7e48e, 2026-03-13: values are typically numeric, so send a name that people can read)."""
    if not paths:
        return {}
    found = next((path for path in paths if present(at(reading.body, path))), None)
    if found is None:
        reading.notes.add("group_name_missing", paths[0])
        return {}
    return {split(found)[-1]: at(reading.body, found)}


def _read_pair(reading: Reading, source: dict[str, Any], path: str) -> tuple[str, tuple[str, ...]] | None:
    type_trait, value_trait = reading.settings.groups.type_trait, reading.settings.groups.value_trait
    if not type_trait or not value_trait:
        return None
    kind = group_type(source.get(type_trait), f"{path}.{type_trait}", reading.notes)
    values = group_values(source.get(value_trait), f"{path}.{value_trait}", reading.notes)
    return (kind, values) if kind and values else None


def fallback(reading: Reading) -> list[Found]:
    """What becomes of a group call without its group. Raises Untranslatable where that is to be refused."""
    configured = reading.settings.groups
    if configured.fallback == "reject":
        said = "required: groups.fallback is reject"
        raise Untranslatable("group_traits_missing", {path: [said] for path in _missing(reading)})
    value = text(reading.body.get("groupId"))
    if configured.fallback == "none" or value is None:
        return []
    reading.notes.add("group_fallback", ", ".join(_missing(reading)))
    value = clip(value, "groupId", reading.notes)
    return [Found(SEGMENT_GROUP, (value,), _reach(reading, None), None, 2, "groupId (groups.fallback)")]


def _missing(reading: Reading) -> list[str]:
    """Which traits a group call lacks; or which settings, where the pair is not configured."""
    groups = reading.settings.groups
    names = {"groups.type_trait": groups.type_trait, "groups.value_trait": groups.value_trait}
    known = _known(reading)
    lacking = [f"traits.{name}" for name in names.values() if name and not present(known.get(name))]
    return lacking or _unusable(reading) or [f"traits.{name}" if name else key for key, name in names.items()]


def _unusable(reading: Reading) -> list[str]:
    """Which of the mapped traits are there and cannot be a group."""
    groups, unheard, known = reading.settings.groups, Notes(), _known(reading)
    read = ((groups.type_trait, group_type), (groups.value_trait, group_values))
    return [f"traits.{name}" for name, of in read if name and not of(known.get(name), name, unheard)]


def _rules(reading: Reading) -> list[Found]:
    rules = enumerate(reading.settings.groups.rules, 1)
    found = (_rule(reading, rule, number) for number, rule in rules if reading.kind in rule.calls)
    return [one for one in found if one]


def _rule(reading: Reading, rule: Rule, number: int) -> Found | None:
    kind: str | None = rule.type
    if rule.type.startswith("$."):
        kind = group_type(at(reading.body, rule.type), rule.type, reading.notes)
    values = group_values(first(reading.body, rule.value), rule.value[0], reading.notes)
    if not kind or not values:
        return None
    properties = _rule_properties(reading, rule, values)
    source = f"{', '.join(rule.value)} (groups.rules, {number})"
    return Found(kind, values, _reach(reading, rule), properties, _place(reading, number), source)


def _place(reading: Reading, number: int) -> int:
    """The place of a rule's group_identify: after the identify's and the pair's, whether or not these exist."""
    return before(reading) + 2 + number


def _rule_properties(reading: Reading, rule: Rule, values: tuple[str, ...]) -> Operations | None:
    wanted = reading.kind == "group" if rule.properties is None else rule.properties
    name = _named(reading, rule.name)
    if wanted is False and not name:
        return None
    traits = reading.kind in ("group", "identify")
    source, path = (reading.traits, "traits") if traits else (reading.properties, "properties")
    if wanted is not True:
        source = {key: source[key] for key in wanted or () if key in source}
    return _properties(reading, {**source, **name}, path, values)


def _properties(reading: Reading, source: dict[str, Any], path: str, values: tuple[str, ...]) -> Operations | None:
    if len(values) > 1:
        reading.notes.add("group_properties_withheld", path)
        return None
    return operations(reading.sendable(source, path), GROUP, path, reading.notes) or None


def _reach(reading: Reading, rule: Rule | None) -> frozenset[Reach]:
    """How far a group of this call reaches: by the rule's own level, else as the call type does."""
    kind, configured = reading.kind, reading.settings.groups
    level = rule.level if rule else None
    if kind == "group":
        return _REACHES[level or configured.level]
    if kind == "identify":
        return _REACHES[level or "user"]
    return frozenset({"joins"}) if level == "user" else frozenset({"event"})

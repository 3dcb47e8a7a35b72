"""What a destination has had already decides what still goes there. Pure.

After translation, and only where it is known what was delivered before: group types and properties beyond Amplitude's
limits, group properties older than those the group has, properties that have not changed.

All subjects of a destination share, key to name to entry, times in ms since the epoch:

- ``project:types``: group type to ``{"at"}``, with ``"over"`` where it is beyond the limit
- ``project:properties``: group property to ``{"at"}``
- ``group:["company","acme"]``: group property to ``{"at", "hash", "sent"}``: when the newest call that set it was made;
  a hash of its value, and when it was last sent (these two only where ``translate.unchanged_hours`` asks for them)

A subject's own memory has ``sent``: ``$set.plan`` to ``{"at", "hash"}``, for the same purpose.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from translator import jsontext
from translator.parcels import Call, Json, Record, Translation
from translator.settings.values import MAX_GROUP_TYPES, TranslationSettings
from translator.translate.memory import merged
from translator.translate.notes import Notes
from translator.translate.operations import said
from translator.translate.paths import mapping
from translator.translate.unchanged import Sent, fingerprint

TYPES = "project:types"
PROPERTIES = "project:properties"
MAX_GROUP_PROPERTIES = 1000
"""Group properties per project: accounts guide, "Limits" (amplitude-docs 6e7e48e, 2026-03-13)."""

MOST_OVER = 20
"""Group types beyond the limit that are remembered, for people to see."""

REASONS = ("stale_group", "group_types_limit", "group_properties_limit", "unchanged")
"""Why nothing may be left of a call: rules of notes that are also reasons in dispatch.IGNORED."""


def keys(translation: Translation) -> set[str]:
    """Which of the destination's shared states ``weighed`` needs for a translation."""
    found: set[str] = set()
    for record in translation.records:
        if _is_whole_group(record):
            found |= {TYPES, PROPERTIES, group_key(record.body)}
        elif mapping(record.body.get("groups")):
            found.add(TYPES)
    return found


def goes_as_it_is(translation: Translation, settings: TranslationSettings, shared: Mapping[str, Json]) -> bool:
    """Whether ``weighed`` would change nothing of a translation, and nothing by it, whatever else is delivered before:
    its groups are of types that the project has. ``shared``: the state of TYPES, where there is one."""
    if settings.translate.unchanged_hours:
        return False
    known = mapping(shared.get(TYPES))
    for record in translation.records:
        if record.kind == "group_identify":
            return False
        groups = record.body.get("groups")
        for name in mapping(groups) if groups else ():
            entry = known.get(name)
            if entry is None or "over" in mapping(entry):
                return False
    return True


def group_key(body: Json) -> str:
    """The key of the group that a group_identify's body is about."""
    return "group:" + jsontext.dumps([body["group_type"], body["group_value"]]).decode("utf-8")


def unsettled(changes: Json) -> Json:
    """Changed entries of a call that is on its way: its times count, its values are not taken for delivered."""
    return {name: _without_hash(entry) for name, entry in changes.items()}


def _without_hash(entry: Any) -> Any:
    if not isinstance(entry, dict) or "hash" not in entry:
        return entry
    return {key: value for key, value in entry.items() if key != "hash"}


def weighed(
    translation: Translation,
    call: Call,
    settings: TranslationSettings,
    memory: Json | None,
    shared: Mapping[str, Json],
) -> Translation:
    """A translation without what the destination need not, or must not, get.

    ``memory``: the subject's; ``shared``: the states of ``keys(translation)`` that there are.
    """
    hours = settings.translate.unchanged_hours
    if not hours and not any(_has_groups(record) for record in translation.records):
        return translation
    notes = Notes()
    groups = _Groups(call, settings, shared, notes)
    sent = Sent(mapping((memory or {}).get("sent")), call.received_at, hours, notes)
    records = [sent.record(record) for one in translation.records if (record := groups.record(one))]
    left = tuple(record for record in records if record)
    rules = {note.rule for note in notes.all()}
    nothing = translation.records and not left
    return replace(
        translation,
        records=left,
        notes=(*translation.notes, *notes.all()),
        remember=merged(translation.remember, sent.changes()),
        ignored=next(reason for reason in REASONS if reason in rules) if nothing else translation.ignored,
        shared=groups.changes,
    )


class _Groups:
    """One call's groups held against what the destination has, and what changes by them."""

    def __init__(self, call: Call, settings: TranslationSettings, known: Mapping[str, Json], notes: Notes) -> None:
        self.changes: dict[str, Json] = {}
        self._now = call.received_at
        self._drops = settings.groups.over_limit == "drop"
        self._hours = settings.translate.unchanged_hours
        self._known = known
        self._notes = notes

    def record(self, record: Record) -> Record | None:
        """A record as it still goes, or None."""
        if _is_whole_group(record):
            return self._group_identify(record)
        groups = mapping(record.body.get("groups"))
        kept = {name: value for name, value in groups.items() if self._type_fits(name) or not self._drops}
        if len(kept) == len(groups):
            return record
        body = {key: value for key, value in record.body.items() if key != "groups"}
        return replace(record, body={**body, "groups": kept} if kept else body)

    def _group_identify(self, record: Record) -> Record | None:
        body = record.body
        if not self._type_fits(body["group_type"]) and self._drops:
            return None
        group, time, given = group_key(body), body["time"], body["group_properties"]
        prefix = f"groups.{body['group_type']}."
        operations = said({
            operation: {
                name: value
                for name, value in values.items()
                if self._fits_limit(name, prefix) and self._goes(group, time, operation, name, value, prefix)
            }
            for operation, values in given.items()
        })  # fmt: skip
        return replace(record, body={**body, "group_properties": operations}) if operations else None

    def _fits_limit(self, name: str, prefix: str) -> bool:
        if self._fits(PROPERTIES, name, MAX_GROUP_PROPERTIES):
            return True
        self._notes.add("group_properties_limit", prefix + name)
        return not self._drops

    def _goes(self, group: str, time: int, operation: str, name: str, value: object, prefix: str) -> bool:
        """Whether one property of a group goes, where it is not left out as one too many."""
        if operation == "$setOnce":
            return True
        entry = mapping(self._entry(group, name))
        if operation != "$set":
            self._put(group, name, {"at": max(time, entry.get("at", time))})
            return True
        if entry and entry["at"] > time:
            self._notes.add("stale_group", prefix + name)
            return False
        return self._is_news(group, name, {"at": time}, entry, value, prefix + name)

    def _is_news(self, key: str, name: str, fresh: Json, entry: Json, value: object, path: str) -> bool:
        if self._hours:
            fresh |= {"hash": fingerprint(value), "sent": self._now}
            if self._is_unchanged(entry, fresh):
                self._notes.add("unchanged", path)
                self._put(key, name, {**fresh, "sent": entry["sent"]})
                return False
        self._put(key, name, fresh)
        return True

    def _is_unchanged(self, entry: Json, fresh: Json) -> bool:
        age = self._now - entry.get("sent", 0)
        return bool(entry.get("hash") == fresh["hash"] and 0 <= age < self._hours * 3_600_000)

    def _type_fits(self, name: str) -> bool:
        fits = self._fits(TYPES, name, MAX_GROUP_TYPES, MOST_OVER)
        if not fits:
            self._notes.add("group_types_limit", f"groups.{name}")
        return fits

    def _fits(self, key: str, name: str, most: int, most_over: int = 0) -> bool:
        """Whether a name is among the first ``most`` of the project; it is remembered where it is new."""
        entry = self._entry(key, name)
        if entry is not None:
            return type(entry) is not dict or "over" not in entry
        count = self._count(key)
        fits = count < most
        if fits or count < most + most_over:
            self._put(key, name, {"at": self._now} if fits else {"at": self._now, "over": True})
        return fits

    def _entry(self, key: str, name: str) -> Any:
        changed = self.changes.get(key)
        if changed and (found := changed.get(name)) is not None:
            return found
        known = self._known.get(key)
        return known.get(name) if type(known) is dict else None

    def _count(self, key: str) -> int:
        known, changed = mapping(self._known.get(key)), self.changes.get(key)
        return len(known) + (len(changed.keys() - known.keys()) if changed else 0)

    def _put(self, key: str, name: str, entry: Json) -> None:
        if self._entry(key, name) is not None or self._count(key) < MAX_GROUP_PROPERTIES:
            self.changes.setdefault(key, {})[name] = entry


def _has_groups(record: Record) -> bool:
    return record.kind == "group_identify" or bool(mapping(record.body.get("groups")))


def _is_whole_group(record: Record) -> bool:
    """A group_identify in the shape that translation gives it; one from a hook may be otherwise, and goes as it is."""
    body = record.body
    operations = body.get("group_properties")
    return (
        record.kind == "group_identify"
        and all(isinstance(body.get(key), str) for key in ("group_type", "group_value"))
        and isinstance(body.get("time"), int)
        and isinstance(operations, dict)
        and all(isinstance(values, dict) for values in operations.values())
    )

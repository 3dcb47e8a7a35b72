"""Two rows of one call → what is different. Pure.

Records are held against each other as a set of places: by kind and insert id, which does not move between
configurations; group identifies by their group type, so that a further rule moves none of the others.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from translator.errors import NotJson
from translator.jsontext import dumps
from translator.parcels import Json, Note, Record
from translator.reports.diff.changes import Change, What
from translator.reports.diff.texts import key_text, value_text
from translator.reports.rows import Row

MOST_LEVELS = 6
"""Of a path; what is deeper counts as a value."""

KINDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "boolean"), (str, "text"), ((int, float), "number"), (list, "list"), (dict, "object"),
)  # fmt: skip


def changes(old: Row, new: Row) -> list[Change]:
    """What is different of a call between its two rows; nothing where both say the same to Amplitude."""
    if _is_surely_same(old, new):
        return []
    return [*_of_outcome(old, new), *_of_records(old.records, new.records), *_of_notes(old.notes, new.notes)]


def outcome(row: Row) -> str:
    """What became of a call, as Difference.outcomes names it."""
    if row.error is not None:
        return "refused" if row.message_id is None else "untranslatable"
    if row.ignored is not None:
        return f"ignored: {row.ignored}"
    return "sent"


def _is_surely_same(old: Row, new: Row) -> bool:
    """Nearly always, and quickly. By texts: to Python true is 1."""
    if old.ignored != new.ignored or old.error != new.error or old.notes != new.notes:
        return False
    if len(old.records) != len(new.records):
        return False
    try:
        return all(
            one.kind == other.kind and one.ids == other.ids and dumps(one.body) == dumps(other.body)
            for one, other in zip(old.records, new.records, strict=True)
        )
    except NotJson:
        return False


def _of_outcome(old: Row, new: Row) -> Iterator[Change]:
    before, after = outcome(old), outcome(new)
    if before != after or old.error != new.error:
        yield Change("outcome", "", f"{before} → {after}", old.error or None, new.error or None)


def _of_notes(old: tuple[Note, ...], new: tuple[Note, ...]) -> Iterator[Change]:
    if old == new:
        return
    before = Counter((note.rule, note.path) for note in old)
    after = Counter((note.rule, note.path) for note in new)
    for rule, path in after - before:
        yield Change("note_gained", "", rule, new=path)
    for rule, path in before - after:
        yield Change("note_lost", "", rule, old=path)


def _of_records(old: Iterable[Record], new: Iterable[Record]) -> Iterator[Change]:
    before, after = _placed(old), _placed(new)
    for place in {**before, **after}:
        one, other = before.get(place), after.get(place)
        if one is not None and other is not None:
            # the ids of a group identify travel beside its body
            for what, path, first, second in _of_bodies({**one.ids, **one.body}, {**other.ids, **other.body}, "", 1):
                yield Change(what, one.kind, path, first, second, _group_type(one))
        elif one is not None:
            yield Change("only_old", one.kind, "", old=_name(one), group=_group_type(one))
            yield from (Change("removed", one.kind, path, old=value) for path, value in _joined(one))
        elif other is not None:
            yield Change("only_new", other.kind, "", new=_name(other), group=_group_type(other))
            yield from (Change("added", other.kind, path, new=value) for path, value in _joined(other))


def _joined(record: Record) -> Iterator[tuple[str, Any]]:
    """What users join by a record that there is on one side only."""
    groups = record.body.get("groups") if record.kind == "identify" else None
    return _leaves(groups, "groups", 1) if groups else iter(())


def _placed(records: Iterable[Record]) -> dict[tuple[str, str, int], Record]:
    found: dict[tuple[str, str, int], Record] = {}
    for record in records:
        kind, name, number = record.kind, _group_type(record) or str(record.body.get("insert_id")), 0
        while (kind, name, number) in found:  # of a hook's making, or a second rule for the same type
            number += 1
        found[kind, name, number] = record
    return found


def _group_type(record: Record) -> str:
    return str(record.body.get("group_type", "")) if record.kind == "group_identify" else ""


def _name(record: Record) -> Any:
    """What people know a record by."""
    body = record.body
    if record.kind == "group_identify":
        return {str(body.get("group_type")): body.get("group_value")}
    if record.kind == "event":
        return body.get("event_type")
    return body.get("groups") or body.get("user_id") or body.get("device_id")


Found = Iterator[tuple[What, str, Any, Any]]


def _of_bodies(old: Json, new: Json, path: str, level: int) -> Found:
    for key, value in old.items():
        if key not in new:
            yield from (("removed", at, one, None) for at, one in _leaves(value, _beneath(path, key), level))
        elif value is not new[key]:  # nearly always it is: both have it from the call
            yield from _of_values(value, new[key], path, key, level)
    for key, value in new.items():
        if key not in old:
            yield from (("added", at, None, one) for at, one in _leaves(value, _beneath(path, key), level))


def _of_values(old: Any, new: Any, path: str, key: str, level: int) -> Found:
    if _goes_in(old, level) and _goes_in(new, level):
        yield from _of_bodies(old, new, _beneath(path, key), level + 1)
        return
    before, after = _kind(old), _kind(new)
    if before != after:
        yield "type", _beneath(path, key), old, new
    elif value_text(old) != value_text(new) if before in ("list", "object") else old != new:
        yield "changed", _beneath(path, key), old, new


def _beneath(path: str, key: str) -> str:
    return f"{path}.{key_text(key)}" if path else key_text(key)


def _leaves(value: Any, path: str, level: int) -> Iterator[tuple[str, Any]]:
    if not _goes_in(value, level):
        yield path, value
        return
    for key, one in value.items():
        yield from _leaves(one, _beneath(path, key), level + 1)


def _goes_in(value: Any, level: int) -> bool:
    return isinstance(value, dict) and bool(value) and level < MOST_LEVELS


def _kind(value: Any) -> str:
    return next((name for kind, name in KINDS if isinstance(value, kind)), "null")

"""Reads the store for people: copies, so that nothing is locked while a page is written."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from itertools import islice
from typing import Any

from translator.sandbox.rules import GROUP_TYPES, RULES, TEXT
from translator.sandbox.store import Row, Store
from translator.sandbox.subjects import Group, User, day_name

FOUND = 50


def summary(store: Store) -> dict[str, Any]:
    """What every page says: counts, silent drops by rule (those that lose most first)."""
    with store.lock:
        counts, drops = dict(store.counts), store.drop_counts.most_common()
        numbers = {"users": len(store.users), "groups": len(store.groups), "kept": len(store.events)}
    rules = sorted(drops, key=lambda one: (RULES[one[0]].usual, not RULES[one[0]].sure, -one[1]))
    loud = sum(count for rule, count in drops if not RULES[rule].usual)
    return {"counts": counts, "numbers": numbers, "drops": rules, "loud": loud}


def newest(store: Store, count: int) -> list[Row]:
    """The newest records."""
    with store.lock:
        return list(islice(reversed(store.events), count))


def stream(store: Store, subject: User | Group, before: int | None, count: int) -> tuple[list[Row], int | None]:
    """The newest records of a user or group before a number, and the number to go on with, if there are more."""
    with store.lock:
        end = len(subject.rows) if before is None else bisect_left(subject.rows, before)
        begin = max(end - count, bisect_left(subject.rows, store.first), 0)
        found = [row for number in reversed(subject.rows[begin:end]) if (row := store.row(number)) is not None]
        more = begin > bisect_left(subject.rows, store.first)
    return found, found[-1]["number"] if found and more else None


def users(store: Store, text: str, page: int, size: int) -> tuple[list[dict[str, Any]], bool]:
    """A page of users, the newest first, whose ids contain a text; whether there are more."""
    with store.lock:
        every = list(store.users.values())
    chosen = (one for one in reversed(every) if not text or _has(one, text))
    found = list(islice(chosen, page * size, (page + 1) * size + 1))
    with store.lock:
        return [one.facts() for one in found[:size]], len(found) > size


def groups(store: Store, kind: str, text: str, page: int, size: int) -> tuple[list[dict[str, Any]], bool]:
    """A page of groups, the newest first, of a type (all where empty), whose value contains a text."""
    with store.lock:
        every = list(store.groups.values())
    folded = text.casefold()
    chosen = (
        one
        for one in reversed(every)
        if (not kind or one.group_type == kind) and (not folded or folded in one.group_value.casefold())
    )
    found = list(islice(chosen, page * size, (page + 1) * size + 1))
    with store.lock:
        return [one.line() for one in found[:size]], len(found) > size


def newest_groups(store: Store, count: int) -> list[dict[str, Any]]:
    """The groups that came last."""
    with store.lock:
        return [one.line() for one in islice(reversed(store.groups.values()), count)]


def group_types(store: Store) -> list[dict[str, Any]]:
    """Each project's group types, of five; and how many groups of each are known."""
    with store.lock:
        keys = list(store.groups)
        projects = [(one.name, list(one.group_types)) for one in store.projects.values() if one.group_types]
    many = Counter(kind for kind, _ in keys)
    return [
        {"project": name, "types": [(kind, many[kind]) for kind in kinds], "limit": GROUP_TYPES}
        for name, kinds in projects
    ]


def taxonomy(store: Store) -> list[dict[str, Any]]:
    """What is planned of group properties: a row for each group type that has one, and for one that none has."""
    with store.lock:
        plans = [(project, dict(plan.properties)) for project, plan in store.taxonomies.items()]
        return [
            {"project": project, "group_property": name, "group_type": kind, "is_override": own is not None}
            | asdict(own or one.shared)
            for project, properties in plans
            for name, one in properties.items()
            for kind, own in (one.overrides or {"": None}).items()
        ]


def group(store: Store, kind: str, value: str, page: int, size: int) -> dict[str, Any] | None:
    """A group with a page of its members and its days, the newest first."""
    with store.lock:
        found = store.groups.get((kind, value))
        if found is None:
            return None
        members = list(islice(found.users, page * size, (page + 1) * size))
        days = [(day_name(day), found.days[day]) for day in sorted(found.days, reverse=True)]
        return {
            **found.line(),
            "members": members,
            "more_members": len(found.users) > (page + 1) * size,
            "days": days,
            "most": max(found.days.values(), default=0),
        }


def drops_of_user(store: Store, key: str) -> list[dict[str, Any]]:
    """What was dropped of a user's records, the newest first."""
    with store.lock:
        return [one for one in reversed(store.drops) if one["user"] == key]


def drops_of_group(store: Store, kind: str, value: str) -> list[dict[str, Any]]:
    """What was dropped of records in a group or meant for it, the newest first."""
    with store.lock:
        return [one for one in reversed(store.drops) if _names(one["groups"].get(kind), value)]


def search(store: Store, text: str) -> dict[str, Any]:
    """Users (by user or device id), groups (by value) and records (by insert id) that are exactly that; then users and
    groups that contain the text."""
    with store.lock:
        every, named = list(store.users.values()), list(store.groups.values())
    exact_users = [one for one in every if text in (one.key, one.user_id) or text in one.device_ids]
    exact_groups = [one for one in named if text == one.group_value]
    folded = text.casefold()
    exact = {one.key for one in exact_users}
    also = (one for one in every if one.key not in exact and _has(one, text))
    also_groups = (one for one in named if folded in one.group_value.casefold() and one.group_value != text)
    with store.lock:
        return {
            "exact_users": [one.facts() for one in exact_users[:FOUND]],
            "exact_groups": [one.line() for one in exact_groups[:FOUND]],
            "records": list(islice(_with_insert_id(store, text), FOUND)),
            "users": [one.facts() for one in islice(also, FOUND)],
            "groups": [one.line() for one in islice(also_groups, FOUND)],
        }


def requests(store: Store, status: str, before: int | None, size: int) -> dict[str, Any]:
    """A page of the request log, the newest first, and how many there are of each status."""
    with store.lock:
        every = list(reversed(store.requests))
    many = Counter(str(one["status"]) for one in every)
    chosen = [
        one
        for one in every
        if (not status or str(one["status"]) == status) and (before is None or one["number"] < before)
    ]
    more = chosen[size - 1]["number"] if len(chosen) > size else None
    return {"rows": chosen[:size], "statuses": sorted(many.items()), "all": len(every), "more": more}


def drops(store: Store, rule: str, page: int, size: int) -> tuple[list[dict[str, Any]], bool]:
    """A page of silent drops, the newest first, of a rule (all where empty); whether there are more."""
    with store.lock:
        chosen = [one for one in reversed(store.drops) if not rule or one["rule"] == rule]
    return chosen[page * size : (page + 1) * size], len(chosen) > (page + 1) * size


def _with_insert_id(store: Store, text: str) -> Iterator[Row]:
    wanted = text[:TEXT]
    return (row for row in reversed(store.events) if row["body"].get("insert_id") == wanted)


def _has(one: User, text: str) -> bool:
    folded = text.casefold()
    return folded in one.key.casefold() or any(folded in device.casefold() for device in one.device_ids)


def _names(value: Any, wanted: str) -> bool:
    values: Iterable[Any] = value if isinstance(value, list) else [value]
    return any(str(one) == wanted for one in values)

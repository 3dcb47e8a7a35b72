"""Property operations in the order in which Amplitude's server applies them (its TypeScript SDK's list, 2026-08-21)."""

from __future__ import annotations

from typing import Any

ORDER = (
    "$clearAll", "$unset", "$set", "$setOnce", "$add", "$append", "$prepend", "$preInsert", "$postInsert", "$remove",
)  # fmt: skip


def apply(properties: dict[str, Any], change: Any) -> None:
    """Change properties by a dictionary of operations; one without any works like ``$set``."""
    if not isinstance(change, dict):
        return
    plain = {key: value for key, value in change.items() if key not in ORDER}
    for name in ORDER:
        if name == "$clearAll" and name in change:
            properties.clear()
        elif isinstance(change.get(name), dict):
            for key, value in change[name].items():
                _one(properties, name, key, value)
    properties.update(plain)


def _one(properties: dict[str, Any], name: str, key: str, value: Any) -> None:
    if name == "$unset":
        properties.pop(key, None)
    elif name == "$set":
        properties[key] = value
    elif name == "$setOnce":
        properties.setdefault(key, value)
    elif name == "$add":
        _add(properties, key, value)
    else:
        properties[key] = _list(name, _listed(properties.get(key)), _listed(value))


def _add(properties: dict[str, Any], key: str, value: Any) -> None:
    before = properties.get(key, 0)
    if _is_number(before) and _is_number(value):
        properties[key] = before + value


def _list(name: str, before: list[Any], more: list[Any]) -> list[Any]:
    if name == "$append":
        return before + more
    if name == "$prepend":
        return more + before
    fresh = [item for item in more if item not in before]
    if name == "$preInsert":
        return fresh + before
    if name == "$postInsert":
        return before + fresh
    return [item for item in before if item not in more]


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)

"""Property operations in the order in which Amplitude's server applies them (its TypeScript SDK's list, 2026-08-21)."""

from __future__ import annotations

from typing import Any

from translator.sandbox.rules import Lost, excerpt

ORDER = (
    "$clearAll", "$unset", "$set", "$setOnce", "$add", "$append", "$prepend", "$preInsert", "$postInsert", "$remove",
)  # fmt: skip
OF_GROUPS = frozenset({"$set", "$setOnce", "$add", "$append", "$prepend", "$unset"})
"""Those that Amplitude's Group Identify page lists (amplitude-api.md section 3, 2026-11-24)."""
EXACT = 2**53
"""Beyond it Amplitude's servers and JavaScript have doubles; so has this one, and any sum can be written as JSON."""

_NAMES = frozenset(ORDER)


def apply(
    properties: dict[str, Any], change: Any, path: str = "user_properties", lost: list[Lost] | None = None
) -> None:
    """Change properties by a dictionary of operations; one without any works like ``$set``.

    ``path``: where it stands in its record. ``lost``: takes what Amplitude might not do as it is done here.
    """
    if not change or not isinstance(change, dict):
        return
    if _NAMES.isdisjoint(change):
        properties.update(change)
        return
    lost = [] if lost is None else lost
    plain = {key: value for key, value in change.items() if key not in _NAMES}
    for name in ORDER:
        if name in change:
            _apply(properties, name, change[name], f"{path}.{name}", lost)
    if plain:
        # undocumented; the comments of two SDKs say so (amplitude-api.md section 3.1, 2026-11-24)
        lost.append(("mixed", path, excerpt(", ".join(plain))))
        properties.update(plain)


def _apply(properties: dict[str, Any], name: str, values: Any, path: str, lost: list[Lost]) -> None:
    if path.startswith("group_properties") and name not in OF_GROUPS:
        lost.append(("group_operation", path, excerpt(values)))
    if name == "$clearAll":
        properties.clear()
    elif not isinstance(values, dict):
        lost.append(("operation", path, excerpt(values)))
    else:
        for key, value in values.items():
            if not _one(properties, name, key, value):
                lost.append(("operation", f"{path}.{key}", excerpt(value)))


def _one(properties: dict[str, Any], name: str, key: str, value: Any) -> bool:
    """Do it; whether it could be done."""
    if name == "$unset":
        properties.pop(key, None)
    elif name == "$set":
        properties[key] = value
    elif name == "$setOnce":
        properties.setdefault(key, value)
    elif name == "$add":
        return _add(properties, key, value)
    elif name != "$remove" or key in properties:
        properties[key] = _list(name, _listed(properties.get(key)), _listed(value))
    return True


def _add(properties: dict[str, Any], key: str, value: Any) -> bool:
    before = properties.get(key, 0)
    if not _is_number(before) or not _is_number(value):
        return False
    total = before + value
    properties[key] = total if abs(total) <= EXACT else float(total)
    return True


def _list(name: str, before: list[Any], more: list[Any]) -> list[Any]:
    if name == "$append":
        return before + more
    if name == "$prepend":
        return more + before
    if name == "$remove":
        gone = {_key(item) for item in more}
        return [item for item in before if _key(item) not in gone]
    known = {_key(item) for item in before}
    fresh: dict[Any, Any] = {}
    for item in more:
        if (key := _key(item)) not in known:
            fresh.setdefault(key, item)
    return [*fresh.values(), *before] if name == "$preInsert" else [*before, *fresh.values()]


def _key(value: Any) -> Any:
    """What is equal for two values that are the same in JSON: true is not 1 there."""
    if isinstance(value, bool):
        return bool, value
    if isinstance(value, list):
        return list, tuple(_key(item) for item in value)
    if isinstance(value, dict):
        return dict, frozenset((key, _key(item)) for key, item in value.items())
    return value


def _listed(value: Any) -> list[Any]:
    return [] if value is None else list(value) if isinstance(value, list) else [value]


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)

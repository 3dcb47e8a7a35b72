"""What must not leave: events and properties by name, properties as hashes instead of values. Pure.

Names of properties are dotted (``address.street``); names of events may hold ``*`` and ``?``.
"""

from __future__ import annotations

import hashlib
from fnmatch import fnmatchcase
from typing import Any

from translator.jsontext import text_of
from translator.settings.values import Translate
from translator.translate.notes import Notes
from translator.translate.operations import USER


def is_wanted(event_type: str, settings: Translate) -> bool:
    """Whether an event of this name may be sent."""
    if not settings.events_allow and not settings.events_deny:
        return True
    if settings.events_allow and not any(_fits(event_type, name) for name in settings.events_allow):
        return False
    return not any(_fits(event_type, name) for name in settings.events_deny)


def _fits(event_type: str, name: str) -> bool:
    return fnmatchcase(event_type, name.replace("[", "[[]"))


def screened(values: dict[str, Any], path: str, settings: Translate, notes: Notes) -> dict[str, Any]:
    """Properties or traits without what must not be sent, and with hashes where a hash is to be sent.

    Operations among traits (``$set`` …) are looked into; so are the objects of an array.
    """
    if not (settings.properties_allow or settings.properties_deny or settings.properties_hash):
        return values
    inner = {
        key: screened(value, path, settings, notes)
        for key, value in values.items()
        if key in USER and isinstance(value, dict)
    }
    plain = {key: value for key, value in values.items() if key not in inner}
    if settings.properties_allow:
        plain = _only(plain, settings.properties_allow, path, notes)
    for name in settings.properties_deny:
        plain = _changed(plain, name.split("."), None, path, notes)
    for name in settings.properties_hash:
        plain = _changed(plain, name.split("."), _hashed, path, notes)
    return {**plain, **inner}


def _only(values: dict[str, Any], allowed: tuple[str, ...], path: str, notes: Notes) -> dict[str, Any]:
    """What is allowed, whole, or of an object (or each of an array) what is allowed inside it."""
    kept = {}
    for key, value in values.items():
        inside = tuple(name.removeprefix(f"{key}.") for name in allowed if name.startswith(f"{key}."))
        if key in allowed:
            kept[key] = value
        elif inside and isinstance(value, (dict, list)):
            kept[key] = _only_inside(value, inside, f"{path}.{key}", notes)
        else:
            notes.add("property_denied", f"{path}.{key}")
    return kept


def _only_inside(value: Any, allowed: tuple[str, ...], path: str, notes: Notes) -> Any:
    if isinstance(value, dict):
        return _only(value, allowed, path, notes)
    return [_only(item, allowed, path, notes) for item in value if isinstance(item, dict)]


def _changed(values: dict[str, Any], keys: list[str], change: Any, path: str, notes: Notes) -> dict[str, Any]:
    """A copy in which one property is left out (``change`` None) or changed; one whose name has dots is found too."""
    for count in range(1, len(keys)):
        key = ".".join(keys[:count])
        if key in values:
            values = {**values, key: _inside(values[key], keys[count:], change, f"{path}.{key}", notes)}
    key = ".".join(keys)
    if key not in values:
        return values
    notes.add("property_hashed" if change else "property_denied", f"{path}.{key}")
    if change:
        return {**values, key: change(values[key])}
    return {name: value for name, value in values.items() if name != key}


def _inside(value: Any, keys: list[str], change: Any, path: str, notes: Notes) -> Any:
    if isinstance(value, dict):
        return _changed(value, keys, change, path, notes)
    if isinstance(value, list):
        return [_inside(item, keys, change, path, notes) for item in value]
    return value


def _hashed(value: Any) -> Any:
    """SHA-256 of a scalar's text, in hexadecimal; of each of an array; an object has no text and becomes None."""
    if isinstance(value, list):
        return [_hashed(item) for item in value]
    if value is None or isinstance(value, dict):
        return None
    return hashlib.sha256(text_of(value).encode("utf-8")).hexdigest()

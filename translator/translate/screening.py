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


def is_wanted(event_type: str, settings: Translate) -> bool:
    """Whether an event of this name may be sent."""
    if settings.events_allow and not any(fnmatchcase(event_type, name) for name in settings.events_allow):
        return False
    return not any(fnmatchcase(event_type, name) for name in settings.events_deny)


def screened(values: dict[str, Any], path: str, settings: Translate, notes: Notes) -> dict[str, Any]:
    """Properties or traits without what must not be sent, and with hashes where a hash is to be sent.

    Operations among traits (``$set`` …) are looked into; so are the objects of an array.
    """
    if not (settings.properties_allow or settings.properties_deny or settings.properties_hash):
        return values
    inner = {key: screened(value, path, settings, notes) for key, value in values.items() if _is_operation(key, value)}
    plain = {key: value for key, value in values.items() if key not in inner}
    if settings.properties_allow:
        plain = _only(plain, settings.properties_allow, path, notes)
    for name in settings.properties_deny:
        plain = _changed(plain, name.split("."), None, path, notes)
    for name in settings.properties_hash:
        plain = _changed(plain, name.split("."), _hashed, path, notes)
    return {**plain, **inner}


def _is_operation(key: str, value: Any) -> bool:
    return key.startswith("$") and isinstance(value, dict)


def _only(values: dict[str, Any], allowed: tuple[str, ...], path: str, notes: Notes) -> dict[str, Any]:
    for key in values.keys() - set(allowed):
        notes.add("property_denied", f"{path}.{key}")
    return {key: value for key, value in values.items() if key in allowed}


def _changed(values: dict[str, Any], keys: list[str], change: Any, path: str, notes: Notes) -> dict[str, Any]:
    """A copy in which one property is left out (``change`` None) or changed."""
    key, rest = keys[0], keys[1:]
    if key not in values:
        return values
    if rest:
        return {**values, key: _inside(values[key], rest, change, f"{path}.{key}", notes)}
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

"""Property dictionaries in operation form: plain keys under ``$set``, never beside an operation (differences 11). Pure.

Source: amplitude-api.md section 3.1, "Mixing rules".
"""

from __future__ import annotations

from typing import Any

from translator.translate.limits import clean
from translator.translate.notes import Notes

Operations = dict[str, dict[str, Any]]

USER = (
    "$unset", "$set", "$setOnce", "$add", "$append", "$prepend", "$preInsert", "$postInsert", "$remove",
)  # fmt: skip
NAMES = frozenset(USER)
"""The same, to look one up."""

GROUP = ("$unset", "$set", "$setOnce", "$add", "$append", "$prepend")
"""Legal on every door to group properties (amplitude-api.md section 3)."""


def operations(traits: dict[str, Any], legal: tuple[str, ...], path: str, notes: Notes) -> Operations:
    """Traits as operations: those that they bring, and all other keys under ``$set``, where plain keys win."""
    if NAMES.isdisjoint(traits):  # nearly always
        plain = clean(traits, path, notes)
        return {"$set": plain} if plain else {}
    found: Operations = {}
    plain = {key: value for key, value in traits.items() if key not in NAMES}
    for name in USER:
        if name not in traits:
            continue
        value = traits[name]
        if isinstance(value, dict) and name in legal:
            # the values of $unset say nothing (amplitude-api.md section 3), so that a null is no reason to drop a key
            named = dict.fromkeys(value, "-") if name == "$unset" else value
            found[name] = clean(named, f"{path}.{name}", notes)
        elif value is not None:
            notes.add("operation_unusable", f"{path}.{name}")
    if plain:
        found["$set"] = {**found.get("$set", {}), **clean(plain, path, notes)}
    return said(found)


def said(found: Operations) -> Operations:
    """Operations without those that say nothing."""
    return {name: value for name, value in found.items() if value}

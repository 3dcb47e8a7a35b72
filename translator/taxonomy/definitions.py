"""What Amplitude's Taxonomy API says of group properties → frozen definitions, and these as JSON and back. Pure.

Source: amplitude-api.md section 7.3 and Amplitude's page (amplitude-docs 2ab99c5, 2026-11-28).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from translator.errors import TaxonomyUnavailable
from translator.parcels import Json

PREFIX = "grp:"
"""Of custom group properties; what has none Amplitude made itself, and does not let be edited."""

VERSION = 1


@dataclass(frozen=True, slots=True)
class Definition:
    """A group property. ``name``: as Segment's traits have it, without prefix. ``group_type``: None for what is shared.

    ``type``: any, string, number, boolean, enum (or what Amplitude may say further); of a list (``is_list``) it is that
    of its entries. ``is_custom``: Amplitude did not make it.
    """

    name: str
    group_type: str | None = None
    description: str = ""
    type: str = "any"
    values: tuple[str, ...] = ()
    regex: str = ""
    is_list: bool = False
    is_custom: bool = True
    is_hidden: bool = False
    classifications: tuple[str, ...] = ()

    def plain(self) -> Json:
        """As JSON, with the API's own keys; the name without prefix."""
        return {
            "group_type": self.group_type,
            "name": self.name,
            "is_custom": self.is_custom,
            "type": self.type,
            "is_array_type": self.is_list,
            "enum_values": list(self.values),
            "regex": self.regex,
            "description": self.description,
            "is_hidden": self.is_hidden,
            "classifications": list(self.classifications),
        }


@dataclass(frozen=True, slots=True)
class Present:
    """What a project has. ``types``: group type to its definitions. ``missing``: group types that were asked for and
    are not there. ``shared``: definitions for all group types."""

    types: Mapping[str, tuple[Definition, ...]] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    shared: tuple[Definition, ...] = ()

    def names(self) -> set[str]:
        """The names of all group properties that are known."""
        return {one.name for found in (*self.types.values(), self.shared) for one in found}

    def plain(self, destination: str) -> Json:
        """As JSON. ``destination``: whose project it is."""
        every = [one for found in (self.shared, *self.types.values()) for one in found]
        return {
            "version": VERSION,
            "destination": destination,
            "group_types": list(self.types),
            "missing_group_types": list(self.missing),
            "properties": [one.plain() for one in every],
        }


def definitions_of(data: Any, group_type: str | None) -> tuple[Definition, ...]:
    """The definitions of an answer to a listing of what ``group_type`` has, or, for None, of what is shared.

    Entries of other group types are left out. Raises TaxonomyUnavailable where it is no such answer.
    """
    if not isinstance(data, list):
        raise TaxonomyUnavailable("the Taxonomy API did not answer with a list of group properties")
    return tuple(one for entry in data if (one := _of_entry(entry, group_type)))


def _of_entry(entry: Any, group_type: str | None) -> Definition | None:
    named = entry.get("group_property") if isinstance(entry, dict) else None
    if not isinstance(named, str) or not named:
        raise TaxonomyUnavailable("the Taxonomy API named a group property that has no name")
    if group_type is not None and entry.get("group_type") not in (None, "", group_type):
        return None
    return Definition(
        named.removeprefix(PREFIX),
        group_type,
        _text(entry.get("description")),
        _text(entry.get("type")).lower() or "any",
        values_of(entry.get("enum_values")),
        _text(entry.get("regex")),
        entry.get("is_array_type") is True,
        named.startswith(PREFIX),
        entry.get("is_hidden") is True,
        values_of(entry.get("classifications")),
    )


def values_of(given: Any) -> tuple[str, ...]:
    """The entries of a list, or of a text with commas."""
    entries = given if isinstance(given, list) else given.split(",") if isinstance(given, str) else []
    texts = (one.strip() for one in entries if isinstance(one, str))
    return tuple(dict.fromkeys(one for one in texts if one))


def present_of(given: Any) -> Present:
    """What ``Present.plain`` wrote. Raises TaxonomyUnavailable where it is something else."""
    try:
        return _present_of(given)
    except (KeyError, TypeError, AttributeError):
        raise TaxonomyUnavailable("is not what translator taxonomy pull writes") from None


def _present_of(given: Any) -> Present:
    if given["version"] != VERSION:
        raise TaxonomyUnavailable(f"version must be {VERSION}")
    every = tuple(_of_entries(given["properties"]))
    names = _names(given["group_types"])
    types = {name: tuple(one for one in every if one.group_type == name) for name in names}
    return Present(types, _names(given["missing_group_types"]), tuple(one for one in every if one.group_type is None))


def _of_entries(entries: list[Json]) -> Iterator[Definition]:
    for one in entries:
        group_type = one["group_type"]
        prefix = PREFIX if one["is_custom"] is not False else ""
        made = _of_entry({**one, "group_property": f"{prefix}{one['name']}"}, group_type)
        if made is not None:
            yield made


def _names(given: list[Any]) -> tuple[str, ...]:
    return tuple(str.__str__(one) for one in given)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""

"""An object of the settings → the query for it, and records → accounts. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from translator.jsontext import text_of
from translator.parcels import GroupProperties, Json
from translator.salesforce.keys import as_form
from translator.salesforce.values import of_api
from translator.settings.values import SalesforceObject

QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'", re.DOTALL)
OWN_ORDER = re.compile(r"\b(?:order\s+by|limit|offset|for|with)\b", re.IGNORECASE)
"""What may stand behind a condition: then nothing is put there (SOQL SELECT syntax, 2026-11-29)."""

ABSENT = object()
"""The value of a column of which nothing is said: it is not None, which unsets."""


@dataclass(frozen=True, slots=True)
class Account:
    """A record. ``key``: the group value, None where the column is empty. ``properties``: as Amplitude takes them."""

    key: str | None
    properties: Json


def columns(one: SalesforceObject) -> tuple[str, ...]:
    """The columns that an object needs, its key first; each once, since SOQL refuses two of the same, whatever their
    case."""
    found: dict[str, str] = {}
    for name in (one.key, *one.properties.values()):
        found.setdefault(name.lower(), name)
    return tuple(found.values())


def query(one: SalesforceObject) -> str:
    """SOQL for an object's accounts. The names were checked with the settings; the condition is the user's own."""
    condition = f" WHERE {one.where}" if one.where else ""
    # of two records with one key the same is to be the first each day
    is_ordered = one.key.lower() == "id" or OWN_ORDER.search(QUOTED.sub("", one.where or "")) is not None
    order = "" if is_ordered else " ORDER BY Id"
    return f"SELECT {', '.join(columns(one))} FROM {one.object}{condition}{order}"  # noqa: S608  see above


def only_key(one: SalesforceObject) -> SalesforceObject:
    """An object of which the keys alone are read."""
    return replace(one, properties={})


def account(one: SalesforceObject, record: Mapping[str, Any]) -> Account:
    """The account of a record of the REST API, which says columns in their own case, not in the query's. What the
    record does not say, as nothing either, it has not."""
    return _account(one, lambda column: of_api(_found(record, column)))


def of_cells(one: SalesforceObject, cells: Mapping[str, Any]) -> Account:
    """The account of an export's row: column, in small letters, to value. What the row does not have it has not."""
    return _account(one, lambda column: cells.get(column.lower(), ABSENT))


def group(one: SalesforceObject, found: Account) -> GroupProperties:
    """What a group is to have. The account must have a key."""
    return GroupProperties(one.group_type, found.key or "", found.properties)


def mark(one: SalesforceObject) -> str:
    """What an object is remembered by: another with another mapping, so that what is new in it is picked up at once."""
    said = (one.object, one.key, one.key_form, one.group_type, one.where, sorted(one.properties.items()))
    return f"{one.object} {hashlib.blake2s(repr(said).encode(), digest_size=4).hexdigest()}"


def key_text(one: SalesforceObject, value: Any) -> str | None:
    """A key as a group value; None for none."""
    if value is None or isinstance(value, (dict, list)):
        return None
    text = text_of(value)
    return as_form(text, one.key_form) if text.strip() else None


def _account(one: SalesforceObject, read: Callable[[str], Any]) -> Account:
    key = read(one.key)
    said = {name: read(column) for name, column in one.properties.items()}
    return Account(
        None if key is ABSENT else key_text(one, key),
        {name: value for name, value in said.items() if value is not ABSENT},
    )


def _found(record: Any, column: str) -> Any:
    for part in column.split("."):
        if not isinstance(record, Mapping):
            return None
        record = record[part] if part in record else _otherwise(record, part)
        if record is ABSENT:
            return ABSENT
    return record


def _otherwise(record: Mapping[str, Any], part: str) -> Any:
    return next((value for name, value in record.items() if name.lower() == part.lower()), ABSENT)

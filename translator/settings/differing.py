"""In which keys two configurations differ, for people; secrets masked. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from translator.settings.effective import NOT_SET, Setting, effective
from translator.settings.origins import LAID_OVER
from translator.settings.values import Settings

NOT_THERE = "not there"
"""What stands for a key of a destination that only the other configuration has."""


@dataclass(frozen=True, slots=True)
class Differing:
    """``key``: dotted. ``old``, ``new``: TOML, or words where it is not set or hidden; both the same where secrets
    differ."""

    key: str
    old: str
    new: str


def differing(old: Settings, new: Settings) -> list[Differing]:
    """The keys whose values differ, in the order of the tables."""
    first, second = _rows(old), _rows(new)
    found = []
    for key in {**first, **second}:
        one = Differing(key, _shown(key, first, old), _shown(key, second, new))
        is_hidden = any(key in rows and rows[key].is_secret for rows in (first, second))
        if one.old != one.new or (is_hidden and _raw(key, old) != _raw(key, new)):
            found.append(one)
    return found


def _rows(settings: Settings) -> dict[str, Setting]:
    return {row.key: row for table in effective(settings) for row in table.settings}


def _shown(key: str, rows: dict[str, Setting], settings: Settings) -> str:
    """A value as it counts: of a destination without a table of its own the common one."""
    if key in rows:
        return rows[key].value
    table, _, name = key.rpartition(".")
    if table.startswith("destinations."):
        _, destination, *part = table.split(".")
        if destination not in settings.destinations:
            return NOT_THERE
        if part and part[0] in LAID_OVER:
            common = rows.get(f"{part[0]}.{name}")
            return common.value if common else NOT_SET
    return NOT_SET


def _raw(key: str, settings: Settings) -> Any:
    """The value of a key that holds a secret; these stand in tables of plain values, and in destinations."""
    table, _, name = key.rpartition(".")
    if table == "journal.kafka":
        return getattr(settings.journal.kafka, name)
    _, _, destination = table.partition(".")
    if destination:
        return getattr(settings.destinations.get(destination), name, None)
    return getattr(getattr(settings, table), name)

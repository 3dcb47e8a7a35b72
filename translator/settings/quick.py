"""A configuration of plain values → what the schemas would make of it, or "ask the schemas". Pure.

The schemas stay the only place where it is written what a key may be: SHAPES is compiled from them ahead of time. What
needs more than a look at one value (rules, write keys, URLs, fractions), and whatever is wrong, is left to them: they
take a tenth of a second, and most configurations have a few texts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from translator.settings import values
from translator.settings.origins import LAID_OVER, Tree
from translator.settings.shape import Odd, Shape, taken
from translator.settings.shapes import NAME, SHAPES

BECOMES: Mapping[str, type] = {
    "segment": values.Segment,
    "translate": values.Translate,
    "groups": values.Groups,
    "journal": values.JournalSettings,
    "archive": values.ArchiveSettings,
    "salesforce": values.SalesforceSettings,
    "kpis": values.Kpis,
    "delivery": values.Delivery,
    "server": values.Server,
    "dashboard": values.Dashboard,
    "metrics": values.Metrics,
}


def loaded(tree: Tree) -> Tree | None:
    """As ``schema.WholeFile().load``; None where the schemas must be asked. ``tree``: with each destination's own
    tables laid over the common ones."""
    try:
        return {name: _destinations(one) if name == "destinations" else _table(name, one) for name, one in tree.items()}
    except Odd:
        return None


def _table(name: str, table: object) -> Any:
    if name not in BECOMES:
        raise Odd
    return BECOMES[name](**_taken(SHAPES[name], table))


def _destinations(named: object) -> Tree:
    if type(named) is not dict or not all(type(name) is str and re.fullmatch(NAME, name) for name in named):
        raise Odd
    return {name: _destination(table) for name, table in named.items()}


def _destination(table: object) -> Tree:
    if type(table) is not dict:
        raise Odd
    inner = {part: _table(part, table[part]) for part in LAID_OVER if part in table and part in BECOMES}
    return inner | _taken(SHAPES["destinations"], {key: one for key, one in table.items() if key not in inner})


def _taken(shapes: Mapping[str, Shape], table: object) -> Tree:
    if type(table) is not dict or not table.keys() <= shapes.keys():
        raise Odd
    if any(shape.required and key not in table for key, shape in shapes.items()):
        raise Odd
    return {shapes[key].name or key: taken(shapes[key], value) for key, value in table.items()}

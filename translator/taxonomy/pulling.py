"""Asks what a project has."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from translator.errors import TaxonomyRefused
from translator.taxonomy.definitions import Definition, Present

if TYPE_CHECKING:
    from translator.taxonomy.client import Client

NO_SUCH_TYPE = (400, 404)
"""How Amplitude may answer for a group type that it does not know: 404 as to who creates; 400 is its "Not found"."""


def pull(client: Client, group_types: Iterable[str]) -> Present:
    """What the group types have, and what is shared. There is no listing of group types, so that they must be named
    (amplitude-api.md section 7.3, 2026-03-13). Raises TaxonomyAbsent, TaxonomyUnavailable, TaxonomyRefused."""
    shared = client.listed(None)
    types: dict[str, tuple[Definition, ...]] = {}
    missing = []
    for name in dict.fromkeys(group_types):
        try:
            types[name] = client.listed(name)
        except TaxonomyRefused as error:
            if error.status not in NO_SUCH_TYPE:
                raise
            missing.append(name)
    return Present(types, tuple(missing), shared)

"""Where each value came from: dotted key → words, beside the tree of plain values as it is put together. Pure.

A key is one that people configure: ``groups.type_trait``, ``groups.rules``, ``fields.user_id``,
``destinations.test.groups.level``. What a value has inside (a rule, an entry of ``append_fields``) has no key of its
own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from translator.errors import SettingsError

Tree = dict[str, Any]

LAID_OVER = ("groups", "translate", "fields")
"""Tables that a destination may have over the common ones."""


class Gathered:
    """``tree``: plain values as translator.toml has them. ``origins``: where each came from; at first all from
    ``origin``."""

    def __init__(self, tree: Tree, origin: str) -> None:
        self.tree: Tree = copied(tree)
        self.origin = origin
        self.origins = noted((), tree, origin)

    def put(self, path: tuple[str, ...], value: Any, origin: str) -> None:
        """Set a value, or a whole table. Raises SettingsError where something of the path is not a table."""
        table = self.tree
        for key in path[:-1]:
            table = table.setdefault(key, {})
            if not isinstance(table, dict):
                raise SettingsError(f"{origin}: {key} is not a table")
        table[path[-1]] = value
        if len(path) > _depth(path):
            self._add(".".join(path[: _depth(path)]), origin)
            return
        whole = ".".join(path)
        for key in [key for key in self.origins if key == whole or key.startswith(f"{whole}.")]:
            del self.origins[key]
        self.origins |= noted(path, value, origin)

    def put_default(self, table: str, key: str, value: Any, origin: str) -> None:
        """Set a value where nothing is said yet. What is no table is left to the check of the whole."""
        found = self.tree.setdefault(table, {})
        if isinstance(found, dict) and key not in found:
            self.put((table, key), value, origin)

    def beneath(self, table: str) -> dict[str, str]:
        """The origins of a table's keys, by key within it."""
        start = f"{table}."
        return {key.removeprefix(start): said for key, said in self.origins.items() if key.startswith(start)}

    def _add(self, key: str, origin: str) -> None:
        """A part of a value came from elsewhere than the rest."""
        before = self.origins[key].split(", ") if key in self.origins else []
        self.origins[key] = ", ".join(dict.fromkeys((*before, origin)))


def noted(path: tuple[str, ...], value: Any, origin: str) -> dict[str, str]:
    """The keys of a value at ``path``, all from one origin."""
    if not isinstance(value, dict) or (path and len(path) >= _depth(path)):
        return {".".join(path): origin} if path else {}
    found: dict[str, str] = {}
    for key, inner in value.items():
        found |= noted((*path, str(key)), inner, origin)
    return found


def inherited(tree: Tree) -> dict[str, str]:
    """The keys of destinations that they have from the common tables."""
    found: dict[str, str] = {}
    for name, table in _tables(tree.get("destinations")).items():
        for part in LAID_OVER:
            common, own = tree.get(part), table.get(part, {})
            if isinstance(common, dict) and isinstance(own, dict):
                found |= {f"destinations.{name}.{part}.{key}": common_origin(part) for key in common if key not in own}
    return found


def common_origin(part: str) -> str:
    """The origin of what a destination has from a common table."""
    return f"common [{part}]"


def copied(value: Any) -> Any:
    """A copy of a tree, table by table."""
    return {key: copied(item) for key, item in value.items()} if isinstance(value, dict) else value


def _depth(path: tuple[str, ...]) -> int:
    """How long the key is that a path leads to or through."""
    if path[0] != "destinations":
        return 3 if path[:2] == ("journal", "kafka") else 2
    return 4 if len(path) > 2 and path[2] in LAID_OVER else 3


def _tables(value: Any) -> Mapping[str, Tree]:
    return {name: one for name, one in value.items() if isinstance(one, dict)} if isinstance(value, dict) else {}

"""What is wrong with a configuration, in lines for people: which key, which value, what it may be. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import Any

from marshmallow import Schema, fields

from translator.settings import schema
from translator.settings.values import SECRET_KEYS

HIDDEN = SECRET_KEYS | {"url"}

Tree = dict[str, Any]


def explain(messages: Mapping[str, Any], tree: Tree, origin: str | None) -> str:
    """marshmallow's messages as sorted lines, each led by the file they are about, where there is one."""
    lines = sorted(set(_lines(messages, tree, (), schema.WholeFile())))
    return "\n".join(f"{origin}: {line}" if origin else line for line in lines)


def _lines(messages: Any, tree: Any, path: tuple[str, ...], table: Schema | None) -> list[str]:
    if isinstance(messages, list):
        return [
            f"{'.'.join(path) or 'configuration'}: {_shown(said, tree, path)}{said}{_may(said, path, table)}"
            for said in messages
        ]
    found = []
    for key, inner in messages.items():
        if key in ("_schema", "value", "key") and isinstance(inner, (list, dict)) and not _has(tree, key):
            found += _lines(inner, tree, path, table)
        else:
            known = isinstance(inner, list)
            found += _lines(inner, _get(tree, key), (*path, str(key)), table if known else _inner(table, key))
    return found


def _has(tree: Any, key: Any) -> bool:
    return isinstance(tree, dict) and key in tree


def _get(tree: Any, key: Any) -> Any:
    try:
        return tree[key]
    except (KeyError, IndexError, TypeError):
        return None


def _inner(table: Schema | None, key: Any) -> Schema | None:
    if table is None or isinstance(key, int):
        return table
    if key not in table.fields:
        return table if isinstance(table, schema.DestinationTable) else None
    field = table.fields[key]
    if isinstance(field, fields.List):
        field = field.inner
    elif isinstance(field, fields.Dict) and isinstance(field.value_field, fields.Nested):
        field = field.value_field
    return field.schema if isinstance(field, fields.Nested) else None


def _shown(said: str, value: Any, path: tuple[str, ...]) -> str:
    # an unknown key may be a misspelt secret
    if value is None or isinstance(value, (dict, list)) or said.startswith("unknown") or set(path) & HIDDEN:
        return ""
    if isinstance(value, str) and "://" in value and "@" in value:  # an address with a password in it
        return ""
    return f"{value!r} "


def _may(said: str, path: tuple[str, ...], table: Schema | None) -> str:
    if not said.startswith("unknown") or table is None:
        return ""
    known = [field.data_key or name for name, field in table.fields.items()]
    near = difflib.get_close_matches(path[-1], known, 1)
    return (f" (did you mean {near[0]}?)" if near else "") + f"; it may be: {', '.join(known)}"

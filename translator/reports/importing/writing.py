"""A configuration as text, with what people should know in comments; and the report beside it."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator
from typing import Any

from translator.parcels import Json
from translator.reports.importing.paths import SECRET
from translator.reports.importing.turned import Named, Turned

ORDER = ("translate", "groups", "fields")
KEYS = {
    "AMPLITUDE_API_KEY": "the project's API key",
    "AMPLITUDE_SECRET_KEY": "its secret key, which only deletions need",
}
"""Environment variables, and what they hold."""


def toml(done: Turned, source: str, name: str) -> str:
    """translator.toml. ``source``: the name of the file that it was made from. Keys of Amplitude are not in it."""
    lines = [f"# Made by translator import-segment of {source}.", *_keys(done, name), *_told(done, source)]
    for table in ORDER:
        if table in done.tables:
            lines += ["", *_table(table, done.tables[table])]
    for rule in done.tables.get("groups", {}).get("rules", ()):
        lines += ["", "[[groups.rules]]", *_pairs(rule)]
    for key, value in done.tables.get("destinations", {}).items():
        lines += ["", f"[destinations.{key}]", *_pairs(value)]
    return "\n".join(lines) + "\n"


def _keys(done: Turned, name: str) -> Iterator[str]:
    for variable in done.variables:
        yield f"# {variable}: set it in the environment ({KEYS[variable]})."
    if name not in done.tables.get("destinations", {}):
        yield f"# The destination is called amplitude, or as in [destinations.{name}] where there is one."


def _told(done: Turned, source: str) -> Iterator[str]:
    for named in done.named:
        yield from _comment(f"NOT TURNED: {line(named)}")
    if done.named:
        yield from _comment(f'To run the subscriptions as they are instead: [translate] mappings = "{source}"')
    for remark in done.remarks:
        yield from _comment(remark)


def _comment(said: str) -> list[str]:
    return textwrap.wrap(_one_line(said), 118, initial_indent="# ", subsequent_indent="#   ")


def _table(name: str, table: Json) -> list[str]:
    inner = {key: value for key, value in table.items() if key != "rules"}
    return [f"[{name}]", *_pairs(inner)] if inner else []


def _pairs(table: Json) -> Iterator[str]:
    for key, value in table.items():
        yield f"{key} = {_value(value)}"


def _value(value: Any) -> str:
    """As TOML, whose texts are JSON's but for one sign."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_value(key)} = {_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def line(named: Named) -> str:
    """One thing that was not turned, in a line."""
    what = f" ({'***' if SECRET.search(named.key) else named.what})" if named.what else ""
    return f"{named.subscription}: {named.key}{what}: {named.why}. Instead: {named.todo}"


def report(done: Turned, count: int) -> str:
    """What people read beside the file. ``count``: subscriptions that were read."""
    head = f"{count} subscriptions read; {len(done.named)} things could not be turned"
    lines = [head, *(f"not turned: {line(named)}" for named in done.named), *done.remarks]
    return "\n".join(map(_one_line, lines))


def _one_line(said: str) -> str:
    """Without what a terminal would obey, nor TOML allow in a comment."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in said).split())

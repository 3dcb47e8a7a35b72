"""A mapping's value as paths of this configuration, where it is nothing but that."""

from __future__ import annotations

import json
import re
from typing import Any

from translator.reports.importing.defaults import normal

SECRET = re.compile(r"api_?key|secret|token|password", re.IGNORECASE)
_SECRETS = re.compile(rf'("[^"]*(?:{SECRET.pattern})[^"]*": )[^,}}]*', re.IGNORECASE)
"""Keys whose values are not shown; and with the value, in JSON text."""


def paths_of(value: Any) -> list[str] | None:
    """The paths, of which the first that is there counts; None for anything else.

    ``{"@path": "$.a"}``, and ``@if`` a path exists (or is not blank), then it, else a path, or the same again.
    """
    value = normal(value)
    if not isinstance(value, dict) or len(value) != 1:
        return None
    if "@path" in value:
        return _path(value["@path"])
    said = value.get("@if")
    if not isinstance(said, dict) or not set(said) <= {"exists", "blank", "then", "else"}:
        return None
    asked = said.get("exists", said.get("blank"))
    if asked is None or asked != said.get("then") or ("exists" in said and "blank" in said):
        return None
    first, rest = paths_of(asked), paths_of(said["else"]) if "else" in said else []
    return None if first is None or rest is None else first + rest


def _path(name: Any) -> list[str] | None:
    """Such as ``context.app.version``; an index in brackets becomes one between dots, as it is written here."""
    if not isinstance(name, str):
        return None
    dotted = name.replace("[", ".").replace("]", "").replace("'", "").replace('"', "")
    parts = dotted.split(".")
    return [dotted] if all(part.strip() == part and part for part in parts) else None


def shown(value: Any) -> str:
    """A value in a few words: the directive that it is, or its JSON text."""
    if isinstance(value, dict):
        directive = next((key for key in value if key.startswith("@")), None)
        if directive in ("@path", "@template"):
            return f"{directive} {value[directive]}"[:80]
        if directive:
            return str(directive)
    text = _SECRETS.sub(r'\1"***"', json.dumps(value, ensure_ascii=False))
    return text if len(text) <= 60 else f"{text[:57]}…"

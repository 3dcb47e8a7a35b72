"""The feature matrix of the README, made from fixtures: which setting changes what becomes of which call.

A setting has a mark in a call's column where a fixture shows it: without the setting, something else would become of the
fixture's call. ``python -m tests.matrix`` prints the table.
"""

import copy
import json
import sys
from pathlib import Path

from marshmallow import validate

from tests.test_fixtures import attempt
from translator.errors import SettingsError
from translator.settings import schema

ROOT = Path(__file__).parents[1] / "fixtures"
CALLS = ("track", "page", "screen", "identify", "group", "alias", "delete")
TABLES = {
    "translate": schema.TranslateTable,
    "groups": schema.GroupsTable,
    "groups.rules": schema.RuleTable,
}
ALONE = ("fields", "segment.own_names", "destinations.NAME.min_id_length")
HOOKED = {"translate.hook", "translate.hook_seconds", "translate.mappings"}
"""A user's own: tests/test_hooks.py, and tests/mappings for what Segment's mappings make of every recorded call."""


def settings():
    """Each row: key and value (None for any value)."""
    for table, made in TABLES.items():
        for name, field in made().fields.items():
            key = f"{table}.{name}"
            choices = [one.choices for one in field.validators if isinstance(one, validate.OneOf)]
            if key in HOOKED or key == "groups.rules":
                continue
            for value in choices[0] if choices else (None,):
                yield key, value
    for key in ALONE:
        yield key, None


def rows():
    """Key, value and, for each call, the fixture that shows it or None; rows that no fixture shows are left out for the
    default value of a choice."""
    shown = {}
    for call in CALLS:
        for path in sorted((ROOT / call).glob("*.json")):
            case = json.loads(path.read_text())
            for key, value in used(case.get("settings", {})):
                if (key, value, call) not in shown and differs(case, key):
                    shown[key, value, call] = path
    for key, value in settings():
        found = [
            next((shown[one] for one in shown if one[0] == key and one[2] == call and value in (None, one[1])), None)
            for call in CALLS
        ]
        yield key, value, found


def used(tree):
    """Each key of a fixture's settings with its value (as text where it is one)."""
    for table, keys in tree.items():
        if table == "fields":
            yield "fields", None
        elif table == "destinations":
            for one in keys.values():
                yield from ((f"destinations.NAME.{key}", None) for key in one)
        else:
            for key, value in keys.items():
                if key == "rules":
                    yield from ((f"groups.rules.{name}", text(item)) for rule in value for name, item in rule.items())
                else:
                    yield f"{table}.{key}", text(value)


def text(value):
    return value if isinstance(value, str) else None


def without(tree, key):
    """The settings without a key."""
    tree = copy.deepcopy(tree)
    *tables, last = key.split(".")
    if key == "fields":
        del tree["fields"]
    elif tables == ["groups", "rules"]:
        for rule in tree["groups"]["rules"]:
            rule.pop(last, None)
    elif tables[0] == "destinations":
        for one in tree["destinations"].values():
            one.pop(last, None)
    else:
        del tree[tables[0]][last]
    return tree


def differs(case, key):
    """Whether something else becomes of the call without the key, or without it the settings are none."""
    try:
        return attempt({**case, "settings": without(case["settings"], key)}) != attempt(case)
    except SettingsError:
        return True


def table():
    """The rows as Markdown."""
    lines = ["| setting | " + " | ".join(CALLS) + " |", "|---|" + "---|" * len(CALLS)]
    for key, value, found in rows():
        name = f"`{key}`" if value is None else f'`{key} = "{value}"`'
        if value is not None and not any(found):
            continue
        cells = (f"[✓](fixtures/{path.parent.name}/{path.name})" if path else "" for path in found)
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


if __name__ == "__main__":
    sys.stdout.write(table() + "\n")

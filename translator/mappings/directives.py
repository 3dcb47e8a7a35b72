"""The directives: each takes its argument and the message, and gives a value or ABSENT. Pure. Raises MappingError.

Each is as segment-actions.md section 9 says. Not copied: of JavaScript's codes in what ``@replace`` puts in, only
``$$`` and ``$&`` are known; the two that copy all that stands before or behind could make a text grow without bound.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from translator import jsontext
from translator.errors import MappingError, NotJson
from translator.mappings import liquid
from translator.mappings.checking import MAX_PATTERN
from translator.mappings.javascript import (
    ABSENT,
    MAX_LEVELS,
    MAX_SIZE,
    entries,
    is_blank,
    is_number,
    kind,
    text,
    truthy,
)
from translator.mappings.lookup import at, without_root
from translator.mappings.sizes import present
from translator.mappings.templates import rendered

MAX_RESOLVED = 72
"""Levels in which a mapping is resolved: it has 64 at most where it was looked into, and arrays were not."""

MAX_LIQUID = 1000
"""Characters of a Liquid template."""


class Scope:
    """A message, or an item of ``@arrayPath``, which may be anything; and how many levels of the mapping may come."""

    __slots__ = ("levels", "payload")

    def __init__(self, payload: Any, levels: int) -> None:
        self.payload = payload
        self.levels = levels

    def of(self, mapping: Any) -> Any:
        """What a part of the mapping is."""
        return resolve(mapping, self.payload, self.levels)

    def inside(self, mapping: Any, payload: Any) -> Any:
        """What a part of the mapping is for another message."""
        return resolve(mapping, payload, self.levels)


def resolve(mapping: Any, payload: Any, levels: int = MAX_RESOLVED) -> Any:
    """What a mapping, or a part of one, is for a message."""
    if levels <= 0:
        raise MappingError(f"more than {MAX_RESOLVED} levels deep")
    if isinstance(mapping, list):
        return [resolve(item, payload, levels - 1) for item in mapping]
    if not isinstance(mapping, dict):
        return mapping
    for name in mapping:
        if name.startswith("@"):
            break
    else:
        return {key: resolve(value, payload, levels - 1) for key, value in mapping.items()}
    if name not in DIRECTIVES:
        raise MappingError(f"{name} is not a valid directive, got undefined")
    return DIRECTIVES[name](mapping[name], Scope(payload, levels - 1))


def _object(value: Any, name: str, needed: str) -> dict[str, Any]:
    """Only an argument inside an array can be anything else: there nobody looked."""
    if not isinstance(value, dict):
        raise MappingError(f"{name} requires an object with {needed}")
    return value


def _text(value: Any, name: str, scope: Scope) -> str:
    if isinstance(value, str):  # nearly always
        return value
    found = scope.of(value)
    if not isinstance(found, str):
        raise MappingError(f"{name}: expected string, got {kind(found)}")
    return found


def _path(value: Any, scope: Scope) -> Any:
    return at(scope.payload, without_root(_text(value, "@path", scope)))


def _template(value: Any, scope: Scope) -> str:
    return rendered(_text(value, "@template", scope), scope.payload)


def _literal(value: Any, scope: Scope) -> Any:
    return scope.of(value)


def _if(value: Any, scope: Scope) -> Any:
    """``blank`` means the contrary of its name: that the value is not blank."""
    said = _object(value, "@if", 'an "exists" key')
    if not truthy(said.get("exists", ABSENT)) and not truthy(said.get("blank", ABSENT)):
        raise MappingError('@if requires an "exists" key or a "blank" key')
    if "exists" in said:
        found = scope.of(said["exists"])
        holds = found is not None and found is not ABSENT
    else:
        holds = not is_blank(scope.of(said["blank"]))
    if holds:
        return scope.of(said["then"]) if "then" in said else ABSENT
    return scope.of(said["else"]) if truthy(said.get("else", ABSENT)) else ABSENT


def _case(value: Any, scope: Scope) -> Any:
    said = _object(value, "@case", 'an "operator" key')
    operator, given = said.get("operator"), said.get("value", ABSENT)
    if not truthy(operator):
        raise MappingError('@case requires a "operator" key')
    if not truthy(given):
        return ABSENT
    found = scope.of(given)
    if not isinstance(found, str):
        return found
    if operator not in ("lower", "upper"):
        raise MappingError('operator key should have a value of "lower" or "upper"')
    return found.lower() if operator == "lower" else found.upper()


def _replace(value: Any, scope: Scope) -> Any:
    said = _object(value, "@replace", 'a "pattern" key')
    if not isinstance(said.get("pattern"), str) or not said["pattern"]:
        raise MappingError('@replace requires a "pattern" key')
    if not truthy(said.get("value", ABSENT)):
        return ABSENT
    found = scope.of(said["value"])
    if not isinstance(found, (str, bool)) and not is_number(found):
        return ""
    done = _replaced(text(found), said, "pattern", "replacement")
    return _replaced(done, said, "pattern2", "replacement2") if said.get("pattern2") else done


def _replaced(value: str, said: dict[str, Any], pattern: str, replacement: str) -> str:
    what, by = said[pattern], said.get(replacement)
    by = "" if by is None else by
    if not isinstance(what, str) or not isinstance(by, str) or max(len(what), len(by)) > MAX_PATTERN:
        raise MappingError(f"@replace requires texts of at most {MAX_PATTERN} characters")
    once, same_case = said.get("global") is False, said.get("ignorecase") is not True
    flags = re.RegexFlag(0) if same_case else re.IGNORECASE
    if len(value) > MAX_SIZE:
        raise MappingError(f"@replace makes more than {MAX_SIZE} characters")
    parts = re.split(r"(\$[$&])", by)

    def put(match: re.Match[str]) -> str:
        return "".join([{"$$": "$", "$&": match[0]}.get(part, part) for part in parts])

    return re.sub(re.escape(what), put, value, count=1 if once else 0, flags=flags)


def _array_path(value: Any, scope: Scope) -> Any:
    """With a shape, each item is resolved against it, and is the message there."""
    if not isinstance(value, list) or not value:
        raise MappingError(f"@arrayPath expected array, got {kind(value)}")
    path, shape = value[0], value[1] if len(value) > 1 else None
    root = at(scope.payload, without_root(path)) if isinstance(path, str) else scope.of(path)
    if not isinstance(root, (dict, list)) or not isinstance(shape, dict) or not shape:
        return root
    return [scope.inside(shape, item) for item in (root if isinstance(root, list) else [root])]


def _flatten(value: Any, scope: Scope) -> Any:
    said = _object(value, "@flatten", 'a "separator" key')
    if not truthy(said.get("separator", ABSENT)):
        raise MappingError('@flatten requires a "separator" key')
    separator = scope.of(said["separator"])
    if not isinstance(separator, str):
        raise MappingError("@flatten requires a string separator")
    value, omit_arrays = scope.of(said.get("value", ABSENT)), truthy(said.get("omitArrays", ABSENT))
    found, size = {}, 0
    for key, item in _flat(value, "", separator, omit_arrays):
        found[key] = item
        size += len(key)
        if size > MAX_SIZE:
            raise MappingError(f"@flatten makes more than {MAX_SIZE} characters of names")
    return found


def _flat(value: Any, key: str, separator: str, omit_arrays: bool, levels: int = 0) -> Iterator[tuple[str, Any]]:
    if levels > MAX_LEVELS:
        raise MappingError(f"@flatten: more than {MAX_LEVELS} levels deep")
    if not isinstance(value, dict) and (omit_arrays or not isinstance(value, list)):
        if value is not ABSENT:
            yield key, value
        return
    for name, item in entries(value):
        yield from _flat(item, f"{key}{separator}{name}" if levels else name, separator, omit_arrays, levels + 1)


def _json(value: Any, scope: Scope) -> Any:
    said = _object(value, "@json", 'a "value" key')
    mode = said.get("mode")
    if mode not in ("encode", "decode"):
        raise MappingError("@json: mode should be one of encode, decode")
    found = scope.of(said.get("value", ABSENT))
    if found is ABSENT:
        return ABSENT
    if mode == "encode":
        return _encoded(found)
    return _decoded(found) if isinstance(found, str) else found


def _encoded(value: Any) -> str:
    try:
        return jsontext.dumps(_plain(value, 0)).decode("utf-8")
    except NotJson as error:
        raise MappingError(f"@json: {error}") from None


def _plain(value: Any, levels: int) -> Any:
    """A value as JavaScript's JSON has it: whole numbers without a fraction, and nothing that is absent."""
    if levels > MAX_LEVELS:
        raise MappingError(f"@json: more than {MAX_LEVELS} levels deep")
    if isinstance(value, dict):
        return {key: _plain(item, levels + 1) for key, item in value.items() if item is not ABSENT}
    if isinstance(value, list):
        return [None if item is ABSENT else _plain(item, levels + 1) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1e21 else value


def _decoded(value: str) -> Any:
    try:
        return jsontext.loads(value.encode("utf-8", "surrogatepass"))
    except NotJson:
        return value


def _merge(value: Any, scope: Scope) -> Any:
    """What is absent in a later one takes the earlier one's place all the same."""
    said = _object(value, "@merge", 'an "objects" key and a "direction" key')
    if not truthy(said.get("direction", ABSENT)):
        raise MappingError('@merge requires a "direction" key')
    if not isinstance(said.get("objects"), list):
        raise MappingError(f"@merge: expected opts.array, got {kind(said.get('objects', ABSENT))}")
    objects = [scope.of(one) for one in said["objects"]]
    merged: dict[str, Any] = {}
    for one in reversed(objects) if said["direction"] == "left" else objects:
        merged.update(entries(one))
    return merged


def _transform(value: Any, scope: Scope) -> Any:
    said = _object(value, "@transform", 'an "apply" key and a "mapping" key')
    if "mapping" not in said or "apply" not in said:
        raise MappingError('@transform requires a "mapping" key and an "apply" key')
    payload = scope.of(said["apply"])
    if not isinstance(payload, dict):
        raise MappingError(f"data must be an object, got {kind(payload)}")
    return scope.inside(said["mapping"], present(payload))


def _exclude_when_null(value: Any, scope: Scope) -> Any:
    return _without_nulls(scope.of(value), MAX_LEVELS)


def _without_nulls(value: Any, levels: int) -> Any:
    if value is None:
        return ABSENT
    if not isinstance(value, dict) or levels <= 0:
        return value
    return {key: _without_nulls(item, levels - 1) for key, item in value.items()}


def _liquid(value: Any, scope: Scope) -> str:
    if not isinstance(value, str):
        raise MappingError("liquid template value must be a string")
    if len(value) > MAX_LIQUID:
        raise MappingError(f"liquid template values are limited to {MAX_LIQUID} characters")
    return liquid.rendered(value, scope.payload)


DIRECTIVES: Mapping[str, Callable[[Any, Scope], Any]] = {
    "@if": _if,
    "@case": _case,
    "@replace": _replace,
    "@arrayPath": _array_path,
    "@path": _path,
    "@template": _template,
    "@literal": _literal,
    "@flatten": _flatten,
    "@json": _json,
    "@merge": _merge,
    "@transform": _transform,
    "@excludeWhenNull": _exclude_when_null,
    "@liquid": _liquid,
}

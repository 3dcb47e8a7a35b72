"""Whether a mapping is one, said of each place in it that is not, as Segment says it. Pure.

Objects are looked into, arrays are not (segment-actions.md section 9): what stands there shows when it is resolved.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import Any

from translator.errors import MappingError
from translator.mappings.javascript import kind

MAX_DEPTH = 64
"""Of a mapping; Segment has no such bound, and its editor makes a handful."""

MAX_PATTERN = 10
"""Characters of what ``@replace`` looks for, and of what it puts there."""

Path = tuple[str, ...]
Check = Callable[[Any, Path], Iterator[str]]


def check(mapping: Any) -> None:
    """Raises MappingError with every fault of a mapping."""
    found = tuple(faults(mapping))
    if found:
        raise MappingError(*found)


def faults(mapping: Any, path: Path = ()) -> Iterator[str]:
    """What is wrong, each with its place."""
    if _is_directive(mapping):
        yield from _directive(mapping, path)
    elif isinstance(mapping, dict) and not (yield from _deep(path)):
        for key, value in mapping.items():
            yield from faults(value, (*path, key))


def _deep(path: Path) -> Generator[str, None, bool]:
    """Whether that is deeper than a mapping may be, which is said."""
    if len(path) > MAX_DEPTH:
        yield f"{_at(path[:8])}… is more than {MAX_DEPTH} levels deep."
        return True
    return False


def _is_directive(value: Any) -> bool:
    return isinstance(value, dict) and any(key.startswith("@") for key in value)


def _kind(value: Any) -> str:
    return "directive" if _is_directive(value) else kind(value)


def _at(path: Path) -> str:
    return f"/{'/'.join(path)}"


def _a(name: str) -> str:
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _fault(path: Path, said: str) -> Iterator[str]:
    yield f"{_at(path)} {said}."


def _should_be(path: Path, what: str, value: Any) -> Iterator[str]:
    return _fault(path, f"should be {what} but it is {_a(_kind(value))}")


def _directive(value: dict[str, Any], path: Path) -> Iterator[str]:
    if (yield from _deep(path)):
        return
    named = [key for key in value if key.startswith("@")]
    if len(named) > 1 or any(key not in named and key != "_metadata" for key in value):
        count = len(named) if len(named) > 1 else len(value)
        yield from _fault(path, f"should only have one @-prefixed key but it has {count} keys")
        return
    name = named[0]
    if name not in DIRECTIVES:
        yield from _fault(path, f"has an invalid directive: {name}")
        return
    yield from DIRECTIVES[name](value[name], (*path, name))


def _raw(value: Any, path: Path) -> Iterator[str]:
    """A directive, which must be one, or any value."""
    return _directive(value, path) if _is_directive(value) else iter(())


def _text_or_directive(value: Any, path: Path) -> Iterator[str]:
    if isinstance(value, str) or _is_directive(value):
        return _raw(value, path)
    return _should_be(path, "a string or a mapping directive", value)


def _object_or_directive(value: Any, path: Path) -> Iterator[str]:
    if isinstance(value, dict):
        return faults(value, path)
    return _should_be(path, "a object or a mapping directive", value)


def _text(value: Any, path: Path) -> Iterator[str]:
    return iter(()) if isinstance(value, str) else _should_be(path, "a string", value)


def _flag(value: Any, path: Path) -> Iterator[str]:
    return iter(()) if isinstance(value, bool) else _should_be(path, "a boolean", value)


def _text_of(least: int) -> Check:
    def of(value: Any, path: Path) -> Iterator[str]:
        if not isinstance(value, str):
            yield from _text(value, path)
        elif len(value) < least:
            yield from _fault(path, f"should be a string of length {least} or greater")
        elif len(value) > MAX_PATTERN:
            yield from _fault(path, f"should be a string of length {MAX_PATTERN} or less")

    return of


def _one_of(*choices: str) -> Check:
    def of(value: Any, path: Path) -> Iterator[str]:
        if not isinstance(value, str):
            yield from _text(value, path)
        elif value not in choices:
            yield from _fault(path, f"should be one of {', '.join(choices)} but it is {json.dumps(value)}")

    return of


def _objects(value: Any, path: Path) -> Iterator[str]:
    if not isinstance(value, list):
        yield from _should_be(path, "an array", value)
        return
    for index, item in enumerate(value):
        yield from _object_or_directive(item, (*path, str(index)))


def _array_path(value: Any, path: Path) -> Iterator[str]:
    if not isinstance(value, list):
        yield from _should_be(path, "an array", value)
    elif not value:
        yield from _fault(path, "should have a path but it is empty")
    else:
        yield from _text_or_directive(value[0], path)
        yield from faults(value[1] if len(value) > 1 else None, path)


def _fields(optional: Mapping[str, Check], required: Mapping[str, Check] | None = None) -> Check:
    """An object that must have some keys and may have others; what else it has is looked into all the same."""

    needed = required or {}
    known = {**optional, **needed}

    def of(value: Any, path: Path) -> Iterator[str]:
        if _kind(value) != "object":
            yield from _should_be(path, "an object", value)
            return
        for key in needed:
            if key not in value:
                yield from _fault(path, f'should have field "{key}" but it doesn\'t')
        for key, given in value.items():
            yield from known.get(key, faults)(given, (*path, key))

    return of


DIRECTIVES: Mapping[str, Check] = {
    "@if": _fields({}),
    "@case": _fields({"operator": _text, "value": _text_or_directive}),
    "@replace": _fields(
        {
            "replacement": _text_of(0),
            "pattern2": _text_of(0),
            "replacement2": _text_of(0),
            "ignorecase": _flag,
            "global": _flag,
        },
        required={"pattern": _text_of(1), "value": _text_or_directive},
    ),
    "@arrayPath": _array_path,
    "@path": _text_or_directive,
    "@template": _text_or_directive,
    "@literal": _raw,
    "@flatten": _fields({"omitArrays": _flag}, required={"value": faults, "separator": _text}),
    "@json": _fields({}, required={"mode": _one_of("encode", "decode"), "value": faults}),
    "@merge": _fields({"direction": _one_of("left", "right")}, required={"objects": _objects}),
    "@transform": _fields({}, required={"apply": _object_or_directive, "mapping": _object_or_directive}),
    "@excludeWhenNull": _raw,
    "@liquid": _text,
}
"""Every directive, and what its argument must be."""

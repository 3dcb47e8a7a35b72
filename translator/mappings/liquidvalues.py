"""Liquid's pieces, values, conditions and chains of filters. Pure. Raises MappingError."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from translator.errors import MappingError
from translator.mappings.javascript import ABSENT, is_number, number_text
from translator.mappings.liquidfilters import filtered

Piece = TypeVar("Piece")

_TOKEN = re.compile(
    r"""\s*(?:("[^"]*"|'[^']*')|(-?\d+(?:\.\d+)?)|([A-Za-z_][\w-]*)|(==|!=|<=|>=|<|>)|([.\[\]|:,]))""", re.ASCII
)
_WORDS: dict[str, Any] = {"true": True, "false": False, "nil": None, "null": None, "empty": "", "blank": ""}
_MAX_LEVELS = 50


def spans(template: str, make: Callable[[str, str, str], Piece]) -> Iterator[Piece]:
    """The pieces of a template; ``make``: of kind, text and place. Dashes within braces take the blanks beside."""
    place, trims = 0, False
    while (start := _start(template, place)) is not None:
        name, close = ("output", "}}") if template[start + 1] == "{" else ("tag", "%}")
        end = template.find(close, start + 2)
        at = f"line:{template.count(chr(10), 0, start) + 1}, col:{start - template.rfind(chr(10), 0, start)}"
        if end < 0:
            raise MappingError(f'{name} "{template[start:]}" not closed, {at}')
        inner = template[start + 2 : end]
        yield make("text", _trimmed(template[place:start], trims, inner.startswith("-")), at)
        trims, place = inner.endswith("-"), end + 2
        inner = inner.removeprefix("-").removesuffix("-")
        word = inner.strip()
        if name == "tag" and word in ("comment", "raw"):
            place, between = _verbatim(template, place, word, at)
            yield make("text", between if word == "raw" else "", at)
        else:
            yield make(name, inner, at)
    yield make("text", _trimmed(template[place:], trims, False), "the end")


def _start(template: str, place: int) -> int | None:
    found = [start for start in (template.find("{{", place), template.find("{%", place)) if start >= 0]
    return min(found, default=None)


def _trimmed(text: str, left: bool, right: bool) -> str:
    text = text.lstrip() if left else text
    return text.rstrip() if right else text


def _verbatim(template: str, place: int, word: str, at: str) -> tuple[int, str]:
    end = re.compile(rf"\{{%-?\s*end{word}\s*-?%\}}").search(template, place)
    if not end:
        raise MappingError(f'tag "{word}" not closed, {at}')
    return end.end(), template[place : end.start()]


@dataclass(frozen=True, slots=True)
class Token:
    """``kind``: text, number, name, operator or mark."""

    kind: str
    said: str


@dataclass(frozen=True, slots=True)
class Value:
    """A literal, or the keys of a path, of which some may be values themselves."""

    literal: Any = None
    keys: tuple[str | Value, ...] = ()

    def of(self, names: dict[str, Any], payload: Any) -> Any:
        """What it is."""
        if not self.keys:
            return self.literal
        first, *rest = (one if isinstance(one, str) else one.of(names, payload) for one in self.keys)
        found = names[first] if isinstance(first, str) and first in names else _step(payload, first)
        for key in rest:
            found = _step(found, key)
        return found


@dataclass(frozen=True, slots=True)
class Chain:
    """A value and its filters, each a name and its arguments."""

    first: Value
    filters: tuple[tuple[str, tuple[Value, ...]], ...]

    def value(self, names: dict[str, Any], payload: Any) -> Any:
        """What comes out of the last filter."""
        found = self.first.of(names, payload)
        for name, given in self.filters:
            found = filtered(name, None if found is ABSENT else found, [one.of(names, payload) for one in given])
        return found


def _step(value: Any, key: Any) -> Any:
    if isinstance(value, dict):
        return value.get(key, len(value) if key == "size" else ABSENT) if isinstance(key, str) else ABSENT
    if isinstance(value, (list, str)) and key == "size":
        return len(value)
    if not isinstance(value, list) or not value:
        return ABSENT
    index = {"first": 0, "last": -1}.get(key) if isinstance(key, str) else key
    if isinstance(key, str) and key.isdecimal():
        index = int(key[:9])
    return value[index] if type(index) is int and -len(value) <= index < len(value) else ABSENT


class _Tokens:
    def __init__(self, said: str) -> None:
        self.found = list(_tokens(said))
        self.place = 0

    def peek(self) -> Token | None:
        return self.found[self.place] if self.place < len(self.found) else None

    def takes(self, *said: str) -> str | None:
        """The next token, where it is one of these operators, marks or words."""
        token = self.peek()
        if token is None or token.kind in ("text", "number") or token.said not in said:
            return None
        self.place += 1
        return token.said

    def taken(self) -> Token:
        token = self.peek()
        if token is None:
            raise MappingError("a value is missing")
        self.place += 1
        return token


def _tokens(said: str) -> Iterator[Token]:
    place, end = 0, len(said.rstrip())
    while place < end:
        found = _TOKEN.match(said, place)
        if not found:
            raise MappingError(f"cannot be read: {said[place:].strip()[:20]!r}")
        kinds = zip(("text", "number", "name", "operator", "mark"), found.groups(), strict=True)
        yield next(Token(kind, given) for kind, given in kinds if given is not None)
        place = found.end()


def parsed(said: str) -> Chain:
    """A value with filters."""
    rest = _Tokens(said)
    if rest.peek() is None:
        return Chain(Value(""), ())
    first, filters = _value(rest), []
    while rest.takes("|"):
        name = rest.taken().said
        filters.append((name, tuple(_arguments(rest)) if rest.takes(":") else ()))
    _nothing_more(rest)
    return Chain(first, tuple(filters))


def _arguments(rest: _Tokens) -> Iterator[Value]:
    yield _value(rest)
    while rest.takes(","):
        yield _value(rest)


def _nothing_more(rest: _Tokens) -> None:
    token = rest.peek()
    if token is not None:
        raise MappingError(f"unexpected {token.said!r}")


def _value(rest: _Tokens, levels: int = 0) -> Value:
    token = rest.taken()
    if token.kind == "text":
        return Value(token.said[1:-1])
    if token.kind == "number":
        return Value(float(token.said) if "." in token.said else int(token.said))
    if token.kind != "name" or levels > _MAX_LEVELS:
        raise MappingError(f"unexpected {token.said!r}")
    keys: list[str | Value] = [token.said]
    while mark := rest.takes(".", "["):
        if mark == ".":
            keys.append(rest.taken().said)
        else:
            keys.append(_value(rest, levels + 1))
            if not rest.takes("]"):
                raise MappingError("a bracket is not closed")
    if len(keys) == 1 and token.said in _WORDS:
        return Value(_WORDS[token.said])
    return Value(keys=tuple(keys))


def holds(said: str, names: dict[str, Any], payload: Any) -> bool:
    """Whether a condition holds: ``and`` and ``or`` from right to left, as Liquid has it."""
    rest = _Tokens(said)
    found, joints = [_comparison(rest, names, payload)], []
    while joint := rest.takes("and", "or"):
        joints.append(joint)
        found.append(_comparison(rest, names, payload))
    _nothing_more(rest)
    result = found.pop()
    while joints:
        left = found.pop()
        result = (left and result) if joints.pop() == "and" else (left or result)
    return result


def _comparison(rest: _Tokens, names: dict[str, Any], payload: Any) -> bool:
    left = _value(rest).of(names, payload)
    operator = rest.takes("==", "!=", "<=", ">=", "<", ">", "contains")
    if operator is None:
        return left is not ABSENT and left is not None and left is not False
    return _compares(operator, left, _value(rest).of(names, payload))


def _compares(operator: str, left: Any, right: Any) -> bool:
    left, right = (None if one is ABSENT else one for one in (left, right))
    if operator in ("==", "!="):
        return (left == right and isinstance(left, bool) is isinstance(right, bool)) is (operator == "==")
    if operator == "contains":
        if isinstance(left, str):
            return isinstance(right, str) and right in left
        return isinstance(left, list) and right in left
    if is_number(left) and is_number(right):
        return _ordered(operator, (left > right) - (left < right))
    if isinstance(left, str) and isinstance(right, str):
        return _ordered(operator, (left > right) - (left < right))
    return False


def _ordered(operator: str, order: int) -> bool:
    return {"<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0}[operator]


def shown(value: Any, levels: int = 0) -> str:
    """A value as Liquid prints it: an array without commas."""
    if value is None or value is ABSENT:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        if levels > _MAX_LEVELS:
            raise MappingError(f"arrays more than {_MAX_LEVELS} levels deep have no text")
        return "".join([shown(item, levels + 1) for item in value])
    if isinstance(value, dict):
        return "[object Object]"
    return value if isinstance(value, str) else number_text(value)

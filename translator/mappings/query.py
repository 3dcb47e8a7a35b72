"""A subscription query (Segment calls the language FQL) → a tree, as Segment's engine for Actions reads it. Pure.

It reads a part of the language that Segment's docs describe, and misreads the rest without a word: segment-actions.md
section 10 lists how. Here it is read the same way, so that an imported query takes what it took at Segment.
"""

from __future__ import annotations

from collections.abc import Mapping

from translator.errors import MappingError
from translator.mappings.javascript import text
from translator.mappings.matching import WHOLE, Condition, Group, Value
from translator.mappings.tokens import END, Token, tokens

KINDS: Mapping[str, str] = {
    **{key: kind for kind, key in WHOLE.items()},
    "properties": "event-property",
    "traits": "event-trait",
    "context": "event-context",
}
"""What a condition may begin with."""

FUNCTIONS = ("contains", "match")
NOTHING = "has no condition that can be read: type, event, name, userId, properties., traits. or context. begin one"


def parse(query: str) -> Group:
    """The tree of a query. Raises MappingError, for which Segment would send nothing."""
    try:
        found = _group(_Tokens(tokens(query)))
    except MappingError as error:
        raise MappingError(f"{query!r} {error}") from None
    return found if isinstance(found, Group) else Group("and", (found,))


class _Tokens:
    """Tokens that are taken one after another; behind the last there is none."""

    def __init__(self, found: list[Token]) -> None:
        self._found = found
        self._place = 0

    def taken(self) -> Token | None:
        self._place += 1
        return self.peek(-1)

    def peek(self, ahead: int = 0) -> Token | None:
        place = self._place + ahead
        return self._found[place] if place < len(self._found) else None

    def needed(self, what: str) -> Token:
        found = self.taken()
        if found is None:
            raise MappingError(f"{what} is missing")
        return found


def _group(rest: _Tokens) -> Condition | Group:
    """Without precedence: the last ``and`` or ``or`` of a group joins all of it."""
    nodes: list[Condition | Group] = []
    operator = "and"
    while (token := rest.taken()) and token.kind != "end":
        if token.kind == "name":
            nodes += _named(token, rest)
        elif token.kind == "operator" and token.value == "!":
            following = rest.peek()
            if following and following.kind == "name" and following.value in FUNCTIONS:
                rest.taken()
                nodes += _function(following.value, rest, "not_")
        elif token.kind == "open":
            nodes.append(_group(_inside(rest)))
        elif token.kind == "joint":
            operator = token.value
    if not nodes:
        raise MappingError(NOTHING)
    return Group(operator, tuple(nodes)) if len(nodes) > 1 else nodes[0]


def _inside(rest: _Tokens) -> _Tokens:
    """The tokens up to the first closing parenthesis: groups do not stand in each other."""
    found = []
    while (token := rest.taken()) and token.kind != "close":
        found.append(token)
    if token is None:
        raise MappingError("has parentheses within parentheses, or one that is not closed")
    return _Tokens([*found, END])


def _named(token: Token, rest: _Tokens) -> list[Condition | Group]:
    kind = KINDS.get(token.value.split(".")[0])
    if kind:
        return [_condition(kind, token.value, rest)]
    return _function(token.value, rest, "") if token.value in FUNCTIONS else []


def _condition(kind: str, path: str, rest: _Tokens) -> Condition:
    operator, value = rest.needed("Operator token").value, rest.needed("Value token")
    name = None if kind in WHOLE else _within(path)
    special = _special(operator, value) if kind not in ("event", "event-type") else None
    if special:
        return Condition(kind, special, name)
    if kind in WHOLE:
        return Condition(kind, operator, name, text(_value(value)))
    if value.kind == "number":
        operator = {"=": "number_equals", "!=": "number_not_equals"}.get(operator, operator)
    return Condition(kind, operator, name, _value(value))


def _special(operator: str, value: Token) -> str | None:
    found = {
        ("=", "true"): "is_true",
        ("=", "false"): "is_false",
        ("!=", "null"): "exists",
        ("=", "null"): "not_exists",
    }
    return found.get((operator, value.value))


def _function(name: str, rest: _Tokens, negation: str) -> list[Condition | Group]:
    """``contains(field, text)`` or ``match(field, text*)``; the brackets and the comma are not looked at."""
    rest.taken()
    field = rest.needed("the 1st argument").value
    rest.taken()
    given = rest.needed("the 2nd argument")
    rest.taken()
    operator, value = f"{negation}contains", text(_value(given))
    if name == "match":
        starts = given.value.endswith('*"')
        operator = f"{negation}{'starts' if starts else 'ends'}_with"
        value = value[:-1] if starts else value[1:]
    if field in ("event", "name", "userId"):
        return [Condition(field, operator, None, value)]
    kinds = [kind for start, kind in KINDS.items() if kind not in WHOLE and field.startswith(start)]
    return [Condition(kind, operator, _within(field), value) for kind in kinds]


def _within(path: str) -> str:
    """A path without the object that it begins with; of the object alone its own name."""
    start, dot, rest = path.partition(".")
    return rest if dot and start in KINDS else path


def _value(token: Token) -> Value:
    if token.kind == "text":
        return token.value.removeprefix('"').removesuffix('"')
    if token.kind == "number":
        return _number(token.value)
    if token.kind == "name" and token.value in ("true", "false"):
        return token.value == "true"
    return token.value


def _number(digits: str) -> Value:
    try:
        found = float(digits)
    except ValueError:  # a sign alone
        return float("nan")
    return int(found) if found.is_integer() else found

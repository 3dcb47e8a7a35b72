"""A subscription query as a tree, and whether it takes a message. Pure.

As Segment's engine for Actions does it (segment-actions.md section 10), with its gaps: text is compared with text, and
what is missing is neither "contains" nor "does not contain".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from translator.mappings.javascript import ABSENT, is_number, text
from translator.mappings.lookup import at

Value = str | bool | int | float
WHOLE: Mapping[str, str] = {"event-type": "type", "event": "event", "name": "name", "userId": "userId"}
"""Kinds of conditions that look at one key of the message."""

WITHIN: Mapping[str, str] = {"event-property": "properties", "event-trait": "traits", "event-context": "context"}
"""Kinds that look at a path within an object of it."""


@dataclass(frozen=True, slots=True)
class Condition:
    """``type``: one of WHOLE or WITHIN, where ``name`` is the path; ``value`` None: the operator needs none."""

    type: str
    operator: str
    name: str | None = None
    value: Value | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """``operator``: ``and`` or ``or``, for all children."""

    operator: str
    children: tuple[Condition | Group, ...]


def matches(tree: Condition | Group, event: Any) -> bool:
    """Whether a query takes a message; whatever is no object has no part."""
    if isinstance(tree, Group):
        found = (matches(child, event) for child in tree.children)
        return all(found) if tree.operator == "and" else tree.operator == "or" and any(found)
    return _holds(_actual(tree, event), tree.operator, tree.value)


def _actual(condition: Condition, event: Any) -> Any:
    if not isinstance(event, dict):
        return ABSENT
    if condition.type in WHOLE:
        return event.get(WHOLE[condition.type], ABSENT)
    return at(event.get(WITHIN.get(condition.type, ""), ABSENT), condition.name or "")


def _holds(actual: Any, operator: str, expected: Any) -> bool:
    if operator in _OF_TEXT:
        negated, of = _OF_TEXT[operator]
        return isinstance(actual, str) and of(actual, text(expected)) is not negated
    if operator in _OF_NUMBERS:
        return is_number(actual) and _OF_NUMBERS[operator](actual, _number(expected))
    if operator in ("=", "!="):
        return (isinstance(actual, str) and actual == text(expected)) is (operator == "=")
    if operator in ("exists", "not_exists"):
        return (actual is not ABSENT and actual is not None) is (operator == "exists")
    return actual is (operator == "is_true") if operator in ("is_true", "is_false") else False


def _number(value: Any) -> float:
    """A query's value as a number; NaN, which nothing equals, for what is none."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return float("nan")


_OF_TEXT = {
    "contains": (False, str.__contains__),
    "not_contains": (True, str.__contains__),
    "starts_with": (False, str.startswith),
    "not_starts_with": (True, str.startswith),
    "ends_with": (False, str.endswith),
    "not_ends_with": (True, str.endswith),
}
_OF_NUMBERS = {
    "number_equals": lambda actual, expected: actual == expected,
    "number_not_equals": lambda actual, expected: actual != expected,
    "<": lambda actual, expected: actual < expected,
    "<=": lambda actual, expected: actual <= expected,
    ">": lambda actual, expected: actual > expected,
    ">=": lambda actual, expected: actual >= expected,
}

"""A setting's value that is surely good, and what becomes of it, without marshmallow. Pure."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct


class Shape(Struct, frozen=True):
    """What a key's value has to be like.

    ``kind``: text of at least ``least`` characters; one of ``choices``; a flag; a whole number from ``least`` to
    ``most`` (None: any); texts, or one text of several with ``separator`` between them; an empty table. ``required``:
    whether its table needs the key. ``name``: in the frozen value, where that is not the key.
    """

    kind: Literal["text", "choice", "flag", "whole", "texts", "empty"]
    least: int = 0
    most: int | None = None
    choices: tuple[str, ...] = ()
    separator: str | None = None
    required: bool = False
    name: str = ""


class Odd(Exception):
    """The value may be good or not: the schema must be asked."""


def texts(value: object, separator: str | None) -> tuple[str, ...]:
    """A text or a list of texts as a tuple, without empty ones. ``separator``: how several stand in one text, if they
    may. Raises Odd for anything else."""
    if isinstance(value, str):
        value = [part.strip() for part in value.split(separator)] if separator else [value]
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise Odd
    return tuple(item for item in value if item)


def taken(shape: Shape, value: object) -> Any:
    """What becomes of a value. Raises Odd where it is not of that shape."""
    if shape.kind == "texts":
        return texts(value, shape.separator)
    if not _fits(shape, value):
        raise Odd
    return value


def _fits(shape: Shape, value: object) -> bool:
    # exactly these types: true is no whole number
    if type(value) is str:
        return (shape.kind == "text" and len(value) >= shape.least) or value in shape.choices
    if type(value) is bool:
        return shape.kind == "flag"
    if type(value) is int:
        return shape.kind == "whole" and shape.least <= value and (shape.most is None or value <= shape.most)
    return shape.kind == "empty" and value == {}

"""The schemas compiled into straight code, for ``sure.py``. Pure.

A field, a requirement or a limit that is added to a schema is read from there; what a Shape has no word for makes the
schema be asked for each call. It is code, and no table that a loop goes through, because it runs for each call: 190
bytecodes was the loop, 142 is this (2026-11-28).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from marshmallow import fields
from msgspec import Struct

from translator.validate.schemas import SCHEMAS, CallSchema, NeedsSomeone, Object, Scalar, short

HEAD = '''"""What calls of each type need to be surely good.

Written by ``make compiled`` from the schemas beside it, which say why; a test holds both together. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from translator.validate.common import MAX_MESSAGE_ID, OBJECTS, SCALARS

Get = Callable[[str], Any]
"""A message's ``get``."""
'''


class Shape(Struct, frozen=True):
    """What a call of one type needs to be surely good. ``limited``: texts of at most MAX_MESSAGE_ID characters."""

    scalars: tuple[str, ...]
    objects: tuple[str, ...]
    required: tuple[str, ...]
    limited: tuple[str, ...]
    needs_someone: bool


def source() -> str:
    """The whole of ``sure.py``: a function for each type, and SURE, in which they are found."""
    known = [(kind, shape) for kind, shape in shapes().items() if shape is not None]
    functions = [_function(kind, shape) for kind, shape in known]
    rows = [f'    "{kind}": _{kind},\n' for kind, _ in known]
    return "\n\n".join([HEAD, *functions, f"SURE: Mapping[str, Callable[[Get], bool]] = {{\n{''.join(rows)}}}\n"])


def shapes() -> dict[str, Shape | None]:
    """What the schemas say, by type of call."""
    return {kind: shape_of(schema) for kind, schema in SCHEMAS.items()}


def shape_of(schema: CallSchema) -> Shape | None:
    """What a schema says, or None where it says something that is not known here."""
    found: dict[str, list[str]] = {"scalars": [], "objects": [], "required": [], "limited": []}
    for name, field in schema.fields.items():
        if not _add(name, field, found):
            return None
    return Shape(**{key: tuple(names) for key, names in found.items()}, needs_someone=isinstance(schema, NeedsSomeone))


def _add(name: str, field: fields.Field[Any], found: dict[str, list[str]]) -> bool:
    kinds = {Scalar: "scalars", Object: "objects"}
    if type(field) not in kinds or field.validators not in ([], [short]) or (field.data_key or name) != name:
        return False
    found[kinds[type(field)]].append(name)
    if field.required:
        found["required"].append(name)
    if field.validators:
        found["limited"].append(name)
    return True


def _function(kind: str, shape: Shape) -> str:
    lines = "\n        and ".join(_conditions(shape))
    return f"def _{kind}(get: Get) -> bool:\n    return (\n        {lines}\n    )\n"


def _conditions(shape: Shape) -> Iterator[str]:
    """All of which have to hold. A scalar that is asked about again has the name of its key."""
    someone = ("userId", "anonymousId") if shape.needs_someone else ()
    named = {*shape.required, *shape.limited, *someone}
    for key in shape.scalars:
        given = f'{key} := get("{key}")' if key in named else f'get("{key}")'
        yield f"type({given}) in SCALARS"
    for key in shape.objects:
        yield f'type(get("{key}")) in OBJECTS'
    for key in shape.required:
        yield f"{key} is not None"
        yield f'{key} != ""'
    for key in shape.limited:
        yield f"len({key} if type({key}) is str else str({key})) <= MAX_MESSAGE_ID"
    if someone:
        yield "(" + " or ".join(f'({key} is not None and {key} != "")' for key in someone) + ")"

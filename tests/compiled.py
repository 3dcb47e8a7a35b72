"""What is compiled from schemas and tables: ``python -m tests.compiled`` writes it, test_compiled.py holds it."""

import json

import msgspec

from tests.processes import ROOT
from translator.settings import compiling as settings
from translator.settings import schema
from translator.translate import compiling as contexts
from translator.validate import compiling as calls

WIDTH = 120
HEAD = '''"""{said}

Written by ``make compiled`` from the schemas beside it, which say why; a test holds both together. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from {module} import Shape
'''


def files():
    """Path of each file, and what has to be in it."""
    of_settings = HEAD.format(
        said="Settings that are surely good, by table and key.", module="translator.settings.shape"
    )
    return {
        "translator/validate/sure.py": calls.source(),
        "translator/translate/straight.py": contexts.source(),
        "translator/settings/shapes.py": (
            f"{of_settings}\n{assigned('NAME', schema.NAME.pattern)}"
            f"\n{assigned('SHAPES: Mapping[str, Mapping[str, Shape]]', settings.shapes())}"
        ),
    }


def assigned(name, value):
    """A statement, laid out as ruff does it."""
    return f"{name} = {literal(value, len(name) + len(' = '))}\n"


def literal(value, taken, indent=""):
    """A value as Python, in one line where it fits. ``taken``: characters of its line around it."""
    if isinstance(value, dict):
        opened, closed = "{}"
        items = [(f"{literal(key, 0)}: ", one) for key, one in value.items()]
    elif isinstance(value, msgspec.Struct):
        opened, closed = f"{type(value).__name__}(", ")"
        given = [(one, getattr(value, one.name)) for one in msgspec.structs.fields(value)]
        items = [(f"{one.name}=", said) for one, said in given if said != one.default]
    elif isinstance(value, tuple):
        opened, closed = "(", ",)" if len(value) == 1 else ")"
        items = [("", one) for one in value]
    else:
        return json.dumps(value) if isinstance(value, str) else repr(value)
    line = opened + ", ".join(start + literal(one, 0) for start, one in items) + closed
    if taken + len(line) <= WIDTH:
        return line
    inner = indent + "    "
    lines = [f"{inner}{start}{literal(one, len(inner + start) + 1, inner)},\n" for start, one in items]
    return f"{opened}\n{''.join(lines)}{indent}{closed[-1]}"


if __name__ == "__main__":
    for path, text in files().items():
        (ROOT / path).write_text(text)

"""A yes that is sure, or "ask the schemas": what runs for each call. Pure.

The schemas stay the only place where shapes are written: SHAPES is compiled from them ahead of time, and a schema with
something that a Shape does not know is asked for each call. They also give the faults.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from translator.validate.common import MAX_MESSAGE_ID
from translator.validate.shapes import SHAPES

SCALARS = (str, int, float)


def is_surely_good(message: Mapping[str, Any]) -> bool:
    """Whether the schemas would find no fault. False is no answer: then they must be asked."""
    kind = message.get("type")
    shape = SHAPES.get(kind) if type(kind) is str else None
    if shape is None:
        return False
    given = message.get
    for key in shape.scalars:
        value = given(key)
        if value is not None and type(value) not in SCALARS:
            return False
    for key in shape.objects:
        value = given(key)
        if value is not None and type(value) is not dict:
            return False
    for key in shape.required:
        if given(key) in (None, ""):
            return False
    for key in shape.limited:
        value = given(key)
        if value is not None and len(str(value)) > MAX_MESSAGE_ID:
            return False
    return not shape.needs_someone or given("userId") not in (None, "") or given("anonymousId") not in (None, "")

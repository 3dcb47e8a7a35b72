"""A yes that is sure, or "ask the schemas": what runs for each call. Pure.

The schemas stay the only place where shapes are written: SURE is compiled from them ahead of time, and a schema with
something that the compiler does not know is asked for each call. They also give the faults.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from translator.validate.sure import SURE


def is_surely_good(message: Mapping[str, Any]) -> bool:
    """Whether the schemas would find no fault. False is no answer: then they must be asked."""
    kind = message.get("type")
    sure = SURE.get(kind) if type(kind) is str else None
    return sure is not None and sure(message.get)

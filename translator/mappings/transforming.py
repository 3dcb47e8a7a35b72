"""What a mapping makes of a message. Pure.

A mapping is resolved as Segment does, directive by directive (segment-actions.md section 9); what is absent vanishes at
the end.
"""

from __future__ import annotations

from typing import Any

from translator.errors import MappingError
from translator.mappings.checking import check
from translator.mappings.directives import resolve
from translator.mappings.javascript import entries, kind
from translator.mappings.sizes import present

ROOT = "__segment_internal_directive"
"""A key whose directive has the rest of the mapping as its own ``mapping``."""


def transform(mapping: Any, payload: Any) -> Any:
    """The mapping's result; ABSENT where it is nothing. Both are left as they are.

    ``payload``: a message. Raises MappingError.
    """
    if not isinstance(payload, dict):
        raise MappingError(f"data must be an object, got {kind(payload)}")
    whole = wrapped(mapping)
    check(whole)
    return resolved(whole, payload)


def resolved(mapping: Any, payload: dict[str, Any]) -> Any:
    """As ``transform``, of a mapping that ``wrapped`` has made and that was checked before."""
    return present(resolve(mapping, payload))


def wrapped(mapping: Any) -> Any:
    """A mapping as it is resolved: around the root directive, where it has one. Raises MappingError."""
    if isinstance(mapping, dict) and ROOT in mapping:
        return _around(mapping[ROOT], {key: value for key, value in mapping.items() if key != ROOT})
    if mapping is None:
        raise MappingError("/ should be an object but it is a null.")
    return dict(entries(mapping))


def _around(root: Any, rest: dict[str, Any]) -> dict[str, Any]:
    if not isinstance(root, dict) or len(root) != 1:
        raise MappingError("The root mapping must only have a single directive object")
    ((name, given),) = root.items()
    if not isinstance(given, dict):
        raise MappingError("The root directive must be an object")
    return {name: {**given, "mapping": rest}}

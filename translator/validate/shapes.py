"""What calls of each type need to be surely good.

Written by ``make compiled`` from the schemas beside it, which say why; a test holds both together. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping

from translator.validate.common import Shape

SHAPES: Mapping[str, Shape | None] = {
    "identify": Shape(
        scalars=("messageId", "userId", "anonymousId"),
        objects=("traits", "properties", "integrations"),
        required=(),
        limited=("messageId",),
        needs_someone=True,
    ),
    "group": Shape(
        scalars=("messageId", "userId", "anonymousId", "groupId"),
        objects=("traits", "properties", "integrations"),
        required=("groupId",),
        limited=("messageId",),
        needs_someone=False,
    ),
    "track": Shape(
        scalars=("messageId", "userId", "anonymousId", "event"),
        objects=("traits", "properties", "integrations"),
        required=("event",),
        limited=("messageId",),
        needs_someone=True,
    ),
    "page": Shape(
        scalars=("messageId", "userId", "anonymousId", "name", "category"),
        objects=("traits", "properties", "integrations"),
        required=(),
        limited=("messageId",),
        needs_someone=True,
    ),
    "screen": Shape(
        scalars=("messageId", "userId", "anonymousId", "name", "category"),
        objects=("traits", "properties", "integrations"),
        required=(),
        limited=("messageId",),
        needs_someone=True,
    ),
    "alias": Shape(
        scalars=("messageId", "userId", "anonymousId", "previousId"),
        objects=("traits", "properties", "integrations"),
        required=("userId", "previousId"),
        limited=("messageId",),
        needs_someone=False,
    ),
    "delete": Shape(
        scalars=("messageId", "userId", "anonymousId"),
        objects=("traits", "properties", "integrations"),
        required=("userId",),
        limited=("messageId",),
        needs_someone=False,
    ),
}

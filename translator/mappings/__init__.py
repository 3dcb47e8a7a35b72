"""Segment's own mappings and subscription queries, as its Actions destinations run them.

Comes in: a mapping or a query as Segment writes it, and a call's message. Goes out: what the mapping makes of the
message, whether the query takes it, or MappingError. Never here: I/O, clocks, chance, code of the user's (patterns are
literal texts; Liquid is a small part of it), nor an idea of what Amplitude is.

Sources: segment-actions.md sections 9 and 10 (observed on segmentio/action-destinations 970a17e, 2026-08), proved by
the recorded vectors ``segment_mapping`` and ``segment_fql``.
"""

from translator.errors import MappingError
from translator.mappings.checking import check
from translator.mappings.javascript import ABSENT
from translator.mappings.matching import Condition, Group, matches
from translator.mappings.query import parse
from translator.mappings.subscriptions import Given, Listing, Subscription, listing, runnable
from translator.mappings.transforming import resolved, transform

__all__ = [
    "ABSENT",
    "Condition",
    "Given",
    "Group",
    "Listing",
    "MappingError",
    "Subscription",
    "check",
    "listing",
    "matches",
    "parse",
    "resolved",
    "runnable",
    "transform",
]

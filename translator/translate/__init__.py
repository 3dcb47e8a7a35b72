"""Turns a call into Amplitude's records. Comes in: a Call, settings, the subject's memory. Goes out: a Translation.

Never here: I/O, clocks, randomness, the question which request a record goes into.
"""

from translator.translate.dispatch import IGNORED, translate
from translator.translate.explain import explain, named_groups, sources
from translator.translate.history import (
    MAX_GROUP_PROPERTIES,
    PROPERTIES,
    TYPES,
    goes_as_it_is,
    keys,
    unsettled,
    weighed,
)
from translator.translate.memory import applied, changed, merged
from translator.translate.notes import RULES
from translator.translate.usual import compiled

__all__ = [
    "IGNORED",
    "MAX_GROUP_PROPERTIES",
    "PROPERTIES",
    "RULES",
    "TYPES",
    "applied",
    "changed",
    "compiled",
    "explain",
    "goes_as_it_is",
    "keys",
    "merged",
    "named_groups",
    "sources",
    "translate",
    "unsettled",
    "weighed",
]

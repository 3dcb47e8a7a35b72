"""Checks messages. Comes in: one parsed message and the facts of its request. Goes out: a Call, or Invalid with faults.

Never here: meaning, renaming, filling in, I/O.
"""

from translator.validate.check import TIMES, check, derived_id, prepare
from translator.validate.common import EMPTY, is_absent

__all__ = ["EMPTY", "TIMES", "check", "derived_id", "is_absent", "prepare"]

"""What happened, counted. Comes in: happenings of a closed list, the journal's books. Goes out: /metrics, logs.

Never here: a word to the other rooms; observe listens.
"""

from translator.observe.happenings import HAPPENINGS
from translator.observe.metrics import emit, exposition

__all__ = ["HAPPENINGS", "emit", "exposition"]

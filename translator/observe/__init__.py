"""What happened, counted. Comes in: happenings of a closed list, the journal's books. Goes out: /metrics, logs, spans
of time for whoever keeps them.

Never here: a word to the other rooms; observe listens.
"""

from translator.observe.happenings import HAPPENINGS
from translator.observe.metrics import emit, exposition, measured, record, took
from translator.observe.timeline import LEVELS, SEPARATOR, Recorder, quantile

__all__ = [
    "HAPPENINGS",
    "LEVELS",
    "SEPARATOR",
    "Recorder",
    "emit",
    "exposition",
    "measured",
    "quantile",
    "record",
    "took",
]

"""Figures of each group as group properties, for who has no Dynamic Group Properties. Comes in: calls of the journal
and the archive, once each. Goes out: groups and what each is to have, for jobs to set.

Never here: a request to Amplitude, rules of translation, a call that is kept longer than the run.
"""

from __future__ import annotations

from translator.kpi.computing import check
from translator.kpi.running import Asked, Row, preview, run, states
from translator.kpi.warning import warnings
from translator.kpi.windows import bounds

__all__ = ["Asked", "Row", "bounds", "check", "preview", "run", "states", "warnings"]

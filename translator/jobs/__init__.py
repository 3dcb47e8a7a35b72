"""Work by the clock: what a process of its own does once a day. Comes in: a lease, groups and what they are to have.
Goes out: Group Identify requests for what changed.

Never here: when it is time (deliver/scheduling.py), where properties come from (salesforce, kpi).
"""

from __future__ import annotations

from translator.jobs.running import Ended, Run, run
from translator.jobs.setting import Changed, Wanted, changes, fitting, group_of, known, set_changed, state_key

__all__ = [
    "Changed", "Ended", "Run", "Wanted", "changes", "fitting", "group_of", "known", "run", "set_changed", "state_key",
]  # fmt: skip

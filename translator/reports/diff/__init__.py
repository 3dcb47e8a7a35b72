"""What a change of configuration would change. Comes in: two configurations and calls. Goes out: a Difference, counted.

Never here: a rule of translation; something sent or kept; more of the calls in memory than a few examples.
"""

from translator.reports.diff.changes import Change, Counted, Difference, Example, GroupType, What
from translator.reports.diff.comparing import changes
from translator.reports.diff.plain import plain
from translator.reports.diff.running import compared

__all__ = [
    "Change",
    "Counted",
    "Difference",
    "Example",
    "GroupType",
    "What",
    "changes",
    "compared",
    "plain",
]

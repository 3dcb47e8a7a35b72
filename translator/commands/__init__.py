"""Commands that fill a page of their own, and what commands share. Comes in: options. Goes out: what a room is asked.

Never here: logic; a module for each command, which imports rooms only when it runs, so that ``--help`` is quick.
"""

from translator.commands.common import CONFIG, MOMENT, known, opened, opened_archive
from translator.commands.sources import FROM, Chosen, from_calls

__all__ = ["CONFIG", "FROM", "MOMENT", "Chosen", "from_calls", "known", "opened", "opened_archive"]

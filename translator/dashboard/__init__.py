"""The pages for people. Comes in: requests of a browser, what the journal and the configuration say. Goes out: pages.

Never here: a page for somebody who may not look; data that is not escaped; an action that is not a POST with a token.
"""

from translator.dashboard.access import Guard
from translator.dashboard.attempts import TooManyAttempts
from translator.dashboard.house import House, Problem, State
from translator.dashboard.mounting import mount

__all__ = ["Guard", "House", "Problem", "State", "TooManyAttempts", "mount"]

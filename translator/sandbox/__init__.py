"""A local Amplitude to try things out on. Comes in: requests for Amplitude. Goes out: its answers, what it has.

Never here: a line of code shared with translate or deliver, so that it cannot repeat their mistakes.
"""

from translator.sandbox.server import Running, create_sandbox, serve, start
from translator.sandbox.store import Store

__all__ = ["Running", "Store", "create_sandbox", "serve", "start"]
